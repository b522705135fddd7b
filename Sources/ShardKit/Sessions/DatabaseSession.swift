import ShardBase
package import ShardExecutor
import ShardPlanner
import ShardSQL
public import ShardValues

/// One logical connection to a ``ShardedDatabase``: transactions, settings (PRAGMA), TEMP tables and
/// `last_insert_rowid()` live here. For one task at a time; the rows of an answer are read or closed before the next
/// statement, which closes them otherwise.
public final class DatabaseSession: Sendable {
    let session: Session
    let logical: LogicalDatabase

    init(_ session: Session, of logical: LogicalDatabase) {
        self.session = session
        self.logical = logical
    }

    /// Runs one statement of any kind.
    ///
    /// - Throws: ``ShardBase/ShardError``: a refusal, the engine's own error, or the state of things. A statement that
    ///   fails has changed nothing.
    public func run(_ sql: SQLText) async throws -> StatementResult {
        StatementResult(try await session.run(sql.text, values: sql.values), lease: nil)
    }

    /// Runs one statement in another way than it would be run.
    package func run(_ sql: SQLText, trial: PlanTrial) async throws -> StatementResult {
        StatementResult(try await session.run(sql.text, values: sql.values, trial: trial), lease: nil)
    }

    /// Runs a statement and gives its rows, streamed.
    public func query(_ sql: SQLText) async throws -> Rows {
        let answer = try await session.run(sql.text, values: sql.values)
        return Rows(header: ColumnHeader(answer), source: answer.rows, lease: nil)
    }

    /// Runs a statement to its end and drops its rows, if it has any.
    @discardableResult
    public func execute(_ sql: SQLText) async throws -> WriteSummary {
        let answer = try await session.run(sql.text, values: sql.values)
        await answer.rows?.close()
        return WriteSummary(changes: answer.changes, lastInsertID: answer.lastInsertID)
    }

    /// Plans a statement to be run often in this session.
    public func prepare(_ sql: String) async throws -> SessionStatement {
        SessionStatement(try await session.prepare(sql))
    }

    /// How a statement would be answered; nothing is run.
    ///
    /// The values of an interpolation decide places as they would at the run; parameters without values leave them open.
    ///
    /// - Throws: ``ShardBase/ShardError``, a refusal included.
    public func explain(_ sql: SQLText) async throws -> Explanation {
        let plan = try await session.explain(sql.text)
        let topology = try await logical.currentSchema().topology
        return Explanation(
            sql: sql.text, plan: PlanDescription(of: plan, topology: topology, values: sql.values))
    }

    /// Whether a transaction is open.
    public var isInTransaction: Bool { session.isInTransaction }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Parameter kind: default ``TransactionKind/deferred``, as SQLite's BEGIN.
    /// - Throws: what `body` throws, or the error of BEGIN or COMMIT; a transaction that failed to commit is rolled back.
    public func withTransaction<Result>(
        _ kind: TransactionKind = .deferred, _ body: (DatabaseSession) async throws -> Result
    ) async throws -> Result {
        // Servers lock rows as statements touch them: they know no kinds.
        let isServer = logical.dialect == .postgresql
        try await execute(SQLText(isServer ? "BEGIN" : "BEGIN " + kind.rawValue, values: []))
        let result: Result
        do {
            result = try await body(self)
        } catch {
            // An error may have ended the transaction by itself; the first error is the one to tell.
            if isInTransaction { _ = try? await execute("ROLLBACK") }
            throw error
        }
        do {
            try await execute("COMMIT")
        } catch {
            if isInTransaction { _ = try? await execute("ROLLBACK") }
            throw error
        }
        return result
    }
}

/// How a transaction begins, as SQLite's words.
public enum TransactionKind: String, Sendable, Hashable, CaseIterable {
    /// Locks are taken by the first statement that needs them.
    case deferred = "DEFERRED"
    /// Each shard is locked for writing when it is first touched.
    case immediate = "IMMEDIATE"
    case exclusive = "EXCLUSIVE"
}

/// A statement planned once, for one session.
public final class SessionStatement: Sendable {
    let statement: ShardExecutor.PreparedStatement

    init(_ statement: ShardExecutor.PreparedStatement) { self.statement = statement }

    /// The number of values it takes.
    public var parameterCount: Int { statement.parameterCount }

    /// Runs it and gives its rows.
    public func query(_ values: [Value] = []) async throws -> Rows {
        let answer = try await statement.run(values)
        return Rows(header: ColumnHeader(answer), source: answer.rows, lease: nil)
    }

    /// Runs it to its end and drops its rows, if it has any.
    @discardableResult
    public func execute(_ values: [Value] = []) async throws -> WriteSummary {
        let answer = try await statement.run(values)
        await answer.rows?.close()
        return WriteSummary(changes: answer.changes, lastInsertID: answer.lastInsertID)
    }
}

extension DatabaseSession {
    /// Rolls back what is open and gives everything back. Idempotent.
    func close() async { await session.close() }
}
