/// The hash of a shard key, column by column: PostgreSQL's partition hash, extended to every value SQLite stores.
///
/// Keys that the columns' own `=` calls equal hash alike:
/// - an integer, and a real equal to one: `hashint8extended`;
/// - any other real: the hash of its 8 bytes, little endian (as PostgreSQL's float8);
/// - a text: the hash of its bytes, folded under NOCASE, without spaces at the end under RTRIM;
/// - a blob: the hash of its bytes, the same function as for texts (as PostgreSQL's bytea). A blob never equals a text,
///   they only share homes;
/// - NULL is left out, as PostgreSQL does: a key of NULLs alone has the hash 0.
public struct KeyHash: Sendable, Hashable {
    /// The hash of the columns so far; PostgreSQL takes it modulo the number of partitions.
    public private(set) var value: UInt64 = 0

    @inlinable public init() {}

    /// The hash of a key of one integer. About 2 ns.
    @inlinable public static func ofInteger(_ integer: Int64) -> UInt64 {
        PostgreSQLHash.combine(0, PostgreSQLHash.integer(integer))
    }

    /// Takes in the next column.
    /// - Precondition: the collation is comparable, for a text.
    public mutating func combine(_ column: Value, collation: Collation) {
        switch column {
        case .null: return
        case .integer(let integer): add(PostgreSQLHash.integer(integer))
        case .real(let real):
            if let integer = Value.integral(real) {
                add(PostgreSQLHash.integer(integer))
            } else {
                withUnsafeBytes(of: real.bitPattern.littleEndian) { bits in
                    bits.withMemoryRebound(to: UInt8.self) { add(PostgreSQLHash.bytes($0)) }
                }
            }
        case .blob(let bytes): bytes.withUnsafeBufferPointer { add(PostgreSQLHash.bytes($0)) }
        case .text, .malformedText:
            switch collation {
            case .binary: column.withTextBytes { add(PostgreSQLHash.bytes($0)) }
            case .rtrim: column.withTextBytes { add(PostgreSQLHash.bytes(TextOrder.trimmed($0))) }
            case .nocase, .custom:
                column.canonical(under: collation).withTextBytes { add(PostgreSQLHash.bytes($0)) }
            }
        }
    }

    private mutating func add(_ hash: UInt64) { value = PostgreSQLHash.combine(value, hash) }
}
