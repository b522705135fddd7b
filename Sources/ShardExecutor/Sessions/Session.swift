import ShardBackend
import ShardBase
public import ShardPlanner
import ShardSQL
import ShardTopology
public import ShardValues
import Synchronization

/// One logical connection: runs statements one at a time, holds the transaction, the settings and the TEMP tables.
///
/// A statement begun while another of the same session is running is an error, never queued: a session is used by one
/// task at a time.
public final class Session: @unchecked Sendable {
    // Unchecked: all mutable state is touched only between `enter()` and `leave()`, which one atomic flag makes
    // exclusive.
    let database: LogicalDatabase
    /// Tells this session's taken keys from others'.
    let owner: UInt64
    let transaction: SessionTransaction
    /// The shard for what any shard can answer.
    let home: ShardIndex
    /// How long a statement may take; nil: as long as it likes.
    let statementTimeout: Duration?
    /// Where the shards are database servers; nil: they are files.
    let server: ServerSession?
    private let isRunning = Atomic<Bool>(false)
    private var isClosed = false

    /// `last_insert_rowid()`; nil when only a shard knows it.
    var lastInsertRowID: Int64? = 0
    /// What a generator made, or the row brought, for the last row of the last INSERT that asked one.
    var lastKey: Int64?
    var changes: Int64 = 0
    var totalChanges: Int64 = 0
    /// `PRAGMA query_only` is on.
    var isQueryOnly = false
    /// The private database of settings, evaluations and TEMP tables, once needed.
    var engine: SessionEngine?
    private var openRows: AnswerRows?
    var scratch = FingerprintScratch()
    /// Definitions of the open transaction.
    var pending: PendingDefinitions?
    /// The schema with them.
    var pendingSchema: LogicalSchema?
    private var tablesWithFreedKeys: Set<String> = []

    init(database: LogicalDatabase, owner: UInt64, statementTimeout: Duration?) {
        self.database = database
        self.owner = owner
        self.statementTimeout = statementTimeout
        let home = Int(owner % UInt64(max(1, database.shards.databases.count)))
        self.transaction = SessionTransaction(shards: database.shards, home: home)
        self.home = home
        self.server = database.server.map {
            ServerSession(
                $0, database, home: home, reading: database.splitting.map { SessionReading($0, owner: owner) })
        }
        if statementTimeout != nil, let server {
            server.inTime = { [unowned self] plan, work in try await inTime(plan, work) }
        }
    }

    // MARK: Statements

    /// Runs one statement.
    ///
    /// - Parameters:
    ///   - sql: exactly one statement, as the user wrote it.
    ///   - values: by parameter index; `values[0]` is `?1`.
    /// - Throws: ``ShardBase/ShardError``: a refusal, the engine's own error as one plain database words it, or the
    ///   state of things. A failed statement has changed nothing; some errors end the transaction (see
    ///   `isInTransaction`).
    public func run(_ sql: String, values: [Value] = []) async throws -> Answer {
        guard let observer = database.observer else { return try await runUnobserved(sql, values) }
        return try await observer.observe(sql) { try await runUnobserved(sql, values) }
    }

    private func runUnobserved(_ sql: String, _ values: [Value]) async throws -> Answer {
        try enter()
        defer { leave() }
        if openRows != nil { await closeRows() }
        let schema = try await schemaNow()
        if let server { return try await run(sql, values, on: server, schema) }
        do {
            let cached: CachedPlan
            if let hit = findPlan(sql, schema) {
                cached = hit
            } else {
                if values.isEmpty, let answer = try await insertLiterals(sql, schema) { return answer }
                if let calls = try identifierCalls(sql) { return try await run(calls, values: values, schema) }
                cached = try await compile(sql, schema: schema)
            }
            let values = try cached.values(values)
            if let short = cached.compiled.short, let answer = answer(short, values: values, schema: schema) {
                return answer
            }
            return try await answerInTime(cached.compiled, values: values, schema: schema, sql: sql)
        } catch {
            if transaction.isOpen { await settle() }
            throw schema.logical(error)
        }
    }

