import ShardBackend
import ShardBase
import ShardCatalog
import ShardExecutor
import ShardPlanner

/// Many SQLite files, or PostgreSQL databases, that answer as one.
///
/// ```swift
/// let database = try await ShardedDatabase.open("shardkit.yaml")
/// let rows = try await database.query("SELECT id, total FROM orders WHERE user_id = \(userID) ORDER BY id")
/// for try await (id, total) in rows.decode((Int64, Double).self) { … }
/// try await database.withTransaction { transaction in … }
/// await database.close()
/// ```
///
/// Every answer is exactly what one plain database with all the rows would give, or an error that says why not. Safe to
/// share between tasks; statements of different tasks run side by side.
public final class ShardedDatabase: Sendable {
    public let configuration: Configuration
    let logical: LogicalDatabase
    let parts: DatabaseParts
    private let pool: SessionPool
    private let spare = SpareBatch()

    init(configuration: Configuration, parts: DatabaseParts) {
        self.configuration = configuration
        self.parts = parts
        self.logical = parts.logical
        self.pool = SessionPool { [logical = parts.logical] in logical.makeSession() }
    }

    // MARK: Opening and closing

    /// Opens the database of a configuration file.
    ///
    /// - Throws: ``ShardBase/ShardError``: `.configuration`, `.notFound`, `.foreignShard`, `.catalogVersion` and what the
    ///   files say.
    public static func open(_ file: String) async throws -> ShardedDatabase {
        try await open(try Configuration(file: file))
    }

    /// Opens the database of a configuration. Definitions that a crash has cut short are finished or undone first, and so are
    /// commits over several shards.
    ///
    /// - Parameter recoversCommits: false leaves commits over several shards to who opens the database next, or writes one of
    ///   the shards. Default: true.
    public static func open(
        _ configuration: Configuration, recoversCommits: Bool = true
    ) async throws -> ShardedDatabase {
        ShardedDatabase(
            configuration: configuration,
            parts: try await DatabaseParts.open(configuration, recoversCommits: recoversCommits))
    }

    /// Makes the files of a new database and opens it.
    ///
    /// - Throws: `.alreadyExists` when there is a catalog in the folder; nothing is overwritten, ever.
    public static func create(_ configuration: Configuration) async throws -> ShardedDatabase {
        ShardedDatabase(configuration: configuration, parts: try await DatabaseParts.create(configuration))
    }

    /// Waits for running statements and closes all files. Idempotent.
    public func close() async {
        // Its steps may be using the database.
        await parts.sagas.close()
        await pool.close()
        await logical.giveBackNumbers()
        await logical.retireCommits()
        await parts.close()
    }

    /// Where a task that only talks to this database runs best: `Task(executorPreference: database.executor)`. Over PostgreSQL it is the
    /// thread that waits for the sockets, and nothing changes threads. Nil over files, which are read on the caller's own.
    public var executor: (any TaskExecutor)? {
        switch configuration.engine {
        case .sqlite: nil
        case .postgresql: parts.shards.first?.workExecutor
        }
    }

    // MARK: Statements

    /// Runs a statement of any kind.
    ///
    /// Statements that only make sense in a session (BEGIN, PRAGMA name = value, TEMP tables) belong into
    /// ``withSession(statementTimeout:_:)``: here each statement has a session of its own.
    public func run(_ sql: SQLText) async throws -> StatementResult {
        let lease = try pool.lease(for: sql.text)
        do {
            return StatementResult(try await answer(sql, lease), lease: lease)
        } catch {
            lease.giveBack()
            throw error
        }
    }

    /// Runs a statement and gives its rows, streamed with back-pressure.
    public func query(_ sql: SQLText) async throws -> Rows {
        if let short = logical.shortRead(sql.text, values: sql.values),
            let rows = Rows(box(of: short.read), short.values, from: logical, spare)
        {
            return rows
        }
        let lease = try pool.lease(for: sql.text)
        do {
            let answer = try await answer(sql, lease)
            return Rows(header: ColumnHeader(answer), source: answer.rows, lease: lease)
        } catch {
            lease.giveBack()
            throw error
        }
    }

    /// Texts of one shape often follow one another.
    private func box(of short: ShortRead) -> BatchBox {
        if let spare = spare.take(), spare.short === short { return spare }
        return BatchBox(short)
    }

    /// Runs a statement to its end and drops its rows, if it has any.
    @discardableResult
    public func execute(_ sql: SQLText) async throws -> WriteSummary {
        let lease = try pool.lease(for: sql.text)
        defer { lease.giveBack() }
        let answer = try await answer(sql, lease)
        await answer.rows?.close()
        return WriteSummary(changes: answer.changes, lastInsertID: answer.lastInsertID)
    }

    private func answer(_ sql: SQLText, _ lease: SessionLease) async throws -> Answer {
        let answer = try await lease.session.run(sql.text, values: sql.values)
        guard !lease.session.isInTransaction else {
            throw ShardError(
                .transactionState, "a transaction needs a session that outlives the statement",
                hint: "Use withTransaction, or withSession and BEGIN in it.")
        }
        return answer
    }

    /// Plans a statement that is run often, by many tasks.
    ///
    /// - Throws: ``ShardBase/ShardError`` when the statement is wrong or refused.
    public func prepare(_ sql: String) async throws -> PreparedStatement {
        let statement = PreparedStatement(sql, of: logical, pool: pool)
        try await statement.warm()
        return statement
    }

    /// How a statement would be answered; nothing is run.
    public func explain(_ sql: SQLText) async throws -> Explanation {
        try await withSession { try await $0.explain(sql) }
    }

    /// Whether the plan cache knows the statement, as it stands or but for its literals: the next run of such a text is
    /// not parsed or planned. Costs a look-up, which is what a hit costs.
    public func hasCachedPlan(of sql: String) -> Bool { logical.hasPlan(of: sql) }

    // MARK: Scopes

    /// Lends a session of its own for `body`; it is rolled back and closed afterwards.
    ///
    /// - Parameter statementTimeout: how long each of its statements may work before it ends with `.timeout`; zero: as
    ///   long as it likes. Default: the configuration's ``Configuration/Limits/statementTimeout``.
    public func withSession<Result>(
        statementTimeout: Duration? = nil, _ body: (DatabaseSession) async throws -> Result
    ) async throws -> Result {
        try pool.checkOpen()
        let session = DatabaseSession(logical.makeSession(statementTimeout: statementTimeout), of: logical)
        do {
            let result = try await body(session)
            await session.session.close()
            return result
        } catch {
            await session.session.close()
            throw error
        }
    }

    /// Runs `body` in a transaction over all shards: committed when it returns, rolled back when it throws.
    ///
    /// - Parameter kind: default ``TransactionKind/deferred``.
    public func withTransaction<Result>(
        _ kind: TransactionKind = .deferred, _ body: (DatabaseSession) async throws -> Result
    ) async throws -> Result {
        try await withSession { try await $0.withTransaction(kind, body) }
    }

    /// A session that the caller closes by ``close(_:)``: for a command's main loop.
    func makeSession() -> DatabaseSession { DatabaseSession(logical.makeSession(), of: logical) }
}
