import ShardSQL

/// A text of several statements, taken apart at the semicolons that end them.
///
/// Semicolons in strings, names, comments and trigger bodies do not count.
public struct SQLScript: Sendable {
    /// The statements in order, each without its semicolon; comments alone are none.
    public let statements: [Substring]
    /// The line in which each of them begins, from 1; comments before it do not count.
    public let lines: [Int]
    /// Whether the last statement has its semicolon, so that nothing more has to come.
    public let isComplete: Bool

    /// Takes a text apart. Linear in its length.
    ///
    /// - Parameter engine: whose SQL it is: PostgreSQL has strings in dollars and `::`. Default: SQLite's.
    public init(_ text: String, for engine: Configuration.Engine = .sqlite) {
        let (pieces, isComplete) = Parser.splitScript(text, dialect: engine.dialect)
        statements = pieces.map { text[$0] }
        self.isComplete = isComplete
        var line = 1
        var counted = text.startIndex
        lines = pieces.map { piece in
            let start = Self.withoutComments(text[piece]).startIndex
            line += text.utf8[counted..<start].count { $0 == 0x0A }
            counted = start
            return line
        }
    }

    /// A statement without the blanks and comments before it.
    public static func withoutComments(_ statement: Substring) -> Substring {
        var rest = statement
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if rest.hasPrefix("--") {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                guard let end = rest.firstRange(of: "*/") else { return rest }
                rest = rest[end.upperBound...]
            } else {
                break
            }
        }
        return rest
    }
}

extension Configuration.Engine {
    var dialect: Dialect {
        switch self {
        case .sqlite: .sqlite
        case .postgresql: .postgresql
        }
    }
}
