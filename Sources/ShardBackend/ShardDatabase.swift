/// One opened shard: a pool of connections to one physical database.
public protocol ShardDatabase: AnyObject, Sendable {
    /// The shard's name in the topology (`s0`).
    var name: String { get }

    /// Leases a connection; waits (suspended, first come first served) while none is free.
    ///
    /// `.read` connections cannot write. There is one `.write` connection for SQLite: holding it serialises writers
    /// inside the process. The connection's session settings are made equal to `settings` before it is handed out.
    func acquire(_ purpose: ConnectionPurpose, settings: SessionSettings) async throws -> any ShardConnection

    /// Gives a connection back. An open transaction on it is rolled back first.
    func release(_ connection: any ShardConnection)

    /// Threads for work that may block for long (scans, commits, DDL). Nil when nothing blocks.
    var workExecutor: (any TaskExecutor)? { get }

    /// Waits for leased connections to come back, then closes everything. Idempotent.
    func close() async
}

public enum ConnectionPurpose: Sendable, Hashable { case read, write }

/// State of the logical session that every connection it uses must carry: PRAGMA or SET, name to value, as the
/// engine's own SQL spells the value. Order does not matter; equal values compare equal.
public struct SessionSettings: Sendable, Hashable {
    /// Lower-case name to value text, only those that differ from the engine's default.
    public var values: [String: String]

    public init(values: [String: String] = [:]) { self.values = values }
    public static let engineDefaults = SessionSettings()
}

/// A private database of the same dialect beside the shards: it holds the logical schema (to describe statements
/// exactly as one plain database would) or gathered rows (to finish statements).
public protocol PrivateDatabase: ShardConnection {
    /// What one plain database says of a statement: its columns, or the error it would give. Nothing is run.
    func describe(_ sql: String) throws -> StatementDescription
}

/// A statement as its engine understands it.
public struct StatementDescription: Sendable {
    public var columns: [ResultColumn]
    /// Whether the statement cannot change the database.
    public var isReadOnly: Bool
    /// The number of parameters (the largest index).
    public var parameterCount: Int
    /// Parameter names by index from 1, where named (`:a`).
    public var parameterNames: [Int: String]
    /// Every column that it reads, by the engine's own name resolution.
    public var reads: Set<Read>

    /// A column of a table or view, as its schema spells it. The column is `ROWID` where the rowid of a table without a
    /// column for it is read, and empty where rows are only counted; then the schema is empty too unless the text names it.
    public struct Read: Sendable, Hashable {
        public var schema: String
        public var table: String
        public var column: String
        public init(schema: String, table: String, column: String) {
            self.schema = schema
            self.table = table
            self.column = column
        }
    }

    public init(
        columns: [ResultColumn], isReadOnly: Bool, parameterCount: Int, parameterNames: [Int: String],
        reads: Set<Read> = []
    ) {
        self.reads = reads
        self.columns = columns
        self.isReadOnly = isReadOnly
        self.parameterCount = parameterCount
        self.parameterNames = parameterNames
    }
}
