import ShardBase
import ShardSQL
import ShardTopology

/// Aggregates that the rest of a query compares with, asked first: `WHERE total > (SELECT avg(total) FROM orders)` needs one
/// number of all orders, and no order beside another. Each such subquery is planned alone by rungs 1 to 3; the statement
/// is planned with a parameter in its place, which lets cheaper rungs answer it, or less be gathered.
///
/// Taken: subqueries of one row and one column, an aggregate without GROUP BY, that read nothing of the query around them
/// (``SelfContained``) and whose value is the same however often it is computed. Such an expression has neither affinity
/// nor collation, so a bound value compares as it does.
struct ScalarsFirstRule {
    let work: PlanningWork
    /// Why no cheaper rung applied to the whole.
    let refusal: PlanningRefusal
    /// The plan that gathers all: the engine computes subqueries only where it needs them, so that it is asked where one of
    /// them fails.
    let fallback: Plan

    /// Nil: there is nothing to ask first.
    func plan(_ select: SelectStatement) -> Plan? {
        // SQLite 3.40 answers RIGHT JOIN behind an ON that is a constant otherwise than behind one that it computes.
        if select.hasRightJoin { return nil }
        var hidden = work.planner.temporaryTables
        select.forEachCommonTable { hidden.insert($0.name.folded) }
        let rule = SelfContained(topology: work.topology, hidden: hidden)
        var scalars: [Plan] = []
        let count = work.parsed.parameterNames.count
        let rest = select.mapped(includingSubqueries: true) { expression -> Expression? in
            guard case .subquery(let subquery) = expression, isAggregate(subquery), rule.holds(subquery.select),
                let plan = scalar(subquery.select)
            else { return nil }
            scalars.append(plan)
            let index = count + scalars.count - 1
            return .parameter(Parameter(text: "?\(index + 1)", index: index))
        }
        guard !scalars.isEmpty, let main = main(rest, scalars.count) else { return nil }
        var plan = work.plan(
            .scalarsFirst(
                ScalarsFirstPlan(
                    scalars: scalars.map(PlanBox.init), main: PlanBox(main), fallback: PlanBox(fallback))),
            rung: main.rung == .combine ? .combine : .merge,
            reasons: ["subqueries of one value are asked first"] + main.reasons)
        plan.tables = fallback.tables
        return plan
    }

    // MARK: Parts

    private func isAggregate(_ subquery: SubqueryExpression) -> Bool {
        let select = subquery.select
        guard !subquery.isArray, select.with == nil, select.limit == nil, case .core(let core) = select.body,
            core.items.count == 1, case .expression(let item) = core.items[0].content, core.groupBy.isEmpty,
            core.having == nil
        else { return false }
        switch item.unparenthesized {
        case .function, .binary: break
        case .unary(let unary): if unary.operator != .minus { return false }
        case .literal, .parameter, .column, .isNull, .between, .inList, .match, .cast, .collate, .conditional, .exists,
            .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise, .wildcard,
            .defaultValue, .verbatim:
            return false
        }
        let shape = CoreShape(of: core, orderBy: [])
        let analyzer = BlockAnalyzer(
            topology: work.topology, operands: Operands(dialect: work.planner.dialect, parameterCount: 0),
            temporaryTables: work.planner.temporaryTables, hints: PartitionHints(work.parsed.hints))
        guard !shape.aggregates.isEmpty, shape.windowCalls.isEmpty,
            let relation = try? analyzer.relation(of: core, orderBy: [], in: Environment()),
            EqualValues(scope: relation.scope).areSame(in: core, orderBy: [])
        else { return false }
        var isStable = true
        select.forEachExpression(includingSubqueries: true) { expression in
            if case .collate = expression { isStable = false }
            // JSON values carry a mark that a bound value has not.
            if case .function(let call) = expression, call.foldedName.hasPrefix("json") { isStable = false }
            let volatility = Volatility(of: expression)
            if volatility.isVolatile || volatility.usesNow || volatility.usesSessionState || volatility.hasVerbatim {
                isStable = false
            }
        }
        return isStable
    }

    private func scalar(_ select: SelectStatement) -> Plan? {
        let facts = StatementFacts(columns: [PlanColumn(name: "value")], isReadOnly: true)
        let inner = PlanningWork(
            parsed: parsed(select, work.parsed.parameterNames), facts: facts, planner: work.planner)
        guard let plan = try? SelectPlanner(inner).planWithoutGathering(select), case .query = plan.action else {
            return nil
        }
        return plan
    }

    private func main(_ select: SelectStatement, _ scalarCount: Int) -> Plan? {
        let names = work.parsed.parameterNames + [String?](repeating: nil, count: scalarCount)
        let parsed = parsed(select, names)
        let inner = PlanningWork(parsed: parsed, facts: work.facts, planner: work.planner)
        if let plan = try? SelectPlanner(inner).planWithoutGathering(select) {
            guard case .query = plan.action else { return nil }
            return plan
        }
        let gathering = PlanningWork(parsed: parsed, facts: work.facts, planner: work.planner)
        return try? CombineRule(gathering, after: refusal).plan(select)
    }

    private func parsed(_ select: SelectStatement, _ parameterNames: [String?]) -> ParsedStatement {
        var parsed = work.parsed
        parsed.statement = .select(select)
        parsed.source = SQLPrinter.print(.select(select), options: work.templates.options)
        parsed.parameterNames = parameterNames
        return parsed
    }
}

extension SelectStatement {
    fileprivate var hasRightJoin: Bool {
        var isFound = false
        SyntaxNode.select(self).walk { node in
            if case .table(.join(let join)) = node, join.kind == .right || join.kind == .full { isFound = true }
            return isFound ? .skip : .descend
        }
        return isFound
    }
}
