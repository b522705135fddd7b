/// SQLite's order of values: NULL < numbers < text < blob; numbers by value, exactly, whichever mixture of integers and
/// reals; texts by collation; blobs as bytes. NULLs compare equal here: it is the order of ORDER BY and the equality of
/// GROUP BY and DISTINCT.
public enum SQLiteOrder {
    /// Compares two values: negative, 0 or positive.
    /// - Precondition: the collation is comparable, when both are texts.
    public static func compare(_ a: Value, _ b: Value, collation: Collation = .binary) -> Int {
        switch (a, b) {
        case (.integer(let left), .integer(let right)): return left < right ? -1 : left > right ? 1 : 0
        case (.real(let left), .real(let right)): return left < right ? -1 : left > right ? 1 : 0
        case (.integer(let left), .real(let right)): return compare(left, right)
        case (.real(let left), .integer(let right)): return -compare(right, left)
        case (.blob(let left), .blob(let right)):
            return left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { TextOrder.binary(left, $0) }
            }
        case (.text, .text), (.text, .malformedText), (.malformedText, .text), (.malformedText, .malformedText):
            return a.withTextBytes { left in b.withTextBytes { TextOrder.compare(left, $0, collation) } }
        case (.null, _), (.integer, _), (.real, _), (.text, _), (.malformedText, _), (.blob, _):
            return a.storageClass.rawValue - b.storageClass.rawValue
        }
    }

    /// Compares an integer with a real exactly, also beyond 2^53, where a conversion would round.
    ///
    /// Source: sqlite3IntFloatCompare in SQLite's src/vdbeaux.c.
    @inlinable public static func compare(_ integer: Int64, _ real: Double) -> Int {
        if real < -9_223_372_036_854_775_808.0 { return 1 }
        if real >= 9_223_372_036_854_775_808.0 { return -1 }
        let whole = Int64(real)
        if integer != whole { return integer < whole ? -1 : 1 }
        let fraction = real - Double(whole)
        return fraction > 0 ? -1 : fraction < 0 ? 1 : 0
    }

    /// The classes that never compare equal to one another, in their order.
    public enum StorageClass: Int, Sendable, Hashable { case null, number, text, blob }
}

extension Value {
    /// Which of SQLite's classes of comparison the value is of.
    public var storageClass: SQLiteOrder.StorageClass {
        switch self {
        case .null: .null
        case .integer, .real: .number
        case .text, .malformedText: .text
        case .blob: .blob
        }
    }

    /// The bytes of a text, UTF-8 or not; none for anything else.
    @inlinable public func withTextBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        switch self {
        case .text(var text): text.withUTF8(body)
        case .malformedText(let bytes): bytes.withUnsafeBufferPointer(body)
        case .null, .integer, .real, .blob: body(UnsafeBufferPointer(start: nil, count: 0))
        }
    }
}
