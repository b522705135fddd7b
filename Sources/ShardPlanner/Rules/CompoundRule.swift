import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Rung 3 for set operations and VALUES.
///
/// Either the whole operation is right per partition, or (only UNION ALL, or only UNION) each arm is answered where
/// its rows are and the arms' streams are merged.
struct CompoundRule {
    let work: PlanningWork
    let select: SelectStatement
    let environment: Environment

    init(_ work: PlanningWork, select: SelectStatement, environment: Environment) {
        self.work = work
        self.select = select
        self.environment = environment
    }

    /// The operation is right per partition.
    func scatter(_ whole: BlockResult) throws(PlanningRefusal) -> SelectPlanner.ScatterOutcome {
        guard case .partitioned(let partitioned) = whole.distribution else {
            throw PlanningRefusal(.internalError, "a merge was asked for rows that are not partitioned")
        }
        try refuseUnorderedLimit()
        let route = Route.partitions(partitioned.sharding, partitioned.condition)
        var fragment = select
        let keys = try orderKeys(whole.columns)
        let limit = try LimitRule(work).push(select.limit, into: &fragment)
        let template = try work.templates.template(fixed(fragment))
        let node = PlanNode.scatter(
            ScatterNode(
                parts: [.init(route: route, statement: template)], columnCount: work.facts.columns.count, order: keys))
        return .init(node: limit(node), route: route, reasons: ["the set operation is right in each partition"])
    }

    /// Each arm where its rows are; nil when the operators do not allow it.
    func scatterByArms() throws(PlanningRefusal) -> SelectPlanner.ScatterOutcome? {
        let arms = select.body.arms
        guard arms.count > 1, let isAll = operators(select.body) else { return nil }
        try refuseUnorderedLimit()
        var columns: [OutputColumn] = []
        var routes: [Route] = []
        var single: [Bool] = []
        for arm in arms {
            let result = try work.analyzer.analyze(SelectStatement(body: arm), in: environment, isExpression: false)
            if columns.isEmpty {
                columns = result.columns
            } else {
                for index in columns.indices where index < result.columns.count {
                    try columns[index].takeCollation(of: result.columns[index])
                }
            }
            if case .partitioned(let partitioned) = result.distribution {
                single.append(partitioned.place != nil)
            } else {
                single.append(false)
            }
            switch result.distribution {
            case .anywhere: routes.append(.anyShard)
            case .shard(let shard): routes.append(.shard(shard))
            case .partitioned(let partitioned): routes.append(.partitions(partitioned.sharding, partitioned.condition))
            case .catalog:
                throw PlanningRefusal(
                    .compoundAcrossShards, "the schema tables cannot be combined with tables on shards")
            }
        }
        if let refusal = work.analyzer.unstable { throw refusal }
        var keys = try orderKeys(columns)
        if !isAll {
            guard columns.count == work.facts.columns.count else { return nil }
            for key in try allKeys(columns)
            where !keys.contains(where: { $0.column == key.column && $0.collation == key.collation }) {
                keys.append(key)
            }
        }
        var parts: [ScatterNode.Part] = []
        var limit: (PlanNode) -> PlanNode = { $0 }
        for (index, arm) in arms.enumerated() {
            var fragment = armAlone(arm)
            if !keys.isEmpty || select.limit != nil {
                fragment = SelectStatement(
                    body: .core(
                        SelectCore(
                            items: [SelectItem(.wildcard(Wildcard()))], from: .subquery(SubqueryTable(fragment)))))
                fragment.orderBy = keys.map(OrderingTerm.init(ordinal:))
                var limited = fragment
                limit = try LimitRule(work).push(select.limit, into: &limited)
                // Counter-example: two rows of one arm that UNION makes one are not two of LIMIT 2.
                if isAll { fragment = limited }
            }
            parts.append(
                .init(
                    route: routes[index], statement: try work.templates.template(fixed(fragment)),
                    isSinglePlace: single[index]))
        }
        var node = PlanNode.scatter(
            ScatterNode(parts: parts, columnCount: work.facts.columns.count, order: keys))
        if !isAll { node = .distinct(DistinctNode(input: node, keys: try allKeys(columns))) }
        return .init(
            node: limit(node), route: .everyShard, reasons: ["the arms' rows lie in different places: arm by arm"])
    }

