import ShardBase
public import ShardPlanner
public import ShardValues

/// What one statement answered.
public struct Answer: Sendable {
    /// Names and declared types as one plain database reports them. Empty for statements without rows.
    public var columns: [PlanColumn]
    /// The rows, nil for statements that have none by their nature. They are to be read to the end or closed before the
    /// session's next statement; starting one closes them.
    public var rows: AnswerRows?
    /// Rows inserted, updated or deleted by this statement; 0 for others.
    public var changes: Int64
    /// The rowid of the last row that this INSERT inserted, or its integer key where a generator makes one. Nil for other statements, for an INSERT that inserted
    /// nothing, and for tables whose rowids only their shard knows.
    public var lastInsertID: Int64?
    /// How it was answered.
    public var rung: Rung
    /// Names of the shards asked, in order.
    public var shards: [String]

    public init(
        columns: [PlanColumn] = [], rows: AnswerRows? = nil, changes: Int64 = 0, lastInsertID: Int64? = nil,
        rung: Rung = .route, shards: [String] = []
    ) {
        self.columns = columns
        self.rows = rows
        self.changes = changes
        self.lastInsertID = lastInsertID
        self.rung = rung
        self.shards = shards
    }
}

/// The rows of an answer, batch by batch, for one reader.
///
/// Not asking for the next batch is the back-pressure: shards are read no further than one batch ahead.
public final class AnswerRows: @unchecked Sendable {
    // Unchecked: one reader at a time by contract, the same task that uses the session.
    private var first: RowBatch?
    /// Behind the first, in reverse order.
    private var ready: [RowBatch] = []
    private var rest: (any RowSource)?
    private let schema: LogicalSchema?
    /// What the rest may take of the statement's time.
    var budget: StatementBudget?
    public let columnCount: Int
    public private(set) var isFinished = false
    /// Hears of the end: rows given, time that the reader waited for them, and the error that ended them.
    private var watcher: ((_ rows: Int, _ waited: Duration, _ error: (any Error)?) -> Void)?
    private var clock: (any ShardClock)?
    private var closed: (@Sendable () -> Void)?
    private var given = 0
    private var waited = Duration.zero

    /// - Parameter schema: puts later errors into logical names.
    init(columnCount: Int, batches: [RowBatch], rest: (any RowSource)? = nil, schema: LogicalSchema? = nil) {
        self.schema = schema
        self.columnCount = columnCount
        self.ready = batches.reversed()
        self.rest = rest
    }

    init(columnCount: Int, first: RowBatch, rest: (any RowSource)?, schema: LogicalSchema) {
        self.schema = schema
        self.columnCount = columnCount
        self.first = first
        self.rest = rest
    }

    /// The next rows; nil at the end.
    public func next() async throws -> RowBatch? {
        try await next(recycling: RowBatch(columnCount: columnCount))
    }

    /// The next rows into the storage of a batch that is no longer needed; nil at the end.
    ///
    /// - Throws: what a shard or a merge finds wrong later than the first rows; the rows are closed then.
    public func next(recycling batch: consuming RowBatch) async throws -> RowBatch? {
        guard let clock else { return try await following(batch) }
        let begin = clock.monotonic
        do {
            let next = try await following(batch)
            waited += clock.monotonic - begin
            if let next { given += next.rowCount } else { tell(nil) }
            return next
        } catch {
            tell(error)
            throw error
        }
    }

    /// Has somebody told of the end, once: when the rows are read to it, closed or let go of.
    func watch(
        _ clock: any ShardClock, _ watcher: @escaping (_ rows: Int, _ waited: Duration, _ error: (any Error)?) -> Void
    ) {
        self.clock = clock
        self.watcher = watcher
    }

    private func tell(_ error: (any Error)?) {
        watcher?(given, waited, error)
        watcher = nil
    }

    /// Has somebody told, once, when nothing is held any more.
    func whenClosed(_ body: @escaping @Sendable () -> Void) { closed = body }

    private func release() {
        closed?()
        closed = nil
    }

    deinit {
        watcher?(given, waited, nil)
        closed?()
    }

    private func following(_ batch: consuming RowBatch) async throws -> RowBatch? {
        if let batch = first.take(), !batch.isEmpty { return batch }
        while let batch = ready.popLast() { if !batch.isEmpty { return batch } }
        guard let source = rest else {
            isFinished = true
            return nil
        }
        do {
            let next = try await advance(source, batch)
            if !next.isEmpty { return next }
        } catch {
            await close()
            throw schema?.logical(error) ?? error
        }
        await close()
        return nil
    }

    private func advance(_ source: any RowSource, _ batch: consuming RowBatch) async throws -> RowBatch {
        guard let budget else { return try await source.next(batch) }
        let batch = batch
        return try await budget.spend { try await source.next(batch) }
    }

    /// Ends the answer early: connections go back. Idempotent.
    public func close() async {
        isFinished = true
        defer {
            tell(nil)
            release()
        }
        first = nil
        ready = []
        guard let source = rest else { return }
        rest = nil
        await source.close()
    }

    /// Whether the rows still hold connections.
    var holdsConnections: Bool { rest != nil }

    /// All rows that are left, as values. For small answers and tests.
    public func all() async throws -> [[Value]] {
        var rows: [[Value]] = []
        while let batch = try await next() {
            for row in 0..<batch.rowCount { rows.append(batch.row(row)) }
        }
        return rows
    }
}
