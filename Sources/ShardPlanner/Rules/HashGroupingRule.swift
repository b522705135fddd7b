import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Whether the middleware groups the fragments' rows by hashing, and how.
///
/// Without an index that brings a group's rows together, SQLite sorts all rows to group them, which costs several times
/// as much as reading and hashing them. With such an index its way is the cheaper one.
///
/// Only aggregates that Swift computes exactly as the engine does: count, sum, total, avg, min and max. Arguments and
/// groups are still computed by the engine, FILTER among them.
/// (Counter-example: `count(DISTINCT x)` needs the distinct rows of each group, `group_concat` their texts.)
struct HashGroupingRule {
    let rule: MergeRule
    let partials: Partials

    init(_ rule: MergeRule, _ partials: Partials) {
        self.rule = rule
        self.partials = partials
    }

    /// - Parameter fragment: the statement that lets the engine group.
    func grouping(of fragment: SelectStatement) throws(PlanningRefusal) -> HashGrouping? {
        let groups = partials.groups
        guard !groups.isEmpty, partials.groupTerms.count == groups.count, !followsAnIndex,
            !FastPath(rule.work, rule.select).isShort, case .core(var core) = fragment.body
        else { return nil }
        var items = groups
        var columns: [String: Int] = [:]
        var folded: [HashPartial] = []
        for call in partials.calls {
            guard call.distinctness != .distinct, call.specialSyntax == nil, call.arguments.count <= 1 else {
                return nil
            }
            var column: Int?
            if let argument = argument(of: call) {
                let key = partials.key(argument)
                if columns[key] == nil {
                    columns[key] = items.count
                    items.append(argument)
                }
                column = columns[key]
            }
            guard let partial = try partial(call, column) else { return nil }
            folded.append(partial)
        }
        core.items = items.map { SelectItem(.expression($0)) }
        core.groupBy = []
        var rows = fragment
        rows.body = .core(core)
        rows.orderBy = []
        return HashGrouping(
            rows: try rule.template(rows), rowColumnCount: items.count,
            keys: Array(partials.order.prefix(groups.count)),
            partials: folded)
    }

    /// The expression that is NULL in the rows that do not count; nil where all rows do.
    private func argument(of call: FunctionCall) -> Expression? {
        var argument = call.arguments.first?.value
        if case .wildcard? = argument { argument = nil }
        guard let filter = call.filter else { return argument }
        let result = argument ?? .literal(Literal(.integer, text: "1"))
        return .conditional(
            CaseExpression(operand: nil, branches: [.init(condition: filter, result: result)], otherwise: nil))
    }

    private func partial(_ call: FunctionCall, _ column: Int?) throws(PlanningRefusal) -> HashPartial? {
        guard let column else { return call.foldedName == "count" ? .countRows : nil }
        switch call.foldedName {
        case "count": return .count(column)
        case "sum": return .sum(column)
        case "total": return .total(column)
        case "min": return .minimum(column, try partials.argumentCollation(call))
        case "max": return .maximum(column, try partials.argumentCollation(call))
        default: return nil
        }
    }

    /// Whether the engine has an index that brings the rows of a group together, so that it need not sort.
    private var followsAnIndex: Bool {
        let scope = rule.relation.scope
        let ids = partials.groups.compactMap { scope.columnID(of: $0) }
        guard ids.count == partials.groups.count, let first = ids.first, ids.allSatisfy({ $0.source == first.source }),
            let table = scope.source(first.source)?.table
        else { return false }
        var fixed: Set<Int> = []
        for conjunct in rule.relation.conjuncts {
            guard case .binary(let binary) = conjunct.unparenthesized, binary.operator == .equal else { continue }
            for (side, other) in [(binary.left, binary.right), (binary.right, binary.left)] {
                if let id = scope.columnID(of: side), id.source == first.source, !Volatility(of: other).hasColumn {
                    fixed.insert(id.column)
                }
            }
        }
        return table.schema.bringsTogether(Set(ids.map(\.column)), fixed: fixed)
    }
}
