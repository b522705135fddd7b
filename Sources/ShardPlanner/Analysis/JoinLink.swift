import ShardSQL
import ShardTopology
import ShardValues

/// Rows of a table are wanted only where one of its columns equals a column of some row that is wanted of another table:
/// what `a.x = b.y`, `a.x IN (SELECT b.y FROM b …)` and a correlated `b.y = a.x` say of a's rows.
///
/// Both columns have the same affinity and a collation of the engine's own, so that whichever side is written first, and
/// IN, compare alike.
struct JoinLink {
    var column: String
    /// The other table's name.
    var other: String
    var otherColumn: String

    private init?(
        _ table: LogicalTable, _ column: String, to found: (table: LogicalTable, column: String)?
    ) {
        guard let found, found.table.schema.name != table.schema.name, let own = table.schema.column(named: column),
            let others = found.table.schema.column(named: found.column)
        else { return nil }
        let (left, right) = (table.schema.columns[own], found.table.schema.columns[others])
        guard left.affinity == right.affinity, left.collation == right.collation else { return nil }
        switch left.collation {
        case .binary, .nocase, .rtrim: break
        case .custom: return nil
        }
        self.column = column
        other = found.table.schema.name
        otherColumn = found.column
    }

    /// The links that a condition, which a row must satisfy, makes from a leaf of the FROM it stands at.
    ///
    /// - Parameters:
    ///   - outer: the FROMs of the queries around, innermost first.
    ///   - inner: the names in a subquery's FROM.
    static func links(
        of conjunct: Expression, from leaf: Int, _ names: FromNames, outer: [FromNames],
        inner: (TableExpression) -> FromNames
    ) -> [JoinLink] {
        guard let table = names.leaves[leaf].table else { return [] }
        func own(_ expression: Expression) -> String? {
            guard case .column(let reference) = expression.unparenthesized else { return nil }
            return names.column(reference, of: leaf)
        }
        func another(_ expression: Expression) -> (table: LogicalTable, column: String)? {
            guard case .column(let reference) = expression.unparenthesized else { return nil }
            for scope in [names] + outer {
                if let found = scope.resolve(reference) { return found }
                // Unqualified names are looked for in the query's own FROM alone: what else has them is not always known.
                if scope.mayName(reference) { return nil }
            }
            return nil
        }
        switch conjunct.unparenthesized {
        case .binary(let binary):
            guard binary.operator == .equal else { return [] }
            return [(binary.left, binary.right), (binary.right, binary.left)].compactMap { left, right in
                own(left).flatMap { JoinLink(table, $0, to: another(right)) }
            }
        case .inList(let inList):
            guard !inList.isNegated, case .subquery(let select) = inList.source, let column = own(inList.operand),
                case .core(let core) = select.body, select.with == nil, core.items.count == 1,
                case .expression(.column(let reference)) = core.items[0].content, let from = core.from,
                let link = JoinLink(table, column, to: inner(from).resolve(reference))
            else { return [] }
            return [link]
        case .literal, .parameter, .column, .unary, .isNull, .between, .match, .function, .cast, .collate,
            .conditional, .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field,
            .atTimeZone, .raise, .wildcard, .defaultValue, .verbatim:
            return []
        }
    }
}
