import ShardBackend
import ShardBase
import ShardValues

/// One shard's part of a definition: its statements in one transaction, with a mark that says which definition it was.
///
/// The mark is what makes running it again exact: a shard that carries the mark has committed, one that does not has not.
struct ShardDefinition: Sendable {
    let id: String
    let database: any ShardDatabase
    let statements: [String]
    var spelling = EngineSpelling.sqlite

    static let markTable = "_shardkit_ddl"
    private static let makeMarks = ShardStatement("CREATE TABLE \(markTable) (id TEXT PRIMARY KEY)")
    private static let clearMarks = ShardStatement("DELETE FROM \(markTable)")
    private static let commit = ShardStatement("COMMIT")

    /// Leaves the mark of a definition in the open transaction.
    ///
    /// - Parameter spelling: the engine's. Default: SQLite's.
    static func mark(
        _ connection: any ShardConnection, with id: String, spelling: EngineSpelling = .sqlite
    ) async throws {
        if try await connection.allRows(ShardStatement(spelling.tableExists), [.text(markTable)]).isEmpty {
            _ = try await connection.execute(makeMarks, values: [])
        }
        _ = try await connection.execute(clearMarks, values: [])
        let setMark = "INSERT INTO \(markTable) (id) VALUES \(spelling.parameters(1))"
        _ = try await connection.execute(ShardStatement(setMark), values: [.text(id)])
    }

    /// A shard on which the definition's transaction is open.
    struct Open: Sendable {
        let definition: ShardDefinition
        let connection: any ShardConnection

        /// Gives the connection back; what was not committed is rolled back.
        func giveBack() { definition.database.release(connection) }

        /// Runs the statements and leaves the mark; everything stays uncommitted.
        func run() async throws {
            try await definition.database.onItsThreads {
                try FaultPoints.hit(.ddlBeforeShard)
                for statement in definition.statements { try await connection.executeScript(statement) }
                try await ShardDefinition.mark(
                    connection, with: definition.id, spelling: definition.spelling)
            }
        }

        func commit() async throws {
            try await definition.database.onItsThreads {
                _ = try await connection.execute(ShardDefinition.commit, values: [])
            }
            try FaultPoints.hit(.ddlAfterShard)
        }

        /// Whether the shard has committed the definition before.
        func isDone() async throws -> Bool {
            let spelling = definition.spelling
            let hasTable = ShardStatement(spelling.tableExists)
            guard try await !connection.allRows(hasTable, [.text(markTable)]).isEmpty else { return false }
            let hasMark = ShardStatement("SELECT 1 FROM \(markTable) WHERE id = \(spelling.parameterMark)1")
            return try await !connection.allRows(hasMark, [.text(definition.id)]).isEmpty
        }
    }

    /// Leases the writer and begins the transaction.
    /// - Throws: `.busy` (retryable) when the shard's writer does not come free in time.
    func open(settings: SessionSettings, timeout: Duration) async throws -> Open {
        let connection = try await writer(settings, timeout)
        do {
            _ = try await connection.execute(ShardStatement(spelling.beginWriting), values: [])
            return Open(definition: self, connection: connection)
        } catch {
            database.release(connection)
            throw error
        }
    }

    /// The writer's queue has no end of its own: a session may keep the writer for as long as its transaction takes.
    private func writer(_ settings: SessionSettings, _ timeout: Duration) async throws -> any ShardConnection {
        let database = database
        return try await withThrowingTaskGroup(of: (any ShardConnection)?.self) { group in
            group.addTask { try await database.acquire(.write, settings: settings) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            var found: (any ShardConnection)?
            var failure: (any Error)?
            do {
                if let first = try await group.next() { found = first }
            } catch { failure = error }
            group.cancelAll()
            // The acquisition may have succeeded at the moment the time was up.
            while let other = await group.nextResult() {
                if case .success(let late?) = other {
                    if found == nil { found = late } else { database.release(late) }
                }
            }
            if let found { return found }
            if let failure { throw failure }
            throw ShardError(
                .busy,
                "a transaction is writing and did not end within \(timeout): the schema cannot be changed meanwhile",
                hint: "Run the statement again when the transaction has ended.", isRetryable: true)
        }
    }
}

extension ShardDatabase {
    /// Runs work that may take long on the shard's own threads, so that it blocks none of Swift's.
    func onItsThreads<Result: Sendable>(
        _ body: @Sendable @concurrent () async throws -> Result
    ) async throws -> Result {
        guard let executor = workExecutor else { return try await body() }
        return try await withTaskExecutorPreference(executor) { try await body() }
    }
}
