import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// A query that has begun: its first rows are here.
struct StartedQuery: Sendable {
    var firstBatch: RowBatch
    /// Where the rest comes from; nil when the first batch is all. It holds connections until it ends or is closed.
    var rest: (any RowSource)?
    /// The shards touched, ascending.
    var shards: [ShardIndex]
}

/// Runs query plans.
enum QueryRunner {
    /// Starts a query and reads its first rows.
    ///
    /// One place: the answer passes through; inline on the caller's task when the plan is short. Several: scatter and merge.
    ///
    /// - Parameter values: the run's, extras included (``ExtraValues``).
    static func start(
        _ compiled: CompiledPlan, values: [Value], provider: some ConnectionProvider,
        environment: ExecutionEnvironment
    ) async throws -> StartedQuery {
        guard let query = compiled.query else {
            throw ShardError(.internalError, "the plan is no query")
        }
        if let point = query.point, let place = point.place(values) {
            return try await whole(query, place.shard, place.partition, values, provider, environment)
        }
        if query.isGrouped { return try await scatter(compiled, query, values, provider, environment) }
        switch query.route.places(values) {
        case .partition(let partition, let shard):
            return try await whole(query, shard, partition, values, provider, environment)
        case .shard(let shard):
            return try await whole(query, shard, nil, values, provider, environment)
        case .anyShard:
            return try await whole(query, provider.anyShard, nil, values, provider, environment)
        case .none:
            guard query.plan.scatter == nil else {
                return try await scatter(compiled, query, values, provider, environment)
            }
            // The condition contradicts itself wherever it is asked: one place's answer is the answer.
            guard case .partitions(let sharding, _) = query.plan.route, let first = sharding.partitions.first else {
                throw ShardError(.internalError, "a route without partitions led nowhere")
            }
            return try await whole(query, first.shard, 0, values, provider, environment)
        case .partitions, .everyShard:
            return try await scatter(compiled, query, values, provider, environment)
        }
    }

    // MARK: One place

    private static func whole(
        _ query: CompiledQuery, _ shard: ShardIndex, _ partition: Int?, _ values: [Value],
        _ provider: some ConnectionProvider, _ environment: ExecutionEnvironment
    ) async throws -> StartedQuery {
        let statement = try query.whole.statement(partition)
        let rowLimit = environment.limits.batchRows
        let connection = try await provider.connection(for: shard)
        let start: QueryStart
        do {
            if query.isShort {
                start = try await connection.query(statement, values: values, rowLimit: rowLimit)
            } else {
                start = try await away(
                    environment.shards[shard].workExecutor, connection, statement, values, rowLimit)
            }
        } catch {
            provider.giveBack(connection, of: shard)
            throw error
        }
        guard let cursor = start.cursor else {
            provider.giveBack(connection, of: shard)
            return StartedQuery(firstBatch: start.batch, rest: nil, shards: environment.lists[shard])
        }
        let rest = ScatterRun.adopt(
            cursor, of: connection, shard: shard, columnCount: start.batch.columnCount, provider: provider,
            environment: environment)
        return StartedQuery(
            firstBatch: start.batch, rest: ScatterOperator(rest, channelCount: 1), shards: environment.lists[shard])
    }

    /// A statement that may take long runs on the shard's own threads, so that it holds up nobody else's task.
    private static func away(
        _ executor: (any TaskExecutor)?, _ connection: any ShardConnection, _ statement: ShardStatement,
        _ values: [Value], _ rowLimit: Int
    ) async throws -> QueryStart {
        guard let executor else {
            return try await connection.query(statement, values: values, rowLimit: rowLimit)
        }
        return try await withTaskExecutorPreference(executor) {
            try await moved(connection, statement, values, rowLimit)
        }
    }

    /// Leaves the caller's actor for the preferred executor.
    @concurrent private static func moved(
        _ connection: any ShardConnection, _ statement: ShardStatement, _ values: [Value], _ rowLimit: Int
    ) async throws -> QueryStart {
        try await connection.query(statement, values: values, rowLimit: rowLimit)
    }

    // MARK: Several places

    private static func scatter(
        _ compiled: CompiledPlan, _ query: CompiledQuery, _ values: [Value], _ provider: some ConnectionProvider,
        _ environment: ExecutionEnvironment
    ) async throws -> StartedQuery {
        guard let node = query.plan.scatter else {
            throw ShardError(.internalError, "a statement for one place was sent to several")
        }
        let pipeline = try Pipeline(
            node, values: values, parameterCount: compiled.plan.parameterCount,
            columnCount: compiled.plan.columns.count, environment: environment)
        var fragments: [Fragment] = []
        if !pipeline.isEmpty {
            for part in query.parts {
                var found = try CompiledPlan.fragments(
                    part.route, part.statement, values: values, shardCount: compiled.topology.shards.count,
                    anyShard: provider.anyShard)
                if let rows = part.rows {
                    for index in found.indices { found[index].rows = try rows.statement(found[index].partition) }
                }
                fragments += found
            }
            if query.parts.count > 1 {
                fragments = fragments.enumerated()
                    .sorted { ($0.element.shard, $0.offset) < ($1.element.shard, $1.offset) }.map(\.element)
            }
        }
        let source = try await pipeline.start(fragments, isShort: query.isShort, provider: provider)
        let first = try await source.next(RowBatch(columnCount: source.columnCount))
        var shards: [ShardIndex] = []
        for fragment in fragments where shards.last != fragment.shard { shards.append(fragment.shard) }
        guard !first.isEmpty, !source.isAtEnd else {
            await source.close()
            return StartedQuery(firstBatch: first, rest: nil, shards: shards)
        }
        return StartedQuery(firstBatch: first, rest: source, shards: shards)
    }
}
