import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Aggregation in two steps: each shard's groups with partial aggregates, and on the coordinator the groups of all with final
/// ones. HAVING, ORDER BY, windows and whatever stands around the aggregates are the coordinator's.
extension ServerWork {
    mutating func partials(
        _ select: SelectStatement, _ core: SelectCore, _ block: ServerBlock.Core, _ survey: ServerSurvey,
        _ split: ServerSplit
    ) throws(PlanningRefusal) -> Plan? {
        guard hasOnlyDefaultCollation(survey) else { return nil }
        fixTimes()
        guard case .select(let fixed) = parsed.statement, case .core(let core) = fixed.body else { return nil }
        let keys = survey.references.map(\.table.schema.primaryKey)
        var step = ServerPartials(aggregates: planner.functions.aggregates, block: block, primaryKeys: keys)
        // The first pass finds what the shards have to answer, the second knows the types.
        guard let groups = groups(core, block), step.final(fixed, core, groups, facts) != nil else { return nil }
        step.needsColumn()
        var described = columns(of: step.worker(core, parsed.statement))
        guard var types = described else { return nil }
        let reals = step.realAverages(types)
        if !reals.isEmpty {
            step = ServerPartials(aggregates: planner.functions.aggregates, block: block, primaryKeys: keys)
            step.averagedAsDoubles = reals
            guard step.final(fixed, core, groups, facts) != nil else { return nil }
            step.needsColumn()
            described = columns(of: step.worker(core, parsed.statement))
            guard let again = described else { return nil }
            types = again
        }
        guard types.count == step.columns.count, types.allSatisfy(\.isWritable) else { return nil }
        step.types = types
        guard let final = step.final(fixed, core, groups, facts) else { return nil }
        let worker = step.worker(core, parsed.statement)
        let condition = self.condition(core.where, survey.references[split.root], split.sharding)
        var part = self
        part.parsed.statement = .select(worker)
        part.isRewritten = true
        let statement = try part.template(survey)
        let node = PlanNode.scatter(
            ScatterNode(
                parts: [.init(route: .partitions(split.sharding, condition), statement: statement)],
                columnCount: types.count))
        let tables = names(survey.references)
        if let finals = step.finals(fixed, core) {
            let sum = PlanNode.aggregate(
                AggregateNode(input: node, groupColumnCount: 0, groupOrder: [], aggregates: finals))
            return plan(
                .query(
                    QueryPlan(
                        route: .partitions(split.sharding, condition), whole: try template(survey), scatter: sum,
                        isShort: false)),
                .merge, reasons: ["each shard answers partial aggregates"], tables: tables)
        }
        let source = plan(
            .query(
                QueryPlan(
                    route: .partitions(split.sharding, condition), whole: statement, scatter: node, isShort: false)),
            .merge, reasons: [], tables: tables)
        return finished(
            source, final, types: types, reasons: ["groups cross partitions: each shard answers partial aggregates"],
            tables)
    }

    /// GROUP BY's expressions; nil where they are not clear.
    private func groups(_ core: SelectCore, _ block: ServerBlock.Core) -> [Expression]? {
        guard !core.isGroupByDistinct else { return nil }
        if let terms = block.groupTerms { return evaluated.isEmpty ? terms : fixedTerms(core, terms) }
        // Grouping sets: the shards group by all of their expressions.
        var result: [Expression] = []
        func collect(_ element: GroupingElement) -> Bool {
            switch element {
            case .expression(let expression):
                guard Self.isClear(expression, core) else { return false }
                result.append(expression)
                return true
            case .empty: return true
            case .rollup(let keys), .cube(let keys), .tuple(let keys):
                result += keys
                return keys.allSatisfy { Self.isClear($0, core) }
            case .sets(let elements): return elements.allSatisfy(collect)
            }
        }
        return core.groupBy.allSatisfy(collect) ? result : nil
    }

    /// Inside grouping sets, names that might be the answer's are left alone.
    private static func isClear(_ expression: Expression, _ core: SelectCore) -> Bool {
        !ServerSurvey.isNumber(expression) && ServerSurvey.item(expression, core.items) == nil
    }

