import ShardSQL

/// A text of several statements, taken apart at the semicolons that end them.
///
/// Semicolons in strings, names, comments and trigger bodies do not count.
public struct SQLScript: Sendable {
    /// The statements in order, each without its semicolon; comments alone are none.
    public let statements: [Substring]
    /// Whether the last statement has its semicolon, so that nothing more has to come.
    public let isComplete: Bool

    /// Takes a text apart. Linear in its length.
    public init(_ text: String) {
        let (pieces, isComplete) = Parser.splitScript(text, dialect: .sqlite)
        statements = pieces.map { text[$0] }
        self.isComplete = isComplete
    }
}