    /// Plans a statement to be run often. It is planned again by itself when the schema has changed.
    public func prepare(_ sql: String) async throws -> PreparedStatement {
        try enter()
        defer { leave() }
        let schema = try await schemaNow()
        if let calls = try identifierCalls(sql) {
            let compiled = try await compiled(calls.sql, schema)
            return PreparedStatement(
                session: self, sql: calls.sql, compiled: compiled, temporaryKey: temporaryKey, calls: calls)
        }
        let compiled = try await compiled(sql, schema)
        return PreparedStatement(session: self, sql: sql, compiled: compiled, temporaryKey: temporaryKey)
    }

    /// Runs a prepared statement.
    func run(_ prepared: PreparedStatement, values: [Value]) async throws -> Answer {
        guard let observer = database.observer else { return try await runUnobserved(prepared, values) }
        return try await observer.observe(prepared.sql) { try await runUnobserved(prepared, values) }
    }

    private func runUnobserved(_ prepared: PreparedStatement, _ values: [Value]) async throws -> Answer {
        try enter()
        defer { leave() }
        if openRows != nil { await closeRows() }
        let schema = try await schemaNow()
        var values = values
        if let calls = prepared.calls { values = try await bound(calls, values) }
        if let server { return try await run(prepared.sql, values, on: server, schema) }
        do {
            if prepared.compiled.plan.topologyEpoch != schema.topology.epoch
                || prepared.temporaryKey != temporaryKey
            {
                prepared.compiled = try await compileWhole(prepared.sql, schema: schema)
                prepared.temporaryKey = temporaryKey
            }
            if let short = prepared.compiled.short, let answer = answer(short, values: values, schema: schema) {
                return answer
            }
            return try await answerInTime(prepared.compiled, values: values, schema: schema, sql: prepared.sql)
        } catch {
            if transaction.isOpen { await settle() }
            throw schema.logical(error)
        }
    }

    /// Runs one statement in another way than it would be run.
    package func run(_ sql: String, values: [Value], trial: PlanTrial) async throws -> Answer {
        try enter()
        defer { leave() }
        if openRows != nil { await closeRows() }
        let schema = try await schemaNow()
        if let server {
            let compiled = try await server.compile(sql, schema: schema, gathersReads: trial.gathersReads)
            let answer = try await server.answer(compiled, values: values, schema)
            if let rows = answer.rows, rows.holdsConnections { hold(rows) }
            return answer
        }
        do {
            let compiled = try await compile(sql, trial, schema: schema)
            return try await answer(compiled, values: values, schema: schema, sql: sql)
        } catch {
            if transaction.isOpen { await settle() }
            throw schema.logical(error)
        }
    }

    /// How a statement would be answered, without running it.
    public func explain(_ sql: String) async throws -> Plan {
        try enter()
        defer { leave() }
        let schema = try await schemaNow()
        return try await compiled(try identifierCalls(sql)?.sql ?? sql, schema).plan
    }

    private func compiled(_ sql: String, _ schema: LogicalSchema) async throws -> CompiledPlan {
        if let server { return try await server.compile(sql, schema: schema) }
        return try await compileWhole(sql, schema: schema)
    }

    private func run(
        _ sql: String, _ values: [Value], on server: ServerSession, _ schema: LogicalSchema
    ) async throws -> Answer {
        if let calls = try identifierCalls(sql) {
            return try await run(calls.sql, try await bound(calls, values), on: server, schema)
        }
        let answer = try await server.run(sql, values: values, schema: schema)
        if let rows = answer.rows, rows.holdsConnections { hold(rows) }
        return answer
    }

    /// How the pages of a query are read.
    ///
    /// - Throws: `.orderNotTotal`, `.statementNotModelled`, and what parsing finds.
    public func paging(_ sql: String) async throws -> KeysetPaging {
        try enter()
        defer { leave() }
        let schema = try await schemaNow()
        let parsed: ParsedStatement
        do {
            parsed = try Parser.parse(sql, dialect: database.dialect)
        } catch {
            throw error.shardError(in: sql)
        }
        return try KeysetPaging(parsed, topology: schema.topology, dialect: database.dialect)
    }

    /// What its reads may miss; nil where no shard has replicas.
    public var reading: SessionReading? { server?.reading }

    /// The topology that the next statement sees.
    public var isInTransaction: Bool { transaction.isOpen || server?.isInTransaction ?? false }

