/// One value of a row batch: 16 trivial bytes, no reference counting.
///
/// Text and blob are an offset and a length into the batch's byte buffer.
public struct Cell: Sendable {
    public enum Kind: UInt8, Sendable {
        case null, integer, real, text, blob
    }

    /// The integer, the bit pattern of the real, or the offset of the bytes.
    @usableFromInline var word: UInt64
    /// The number of bytes of a text or blob.
    @usableFromInline var length: UInt32
    public let kind: Kind

    @inlinable init(kind: Kind, word: UInt64, length: UInt32) {
        self.kind = kind
        self.word = word
        self.length = length
    }

    @inlinable public static var null: Cell { Cell(kind: .null, word: 0, length: 0) }
    @inlinable public static func integer(_ value: Int64) -> Cell {
        Cell(kind: .integer, word: UInt64(bitPattern: value), length: 0)
    }
    @inlinable public static func real(_ value: Double) -> Cell {
        Cell(kind: .real, word: value.bitPattern, length: 0)
    }
    /// A text whose bytes stand at `range` of the batch's buffer.
    @inlinable public static func text(_ range: Range<Int>) -> Cell {
        Cell(kind: .text, word: UInt64(range.lowerBound), length: UInt32(range.count))
    }
    /// A blob whose bytes stand at `range` of the batch's buffer.
    @inlinable public static func blob(_ range: Range<Int>) -> Cell {
        Cell(kind: .blob, word: UInt64(range.lowerBound), length: UInt32(range.count))
    }

    /// The integer of an `.integer` cell.
    @inlinable public var integerValue: Int64 { Int64(bitPattern: word) }
    /// The double of a `.real` cell.
    @inlinable public var realValue: Double { Double(bitPattern: word) }
    /// Where the bytes of a `.text` or `.blob` cell stand in the batch's buffer.
    @inlinable public var byteRange: Range<Int> { Int(word)..<(Int(word) + Int(length)) }
}
