import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Plans a SELECT: finds where its rows are, then takes the cheapest rung that is right.
struct SelectPlanner {
    let work: PlanningWork

    init(_ work: PlanningWork) { self.work = work }

    /// The cheapest rung that is right.
    func plan(_ original: SelectStatement) throws(PlanningRefusal) -> Plan {
        if TemporaryRule(work).applies(to: .select(original)) { return try TemporaryRule(work).plan() }
        do throws(PlanningRefusal) {
            if work.planner.gathersReads { throw PlanningRefusal(.statementNotModelled, "gathering is asked for") }
            return try planWithoutGathering(original)
        } catch {
            // What the cheaper rungs found out on the way is forgotten with their work.
            func fresh() -> PlanningWork {
                PlanningWork(parsed: work.parsed, facts: work.facts, planner: work.planner)
            }
            let gathered = try CombineRule(fresh(), after: error).plan(original)
            if case .privateStatement = gathered.action { return gathered }
            return ScalarsFirstRule(work: fresh(), refusal: error, fallback: gathered).plan(original) ?? gathered
        }
    }

    /// Rungs 1 to 3.
    func planWithoutGathering(_ original: SelectStatement) throws(PlanningRefusal) -> Plan {
        let select = try work.views.expand(original)
        let isExpanded = !work.topology.views.isEmpty
        var environment = Environment()
        environment = try work.analyzer.adding(select.with, to: environment)
        switch select.body {
        case .core(let core):
            var relation = try work.analyzer.relation(of: core, orderBy: select.orderBy, in: environment)
            try checkLimit(select, &relation, environment)
            let rule = MergeRule(work, select: select, core: core, relation: relation)
            return try plan(
                select, relation.distribution, isExpanded, groupedInOnePlace: { rule.groupedInOnePlace($0) }
            ) { () throws(PlanningRefusal) -> ScatterOutcome in
                try rule.scatter()
            }
        case .values, .table, .nested, .compound:
            return try planBody(select, environment, isExpanded)
        }
    }

    /// A plan of several places: what the rules make.
    struct ScatterOutcome {
        var node: PlanNode
        var route: Route
        var reasons: [String]
        /// The middleware groups the rows.
        var isHashed = false
    }

    private func checkLimit(
        _ select: SelectStatement, _ relation: inout Relation, _ environment: Environment
    ) throws(PlanningRefusal) {
        for expression in [select.limit?.count, select.limit?.offset] {
            if let expression { try work.analyzer.check(expression, &relation, environment) }
        }
    }

    /// VALUES and set operations.
    private func planBody(
        _ select: SelectStatement, _ environment: Environment, _ isExpanded: Bool
    ) throws(PlanningRefusal) -> Plan {
        let rule = CompoundRule(work, select: select, environment: environment)
        let whole: BlockResult
        do throws(PlanningRefusal) {
            whole = try work.analyzer.analyze(
                SelectStatement(body: select.body, range: select.range), in: environment, isExpression: false)
        } catch {
            // The arms may still be answered one by one.
            guard let outcome = try rule.scatterByArms() else { throw error }
            return try finish(select, outcome, isExpanded)
        }
        return try plan(select, whole.distribution, isExpanded) { () throws(PlanningRefusal) -> ScatterOutcome in
            try rule.scatter(whole)
        }
    }

    private func plan(
        _ select: SelectStatement, _ distribution: Distribution, _ isExpanded: Bool,
        groupedInOnePlace: (Route) -> ScatterOutcome? = { _ in nil },
        scatter: () throws(PlanningRefusal) -> ScatterOutcome
    ) throws(PlanningRefusal) -> Plan {
        // A logical view reads a table that a TEMP one hides from the session's own statements.
        if work.analyzer.touchesTemporary { return try TemporaryRule(work).plan() }
        switch distribution {
        case .anywhere:
            return try routed(
                select, .anyShard, isExpanded, rung: .route,
                grouped: work.analyzer.tables.isEmpty ? nil : groupedInOnePlace(.anyShard),
                reason: work.analyzer.tables.isEmpty
                    ? "no table is read" : "all tables are broadcast: any shard has all rows")
        case .catalog:
            return work.plan(.catalogQuery(sql: work.sourceText), reasons: ["the logical schema answers"])
        case .shard(let shard):
            return try routed(
                select, .shard(shard), isExpanded, rung: .route, grouped: groupedInOnePlace(.shard(shard)),
                reason: "all tables are whole on shard \(work.topology.shards[shard])")
        case .partitioned(let partitioned):
            let route = Route.partitions(partitioned.sharding, partitioned.condition)
            if partitioned.place != nil {
                let isFast = FastPath(work, select).applies
                return try routed(
                    select, route, isExpanded, rung: isFast ? .fastPath : .route,
                    reason: "the shard key is fixed to one value")
            }
            if let refusal = work.analyzer.unstable { throw refusal }
            return try finish(select, try scatter(), isExpanded)
        }
    }

    private func routed(
        _ select: SelectStatement, _ route: Route, _ isExpanded: Bool, rung: Rung, grouped: ScatterOutcome? = nil,
        reason: String
    ) throws(PlanningRefusal) -> Plan {
        let whole = try whole(select, isExpanded)
        let path = FastPath(work, select)
        return work.plan(
            .query(
                QueryPlan(
                    route: route, whole: whole, scatter: grouped?.node, isShort: path.isShort,
                    isSingleRow: path.isSingleRow)),
            rung: rung, reasons: [reason] + (grouped?.reasons ?? []))
    }

    private func finish(
        _ select: SelectStatement, _ outcome: ScatterOutcome, _ isExpanded: Bool
    ) throws(PlanningRefusal) -> Plan {
        let whole = try whole(select, isExpanded)
        return work.plan(
            .query(
                QueryPlan(
                    route: outcome.route, whole: whole, scatter: outcome.node, isShort: FastPath(work, select).isShort)),
            rung: .merge, reasons: outcome.reasons)
    }

    private func whole(_ select: SelectStatement, _ isExpanded: Bool) throws(PlanningRefusal) -> FragmentTemplate {
        let before = work.operands.replacements
        let rewritten = ValueRewriting(operands: work.operands, fixesMoment: false).rewrite(.select(select))
        let usesValues = work.operands.replacements > before || select.usesSessionState
        return try work.wholeTemplate(rewritten, isRewritten: isExpanded || usesValues)
    }
}

extension SelectStatement {
    var usesSessionState: Bool {
        var isFound = false
        forEachExpression(includingSubqueries: true) { expression in
            if case .function(let call) = expression, FunctionTraits.sessionState[call.foldedName] != nil {
                isFound = true
            }
        }
        return isFound
    }
}
