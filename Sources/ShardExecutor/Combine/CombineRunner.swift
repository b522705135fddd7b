import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// Runs a combine plan: opens a private engine, fills it from the shards as of one moment, lets go of the shards, and
/// runs the statement on it.
///
/// All of it happens on the shards' threads: filling and finishing may take long.
struct CombineRunner {
    let compiled: CompiledPlan
    let plan: CombinePlan
    /// The run's, extras included.
    let values: [Value]
    let settings: SessionSettings
    let environment: ExecutionEnvironment

    /// Starts the statement and reads its first rows.
    func start(_ provider: any ConnectionProvider) async throws -> StartedQuery {
        guard let executor = environment.shards.first?.workExecutor else { return try await run(provider) }
        return try await withTaskExecutorPreference(executor) { try await moved(provider) }
    }

    /// Leaves the caller's actor for the preferred executor.
    @concurrent private func moved(_ provider: any ConnectionProvider) async throws -> StartedQuery {
        try await run(provider)
    }

    private func run(_ provider: any ConnectionProvider) async throws -> StartedQuery {
        let engine: any PrivateDatabase
        let shards: [ShardIndex]
        do {
            (engine, shards) = try await Gathering(
                pieces: plan.pieces, compiled: compiled, values: values, settings: settings, environment: environment
            ).engine(provider)
        } catch let error as ShardError where error.engineCode != nil && error.code != .cancelled {
            // An overflow, say. One plain database would compute it only where it is needed.
            guard let fallback = compiled.fallback, case .combine(let plan) = fallback.plan.action else { throw error }
            return try await CombineRunner(
                compiled: fallback, plan: plan, values: values, settings: settings, environment: environment
            ).run(provider)
        }
        for view in plan.views { try await engine.executeScript(view) }
        let start = try await engine.query(
            ShardStatement(plan.sql), values: values, rowLimit: environment.limits.batchRows)
        let rest = start.cursor.map {
            EngineSource(engine, $0, columnCount: start.batch.columnCount, environment: environment)
        }
        return StartedQuery(firstBatch: start.batch, rest: rest, shards: shards)
    }
}

/// Fills a private engine with pieces from the shards, as of one moment.
struct Gathering {
    let pieces: [GatheredPiece]
    let compiled: CompiledPlan
    let values: [Value]
    let settings: SessionSettings
    let environment: ExecutionEnvironment

    /// The engine with its tables filled, and the shards that were read, ascending.
    func engine(
        _ provider: any ConnectionProvider
    ) async throws -> (engine: any PrivateDatabase, shards: [ShardIndex]) {
        let engine = try environment.openPrivate()
        try await engine.executeScript("PRAGMA cache_size = -\(max(64, environment.limits.maxMemoryBytes / 1024))")
        for (name, value) in settings.values { try await engine.executeScript("PRAGMA \(name) = \(value)") }
        return (engine, try await fill(engine, provider))
    }

    /// Makes the tables in an engine and fills them; gives the shards that were read, ascending.
    func fill(_ engine: any PrivateDatabase, _ provider: any ConnectionProvider) async throws -> [ShardIndex] {
        for case let create? in pieces.map(\.createTable) { try await engine.executeScript(create) }
        let shards = self.shards(provider.anyShard)
        let moment = try await StatementMoment(provider, shards: shards)
        defer { moment.end() }
        try await gather(engine, moment)
        return shards
    }

    /// Every shard that a piece is read from, ascending.
    private func shards(_ anyShard: ShardIndex) -> [ShardIndex] {
        var shards: Set<ShardIndex> = []
        for piece in compiled.pieces {
            guard let query = piece.query else { continue }
            shards.formUnion(query.shards(values, count: compiled.topology.shards.count, anyShard: anyShard))
        }
        return shards.sorted()
    }

    private func gather(_ engine: any PrivateDatabase, _ moment: StatementMoment) async throws {
        var budget = GatherBudget(limit: environment.limits.maxGatherBytes)
        var values = values
        try await engine.executeScript("SAVEPOINT _shardkit_gather")
        for (index, piece) in pieces.enumerated() {
            var source = compiled.pieces[index]
            if let reduction = piece.reduction, let reduced = compiled.reduced[index],
                let keys = try await keys(reduction, engine)
            {
                values[reduction.parameter] = keys
                source = reduced
            }
            let filler = TableFiller(engine, insertHead: piece.insertHead, columnCount: piece.columnCount)
            let started = try await QueryRunner.start(
                source, values: values, provider: moment, environment: environment)
            var batch = started.firstBatch
            do {
                while !batch.isEmpty {
                    try budget.spend(batch.byteCount, on: piece.table)
                    try await filler.fill(batch)
                    guard let rest = started.rest else { break }
                    batch = try await rest.next(batch)
                }
            } catch {
                await started.rest?.close()
                throw error
            }
            await started.rest?.close()
        }
        try await engine.executeScript("RELEASE _shardkit_gather")
    }
}