    /// The arm with the common tables that it reads: others may lie elsewhere.
    private func armAlone(_ arm: SelectBody) -> SelectStatement {
        let whole = SelectStatement(with: select.with, body: arm)
        guard case .select(let pruned) = CommonTablePruning().prune(.select(whole)) else { return whole }
        return pruned
    }

    /// One database answers arm after arm, whatever the order inside them.
    private func refuseUnorderedLimit() throws(PlanningRefusal) {
        guard select.limit != nil, select.orderBy.isEmpty else { return }
        throw PlanningRefusal(
            .limitAcrossShards, "a LIMIT without ORDER BY takes the first arm's rows before the second's")
    }

    /// Whether all operators are UNION ALL (true) or all UNION (false); nil for others and mixes.
    private func operators(_ body: SelectBody) -> Bool? {
        guard case .compound(let compound) = body, compound.operator == .union else { return nil }
        if case .compound = compound.left {
            return operators(compound.left) == compound.isAll ? compound.isAll : nil
        }
        return compound.isAll
    }

    private func fixed(_ fragment: SelectStatement) -> Statement {
        ValueRewriting(operands: work.operands, fixesMoment: true).rewrite(.select(fragment))
    }

    private func allKeys(_ columns: [OutputColumn]) throws(PlanningRefusal) -> [SortKey] {
        var keys: [SortKey] = []
        for (index, column) in columns.enumerated() {
            keys.append(
                SortKey(
                    column: index, descending: false, nullsFirst: nil,
                    collation: try comparable(column.collation ?? .binary)))
        }
        return keys
    }

    /// ORDER BY of a set operation names output columns: by ordinal, or by a name of the first arm.
    private func orderKeys(_ columns: [OutputColumn]) throws(PlanningRefusal) -> [SortKey] {
        var keys: [SortKey] = []
        for term in select.orderBy {
            var expression = term.expression.unparenthesized
            var explicit: Collation?
            while case .collate(let collate) = expression {
                explicit = explicit ?? Collation(named: collate.collation.name.text)
                expression = collate.operand.unparenthesized
            }
            guard columns.count == work.facts.columns.count, let position = position(of: expression, columns) else {
                throw PlanningRefusal(
                    .orderAcrossShards, "ORDER BY of a set operation over shards must name an output column",
                    hint: "Use the column's position or its name in the first SELECT.")
            }
            let nullsFirst: Bool? =
                switch term.nulls {
                case .first: true
                case .last: false
                case nil: nil
                }
            keys.append(
                SortKey(
                    column: position, descending: term.isDescending, nullsFirst: nullsFirst,
                    collation: try comparable(explicit ?? columns[position].collation ?? .binary)))
        }
        return keys
    }

    private func position(of expression: Expression, _ columns: [OutputColumn]) -> Int? {
        if let ordinal = expression.ordinal { return columns.indices.contains(ordinal - 1) ? ordinal - 1 : nil }
        guard case .column(let reference) = expression, reference.table == nil else { return nil }
        return columns.firstIndex { $0.name == reference.name.folded }
    }

    private func comparable(_ collation: Collation) throws(PlanningRefusal) -> Collation {
        if case .custom(let name) = collation {
            throw PlanningRefusal(
                .collationAcrossShards, "the merge cannot compare texts under the collation \(name)")
        }
        return collation
    }
}

extension OrderingTerm {
    /// Sorts by an output column, with the collation written out.
    init(ordinal key: SortKey) {
        let name =
            switch key.collation {
            case .binary: "BINARY"
            case .nocase: "NOCASE"
            case .rtrim: "RTRIM"
            case .custom(let name): name
            }
        self.init(
            .collate(
                CollateExpression(
                    .literal(Literal(.integer, text: "\(key.column + 1)")), collation: ObjectName(name))),
            direction: key.descending ? .descending : nil, nulls: key.nullsFirst.map { $0 ? .first : .last })
    }
}
