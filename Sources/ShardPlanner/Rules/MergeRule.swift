import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Rung 3 for a single query block: what each partition runs, and how the streams become the answer.
struct MergeRule {
    let work: PlanningWork
    let select: SelectStatement
    let core: SelectCore
    let relation: Relation
    let output: [OutputColumn]
    let types: ExpressionTypes

    init(_ work: PlanningWork, select: SelectStatement, core: SelectCore, relation: Relation) {
        self.work = work
        self.select = select
        self.core = core
        self.relation = relation
        self.output = work.analyzer.outputColumns(of: core, relation.scope)
        self.types = ExpressionTypes(scope: relation.scope)
    }

    func scatter() throws(PlanningRefusal) -> SelectPlanner.ScatterOutcome {
        guard case .partitioned(let partitioned) = relation.distribution else {
            throw PlanningRefusal(.internalError, "a merge was asked for rows that are not partitioned")
        }
        let route = Route.partitions(partitioned.sharding, partitioned.condition)
        let shape = CoreShape(of: core, orderBy: select.orderBy)
        if !core.groupBy.allSatisfy(\.isPlain) {
            throw PlanningRefusal(.aggregateAcrossShards, "GROUPING SETS, ROLLUP and CUBE are not merged")
        }
        if shape.isAggregated {
            let groups = core.groupingExpressions(in: relation.scope)
            if groups.isEmpty || !relation.containsKey(groups) {
                return try AggregateRule(self, shape: shape, groups: groups, route: route).scatter()
            }
        }
        for window in shape.windows(core) where !relation.containsKey(window.partitionBy) {
            throw PlanningRefusal(
                .windowAcrossShards, "a window spans rows of several shards",
                hint: "Let PARTITION BY contain the shard key, or filter by one key.")
        }
        return try rows(route, isGrouped: shape.isAggregated)
    }

    /// Groups of rows that are all in one place, where the middleware's hashing is cheaper than the engine's sorting; nil
    /// where the engine answers the whole.
    func groupedInOnePlace(_ route: Route) -> SelectPlanner.ScatterOutcome? {
        let shape = CoreShape(of: core, orderBy: select.orderBy)
        guard shape.isAggregated, work.analyzer.unstable == nil, core.groupBy.allSatisfy(\.isPlain),
            let outcome = try? AggregateRule(
                self, shape: shape, groups: core.groupingExpressions(in: relation.scope), route: route
            ).scatter(), outcome.isHashed
        else { return nil }
        return .init(node: outcome.node, route: route, reasons: Array(outcome.reasons.dropFirst()))
    }

    // MARK: Rows that pass through

    private func rows(_ route: Route, isGrouped: Bool) throws(PlanningRefusal) -> SelectPlanner.ScatterOutcome {
        var reasons = [
            isGrouped ? "groups contain the shard key: each is whole in one partition" : "each row is in one partition"
        ]
        if select.limit != nil, select.orderBy.isEmpty, core.from?.hasSetOperation ?? false {
            throw PlanningRefusal(
                .limitAcrossShards, "a LIMIT without ORDER BY takes rows of a set operation arm by arm")
        }
        var order = try OrderResolution(self).keys(select.orderBy)
        var fragment = select
        fragment.orderBy = order.terms
        var isDistinct = false
        if case .distinct = core.distinctness, !relation.showsKey(output) { isDistinct = true }
        if isDistinct {
            guard order.hidden.isEmpty else {
                throw PlanningRefusal(
                    .distinctAcrossShards, "SELECT DISTINCT is ordered by an expression it does not select",
                    hint: "Select the expression too.")
            }
            try completeOrder(&order)
            reasons.append("distinct rows of the partitions are sorted and compared while merging")
        }
        switch core.distinctness {
        case .unspecified, .all: if !isGrouped { addTieBreak(&order) }
        case .distinct, .on: break
        }
        var fragmentCore = core
        for (index, expression) in order.hidden.enumerated() {
            fragmentCore.items.append(
                SelectItem(.expression(expression), alias: Identifier("_shardkit_order_\(index)")))
        }
        fragment.body = .core(fragmentCore)
        if isDistinct {
            // Sorted after the duplicates have gone: DISTINCT and ORDER BY of one SELECT make SQLite sort all rows.
            var inner = fragment
            inner.orderBy = []
            inner.limit = nil
            fragment = SelectStatement(
                body: .core(
                    SelectCore(items: [SelectItem(.wildcard(Wildcard()))], from: .subquery(SubqueryTable(inner)))),
                orderBy: order.keys.map(OrderingTerm.init(ordinal:)), limit: select.limit)
        }
        let limit = try LimitRule(work).push(select.limit, into: &fragment)
        let width = work.facts.columns.count + order.hidden.count
        var node = PlanNode.scatter(
            ScatterNode(
                parts: [.init(route: route, statement: try template(fragment))], columnCount: width, order: order.keys))
        if isDistinct {
            node = .distinct(DistinctNode(input: node, keys: try outputKeys()))
        }
        node = limit(node)
        if !order.hidden.isEmpty {
            node = .project(ProjectNode(input: node, columns: Array(0..<work.facts.columns.count)))
        }
        if !order.keys.isEmpty && !isDistinct { reasons.append("sorted streams are merged") }
        return .init(node: node, route: route, reasons: reasons)
    }

