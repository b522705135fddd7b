public import ShardValues

/// The rows that a transaction changed on one shard, as they are at its end: what another process needs to do the same where the
/// transaction's own commit was lost.
///
/// Applied to the state that the transaction had begun with, it gives the state that it would have left. A row that changed
/// several times stands in it once.
public struct RowLog: Sendable, Hashable {
    public struct Table: Sendable, Hashable {
        public var name: String
        /// The columns whose values tell a row from all others; one of them may be a name of the rowid.
        public var keyColumns: [String]
        /// The columns of `Row.values`, those of the key included.
        public var columns: [String]
        public var rows: [Row]

        public init(name: String, keyColumns: [String], columns: [String], rows: [Row]) {
            self.name = name
            self.keyColumns = keyColumns
            self.columns = columns
            self.rows = rows
        }
    }

    public struct Row: Sendable, Hashable {
        public var key: [Value]
        /// Nil: there is no such row any more.
        public var values: [Value]?

        public init(key: [Value], values: [Value]?) {
            self.key = key
            self.values = values
        }
    }

    /// How far a table has counted (SQLite's AUTOINCREMENT).
    public struct Sequence: Sendable, Hashable {
        public var table: String
        public var value: Int64

        public init(table: String, value: Int64) {
            self.table = table
            self.value = value
        }
    }

    public var tables: [Table]
    public var sequences: [Sequence]

    public init(tables: [Table] = [], sequences: [Sequence] = []) {
        self.tables = tables
        self.sequences = sequences
    }

    public var rowCount: Int { tables.reduce(0) { $0 + $1.rows.count } }
}

/// A connection that can tell which rows its transaction has changed, whatever changed them: statements, triggers, foreign
/// keys' actions, REPLACE.
public protocol RowLogging: ShardConnection {
    /// Begins to note which rows change, until the transaction ends. To be called behind BEGIN, before the first change.
    ///
    /// - Throws: `.rowLogUnavailable` where a table has rows that nothing tells apart.
    func beginRowLog() throws

    /// The rows noted, as they are now: an encoded ``RowLog``; nil: none.
    func rowLog() throws -> [UInt8]?

    /// Whether reading the rows noted takes long enough to be worth a thread of its own.
    var isRowLogLarge: Bool { get }

    /// Whether a deferred foreign key is broken now, so that COMMIT would fail.
    var hasBrokenForeignKeys: Bool { get }

    /// The guard is not asked about this transaction, which it is that others must wait for.
    func exemptFromGuard()
}

/// A shard that can take part in a commit over several shards: what another process has decided for it is found before anybody
/// writes it, and applied.
public protocol CommitParticipant: ShardDatabase {
    /// Asked while a transaction commits, with the shard's write lock held; false rolls the transaction back, and its owner
    /// is thrown `.commitRefused`. Set once, before the first write. Must not wait.
    func setCommitGuard(_ mayCommit: @escaping @Sendable () -> Bool)

    /// Whether each commit is durable when it returns.
    var commitsAreDurable: Bool { get }

    /// Makes durable what has been committed, by whatever connection.
    func syncCommits() async throws

    /// A connection of its own for mending: no triggers run on it and no foreign keys are enforced, and no guard is asked.
    func openRepair() async throws -> any RepairConnection
}

public protocol RepairConnection: ShardConnection {
    /// Does what a row log says. Inside the caller's transaction.
    func apply(_ log: RowLog) throws
}

/// What the owner of a transaction is thrown whose commit the guard refused: `.busy`, retryable, with this code.
public enum CommitRefusal {
    /// SQLite's SQLITE_CONSTRAINT_COMMITHOOK.
    public static let engineCode = "531"
}
