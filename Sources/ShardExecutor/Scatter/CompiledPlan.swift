import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// A plan with all that can be made before the values are known: routes ready to resolve, statements with ids.
///
/// Made once per plan, shared by all runs and sessions; valid for the plan's topology epoch.
final class CompiledPlan: Sendable {
    let plan: Plan
    let topology: Topology
    /// Of the plan: what every run looks at, without touching the rest.
    let parameterCount: Int
    let hasExtras: Bool
    /// Of a `.query` plan.
    let query: CompiledQuery?
    /// Of a short `.query` plan.
    let short: ShortRead?
    /// The pieces of a `.combine` plan, each a query of its own; of a `.scalarsFirst` plan what is run last, the fallback,
    /// and the scalars.
    let pieces: [CompiledPlan]
    /// Of the pieces that have one: what reads fewer rows, by the piece's position.
    let reduced: [Int: CompiledPlan]
    /// Of a `.combine` plan that has one.
    let fallback: CompiledPlan?
    /// The statement of a `.write` plan, the head of an `.insert`, or the statement per row of a `.combineWrite`.
    let statement: RenderedTemplate?
    /// The cold part's of a `.write` or `.combineWrite` of a split table.
    let coldStatement: RenderedTemplate?
    private let writeRoute: RouteResolver?
    /// Of a statement that only reads, on database servers: where it may be read.
    let reads: CompiledReads?

    /// - Parameter isTimed: statements have a time limit.
    init(plan: Plan, topology: Topology, isTimed: Bool = false, reads: CompiledReads? = nil) {
        self.reads = reads
        self.plan = plan
        self.topology = topology
        parameterCount = plan.parameterCount
        hasExtras = !plan.extras.isEmpty
        var cold: FragmentTemplate?
        if case .write(let write) = plan.action { cold = write.coldStatement }
        if case .combineWrite(let write) = plan.action { cold = write.coldRowStatement }
        coldStatement = cold.map(RenderedTemplate.init)
        switch plan.action {
        case .query(let query):
            self.query = CompiledQuery(query)
            pieces = []
            statement = nil
            writeRoute = nil
        case .combine:
            query = nil
            statement = nil
            writeRoute = nil
            pieces = plan.gatheredPieces.map { CompiledPlan(plan: $0.source.plan, topology: topology) }
        case .scalarsFirst(let first):
            query = nil
            statement = nil
            writeRoute = nil
            pieces = ([first.main, first.fallback] + first.scalars).map {
                CompiledPlan(plan: $0.plan, topology: topology)
            }
        case .combineWrite(let write):
            query = nil
            statement = RenderedTemplate(write.rowStatement)
            writeRoute = nil
            pieces = plan.gatheredPieces.map { CompiledPlan(plan: $0.source.plan, topology: topology) }
        case .write(let write):
            query = nil
            pieces = []
            statement = RenderedTemplate(write.statement)
            writeRoute = RouteResolver(write.route)
        case .rehearsal:
            query = nil
            statement = nil
            writeRoute = nil
            pieces = plan.gatheredPieces.map { CompiledPlan(plan: $0.source.plan, topology: topology) }
        case .insert(let insert):
            query = nil
            pieces = []
            statement = RenderedTemplate(insert.head)
            writeRoute = nil
        case .privateStatement:
            query = nil
            statement = nil
            writeRoute = nil
            pieces = plan.gatheredPieces.map { CompiledPlan(plan: $0.source.plan, topology: topology) }
        case .server(let server):
            query = nil
            statement = nil
            writeRoute = nil
            if case .finish(let finish) = server.work {
                pieces = [CompiledPlan(plan: finish.source.plan, topology: topology)]
            } else {
                pieces = []
            }
        case .insertQuery, .definition, .session, .catalogQuery, .showTopology, .explain:
            query = nil
            pieces = []
            statement = nil
            writeRoute = nil
        }
        if case .combine(let combine) = plan.action {
            fallback = combine.fallback.map { CompiledPlan(plan: $0.plan, topology: topology) }
        } else {
            fallback = nil
        }
        reduced = plan.gatheredPieces.enumerated().reduce(into: [:]) { found, piece in
            found[piece.offset] = piece.element.reduction.map { CompiledPlan(plan: $0.source.plan, topology: topology) }
        }
        short = ShortRead(plan, query, isTimed: isTimed)
    }

