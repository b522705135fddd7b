import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// Runs a statement in the session's private database, where its TEMP tables are, with what the statement reads of tables
/// on shards in `main`: these tables take the place of the empty ones for the time of the statement.
struct SessionGathering {
    let session: Session
    let schema: LogicalSchema
    let compiled: CompiledPlan
    let pieces: [GatheredPiece]
    /// The run's, extras included.
    let values: [Value]

    struct Result: Sendable {
        var answer: WholeAnswer
        /// The shards that were read, ascending.
        var shards: [ShardIndex]
        /// Of a statement that writes rows.
        var counters: EngineCounters?
    }

    /// - Parameters:
    ///   - keeping: the statement changes TEMP objects; otherwise the database is afterwards as it was before.
    ///   - counting: the statement writes rows of TEMP tables: the session's counters follow it.
    func run(_ sql: String, keeping: Bool, counting: Bool = false) async throws -> Result {
        guard let executor = session.database.environment.shards.first?.workExecutor else {
            return try await perform(sql, keeping: keeping, counting: counting)
        }
        return try await withTaskExecutorPreference(executor) {
            try await moved(sql, keeping: keeping, counting: counting)
        }
    }

    /// Leaves the caller's actor for the preferred executor.
    @concurrent private func moved(_ sql: String, keeping: Bool, counting: Bool) async throws -> Result {
        try await perform(sql, keeping: keeping, counting: counting)
    }

    private func perform(_ sql: String, keeping: Bool, counting: Bool) async throws -> Result {
        let engine = try await session.sessionEngine()
        try await engine.mirror(schema)
        if pieces.isEmpty { return try await statement(sql, engine, [], counting) }
        try await engine.database.executeScript("SAVEPOINT _shardkit_meeting")
        let shards: [ShardIndex]
        do {
            shards = try await place(engine)
        } catch {
            await engine.takeBack()
            throw error
        }
        guard keeping else {
            do {
                let result = try await statement(sql, engine, shards, counting)
                await engine.takeBack()
                return result
            } catch {
                await engine.takeBack()
                throw error
            }
        }
        do {
            try await engine.database.executeScript("RELEASE _shardkit_meeting")
        } catch {
            await engine.takeBack()
            throw error
        }
        engine.forgetMirror()
        let result = try await statement(sql, engine, shards, counting)
        // The rows are not kept until somebody needs the empty tables; what the statement did is done.
        try? await engine.mirror(schema)
        return result
    }

    private func place(_ engine: SessionEngine) async throws -> [ShardIndex] {
        let environment = session.database.environment
        let transaction = session.transaction
        let provider: any ConnectionProvider =
            transaction.isOpen
            ? transaction
            : AutocommitConnections(
                shards: session.database.shards, settings: transaction.settings, anyShard: session.home)
        return try await engine.withWriting {
            for piece in pieces where piece.createTable != nil {
                try await engine.database.executeScript("DROP TABLE main.\(Identifier.quoted(piece.table))")
            }
            return try await Gathering(
                pieces: pieces, compiled: compiled, values: values, settings: transaction.settings,
                environment: environment
            ).fill(engine.database, provider)
        }
    }

    private func statement(
        _ sql: String, _ engine: SessionEngine, _ shards: [ShardIndex], _ counting: Bool
    ) async throws -> Result {
        let limit = session.database.environment.limits.maxStatementBytes
        guard counting else {
            let answer = try await engine.database.wholeAnswer(ShardStatement(sql), values: values, byteLimit: limit)
            return Result(answer: answer, shards: shards)
        }
        engine.database.setLastInsertRowID(session.lastInsertRowID ?? EngineCounters.unknownRowID)
        let before = try await engine.counters()
        do {
            let answer = try await engine.database.wholeAnswer(ShardStatement(sql), values: values, byteLimit: limit)
            return Result(answer: answer, shards: shards, counters: try await engine.counters().since(before))
        } catch {
            // OR FAIL keeps rows; and SQLite takes no last_insert_rowid() back.
            var after = try await engine.counters().since(before)
            if after.totalChanges == 0 { after.changes = 0 }
            session.record(after)
            throw error
        }
    }
}

/// What SQLite counts on one connection.
struct EngineCounters: Sendable {
    var changes: Int64
    var totalChanges: Int64
    var lastInsertRowID: Int64

    /// Stands for a number that only a shard knows.
    static let unknownRowID = Int64.min + 1

    /// With the total of what came after `before` alone.
    func since(_ before: EngineCounters) -> EngineCounters {
        var result = self
        result.totalChanges -= before.totalChanges
        return result
    }
}

extension SessionEngine {
    /// Makes the database what it was before the savepoint `_shardkit_meeting`, whatever has become of the caller's task.
    func takeBack() async {
        let database = database
        let isDone = await Task.detached {
            (try? await database.executeScript("ROLLBACK TO _shardkit_meeting; RELEASE _shardkit_meeting")) != nil
        }.value
        if !isDone { forgetMirror() }
    }

    private static let counters = ShardStatement("SELECT changes(), total_changes(), last_insert_rowid()")

    func counters() async throws -> EngineCounters {
        let batch = try await database.query(Self.counters, values: [], rowLimit: 2).batch
        return EngineCounters(
            changes: batch[0, 0].integerValue, totalChanges: batch[0, 1].integerValue,
            lastInsertRowID: batch[0, 2].integerValue)
    }
}

extension Session {
    /// Takes over what a statement on TEMP tables counted.
    func record(_ counters: EngineCounters) {
        changes = counters.changes
        totalChanges += counters.totalChanges
        lastInsertRowID = counters.lastInsertRowID == EngineCounters.unknownRowID ? nil : counters.lastInsertRowID
    }
}