    /// Rolls back what is open and gives everything back. Idempotent.
    public func close() async {
        guard (try? enter()) != nil else { return }
        defer { leave() }
        await closeRows()
        if transaction.isOpen { _ = try? await end(.rollback) }
        await server?.close()
        engine = nil
        isClosed = true
    }

    /// The schema as of now, without suspending where nothing has changed.
    @inline(__always)
    private func schemaNow() async throws -> LogicalSchema {
        if let pendingSchema { return pendingSchema }
        if let known = database.knownSchema { return known }
        return try await database.currentSchema()
    }

    // MARK: One at a time

    private func enter() throws {
        guard isRunning.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
            throw ShardError(
                .transactionState, "the session is running another statement",
                hint: "A session serves one task at a time; open one per task.")
        }
        if isClosed {
            leave()
            throw ShardError(.closed, "the session is closed")
        }
    }

    private func leave() { isRunning.store(false, ordering: .releasing) }

    private func closeRows() async {
        guard let rows = openRows else { return }
        openRows = nil
        await rows.close()
    }

    /// Remembers rows that hold connections, to close them before the next statement.
    func hold(_ rows: AnswerRows) { openRows = rows }

    /// After a failure inside a transaction.
    private func settle() async {
        await transaction.settle()
        if !transaction.isOpen {
            try? await engine?.undone(isOver: true)
            keysEnded(isUndone: true)
            await endPending(isCommitted: false)
        }
    }

    // MARK: Keys taken

    /// Rows whose numbers may have become free, in this transaction.
    func touchedRowIDs(of table: String) {
        database.keySource.rowIDs.markStale(table)
        if transaction.isOpen { tablesWithFreedKeys.insert(table) }
    }

    /// A savepoint was rolled back: what was inserted since is gone.
    func staleKeys() { database.keySource.rowIDs.markStale(takenBy: owner) }

    func keysEnded(isUndone: Bool) {
        database.keySource.rowIDs.ended(owner, isUndone: isUndone)
        for table in tablesWithFreedKeys { database.keySource.rowIDs.markStale(table) }
        tablesWithFreedKeys = []
    }

    /// Ends the transaction one way or the other, and with it the keys it has taken.
    func end(_ event: TransactionStateMachine.Event) async throws -> TransactionStateMachine.Outcome? {
        do {
            if let pending {
                transaction.beforeFirstCommit = { [transaction] in
                    try await pending.decide { transaction.writer(of: $0) }
                }
            }
            let outcome = try await transaction.apply(event)
            transaction.beforeFirstCommit = nil
            if !transaction.isOpen {
                if outcome == .committed { engine?.committed() } else { try await engine?.undone(isOver: true) }
                keysEnded(isUndone: outcome != .committed)
                await endPending(isCommitted: outcome == .committed)
            }
            return outcome
        } catch {
            transaction.beforeFirstCommit = nil
            if !transaction.isOpen {
                try? await engine?.undone(isOver: true)
                keysEnded(isUndone: true)
                await endPending(isCommitted: false)
            }
            throw error
        }
    }

    private func endPending(isCommitted: Bool) async {
        guard let pending else { return }
        self.pending = nil
        pendingSchema = nil
        await pending.finish(isCommitted: isCommitted)
    }
}

/// A statement planned once, for one session.
public final class PreparedStatement: @unchecked Sendable {
    // Unchecked: `compiled` and `temporaryKey` are touched only by the session, one statement at a time.
    private let session: Session
    public let sql: String
    var compiled: CompiledPlan
    /// The session's TEMP objects that it was planned with.
    var temporaryKey: UInt64
    /// Identifiers that each run asks for; then ``sql`` has them as parameters.
    let calls: IdentifierCalls?

    init(
        session: Session, sql: String, compiled: CompiledPlan, temporaryKey: UInt64, calls: IdentifierCalls? = nil
    ) {
        self.calls = calls
        self.session = session
        self.sql = sql
        self.compiled = compiled
        self.temporaryKey = temporaryKey
    }

    /// Its way past sessions, where it is a point read.
    public var short: ShortRead? { compiled.short }
    /// What the statement answers.
    public var columns: [PlanColumn] { compiled.plan.columns }
    public var parameterCount: Int { calls?.parameterCount ?? compiled.plan.parameterCount }

    /// Runs it with other values.
    public func run(_ values: [Value] = []) async throws -> Answer {
        try await session.run(self, values: values)
    }
}