    /// The fragments of a statement over a route: where its rows can be, in order of shards and partitions; empty when no
    /// row can match. A write plan's own statement is rendered once and kept.
    ///
    /// - Parameter values: the run's, extras included.
    func fragments(
        for route: Route, statement: FragmentTemplate, values: [Value], anyShard: ShardIndex = 0
    ) throws(ShardError) -> [Fragment] {
        if let own = self.statement, let writeRoute {
            return try Self.fragments(
                writeRoute, own, values: values, shardCount: topology.shards.count, anyShard: anyShard)
        }
        return try Self.fragments(
            RouteResolver(route), RenderedTemplate(statement), values: values, shardCount: topology.shards.count,
            anyShard: anyShard)
    }

    /// The fragments of one statement over one route, in order of shards and partitions.
    static func fragments(
        _ route: RouteResolver, _ statement: RenderedTemplate, values: [Value], shardCount: Int, anyShard: ShardIndex
    ) throws(ShardError) -> [Fragment] {
        switch route.places(values) {
        case .none: return []
        case .partition(let partition, let shard):
            return [Fragment(shard: shard, partition: partition, statement: try statement.statement(partition))]
        case .partitions(let partitions):
            guard case .partitions(let sharding, _) = route.route else { return [] }
            var fragments: [Fragment] = []
            fragments.reserveCapacity(partitions.count)
            for partition in partitions {
                fragments.append(
                    Fragment(
                        shard: sharding.partitions[partition].shard, partition: partition,
                        statement: try statement.statement(partition)))
            }
            // Stable: partitions of one shard stay in order.
            return fragments.enumerated()
                .sorted { ($0.element.shard, $0.offset) < ($1.element.shard, $1.offset) }.map(\.element)
        case .shard(let shard):
            return [Fragment(shard: shard, partition: nil, statement: try statement.statement(nil))]
        case .anyShard:
            return [Fragment(shard: anyShard, partition: nil, statement: try statement.statement(nil))]
        case .everyShard:
            let whole = try statement.statement(nil)
            return (0..<shardCount).map { Fragment(shard: $0, partition: nil, statement: whole) }
        }
    }

    /// The bytes that the plan keeps, roughly: for the cache's budget.
    var estimatedByteCount: Int {
        var bytes = 1024 + 64 * plan.extras.count
        for reason in plan.reasons { bytes += 32 + reason.utf8.count }
        for column in plan.columns { bytes += 64 + column.name.utf8.count }
        if let query {
            bytes += query.whole.estimatedByteCount
            for part in query.parts {
                bytes += 256 + part.statement.estimatedByteCount + (part.rows?.estimatedByteCount ?? 0)
            }
        }
        for piece in pieces { bytes += piece.estimatedByteCount }
        for piece in reduced.values { bytes += piece.estimatedByteCount }
        if let fallback { bytes += fallback.estimatedByteCount }
        if let statement { bytes += statement.estimatedByteCount }
        if let coldStatement { bytes += coldStatement.estimatedByteCount }
        if case .insert(let insert) = plan.action {
            for row in insert.rows { bytes += 64 + (row.text?.utf8.count ?? 0) + 96 * row.cells.count }
        }
        return bytes
    }
}

/// The ready parts of a query plan. A class, so that a run takes one reference and copies nothing.
final class CompiledQuery: Sendable {
    let plan: QueryPlan
    let isShort: Bool
    let point: PointRoute?
    let route: RouteResolver
    let whole: RenderedTemplate
    /// The parts of the plan's one scatter node.
    let parts: [Part]

    struct Part: Sendable {
        let route: RouteResolver
        let statement: RenderedTemplate
        /// Of a scatter whose rows the middleware groups.
        let rows: RenderedTemplate?
    }

    /// Whether the middleware groups the rows: worth it for one place too.
    var isGrouped: Bool { parts.contains { $0.rows != nil } }

    /// The shards that a run asks.
    func shards(_ values: [Value], count: Int, anyShard: ShardIndex) -> [ShardIndex] {
        switch route.places(values) {
        case .none:
            guard case .partitions(let sharding, _) = route.route, let first = sharding.partitions.first else {
                return []
            }
            return [first.shard]
        case .partition(_, let shard), .shard(let shard): return [shard]
        case .partitions(let partitions):
            guard case .partitions(let sharding, _) = route.route else { return [] }
            return partitions.map { sharding.partitions[$0].shard }
        case .anyShard: return [anyShard]
        case .everyShard: return Array(0..<count)
        }
    }

    init(_ plan: QueryPlan) {
        self.plan = plan
        isShort = plan.isShort
        route = RouteResolver(plan.route)
        point = PointRoute(route)
        whole = RenderedTemplate(plan.whole)
        let rows = plan.scatter?.scatter.grouping.map { RenderedTemplate($0.rows) }
        parts = (plan.scatter?.scatter.parts ?? []).map {
            Part(
                route: RouteResolver($0.route, isSinglePlace: $0.isSinglePlace),
                statement: RenderedTemplate($0.statement), rows: rows)
        }
    }
}
