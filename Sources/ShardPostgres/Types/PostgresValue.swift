/// One value of PostgreSQL, exactly.
///
/// Values of types that have no case of their own are ``other(_:_:)`` in the words of the server (enums, ranges, money,
/// geometric types, networks, bit strings), or ``raw(_:_:)`` where only a binary form is at hand that nobody here reads. Both go back to the
/// server unchanged. Domains come as the type that they stand on.
public enum PostgresValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int2(Int16)
    case int4(Int32)
    case int8(Int64)
    case oid(UInt32)
    case float4(Float)
    case float8(Double)
    case numeric(PostgresNumeric)
    /// text, varchar, char(n), name, xml
    case text(String)
    case bytea([UInt8])
    case uuid(PostgresUUID)
    case date(PostgresDate)
    case time(PostgresTime)
    case timetz(PostgresTimeTZ)
    case timestamp(PostgresTimestamp)
    /// A moment; shown in UTC.
    case timestamptz(PostgresTimestamp)
    case interval(PostgresInterval)
    case json(String)
    case jsonb(String)
    case array(PostgresArray)
    /// A value of another type in its text form.
    case other(PostgresType, String)
    /// A value of another type in its binary form.
    case raw(PostgresType, [UInt8])

    /// The type whose value this is by itself; nil for NULL.
    public var type: PostgresType? {
        switch self {
        case .null: nil
        case .bool: .bool
        case .int2: .int2
        case .int4: .int4
        case .int8: .int8
        case .oid: .oid
        case .float4: .float4
        case .float8: .float8
        case .numeric: .numeric
        case .text: .text
        case .bytea: .bytea
        case .uuid: .uuid
        case .date: .date
        case .time: .time
        case .timetz: .timetz
        case .timestamp: .timestamp
        case .timestamptz: .timestamptz
        case .interval: .interval
        case .json: .json
        case .jsonb: .jsonb
        case .array(let array): array.elementType.array
        case .other(let type, _), .raw(let type, _): type
        }
    }
}

// Equal means the same value with the same bits: NaN equals itself, 0.0 and -0.0 differ, texts are compared as bytes.
extension PostgresValue {
    public static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int2(let a), .int2(let b)): a == b
        case (.int4(let a), .int4(let b)): a == b
        case (.int8(let a), .int8(let b)): a == b
        case (.oid(let a), .oid(let b)): a == b
        case (.float4(let a), .float4(let b)): a.bitPattern == b.bitPattern
        case (.float8(let a), .float8(let b)): a.bitPattern == b.bitPattern
        case (.numeric(let a), .numeric(let b)): a == b
        case (.text(let a), .text(let b)), (.json(let a), .json(let b)), (.jsonb(let a), .jsonb(let b)):
            a.utf8.elementsEqual(b.utf8)
        case (.bytea(let a), .bytea(let b)): a == b
        case (.uuid(let a), .uuid(let b)): a == b
        case (.date(let a), .date(let b)): a == b
        case (.time(let a), .time(let b)): a == b
        case (.timetz(let a), .timetz(let b)): a == b
        case (.timestamp(let a), .timestamp(let b)), (.timestamptz(let a), .timestamptz(let b)): a == b
        case (.interval(let a), .interval(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.other(let type, let a), .other(let other, let b)): type == other && a.utf8.elementsEqual(b.utf8)
        case (.raw(let type, let a), .raw(let other, let b)): type == other && a == b
        // Two different cases. (Listing them is too much for the check that a switch is exhaustive.)
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        hasher.combine(text)
    }
}
