import ShardSQL
import ShardTopology

/// The columns that a statement may mean, by name: more than it does mean, never fewer. Nothing is resolved: a name without
/// a qualifier is taken to mean every table's column of that name.
struct ColumnMentions {
    /// Folded names without a qualifier, and those that USING compares.
    private var unqualified: Set<String> = []
    /// Folded names by folded qualifier.
    private var qualified: [String: Set<String>] = [:]
    /// Folded qualifiers of `t.*`.
    private var shown: Set<String> = []
    /// `*`, a NATURAL join, or text that is not understood: all columns of all tables.
    private(set) var isEveryColumn = false
    /// `main.t.c`: a name that only the table itself answers to.
    private(set) var hasSchemaNames = false
    /// How many tables, subqueries and functions stand in FROM, anywhere.
    private(set) var sourceCount = 0
    /// Folded names of tables after IN.
    private(set) var comparedTables: Set<String> = []

    init(of statement: Statement) { add(.statement(statement)) }

    init(of expressions: [Expression]) {
        for expression in expressions { add(.expression(expression)) }
    }

    mutating func add(_ expression: Expression) { add(.expression(expression)) }

    mutating func add(_ items: [SelectItem]) {
        for item in items {
            switch item.content {
            case .wildcard(let wildcard): add(wildcard)
            case .expression(let expression): add(.expression(expression))
            }
        }
    }

    mutating func add(_ table: TableExpression) { add(.table(table)) }

    private mutating func add(_ wildcard: Wildcard) {
        if let qualifier = wildcard.qualifier {
            shown.insert(qualifier.name.folded)
        } else {
            isEveryColumn = true
        }
    }

    private mutating func add(_ node: SyntaxNode) {
        var copy = self
        node.walk { node in
            copy.look(node)
            return .descend
        }
        self = copy
    }

    private mutating func look(_ node: SyntaxNode) {
        switch node {
        case .statement(let statement): look(statement)
        case .select(let select), .subquery(let select):
            for case .core(let core) in select.body.arms {
                for case .wildcard(let wildcard) in core.items.map(\.content) { add(wildcard) }
            }
        case .commonTable: break
        case .table(let table):
            switch table {
            case .table, .subquery, .function: sourceCount += 1
            case .join(let join):
                if join.isNatural { isEveryColumn = true }
                if case .using(let columns, _)? = join.constraint { unqualified.formUnion(columns.map(\.folded)) }
            case .parenthesized: break
            case .verbatim: isEveryColumn = true
            }
        case .expression(let expression):
            switch expression {
            case .column(let reference):
                if reference.schema != nil { hasSchemaNames = true }
                if let table = reference.table {
                    qualified[table.folded, default: []].insert(reference.name.folded)
                } else {
                    unqualified.insert(reference.name.folded)
                }
            case .verbatim: isEveryColumn = true
            case .inList(let inList):
                if case .table(let name, _) = inList.source { comparedTables.insert(name.name.folded) }
            case .literal, .parameter, .unary, .binary, .isNull, .between, .match, .function, .cast, .collate,
                .conditional, .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field,
                .atTimeZone, .raise, .wildcard, .defaultValue:
                break
            }
        }
    }

    private mutating func look(_ statement: Statement) {
        switch statement {
        case .insert(let insert): add(insert.returning.filter(\.isWildcard))
        case .update(let update): add(update.returning.filter(\.isWildcard))
        case .delete(let delete): add(delete.returning.filter(\.isWildcard))
        case .select, .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop,
            .transaction, .explain, .pragma, .setting, .showTopology, .other:
            break
        }
    }

    /// Whether a column may be meant through a table that the statement calls `name` (folded).
    func mention(_ column: String, of name: String) -> Bool {
        if isEveryColumn || shown.contains(name) { return true }
        let folded = Topology.key(for: column)
        return unqualified.contains(folded) || qualified[name]?.contains(folded) == true
    }

    /// Whether `*` shows all columns of a table called `name`.
    func showEveryColumn(of name: String) -> Bool { isEveryColumn || shown.contains(name) }

    /// Whether the rowid is meant by one of its names, which a table called `name` has no column of. `unqualified`: without
    /// saying whose.
    func mentionRowID(of schema: TableSchema, called name: String) -> (isMentioned: Bool, isUnqualified: Bool) {
        let names = TableSchema.rowIDNames.filter { schema.column(named: $0) == nil }
        let isUnqualified = names.contains { unqualified.contains($0) }
        return (isUnqualified || names.contains { qualified[name]?.contains($0) == true }, isUnqualified)
    }
}
