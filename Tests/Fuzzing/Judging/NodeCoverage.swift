import ShardSQL

/// Which kinds of syntax met which rung.
public struct NodeCoverage: Sendable {
    /// By kind of node, by rung or refusal.
    public private(set) var counts: [String: [String: Int]] = [:]

    public init() {}

    mutating func add(_ statement: Statement, way: String) {
        var kinds: Set<String> = [Self.kind(statement)]
        SyntaxNode.statement(statement).walk { node in
            Self.kinds(node, &kinds)
            return .descend
        }
        for kind in kinds { counts[kind, default: [:]][way, default: 0] += 1 }
    }

    mutating func merge(_ other: NodeCoverage) {
        for (kind, ways) in other.counts {
            for (way, count) in ways { counts[kind, default: [:]][way, default: 0] += count }
        }
    }

    /// The table: a line for each kind, a column for each way; kinds that no statement had stand last.
    public var lines: [String] {
        let ways = ["fast-path", "route", "merge", "combine", "refused", "error"]
        func line(_ cells: [String]) -> String {
            cells.enumerated().map { index, cell in
                let blanks = String(repeating: " ", count: max(0, (index == 0 ? 34 : 10) - cell.count))
                return index == 0 ? cell + blanks : blanks + cell
            }.joined()
        }
        return [line(["node"] + ways)]
            + counts.sorted { $0.key < $1.key }.map { kind, found in line([kind] + ways.map { "\(found[$0] ?? 0)" }) }
    }

    private static func kind(_ statement: Statement) -> String {
        switch statement {
        case .select: "statement select"
        case .insert: "statement insert"
        case .update: "statement update"
        case .delete: "statement delete"
        case .transaction: "statement transaction"
        case .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop:
            "statement definition"
        case .explain, .pragma, .setting, .showTopology, .other: "statement other"
        }
    }

    private static func kinds(_ node: SyntaxNode, _ kinds: inout Set<String>) {
        switch node {
        case .statement(.insert(let insert)): self.kinds(insert, &kinds)
        case .statement(.update(let update)):
            if update.from != nil { kinds.insert("update from") }
            if update.conflictAction != nil { kinds.insert("update or …") }
            if !update.returning.isEmpty { kinds.insert("returning") }
        case .statement(.delete(let delete)): if !delete.returning.isEmpty { kinds.insert("returning") }
        case .statement: break
        case .select(let select), .subquery(let select): self.kinds(select, &kinds)
        case .commonTable(let common):
            kinds.insert("common table")
            if case .select(let select) = common.statement { self.kinds(select, &kinds) }
        case .table(let table): self.kinds(table, &kinds)
        case .expression(let expression): self.kinds(expression, &kinds)
        }
    }

    private static func kinds(_ insert: InsertStatement, _ kinds: inout Set<String>) {
        switch insert.source {
        case .values(let values): kinds.insert(values.rows.count > 1 ? "insert rows" : "insert row")
        case .select: kinds.insert("insert select")
        case .defaultValues: kinds.insert("insert default values")
        }
        if insert.conflictAction != nil || insert.verb == .replace { kinds.insert("insert or …") }
        for upsert in insert.upserts {
            switch upsert.action {
            case .nothing: kinds.insert("upsert nothing")
            case .update: kinds.insert("upsert update")
            }
        }
        if !insert.returning.isEmpty { kinds.insert("returning") }
    }

    private static func kinds(_ select: SelectStatement, _ kinds: inout Set<String>) {
        if let with = select.with { kinds.insert(with.isRecursive ? "with recursive" : "with") }
        if !select.orderBy.isEmpty { kinds.insert("order by") }
        if select.orderBy.contains(where: { $0.nulls != nil }) { kinds.insert("nulls first or last") }
        if let limit = select.limit { kinds.insert(limit.offset == nil ? "limit" : "limit offset") }
        for arm in select.body.arms {
            switch arm {
            case .core(let core):
                if case .distinct = core.distinctness { kinds.insert("distinct") }
                if !core.groupBy.isEmpty { kinds.insert("group by") }
                if core.having != nil { kinds.insert("having") }
                if core.where != nil { kinds.insert("where") }
                if !core.windows.isEmpty { kinds.insert("window clause") }
                for item in core.items { if case .wildcard = item.content { kinds.insert("item *") } }
            case .values: kinds.insert("values")
            case .table: kinds.insert("table t")
            case .nested: kinds.insert("nested select")
            case .compound: break
            }
        }
        var body = select.body
        while case .compound(let compound) = body {
            kinds.insert("set \(compound.operator.rawValue.lowercased())\(compound.isAll ? " all" : "")")
            body = compound.left
        }
    }

    private static func kinds(_ table: TableExpression, _ kinds: inout Set<String>) {
        switch table {
        case .table(let reference):
            kinds.insert("table")
            if reference.indexHint != nil { kinds.insert("table index hint") }
        case .subquery: kinds.insert("table subquery")
        case .function: kinds.insert("table function")
        case .parenthesized: kinds.insert("table parenthesized")
        case .verbatim: kinds.insert("table verbatim")
        case .join(let join):
            kinds.insert("join \(join.isNatural ? "natural " : "")\(join.kind)")
            if case .using? = join.constraint { kinds.insert("join using") }
        }
    }

    private static func kinds(_ expression: Expression, _ kinds: inout Set<String>) {
        switch expression {
        case .literal: kinds.insert("literal")
        case .parameter: kinds.insert("parameter")
        case .column: kinds.insert("column")
        case .unary: kinds.insert("unary")
        case .binary(let binary): kinds.insert("binary \(group(binary.operator))")
        case .isNull: kinds.insert("is null")
        case .between: kinds.insert("between")
        case .inList(let list):
            switch list.source {
            case .list: kinds.insert("in list")
            case .subquery: kinds.insert("in subquery")
            case .table: kinds.insert("in table")
            }
        case .match(let match): kinds.insert(match.operator.rawValue.lowercased())
        case .function(let call):
            kinds.insert(
                call.over != nil ? "function over" : call.distinctness == .distinct ? "function distinct" : "function")
            if call.filter != nil { kinds.insert("filter") }
            if case .inline(let window)? = call.over, window.frame != nil { kinds.insert("window frame") }
        case .cast: kinds.insert("cast")
        case .collate: kinds.insert("collate")
        case .conditional: kinds.insert("case")
        case .exists: kinds.insert("exists")
        case .subquery: kinds.insert("scalar subquery")
        case .row: kinds.insert("row value")
        case .parenthesized: kinds.insert("parentheses")
        case .wildcard: kinds.insert("*")
        case .quantified, .array, .subscripted, .field, .atTimeZone, .raise, .defaultValue, .verbatim:
            kinds.insert("of another dialect")
        }
    }

    private static func group(_ operator: BinaryOperator) -> String {
        switch `operator` {
        case .or, .and: "logic"
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: "comparison"
        case .is, .isNot, .isDistinctFrom, .isNotDistinctFrom: "is"
        case .bitAnd, .bitOr, .shiftLeft, .shiftRight: "bits"
        case .add, .subtract, .multiply, .divide, .modulo, .power: "arithmetic"
        case .concatenate: "concatenate"
        case .jsonGet, .jsonGetText: "json"
        case .custom: "custom"
        }
    }
}
