public import ShardValues

/// One connection to one shard, used by one owner at a time.
///
/// Several cursors may be open on one connection (a scatter reads all partitions of a shard through one connection,
/// so that they share one snapshot), also of the same statement; calls on a connection and its cursors never overlap
/// in time. A connection given back closes the cursors left open.
///
/// Errors are ``ShardBase/ShardError`` with the engine's own message. A busy database is retried inside, without
/// blocking the caller's thread, up to the configured time; then `.busy` is thrown. Cancelling the task interrupts
/// the running statement and throws `.cancelled`.
public protocol ShardConnection: AnyObject, Sendable {
    /// Runs a statement and reads its first rows.
    ///
    /// `values[i]` is bound to parameter `?i+1`; values beyond the statement's parameters are ignored, parameters
    /// beyond the values are NULL. Reads at most `rowLimit` rows. When the result ends within them, the returned
    /// cursor is nil and the statement is already reset.
    func query(_ statement: ShardStatement, values: [Value], rowLimit: Int) async throws -> QueryStart

    /// Runs a statement to its end and drops its rows.
    func execute(_ statement: ShardStatement, values: [Value]) async throws -> WriteOutcome

    /// Runs a statement to its end with the cells of some of a batch's rows as its parameters, row after row from `?1`, and
    /// drops its rows: the way of bulk inserts. Default: as the above, with values made of the cells.
    func execute(_ statement: ShardStatement, rows: Range<Int>, of batch: RowBatch) async throws -> WriteOutcome

    /// Runs SQL text once, without the statement cache; may hold several statements.
    func executeScript(_ sql: String) async throws

    /// Whether a transaction is open on this connection.
    var isInTransaction: Bool { get }

    /// Begins a transaction whose snapshot is taken now, not at its first read.
    func openSnapshot() async throws
}

extension ShardConnection {
    public func execute(_ statement: ShardStatement, rows: Range<Int>, of batch: RowBatch) async throws -> WriteOutcome
    {
        try await execute(statement, values: rows.flatMap { batch.row($0) })
    }
}

/// The beginning of an answer.
public struct QueryStart: Sendable {
    public var columns: [ResultColumn]
    public var batch: RowBatch
    /// Where the rest comes from; nil when `batch` is all of it.
    public var cursor: (any ShardCursor)?
    /// The outcome, meaningful once `cursor` is nil (a RETURNING clause answers rows and changes).
    public var outcome: WriteOutcome

    public init(
        columns: [ResultColumn], batch: RowBatch, cursor: (any ShardCursor)? = nil, outcome: WriteOutcome = .init()
    ) {
        self.columns = columns
        self.batch = batch
        self.cursor = cursor
        self.outcome = outcome
    }
}

/// What a write did.
public struct WriteOutcome: Sendable, Hashable {
    /// Rows changed by the statement itself.
    public var changes: Int64
    /// Rows changed by triggers and foreign keys' actions on its account.
    public var indirectChanges: Int64
    /// The rowid of the last row inserted by this connection, if it ever inserted one.
    public var lastInsertID: Int64

    public init(changes: Int64 = 0, indirectChanges: Int64 = 0, lastInsertID: Int64 = 0) {
        self.changes = changes
        self.indirectChanges = indirectChanges
        self.lastInsertID = lastInsertID
    }
}

/// The rest of an answer, read batch by batch by one reader.
public protocol ShardCursor: AnyObject, Sendable {
    /// Refills a batch (its storage is recycled); an empty batch is the end. Between calls the database may do
    /// nothing: not asking is the back-pressure.
    func next(_ recycled: consuming RowBatch) async throws -> RowBatch
    /// Ends the answer early or late; idempotent. Afterwards the connection is free again.
    func close()
    /// What the statement did, meaningful at its end.
    var outcome: WriteOutcome { get }
}
