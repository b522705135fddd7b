/// A statement on the session's private database, where its TEMP tables are. What it reads of tables on shards is put into
/// that database's `main` for the time of the statement, in place of the empty tables that mirror the logical schema.
public struct PrivatePlan: Sendable {
    /// What the statement leaves behind: rows in TEMP tables, with the counters that tell of them, or TEMP objects.
    public enum Kind: Sendable, Hashable {
        case reading, insert, change, definition
    }
    public var kind: Kind
    /// What the database runs, bound to the run's values.
    public var sql: String
    public var pieces: [GatheredPiece]

    public init(kind: Kind, sql: String, pieces: [GatheredPiece] = []) {
        self.kind = kind
        self.sql = sql
        self.pieces = pieces
    }
}