    /// The terms again, now that moments stand in the statement as values.
    private func fixedTerms(_ core: SelectCore, _ terms: [Expression]) -> [Expression]? {
        var result: [Expression] = []
        for (element, term) in zip(core.groupBy, terms) {
            guard case .expression(let own) = element else { return nil }
            if case .column = term.unparenthesized {
                result.append(term)
            } else if let item = ServerSurvey.item(own, core.items) {
                result.append(item)
            } else {
                result.append(own)
            }
        }
        return result
    }
}

/// What the shards answer, and the rest of the statement over it.
struct ServerPartials {
    let aggregates: Set<String>
    /// Averages of `real` are kept in double precision, as the server does: the partial sums of these.
    var averagedAsDoubles: Set<String> = []
    /// Of the columns, once they are known.
    var types: [PlanColumn] = []
    /// What each shard's row has: groups and partial aggregates.
    private(set) var columns: [Expression] = []
    private var positions: [String: Int] = [:]
    /// Which of them are groups.
    private(set) var groups: [Int] = []
    /// Arguments of DISTINCT aggregates, which the shards group by besides.
    private var distinctColumns: [Int] = []
    /// Partial sums of averages.
    private var averaged: Set<Int> = []
    private var isGrouped = false
    private var mayAddGroups = false
    private var isPossible = true

    private let block: ServerBlock.Core
    /// By table reference.
    private let primaryKeys: [[Int]]

    init(aggregates: Set<String>, block: ServerBlock.Core, primaryKeys: [[Int]]) {
        self.aggregates = aggregates
        self.block = block
        self.primaryKeys = primaryKeys
    }

    /// What two expressions share that mean the same, `a % 2` and `t.a % 2`.
    private func meaning(_ expression: Expression) -> String {
        expression.mapped { part in
            guard case .column(let column) = part, let node = block.columns[column.range] else { return nil }
            return .column(ColumnReference([Identifier("_\(node.reference)_\(node.column)")]))
        }.equivalenceKey(dialect: .postgresql)
    }

    /// Whether GROUP BY determines a column: it has its table's whole primary key.
    private func isDetermined(_ column: ColumnReference) -> Bool {
        guard let node = block.columns[column.range], primaryKeys.indices.contains(node.reference) else { return false }
        let key = primaryKeys[node.reference]
        return !key.isEmpty
            && key.allSatisfy { block.groups.contains(ServerSurvey.Node(reference: node.reference, column: $0)) }
    }

    private mutating func column(_ expression: Expression, isGroup: Bool = false) -> Int {
        let key = (isGroup ? "g " : "p ") + meaning(expression)
        if let known = positions[key] { return known }
        let position = columns.count
        positions[key] = position
        columns.append(expression)
        if isGroup { groups.append(position) }
        return position
    }

    /// Rows without columns cannot be sent on.
    mutating func needsColumn() {
        guard columns.isEmpty else { return }
        _ = column(.function(FunctionCall(ObjectName("count"), arguments: [FunctionArgument(.wildcard(Wildcard()))])))
    }

    /// The sums of averages that were taken of `real`, and would be rounded to it.
    func realAverages(_ types: [PlanColumn]) -> Set<String> {
        let real = averaged.filter { types.indices.contains($0) && types[$0].typeID == 700 }
        return Set(real.map { columns[$0].equivalenceKey(dialect: .postgresql) })
    }

    // MARK: The shards' part

    func worker(_ core: SelectCore, _ statement: Statement) -> SelectStatement {
        var own = core
        own.distinctness = .unspecified
        own.items = columns.enumerated().map { number, expression in
            SelectItem(.expression(expression), alias: Identifier("c\(number)"))
        }
        own.having = nil
        own.windows = []
        own.groupBy = (groups + distinctColumns).map { .expression(.literal(Literal(.integer, text: "\($0 + 1)"))) }
        return SelectStatement(body: .core(own))
    }

    // MARK: The coordinator's part

