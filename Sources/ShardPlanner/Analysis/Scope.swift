import ShardSQL
import ShardTopology
import ShardValues

/// A column of a source, identified across the whole statement.
struct ColumnID: Hashable {
    /// Sources are numbered through the statement, subqueries included.
    var source: Int
    /// The column's ordinal in its source.
    var column: Int
}

/// What is known of a column of a FROM item.
struct SourceColumn {
    /// Folded name.
    var name: String
    /// Nil for an expression: no affinity takes part in comparisons.
    var affinity: Affinity?
    /// Nil: binary by default, no column collation (an expression).
    var collation: Collation?
    var isNotNull: Bool
    /// It shows the rowid of a table inside the subquery: whether it has a collation depends on whether the engine
    /// flattens the subquery.
    var isRowIDOfSubquery = false
}

/// One item of FROM: a base table, a derived table (subquery, CTE, view) or a table function.
struct Source {
    var id: Int
    /// Folded name that qualifies its columns.
    var alias: String
    /// Folded schema name where the reference wrote one or it is a base table (`main`).
    var columns: [SourceColumn]
    /// The base table, nil for the others.
    var table: LogicalTable?
    /// Where its rows live.
    var distribution: Distribution
    /// Folded names of columns that USING or NATURAL merged into an earlier source's.
    var merged: Set<String> = []
    /// A RIGHT or FULL join merged the column: the unqualified name means a COALESCE.
    var isCoalesced: Set<String> = []

    /// The column of a name, the rowid's names included where the table has an alias column for it.
    func column(named name: String) -> Int? {
        if let index = columns.firstIndex(where: { $0.name == name }) { return index }
        if Scope.rowIDNames.contains(name) { return table?.schema.rowIDColumn }
        return nil
    }
}

/// What a name in an expression turned out to be.
enum Resolution {
    case column(ColumnID, SourceColumn)
    /// A column that several sources make together (USING under RIGHT or FULL): nothing is known of it.
    case coalesced
    /// Not a column of any source: an output alias, or a text in double quotes.
    case unknown
}

/// The names an expression can see: its block's sources, then those of the blocks around it.
final class Scope {
    static let rowIDNames = Set(TableSchema.rowIDNames)
    /// What the engine's authorizer calls a rowid without a column, by whatever name it is read.
    static let rowIDName = "rowid"

    let parent: Scope?
    var sources: [Source] = []

    init(parent: Scope?) { self.parent = parent }

    func source(_ id: Int) -> Source? {
        sources.first { $0.id == id } ?? parent?.source(id)
    }

    func resolve(_ reference: ColumnReference) -> Resolution {
        let name = reference.name.folded
        let qualifier = reference.table?.folded
        for source in sources {
            if let qualifier {
                guard source.alias == qualifier else { continue }
            } else if source.merged.contains(name) {
                continue
            }
            if let index = source.column(named: name) {
                if qualifier == nil, source.isCoalesced.contains(name) { return .coalesced }
                return .column(ColumnID(source: source.id, column: index), source.columns[index])
            }
            if Scope.rowIDNames.contains(name), source.table?.schema.implicitRowIDName != nil {
                // A column behind the last: the number is stored, and the same wherever the row is.
                return .column(
                    ColumnID(source: source.id, column: source.columns.count),
                    SourceColumn(name: name, affinity: .integer, collation: nil, isNotNull: true))
            }
        }
        return parent?.resolve(reference) ?? .unknown
    }

    /// The column a plain reference (in any parentheses) names, if it is one of this scope or those around it.
    func columnID(of expression: Expression) -> ColumnID? {
        switch expression.unparenthesized {
        case .column(let reference):
            if case .column(let id, _) = resolve(reference) { return id }
            return nil
        case .literal, .parameter, .unary, .binary, .isNull, .between, .inList, .match, .function, .cast, .collate,
            .conditional, .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field,
            .atTimeZone, .raise, .wildcard, .defaultValue, .verbatim:
            return nil
        }
    }

    /// The columns a `*` or `t.*` stands for, in order.
    func expand(_ wildcard: Wildcard) -> [(Source, Int)] {
        let qualifier = wildcard.qualifier?.name.folded
        var result: [(Source, Int)] = []
        for source in sources where qualifier == nil || source.alias == qualifier {
            for index in source.columns.indices {
                if qualifier == nil, source.merged.contains(source.columns[index].name) { continue }
                result.append((source, index))
            }
        }
        return result
    }
}

extension Expression {
    /// The conjuncts of a condition: `a AND (b AND c)` is a, b, c.
    var conjuncts: [Expression] {
        var result: [Expression] = []
        var pending = [self]
        while let next = pending.popLast() {
            if case .binary(let binary) = next.unparenthesized, binary.operator == .and {
                pending.append(binary.right)
                pending.append(binary.left)
            } else {
                result.append(next)
            }
        }
        return result
    }
}
