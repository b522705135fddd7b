#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif
public import ShardValues

/// What can stand in a statement's interpolation and be bound as a value.
///
/// Integers, reals, texts, bytes, `Bool` (1 or 0), `UUID` (its text), ``ShardValues/Value`` itself and optionals of
/// them. A type of your own says which of those it is.
public protocol SQLValueConvertible {
    /// The value to bind.
    var sqlValue: Value { get }
}

extension Value: SQLValueConvertible {
    public var sqlValue: Value { self }
}

extension Int: SQLValueConvertible {
    public var sqlValue: Value { .integer(Int64(self)) }
}

extension Int64: SQLValueConvertible {
    public var sqlValue: Value { .integer(self) }
}

extension Int32: SQLValueConvertible {
    public var sqlValue: Value { .integer(Int64(self)) }
}

extension UInt32: SQLValueConvertible {
    public var sqlValue: Value { .integer(Int64(self)) }
}

extension Bool: SQLValueConvertible {
    public var sqlValue: Value { .integer(self ? 1 : 0) }
}

extension Double: SQLValueConvertible {
    public var sqlValue: Value { .real(self) }
}

extension Float: SQLValueConvertible {
    public var sqlValue: Value { .real(Double(self)) }
}

extension String: SQLValueConvertible {
    public var sqlValue: Value { .text(self) }
}

extension Substring: SQLValueConvertible {
    public var sqlValue: Value { .text(String(self)) }
}

extension [UInt8]: SQLValueConvertible {
    public var sqlValue: Value { .blob(self) }
}

extension Data: SQLValueConvertible {
    public var sqlValue: Value { .blob(Array(self)) }
}

extension UUID: SQLValueConvertible {
    public var sqlValue: Value { .text(uuidString.lowercased()) }
}

extension Optional: SQLValueConvertible where Wrapped: SQLValueConvertible {
    public var sqlValue: Value {
        switch self {
        case .none: .null
        case .some(let value): value.sqlValue
        }
    }
}
