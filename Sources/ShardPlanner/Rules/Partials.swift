import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// The partial aggregates of a fragment and what they become; finds the merged column of an expression.
struct Partials {
    let rule: MergeRule
    let groups: [Expression]
    /// The fragment's select list: groups, the distinct argument if any, partials.
    private(set) var items: [Expression] = []
    /// What the fragment groups and sorts by: the groups, the distinct argument if any.
    private(set) var groupTerms: [Expression] = []
    private(set) var order: [SortKey] = []
    private(set) var finals: [FinalAggregate] = []
    /// The calls behind the partials, one per item after ``groupTerms``.
    private(set) var calls: [FunctionCall] = []
    /// Merged column by the equivalence key of a group or aggregate.
    private var columns: [String: Int] = [:]
    /// Item by the equivalence key of a partial: `sum(x)`, `avg(x)` and `count(x)` share their count.
    private var partials: [String: Int] = [:]
    private var distinctArgument: (key: String, column: Int, collation: Collation)?

    init(_ rule: MergeRule, groups: [Expression]) throws(PlanningRefusal) {
        self.rule = rule
        self.groups = groups
        for (index, group) in groups.enumerated() {
            if !Volatility(of: group).hasColumn {
                throw PlanningRefusal(.aggregateAcrossShards, "GROUP BY a constant is not merged")
            }
            items.append(group)
            groupTerms.append(group)
            order.append(try sortKey(index, group))
            if columns[key(group)] == nil { columns[key(group)] = index }
        }
        // The distinct argument becomes a sort column, so it has to be known before the first partial.
        let calls = CoreShape(of: rule.core, orderBy: rule.select.orderBy).aggregates
        for call in calls where needsDistinctRows(call) {
            guard call.filter == nil else {
                throw PlanningRefusal(.distinctAcrossShards, "a DISTINCT aggregate with FILTER is not merged")
            }
            let argument = call.arguments[0].value
            if let distinctArgument {
                guard distinctArgument.key == key(argument) else {
                    throw PlanningRefusal(
                        .distinctAcrossShards, "DISTINCT aggregates over different expressions are not merged")
                }
            } else {
                let sort = try sortKey(items.count, argument)
                distinctArgument = (key(argument), items.count, sort.collation)
                if !Volatility(of: argument).hasColumn {
                    throw PlanningRefusal(.distinctAcrossShards, "a DISTINCT aggregate over a constant is not merged")
                }
                items.append(argument)
                groupTerms.append(argument)
                order.append(sort)
            }
        }
    }

    private func sortKey(_ column: Int, _ expression: Expression) throws(PlanningRefusal) -> SortKey {
        SortKey(
            column: column, descending: false, nullsFirst: nil,
            collation: try rule.comparable(rule.types.collation(of: expression) ?? .binary))
    }

    /// Two spellings of one column are one key.
    func key(_ expression: Expression) -> String {
        let scope = rule.relation.scope
        let canonical = expression.mapped { part in
            guard case .column(let reference) = part, case .column(let id, _) = scope.resolve(reference) else {
                return nil
            }
            return .column(ColumnReference([Identifier("s\(id.source)"), Identifier("c\(id.column)")]))
        }
        return canonical.equivalenceKey(dialect: rule.work.planner.dialect)
    }

    private func needsDistinctRows(_ call: FunctionCall) -> Bool {
        guard call.distinctness == .distinct, call.arguments.count == 1 else { return false }
        switch call.foldedName {
        case "min", "max": return false
        default: return !rule.relation.containsKey([call.arguments[0].value])
        }
    }

    // MARK: Aggregates

    mutating func add(_ call: FunctionCall) throws(PlanningRefusal) {
        let callKey = key(.function(call))
        if columns[callKey] != nil { return }
        if !call.orderBy.isEmpty || !call.withinGroup.isEmpty {
            throw PlanningRefusal(.aggregateAcrossShards, "an ordered aggregate is not merged")
        }
        for argument in call.arguments where argument.value.hasExplicitCollation {
            throw PlanningRefusal(
                .collationAcrossShards, "COLLATE inside an aggregate that spans shards is not supported")
        }
        let final = try final(call)
        columns[callKey] = groups.count + finals.count
        finals.append(final)
    }