extension Gathering {
    /// Nil: they are too many, or not of a kind that can be sent.
    private func keys(_ reduction: KeyReduction, _ engine: any PrivateDatabase) async throws -> Value? {
        let found = try await engine.wholeAnswer(ShardStatement(reduction.keysSQL), values: [], byteLimit: .max)
        guard let batch = found.batches.first, case .text(let keys) = batch.value(row: 0, column: 0) else { return nil }
        return .text(keys)
    }
}

/// Bytes that one statement may bring together.
struct GatherBudget {
    let limit: Int
    private var spent = 0

    init(limit: Int) { self.limit = limit }

    mutating func spend(_ bytes: Int, on table: String) throws(ShardError) {
        spent += bytes
        guard spent <= limit else {
            throw ShardError(
                .overBudget,
                "the rows gathered for the statement take more than \(limit) bytes (maxGatherBytes), at table "
                    + table,
                hint:
                    "Filter \(table) by a condition on its own columns, join on the shard keys, or raise maxGatherBytes."
            )
        }
    }
}

/// One moment of the shards for all pieces of a statement: each shard's rows are read through one connection.
final class StatementMoment: ConnectionProvider {
    private let base: any ConnectionProvider
    private let connections: [ShardIndex: any ShardConnection]

    init(_ base: any ConnectionProvider, shards: [ShardIndex]) async throws {
        self.base = base
        let opened = shards.isEmpty ? [] : try await base.snapshots(of: shards)
        connections = Dictionary(uniqueKeysWithValues: zip(shards, opened))
    }

    var anyShard: ShardIndex { base.anyShard }

    func connection(for shard: ShardIndex) async throws -> any ShardConnection {
        guard let connection = connections[shard] else {
            throw ShardError(.internalError, "a statement reads a shard that it did not open")
        }
        return connection
    }

    func snapshots(of shards: [ShardIndex]) async throws -> [any ShardConnection] {
        var found: [any ShardConnection] = []
        for shard in shards { found.append(try await connection(for: shard)) }
        return found
    }

    func withMoment<Result>(
        of shards: [ShardIndex], _ body: ([any ShardConnection]) async throws -> Result
    ) async throws -> Result {
        try await body(try await snapshots(of: shards))
    }

    /// Nothing: the connections go back together.
    func giveBack(_ connection: any ShardConnection, of shard: ShardIndex) {}

    func end() {
        for (shard, connection) in connections { base.giveBack(connection, of: shard) }
    }
}

/// The rest of a private engine's answer; letting go of it closes the engine.
final class EngineSource: RowSource, @unchecked Sendable {
    // Unchecked: all state is touched by the one reader only.
    private var engine: (any PrivateDatabase)?
    private var cursor: (any ShardCursor)?
    private let environment: ExecutionEnvironment
    let columnCount: Int

    init(
        _ engine: any PrivateDatabase, _ cursor: any ShardCursor, columnCount: Int,
        environment: ExecutionEnvironment
    ) {
        self.engine = engine
        self.cursor = cursor
        self.columnCount = columnCount
        self.environment = environment
    }

    var isAtEnd: Bool { cursor == nil }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        guard let cursor else { return recycled.reused(columnCount: columnCount) }
        do {
            let batch = try await advance(cursor, recycled)
            if batch.isEmpty { await close() }
            return batch
        } catch {
            await close()
            throw error
        }
    }

    private func advance(_ cursor: any ShardCursor, _ storage: consuming RowBatch) async throws -> RowBatch {
        guard let executor = environment.shards.first?.workExecutor else { return try await cursor.next(storage) }
        let storage = storage
        return try await withTaskExecutorPreference(executor) { try await moved(cursor, storage) }
    }

    @concurrent private func moved(_ cursor: any ShardCursor, _ storage: RowBatch) async throws -> RowBatch {
        try await cursor.next(storage)
    }

    func close() async {
        cursor?.close()
        cursor = nil
        engine = nil
    }
}
