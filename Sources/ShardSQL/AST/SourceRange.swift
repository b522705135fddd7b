/// A half-open range of UTF-8 byte offsets in the statement's text.
///
/// Nodes that a rewriting made have the range of what they replace, or ``none``.
public struct SourceRange: Sendable, Hashable {
    public var start: Int32
    public var end: Int32

    public init(_ start: Int32, _ end: Int32) {
        self.start = start
        self.end = end
    }

    /// The range of a node that stands nowhere in the text.
    public static let none = SourceRange(-1, -1)

    /// From the start of this range to the end of another.
    public func through(_ other: SourceRange) -> SourceRange { SourceRange(start, other.end) }
}
