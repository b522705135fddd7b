import ShardBackend
public import ShardPlanner
import ShardTopology
public import ShardValues

/// What a point read needs of its plan, in one object that is shared and never copied.
///
/// It needs no session: outside a transaction, with the engine's own settings, the answer depends on the plan, the values
/// and the shard alone. ``read(_:from:into:)`` neither suspends nor waits, and allocates nothing once the batch has grown.
public final class ShortRead: Sendable {
    public let columns: [PlanColumn]
    let rung: Rung
    let parameterCount: Int
    private let epoch: UInt64
    private let route: RouteResolver
    private let point: PointRoute?
    private let statement: RenderedTemplate
    let isSingleRow: Bool

    /// Nil when the plan is no short query, or needs values computed for each run.
    ///
    /// - Parameter isTimed: statements have a time limit: only a read of one row, which cannot be long, goes without.
    init?(_ plan: Plan, _ query: CompiledQuery?, isTimed: Bool) {
        guard let query, query.plan.isShort, plan.extras.isEmpty, query.plan.isSingleRow || !isTimed else { return nil }
        route = query.route
        point = query.point
        statement = query.whole
        isSingleRow = query.plan.isSingleRow
        columns = plan.columns
        rung = plan.rung
        parameterCount = plan.parameterCount
        epoch = plan.topologyEpoch
    }

    /// How a read went.
    public enum Outcome: Sendable {
        /// All rows are in the batch.
        case whole
        /// The batch holds the first rows; these follow.
        case begun(AnswerRows)
        /// Nothing was done: the plan is of another epoch, no connection is free, the file is busy, or something fails.
        /// A session tells, waits and retries.
        case unavailable
    }

    /// Reads outside a transaction.
    ///
    /// - Parameter batch: refilled; its storage is recycled.
    public func read(_ values: [Value], from database: LogicalDatabase, into batch: inout RowBatch) -> Outcome {
        // Who watches statements sees them in sessions.
        guard database.observer == nil, !database.store.needsRefresh, database.store.isCurrent(epoch),
            let place = place(values)
        else { return .unavailable }
        switch read(values, at: place, from: database, into: &batch) {
        case .whole: return .whole
        case .unavailable: return .unavailable
        case .begun(let connection, let cursor):
            let rest = rest(
                cursor, of: connection, shard: place.shard, width: batch.columnCount,
                provider: AutocommitConnections(
                    shards: database.shards, settings: .engineDefaults, anyShard: place.shard), database)
            return .begun(
                AnswerRows(columnCount: batch.columnCount, batches: [], rest: rest, schema: database.knownSchema))
        }
    }

    struct Place {
        var partition: Int?
        var shard: ShardIndex
    }

    /// The one place the values lead to; nil where there is none or several, or their number is wrong.
    @inline(__always)
    func place(_ values: [Value]) -> Place? {
        guard values.count == parameterCount else { return nil }
        if let place = point?.place(values) { return Place(partition: place.partition, shard: place.shard) }
        return anyPlace(values)
    }

    private func anyPlace(_ values: [Value]) -> Place? {
        switch route.places(values) {
        case .partition(let partition, let shard): Place(partition: partition, shard: shard)
        case .shard(let shard): Place(partition: nil, shard: shard)
        case .none, .partitions, .anyShard, .everyShard: nil
        }
    }

    @inline(__always)
    func read(
        _ values: [Value], at place: Place, from database: LogicalDatabase, into batch: inout RowBatch
    ) -> ImmediateRead {
        guard let id = statement.id(place.partition) else { return .unavailable }
        return database.shards.databases[place.shard].readNow(
            id, values: values, rowLimit: database.environment.limits.batchRows,
            isSingleRow: isSingleRow, into: &batch)
    }

    /// The rows behind the first batch: they hold the connection until they are read or closed.
    func rest(
        _ cursor: any ShardCursor, of connection: any ShardConnection, shard: ShardIndex, width: Int,
        provider: AutocommitConnections, _ database: LogicalDatabase
    ) -> any RowSource {
        ScatterOperator(
            ScatterRun.adopt(
                cursor, of: connection, shard: shard, columnCount: width, provider: provider,
                environment: database.environment), channelCount: 1)
    }
}

extension LogicalDatabase {
    /// Whether the plan of a text is known: as it stands, or but for its literals.
    public func hasPlan(of sql: String) -> Bool {
        guard let schema = knownSchema else { return false }
        return planCache.find(sql, key: PlanCacheKey(epoch: schema.topology.epoch)) != nil
    }

    /// The point read that a text is known to be, with the run's values: those given and those of the text's literals.
    /// Nil: a session has to look.
    public func shortRead(_ sql: String, values: [Value]) -> (read: ShortRead, values: [Value])? {
        guard let schema = knownSchema,
            let cached = planCache.find(sql, key: PlanCacheKey(epoch: schema.topology.epoch)),
            let short = cached.compiled.short, let values = try? cached.values(values)
        else { return nil }
        return (short, values)
    }
}