    /// The statement over the rows `c0`, `c1` … that the shards have answered; nil where it cannot be said so.
    mutating func final(
        _ select: SelectStatement, _ core: SelectCore, _ terms: [Expression], _ facts: ServerFacts
    ) -> SelectStatement? {
        isPossible = true
        isGrouped = !core.groupBy.isEmpty
        let isPlain = core.groupBy.allSatisfy { if case .expression = $0 { true } else { false } }
        mayAddGroups = isGrouped && isPlain
        for term in terms where !Self.isConstant(term) { _ = column(term, isGroup: true) }
        guard core.items.count == facts.columns.count else { return nil }
        var own = core
        own.where = nil
        own.from = .table(TableReference(ServerWork.rowsName))
        own.items = zip(core.items, facts.columns).map { item, column in
            guard case .expression(let expression) = item.content else {
                isPossible = false
                return item
            }
            return SelectItem(.expression(over(expression)), alias: Identifier(column.name, quote: .double))
        }
        if case .on(let keys) = core.distinctness { own.distinctness = .on(keys.map { over($0) }) }
        own.having = core.having.map { over($0) }
        own.windows = core.windows.map { window in
            var copy = window
            copy.specification.partitionBy = window.specification.partitionBy.map { over($0) }
            copy.specification.orderBy = window.specification.orderBy.map { ordering($0) }
            return copy
        }
        var result = SelectStatement(body: .core(own), orderBy: [], limit: select.limit)
        result.orderBy = select.orderBy.map { term in
            // Numbers and names of the answer mean the same there.
            if ServerSurvey.item(term.expression, core.items) != nil { return named(term, core) }
            return ordering(term)
        }
        if isPlain {
            own.groupBy = groups.map { .expression(ServerWork.column($0)) }
        } else {
            own.groupBy = core.groupBy.map { grouping($0) }
        }
        result.body = .core(own)
        return isPossible ? result : nil
    }

    /// Final aggregates that need no server: the whole answer is counts, and the least and greatest of integers.
    func finals(_ select: SelectStatement, _ core: SelectCore) -> [FinalAggregate]? {
        guard core.groupBy.isEmpty, core.having == nil, core.windows.isEmpty, select.orderBy.isEmpty,
            select.limit == nil, groups.isEmpty, distinctColumns.isEmpty
        else { return nil }
        if case .unspecified = core.distinctness {} else { return nil }
        var result: [FinalAggregate] = []
        for item in core.items {
            guard case .expression(let expression) = item.content,
                case .function(let call) = expression.unparenthesized,
                call.over == nil, let position = positions["p " + meaning(.function(call))]
            else { return nil }
            let isInteger = [20, 21, 23].contains(type(position))
            switch ServerSurvey.text(call.name.name) {
            case "count": result.append(.count(position))
            case "min" where isInteger: result.append(.minimum(position, .binary))
            case "max" where isInteger: result.append(.maximum(position, .binary))
            default: return nil
            }
        }
        return result
    }

    private static func isConstant(_ expression: Expression) -> Bool {
        switch expression.unparenthesized {
        case .literal: true
        case .parameter, .column, .unary, .binary, .isNull, .between, .inList, .match, .function, .cast, .collate,
            .conditional, .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field,
            .atTimeZone, .raise, .wildcard, .defaultValue, .verbatim:
            false
        }
    }

    /// ORDER BY a name or number of the answer, by its number.
    private func named(_ term: OrderingTerm, _ core: SelectCore) -> OrderingTerm {
        guard case .column(let column) = term.expression.unparenthesized else { return term }
        var copy = term
        let name = ServerSurvey.text(column.name)
        let number = core.items.firstIndex { $0.alias.map { ServerSurvey.text($0) == name } ?? false } ?? 0
        copy.expression = .literal(Literal(.integer, text: "\(number + 1)"))
        return copy
    }

    private mutating func ordering(_ term: OrderingTerm) -> OrderingTerm {
        var copy = term
        copy.expression = over(term.expression)
        return copy
    }

    private mutating func grouping(_ element: GroupingElement) -> GroupingElement {
        switch element {
        case .expression(let expression): .expression(over(expression))
        case .empty: .empty
        case .rollup(let keys): .rollup(keys.map { over($0) })
        case .cube(let keys): .cube(keys.map { over($0) })
        case .tuple(let keys): .tuple(keys.map { over($0) })
        case .sets(let elements): .sets(elements.map { grouping($0) })
        }
    }

    /// An expression over groups, over the shards' rows.
    private mutating func over(_ expression: Expression) -> Expression {
        var this = self
        let result = expression.mapped { this.replacement($0) }
        self = this
        return result
    }

