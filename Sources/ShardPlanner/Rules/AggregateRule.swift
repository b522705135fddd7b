import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Groups that span partitions: each partition groups what it has and answers partial aggregates, sorted by group;
/// the merge makes them final; what stands around the aggregates (HAVING, expressions, ORDER BY, LIMIT) is run by a
/// private engine over the merged groups, unless there is nothing around them.
///
/// Worked example, key not in the group:
/// `SELECT city, avg(age) + 1 FROM users GROUP BY city HAVING count(*) > 2`
/// - fragment: `SELECT city, total(age), count(age), count(*) FROM users GROUP BY city ORDER BY 1`
/// - aggregate: city; avg = Σtotal / Σcount; count = Σcount
/// - finish: `SELECT c0, c1 + 1 FROM merged WHERE c2 > 2`
struct AggregateRule {
    let rule: MergeRule
    let shape: CoreShape
    let groups: [Expression]
    let route: Route

    static let table = "_shardkit_merged"

    init(_ rule: MergeRule, shape: CoreShape, groups: [Expression], route: Route) {
        self.rule = rule
        self.shape = shape
        self.groups = groups
        self.route = route
    }

    func scatter() throws(PlanningRefusal) -> SelectPlanner.ScatterOutcome {
        guard shape.windowCalls.isEmpty else {
            throw PlanningRefusal(.windowAcrossShards, "a window over aggregates of several shards is not supported")
        }
        var partials = try Partials(rule, groups: groups)
        for call in shape.aggregates { try partials.add(call) }
        let work = rule.work

        // The fragment.
        var fragment = SelectStatement(with: rule.select.with, body: rule.select.body)
        var core = rule.core
        core.distinctness = .unspecified
        core.having = nil
        core.windows = []
        core.items = partials.items.map { SelectItem(.expression($0)) }
        core.groupBy = partials.groupTerms.map { .expression($0) }
        fragment.body = .core(core)
        fragment.orderBy = partials.groupTerms.indices.map {
            OrderingTerm(.literal(Literal(.integer, text: "\($0 + 1)")))
        }
        let template = try rule.template(fragment)
        let grouping = try HashGroupingRule(rule, partials).grouping(of: fragment)
        var node = PlanNode.scatter(
            ScatterNode(
                parts: [.init(route: route, statement: template)], columnCount: partials.items.count,
                order: partials.order, grouping: grouping))
        node = .aggregate(
            AggregateNode(
                input: node, groupColumnCount: groups.count, groupOrder: Array(partials.order.prefix(groups.count)),
                aggregates: partials.finals))
        var reasons = ["groups span partitions: partial aggregates are merged"]
        if grouping != nil { reasons.append("no index brings a group's rows together: they are hashed, not sorted") }

        // What stands around the aggregates.
        if let columns = try direct(partials) {
            if columns != Array(0..<(groups.count + partials.finals.count)) {
                node = .project(ProjectNode(input: node, columns: columns))
            }
            var unused = fragment
            node = try LimitRule(work).push(rule.select.limit, into: &unused)(node)
            return .init(node: node, route: route, reasons: reasons, isHashed: grouping != nil)
        }
        reasons.append("a private engine computes what stands around the aggregates")
        node = .finish(
            FinishNode(
                input: node, createTable: partials.createTable, table: Self.table,
                columnCount: groups.count + partials.finals.count, sql: try finishSQL(partials)))
        return .init(node: node, route: route, reasons: reasons, isHashed: grouping != nil)
    }

    /// The answer's columns when every item is a group or an aggregate and nothing else is left to do.
    private func direct(_ partials: Partials) throws(PlanningRefusal) -> [Int]? {
        if case .distinct = rule.core.distinctness { return nil }
        guard rule.core.having == nil, rule.select.orderBy.isEmpty else { return nil }
        var columns: [Int] = []
        for item in rule.core.items {
            guard case .expression(let expression) = item.content, let column = partials.column(of: expression) else {
                return nil
            }
            columns.append(column)
        }
        return columns
    }

    private func finishSQL(_ partials: Partials) throws(PlanningRefusal) -> String {
        var core = SelectCore(distinctness: rule.core.distinctness, items: [])
        for item in rule.core.items {
            guard case .expression(let expression) = item.content else {
                throw PlanningRefusal(
                    .bareColumnAcrossShards, "* beside GROUP BY takes columns of some row of the group")
            }
            core.items.append(
                SelectItem(.expression(try partials.replaced(expression)), alias: item.alias, hasAs: true))
        }
        core.from = .table(TableReference(ObjectName(Self.table)))
        core.where = try rule.core.having.map { having throws(PlanningRefusal) in
            try partials.replaced(withoutAliases(having))
        }
        var select = SelectStatement(body: .core(core))
        for term in rule.select.orderBy {
            var copy = term
            if !isOutputName(term.expression) {
                copy.expression = try partials.replaced(withoutAliases(term.expression))
            }
            select.orderBy.append(copy)
        }
        select.limit = rule.select.limit
        let rewritten = ValueRewriting(operands: rule.work.operands, fixesMoment: true).rewrite(.select(select))
        return SQLPrinter.print(rewritten, options: rule.work.templates.options)
    }

    /// An ordinal or an alias, which the final SELECT understands as it stands.
    private func isOutputName(_ expression: Expression) -> Bool {
        switch expression.unparenthesized {
        case .column(let reference):
            return reference.table == nil && rule.core.items.contains { $0.alias?.folded == reference.name.folded }
        case .collate(let collate): return isOutputName(collate.operand)
        case .literal, .unary, .parameter, .binary, .isNull, .between, .inList, .match, .function, .cast, .conditional,
            .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone,
            .raise, .wildcard, .defaultValue, .verbatim:
            return expression.ordinal != nil
        }
    }

    /// HAVING and ORDER BY may name the select list's aliases inside expressions.
    private func withoutAliases(_ expression: Expression) -> Expression {
        expression.mapped { part in
            guard case .column(let reference) = part, reference.table == nil,
                case .unknown = rule.relation.scope.resolve(reference)
            else { return nil }
            for item in rule.core.items where item.alias?.folded == reference.name.folded {
                if case .expression(let selected) = item.content {
                    return .parenthesized(ParenthesizedExpression(selected))
                }
            }
            return nil
        }
    }
}
