import ShardBase
import ShardPlanner
import ShardValues

/// The operators of one run, from the scatter up. All that can be wrong with the values is found before any shard is
/// asked.
struct Pipeline {
    private enum Stage {
        case aggregate(AggregateNode, RowComparator, [AggregateState])
        case distinct(RowComparator)
        case limit(LimitBounds)
        case project([Int])
        case finish(FinishNode)
    }

    private let scatter: ScatterNode
    private let order: RowComparator?
    /// From the scatter up.
    private var stages: [Stage] = []
    private let values: [Value]
    private let columnCount: Int
    private let environment: ExecutionEnvironment
    /// LIMIT 0 above all: no shard is asked.
    private(set) var isEmpty = false
    /// The rows that are wanted of each stream at most, as far as limits tell.
    private var rowsWanted: Int?

    /// - Parameters:
    ///   - values: the run's, extras included.
    ///   - columnCount: of the answer.
    /// - Throws: "datatype mismatch" for limits that are no integers, `.offsetTooDeep`, `.collationAcrossShards`.
    init(
        _ node: PlanNode, values: [Value], parameterCount: Int, columnCount: Int, environment: ExecutionEnvironment
    ) throws(ShardError) {
        scatter = node.scatter
        if let grouping = scatter.grouping { _ = try HashGroups(grouping) }
        order = scatter.order.isEmpty ? nil : try RowComparator(keys: scatter.order)
        self.values = values
        self.columnCount = columnCount
        self.environment = environment
        var node = node
        descent: while true {
            switch node {
            case .scatter: break descent
            case .aggregate(let aggregate):
                let keys = Array(aggregate.groupOrder.prefix(aggregate.groupColumnCount))
                var states: [AggregateState] = []
                for final in aggregate.aggregates { states.append(try AggregateState(final)) }
                stages.append(.aggregate(aggregate, try RowComparator(keys: keys), states))
                // A group that has many rows on a stream is read in full, however few groups are wanted.
                if scatter.order.count != aggregate.groupColumnCount || scatter.order.isEmpty { rowsWanted = nil }
                node = aggregate.input
            case .distinct(let distinct):
                stages.append(.distinct(try RowComparator(keys: distinct.keys)))
                node = distinct.input
            case .limit(let limit):
                let bounds = try LimitBounds(
                    count: limit.count, offset: limit.offset, rules: limit.rules, values: values,
                    parameterCount: parameterCount)
                guard bounds.offset <= environment.limits.maxOffset else {
                    throw ShardError(
                        .offsetTooDeep,
                        "OFFSET \(bounds.offset) over several places is beyond the limit of \(environment.limits.maxOffset) rows (maxOffset)",
                        hint: "Page by the last key seen (WHERE key > ?), or raise maxOffset.")
                }
                if bounds.count == 0 { isEmpty = true }
                if bounds.fragmentLimit >= 0, bounds.fragmentLimit < 1 << 20 {
                    rowsWanted = Int(bounds.fragmentLimit)
                }
                stages.append(.limit(bounds))
                node = limit.input
            case .project(let project):
                stages.append(.project(project.columns))
                node = project.input
            case .finish(let finish):
                stages.append(.finish(finish))
                // The engine takes in all rows, however few it gives.
                rowsWanted = nil
                node = finish.input
            }
        }
        stages.reverse()
    }

    /// Starts the fragments' statements and stacks the operators on them.
    ///
    /// - Parameter isShort: each fragment reads a few rows, so they are all read at once.
    func start(
        _ fragments: [Fragment], isShort: Bool, provider: any ConnectionProvider
    ) async throws -> any RowSource {
        var stages = stages[...]
        var source = try await leaf(fragments, isShort, &stages, provider)
        for stage in stages {
            switch stage {
            case .aggregate(let node, let groups, let states):
                source = AggregateOperator(
                    input: source, groupColumnCount: node.groupColumnCount, groups: groups,
                    aggregates: node.aggregates, states: states, rowLimit: environment.limits.batchRows)
            case .distinct(let keys): source = DistinctOperator(input: source, comparator: keys)
            case .limit(let bounds): source = LimitOperator(input: source, bounds: bounds)
            case .project(let columns): source = ProjectOperator(input: source, columns: columns)
            case .finish(let node):
                source = FinishOperator(
                    input: source, node: node, values: values, columnCount: columnCount, environment: environment)
            }
        }
        return source
    }

    private func leaf(
        _ fragments: [Fragment], _ isShort: Bool, _ stages: inout ArraySlice<Stage>,
        _ provider: any ConnectionProvider
    ) async throws -> any RowSource {
        let width = scatter.columnCount
        if fragments.isEmpty { return EmptySource(columnCount: width) }
        if isShort {
            let streams = try await ShortScatter.run(
                fragments, values: values, rowLimit: rowLimit, provider: provider)
            guard let order else { return BatchSource(streams.flatMap { $0 }, columnCount: width) }
            return merge(streams.map { BatchSource($0, columnCount: width) }, order, &stages)
        }
        let (run, channelCount) = try await ScatterRun.start(
            fragments, columnCount: width, isOrdered: order != nil, grouping: scatter.grouping, values: values,
            rowLimit: rowLimit,
            provider: provider, environment: environment)
        guard let order else { return ScatterOperator(run, channelCount: channelCount) }
        return merge((0..<channelCount).map { ChannelSource(run, channel: $0) }, order, &stages)
    }

    /// A merge shows fewer columns by itself: a projection to the first columns above it (and a limit between) is left
    /// out.
    private func merge(
        _ inputs: [any RowSource], _ order: RowComparator, _ stages: inout ArraySlice<Stage>
    ) -> MergeOperator {
        var shown = scatter.columnCount
        if let position = stages.firstIndex(where: { if case .limit = $0 { false } else { true } }),
            case .project(let columns) = stages[position], columns == Array(0..<columns.count)
        {
            shown = columns.count
            stages.remove(at: position)
        }
        return MergeOperator(
            inputs: inputs, comparator: order, columnCount: shown, rowLimit: environment.limits.batchRows)
    }

    /// The size of the streams' batches: one more row than is wanted tells that a stream has ended.
    private var rowLimit: Int {
        guard let rowsWanted else { return environment.limits.batchRows }
        return min(environment.limits.batchRows, max(16, rowsWanted + 1))
    }
}
