#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif
public import ShardValues

/// What a result's value can be decoded as.
///
/// Decoding is strict: an integer is not read as a text, nor a text as a number; an integer is read as `Double` only
/// where that loses nothing. NULL needs an Optional. A type of your own says which values it is made of.
public protocol SQLValueDecodable {
    /// The value as this type; nil where it is none.
    init?(sqlValue: Value)
    /// The same straight from a batch's cell, without making a `Value` first.
    init?(cell: Cell, in batch: borrowing RowBatch)
    /// The same for loops that are not compiled for the type, which an Optional of it costs a look-up at run time; by
    /// default the initialiser is asked.
    static func decoded(from cell: Cell, in batch: borrowing RowBatch) throws(NotDecodable) -> Self
    /// The type's name in an error.
    static var sqlTypeName: String { get }
}

/// A value is none of the type asked for; the column and the value are told by who knows them.
public struct NotDecodable: Error {
    @inlinable init() {}
}

extension SQLValueDecodable {
    @inlinable public static func decoded(
        from cell: Cell, in batch: borrowing RowBatch
    ) throws(NotDecodable) -> Self {
        guard let value = Self(cell: cell, in: batch) else { throw NotDecodable() }
        return value
    }
    public init?(cell: Cell, in batch: borrowing RowBatch) { self.init(sqlValue: batch.value(of: cell)) }
    public static var sqlTypeName: String { "\(Self.self)" }
}

extension Value: SQLValueDecodable {
    public init?(sqlValue: Value) { self = sqlValue }
}

extension Int64: SQLValueDecodable {
    public init?(sqlValue: Value) {
        guard case .integer(let value) = sqlValue else { return nil }
        self = value
    }
    @inlinable public init?(cell: Cell, in batch: borrowing RowBatch) {
        guard cell.kind == .integer else { return nil }
        self = cell.integerValue
    }
}

extension Int: SQLValueDecodable {
    public init?(sqlValue: Value) {
        guard case .integer(let value) = sqlValue else { return nil }
        self.init(exactly: value)
    }
    @inlinable public init?(cell: Cell, in batch: borrowing RowBatch) {
        guard cell.kind == .integer else { return nil }
        self.init(exactly: cell.integerValue)
    }
}

extension Int32: SQLValueDecodable {
    public init?(sqlValue: Value) {
        guard case .integer(let value) = sqlValue else { return nil }
        self.init(exactly: value)
    }
}

extension Bool: SQLValueDecodable {
    /// 0 and 1, nothing else.
    public init?(sqlValue: Value) {
        guard case .integer(let value) = sqlValue, value == 0 || value == 1 else { return nil }
        self = value == 1
    }
}

extension Double: SQLValueDecodable {
    public init?(sqlValue: Value) {
        switch sqlValue {
        case .real(let value): self = value
        case .integer(let value): self.init(exactly: value)
        case .null, .text, .blob, .malformedText: return nil
        }
    }
    @inlinable public init?(cell: Cell, in batch: borrowing RowBatch) {
        switch cell.kind {
        case .real: self = cell.realValue
        case .integer: self.init(exactly: cell.integerValue)
        case .null, .text, .blob: return nil
        }
    }
}

extension String: SQLValueDecodable {
    public init?(sqlValue: Value) {
        guard case .text(let value) = sqlValue else { return nil }
        self = value
    }
    @inlinable public init?(cell: Cell, in batch: borrowing RowBatch) {
        guard cell.kind == .text, let text = batch.withBytes(of: cell, { String(validating: $0, as: UTF8.self) })
        else { return nil }
        self = text
    }
}

extension [UInt8]: SQLValueDecodable {
    public init?(sqlValue: Value) {
        guard case .blob(let value) = sqlValue else { return nil }
        self = value
    }
    @inlinable public init?(cell: Cell, in batch: borrowing RowBatch) {
        guard cell.kind == .blob else { return nil }
        self = batch.withBytes(of: cell) { Array($0) }
    }
}

extension Data: SQLValueDecodable {
    public init?(sqlValue: Value) {
        guard case .blob(let value) = sqlValue else { return nil }
        self.init(value)
    }
}

extension UUID: SQLValueDecodable {
    /// A text in the usual form, or a blob of 16 bytes.
    public init?(sqlValue: Value) {
        switch sqlValue {
        case .text(let text): self.init(uuidString: text)
        case .blob(let b) where b.count == 16:
            self.init(
                uuid: (
                    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]
                ))
        case .blob, .null, .integer, .real, .malformedText: return nil
        }
    }
}

extension Optional: SQLValueDecodable where Wrapped: SQLValueDecodable {
    public init?(sqlValue: Value) {
        if case .null = sqlValue {
            self = Optional<Wrapped>.none
            return
        }
        guard let value = Wrapped(sqlValue: sqlValue) else { return nil }
        self = .some(value)
    }
    @inlinable public init?(cell: Cell, in batch: borrowing RowBatch) {
        if cell.kind == .null {
            self = Optional<Wrapped>.none
            return
        }
        guard let value = Wrapped(cell: cell, in: batch) else { return nil }
        self = .some(value)
    }
    public static var sqlTypeName: String { "Optional<\(Wrapped.sqlTypeName)>" }
}
