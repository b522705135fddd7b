/// A literal that a fingerprint folded: its kind and its place, in 12 bytes.
///
/// The order and the starts are those of the ``Literal`` nodes of the parsed text, so a plan can keep for each of its
/// literals the index of the folded one that brings the value next time.
public struct FoldedLiteral: Sendable, Hashable {
    public enum Kind: UInt8, Sendable, Hashable {
        case integer, real
        /// `'…'`
        case string
        /// `E'…'`
        case escapeString
        /// `$$…$$`
        case dollarString
        /// `U&'…'`
        case unicodeString
        /// `N'…'`
        case nationalString
        /// `x'…'` of SQLite
        case blob
        /// `b'…'`, `x'…'` of PostgreSQL
        case bits
    }

    public var kind: Kind
    /// UTF-8 byte offsets, the end excluded; quotes and prefix are inside.
    public var start: Int32
    public var end: Int32

    public init(kind: Kind, start: Int32, end: Int32) {
        self.kind = kind
        self.start = start
        self.end = end
    }

    /// The value in the text it was found in; nil where the value cannot be told for sure (see ``LiteralValue``).
    public func value(in bytes: UnsafeBufferPointer<UInt8>, dialect: Dialect) -> LiteralValue? {
        LiteralValue(kind, UnsafeBufferPointer(rebasing: bytes[Int(start)..<Int(end)]), dialect: dialect)
    }

    /// The value of an integer literal that fits 64 bits, without allocation: the point select's fast way. Nil for
    /// everything else, also for integers that SQLite takes for reals.
    @inline(__always)
    public func integerValue(in bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard kind == .integer else { return nil }
        return LiteralValue.decimal(UnsafeBufferPointer(rebasing: bytes[Int(start)..<Int(end)]))
    }
}