    private mutating func replacement(_ expression: Expression) -> Expression? {
        if let known = positions["g " + meaning(expression)] {
            return ServerWork.column(known)
        }
        switch expression {
        case .function(let call):
            let name = ServerSurvey.text(call.name.name)
            guard aggregates.contains(name) else { return nil }
            if call.over != nil {
                // A window over groups: its arguments and order are replaced.
                return nil
            }
            guard let own = aggregate(name, call) else {
                isPossible = false
                return expression
            }
            return own
        case .column(let reference):
            // What the groups determine.
            guard mayAddGroups, isDetermined(reference) else {
                isPossible = false
                return expression
            }
            return ServerWork.column(column(expression, isGroup: true))
        case .exists, .subquery, .wildcard, .verbatim, .raise, .defaultValue:
            isPossible = false
            return expression
        case .inList(let node):
            if case .list = node.source { return nil }
            isPossible = false
            return expression
        case .quantified(let node):
            if case .array = node.source { return nil }
            isPossible = false
            return expression
        case .literal, .parameter, .unary, .binary, .isNull, .between, .match, .cast, .collate, .conditional, .row,
            .parenthesized, .array, .subscripted, .field, .atTimeZone:
            return nil
        }
    }

    // MARK: Aggregates

    private func type(_ position: Int) -> UInt32 { types.indices.contains(position) ? types[position].typeID : 0 }

    private mutating func aggregate(_ name: String, _ call: FunctionCall) -> Expression? {
        guard call.orderBy.isEmpty, call.withinGroup.isEmpty, call.nullTreatment == nil, call.specialSyntax == nil,
            call.arguments.allSatisfy({ $0.label == nil && !$0.isVariadic })
        else { return nil }
        if call.distinctness == .distinct { return distinct(name, call) }
        switch name {
        case "count":
            let partial = ServerWork.column(column(.function(call)))
            return ServerWork.cast(
                ServerWork.call(
                    "coalesce", [ServerWork.call("sum", [partial]), .literal(Literal(.integer, text: "0"))]),
                "bigint")
        case "sum":
            guard call.arguments.count == 1 else { return nil }
            let position = column(.function(call))
            let sum = ServerWork.call("sum", [ServerWork.column(position)])
            // Sums of small integers are bigint, those of bigint numeric.
            return type(position) == 20 ? ServerWork.cast(sum, "bigint") : sum
        case "min", "max", "bool_and", "bool_or", "every", "bit_and", "bit_or", "bit_xor":
            guard call.arguments.count == 1 else { return nil }
            return ServerWork.call(name, [ServerWork.column(column(.function(call)))])
        case "avg": return average(call)
        default: return nil
        }
    }

    private mutating func average(_ call: FunctionCall) -> Expression? {
        guard call.arguments.count == 1 else { return nil }
        var summed = call
        summed.name = ObjectName("sum")
        if averagedAsDoubles.contains(Expression.function(summed).equivalenceKey(dialect: .postgresql)) {
            summed.arguments[0].value = ServerWork.cast(summed.arguments[0].value, "double precision")
        }
        var counted = call
        counted.name = ObjectName("count")
        let total = column(.function(summed))
        averaged.insert(total)
        let count = column(.function(counted))
        var sum = ServerWork.call("sum", [ServerWork.column(total)])
        var number = ServerWork.call(
            "nullif",
            [ServerWork.call("sum", [ServerWork.column(count)]), .literal(Literal(.integer, text: "0"))])
        switch type(total) {
        // bigint and numeric are divided as numeric, the others by a double.
        case 20, 1700, 0: sum = ServerWork.cast(sum, "numeric")
        case 701, 1186: number = ServerWork.cast(number, "double precision")
        default: return nil
        }
        return .parenthesized(
            ParenthesizedExpression(.binary(BinaryExpression(sum, .divide, spelling: "/", number))))
    }

    /// Distinct values are among the groups of the shards, and are counted in the end.
    private mutating func distinct(_ name: String, _ call: FunctionCall) -> Expression? {
        guard ["count", "sum", "avg", "min", "max"].contains(name), call.arguments.count == 1,
            let argument = call.arguments.first?.value
        else { return nil }
        if case .wildcard = argument { return nil }
        var value = argument
        if let filter = call.filter {
            value = .conditional(
                CaseExpression(operand: nil, branches: [.init(condition: filter, result: argument)], otherwise: nil))
        }
        let key = "d " + meaning(value)
        let position: Int
        if let known = positions[key] {
            position = known
        } else {
            position = columns.count
            positions[key] = position
            columns.append(value)
            distinctColumns.append(position)
        }
        var final = call
        final.filter = nil
        final.arguments = [FunctionArgument(ServerWork.column(position))]
        return .function(final)
    }
}