    /// Rows that ORDER BY leaves equal come in the order of their rowids, as one database that sorts its table gives them.
    /// Only the merge compares it: each stream has such rows in that order, or in one of its index' choosing.
    private func addTieBreak(_ order: inout OrderResolution.Keys) {
        guard !order.keys.isEmpty, case .table? = core.from, relation.scope.sources.count == 1,
            let schema = relation.scope.sources[0].table?.schema
        else { return }
        let name = schema.rowIDColumn.map { schema.columns[$0].name } ?? schema.implicitRowIDName
        guard let name else { return }
        order.keys.append(
            SortKey(
                column: work.facts.columns.count + order.hidden.count, descending: false, nullsFirst: nil,
                collation: .binary))
        order.hidden.append(
            .column(ColumnReference([Identifier(relation.scope.sources[0].alias), Identifier(name)])))
    }

    /// Sorts by all output columns after the user's terms, so that equal rows are neighbours.
    private func completeOrder(_ order: inout OrderResolution.Keys) throws(PlanningRefusal) {
        guard output.count == work.facts.columns.count else {
            throw PlanningRefusal(.distinctAcrossShards, "the columns of SELECT DISTINCT are not known")
        }
        for (index, key) in try outputKeys().enumerated()
        where !order.keys.contains(where: { $0.column == index && $0.collation == key.collation }) {
            order.keys.append(key)
        }
    }

    private func outputKeys() throws(PlanningRefusal) -> [SortKey] {
        var keys: [SortKey] = []
        for (index, column) in output.enumerated() {
            keys.append(
                SortKey(
                    column: index, descending: false, nullsFirst: nil,
                    collation: try comparable(column.collation ?? .binary)))
        }
        return keys
    }

    func comparable(_ collation: Collation) throws(PlanningRefusal) -> Collation {
        if case .custom(let name) = collation {
            throw PlanningRefusal(
                .collationAcrossShards, "the merge cannot compare texts under the collation \(name)")
        }
        return collation
    }

    /// The fragment's text: one moment for all fragments.
    func template(_ fragment: SelectStatement) throws(PlanningRefusal) -> FragmentTemplate {
        try work.templates.template(
            ValueRewriting(operands: work.operands, fixesMoment: true).rewrite(.select(fragment)))
    }
}

extension TableExpression {
    /// Whether a subquery in it, or a view, is a UNION, EXCEPT or INTERSECT.
    fileprivate var hasSetOperation: Bool {
        var isFound = false
        SyntaxNode.table(self).walk { node in
            if case .subquery(let select) = node, case .compound = select.body { isFound = true }
            return .descend
        }
        return isFound
    }
}
