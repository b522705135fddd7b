public import ShardValues

/// One opened shard: a pool of connections to one physical database.
public protocol ShardDatabase: AnyObject, Sendable {
    /// The shard's name in the topology (`s0`).
    var name: String { get }

    /// Leases a connection; waits (suspended, first come first served) while none is free.
    ///
    /// `.read` connections cannot write. There is one `.write` connection for SQLite: holding it serialises writers
    /// inside the process. The connection's session settings are made equal to `settings` before it is handed out.
    func acquire(_ purpose: ConnectionPurpose, settings: SessionSettings) async throws -> any ShardConnection

    /// Runs a short read on the caller's thread, if that is possible without waiting: on a connection that is free now and
    /// has the statement prepared. The connection carries ``SessionSettings/engineDefaults``. The default is never.
    ///
    /// - Parameters:
    ///   - id: ``ShardStatement/id`` of a statement that only reads.
    ///   - rowLimit: rows read at most, as in ``ShardConnection/query(_:values:rowLimit:)``.
    ///   - isSingleRow: the statement's form proves that there is one row at most; none is looked for after it.
    ///   - batch: refilled; its storage is recycled.
    func readNow(
        _ id: UInt64, values: [Value], rowLimit: Int, isSingleRow: Bool, into batch: inout RowBatch
    ) -> ImmediateRead

    /// Runs a read that finds a row at most, together with what other tasks ask for at this moment, on connections that they
    /// share; nil where that is not done. The connections carry ``SessionSettings/engineDefaults``. The
    /// default is never.
    ///
    /// - Parameter statement: only reads, and calls nothing that could tell that it was run twice.
    func readTogether(_ statement: ShardStatement, values: [Value]) async throws -> QueryStart?

    /// The schema has changed: what connections have prepared may mean something else. The default does nothing.
    func schemaChanged()

    /// Gives a connection back. An open transaction on it is rolled back first.
    func release(_ connection: any ShardConnection)

    /// Threads for work that may block for long (scans, commits, DDL). Nil when nothing blocks.
    var workExecutor: (any TaskExecutor)? { get }

    /// How its pools are doing now. The default is that nothing is said.
    var pools: [PoolUsage] { get }

    /// Waits for leased connections to come back, then closes everything. Idempotent.
    func close() async
}

extension ShardDatabase {
    public func schemaChanged() {}
    public var pools: [PoolUsage] { [] }
    public func readTogether(_ statement: ShardStatement, values: [Value]) async throws -> QueryStart? { nil }
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

    /// Tells of every row of the watched tables that is changed until watching ends, in order, by whatever changes it: the
    /// statements run, their triggers, rows that a REPLACE takes away.
    func watch(_ tables: [WatchedTable]) throws
    /// Ends watching and gives what was seen.
    func endWatching() -> [RowChange]

    /// Makes `last_insert_rowid()` what it would be had the session's other statements run here too.
    func setLastInsertRowID(_ id: Int64)
}

/// A table whose row changes are wanted.
public struct WatchedTable: Sendable {
    public var name: String
    /// Columns (by position in the table) that tell a row from all others; empty: its rowid does.
    public var identity: [Int]
    /// Columns whose values before a change are wanted.
    public var key: [Int]

    public init(name: String, identity: [Int], key: [Int]) {
        self.name = name
        self.identity = identity
        self.key = key
    }
}

/// A row before and after a change: one of them is missing when it came or went.
public struct RowChange: Sendable {
    public struct Before: Sendable {
        public var identity: [Value]
        public var key: [Value]
        public init(identity: [Value], key: [Value]) {
            self.identity = identity
            self.key = key
        }
    }
    /// The position of its table among the watched ones.
    public var table: Int
    public var before: Before?
    /// The identity afterwards.
    public var after: [Value]?

    public init(table: Int, before: Before?, after: [Value]?) {
        self.table = table
        self.before = before
        self.after = after
    }
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
    /// The types of the parameters as a server finds them (`pg_type.oid`); empty from engines whose values carry their types.
    public var parameterTypes: [UInt32]

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
        reads: Set<Read> = [], parameterTypes: [UInt32] = []
    ) {
        self.parameterTypes = parameterTypes
        self.reads = reads
        self.columns = columns
        self.isReadOnly = isReadOnly
        self.parameterCount = parameterCount
        self.parameterNames = parameterNames
    }
}