    private mutating func partial(_ name: String, _ call: FunctionCall) -> Int {
        var copy = call
        copy.name = ObjectName(name)
        if name == "min" || name == "max" { copy.distinctness = .unspecified }
        let item = Expression.function(copy)
        if let known = partials[key(item)] { return known }
        items.append(item)
        calls.append(copy)
        partials[key(item)] = items.count - 1
        return items.count - 1
    }

    private mutating func final(_ call: FunctionCall) throws(PlanningRefusal) -> FinalAggregate {
        let name = call.foldedName
        if needsDistinctRows(call), let distinctArgument {
            let (column, collation) = (distinctArgument.column, distinctArgument.collation)
            switch name {
            case "count": return .countDistinct(column, collation)
            case "sum": return .sumDistinct(column, collation)
            case "total": return .totalDistinct(column, collation)
            case "avg": return .averageDistinct(column, collation)
            default:
                throw PlanningRefusal(.distinctAcrossShards, "\(name)(DISTINCT …) over several shards is not merged")
            }
        }
        if distinctArgument != nil, call.distinctness == .distinct, name != "min", name != "max" {
            // Streams are grouped by the other argument too: each of its values would count this one's anew.
            throw PlanningRefusal(
                .distinctAcrossShards, "aggregates over distinct values of two arguments are not merged")
        }
        switch name {
        case "count": return .count(partial("count", call))
        case "sum": return .sum(partial("sum", call), count: partial("count", call))
        case "total": return .total(partial("total", call))
        case "avg":
            // Distinct values of the key itself lie in one partition each, so total and count of them add up too.
            let total = partial("total", call)
            return .average(total: total, count: partial("count", call))
        case "min": return .minimum(partial("min", call), try argumentCollation(call))
        case "max": return .maximum(partial("max", call), try argumentCollation(call))
        case "group_concat", "string_agg":
            // Its answer shows the order of the rows, which no partial knows of.
            throw PlanningRefusal(.aggregateAcrossShards, "\(name)() joins values in the order of all rows")
        default:
            throw PlanningRefusal(
                .aggregateAcrossShards, "the aggregate \(name) over rows of several shards is not merged",
                hint: "Group by the shard key, or filter by one key.")
        }
    }

    func argumentCollation(_ call: FunctionCall) throws(PlanningRefusal) -> Collation {
        guard let argument = call.arguments.first?.value else { return .binary }
        return try rule.comparable(rule.types.collation(of: argument) ?? .binary)
    }

    // MARK: After the merge

    func column(of expression: Expression) -> Int? { columns[key(expression)] }

    /// The expression over the merged table: groups and aggregates become its columns.
    func replaced(_ expression: Expression) throws(PlanningRefusal) -> Expression {
        if !expression.subqueries().isEmpty {
            throw PlanningRefusal(
                .subqueryAcrossShards, "a subquery beside aggregates of several shards is not supported",
                hint: "Run the subquery first and bind its answer.")
        }
        var bare: String?
        let result = expression.mapped { part in
            if let column = columns[key(part)] {
                return .column(ColumnReference([Identifier("c\(column)")]))
            }
            if case .column(let reference) = part { bare = bare ?? reference.name.text }
            return nil
        }
        if let bare {
            throw PlanningRefusal(
                .bareColumnAcrossShards,
                "\(bare) is neither grouped nor aggregated: its value would be that of some row of the group",
                hint: "Add it to GROUP BY, or wrap it in min() or max().")
        }
        return result
    }

    /// The table that the merged rows are put into: group columns with their own type and collation, so that
    /// comparisons behave as on the base table.
    var createTable: String {
        var definitions: [String] = []
        for (index, group) in groups.enumerated() {
            var definition = "c\(index)"
            switch rule.types.affinity(of: group) {
            case .integer: definition += " INTEGER"
            case .real: definition += " REAL"
            case .numeric: definition += " NUMERIC"
            case .text: definition += " TEXT"
            case .blob: definition += " BLOB"
            case nil: break
            }
            switch rule.types.collation(of: group) {
            case .nocase: definition += " COLLATE NOCASE"
            case .rtrim: definition += " COLLATE RTRIM"
            case .binary, .custom, nil: break
            }
            definitions.append(definition)
        }
        for index in finals.indices { definitions.append("c\(groups.count + index)") }
        return "CREATE TABLE \(AggregateRule.table)(\(definitions.joined(separator: ", ")))"
    }
}

extension Expression {
    var hasExplicitCollation: Bool {
        contains { part in
            if case .collate = part { return true }
            return false
        }
    }
}
