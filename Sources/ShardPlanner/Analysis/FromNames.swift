import ShardSQL
import ShardTopology

/// The names that an expression beside one FROM can mean: what stands in it, in the order of the text.
struct FromNames {
    struct Leaf {
        /// Folded.
        var alias: String
        /// Nil for what is no logical table: a subquery, a function, a common table.
        var table: LogicalTable?
    }
    private(set) var leaves: [Leaf] = []
    private(set) var mergesColumns = false

    /// - Parameter hidden: folded names that mean something else than the topology's tables.
    init(_ from: TableExpression, topology: Topology, hidden: Set<String>) {
        collect(from, topology, hidden)
    }

    private mutating func collect(_ from: TableExpression, _ topology: Topology, _ hidden: Set<String>) {
        switch from {
        case .table(let reference):
            let name = reference.name.name.folded
            leaves.append(
                Leaf(
                    alias: reference.alias?.name.folded ?? name,
                    table: hidden.contains(name) ? nil : topology.table(named: name)))
        case .subquery(let subquery): leaves.append(Leaf(alias: subquery.alias?.name.folded ?? "", table: nil))
        case .function(let function):
            leaves.append(Leaf(alias: function.alias?.name.folded ?? function.call.foldedName, table: nil))
        case .verbatim(_, let alias): leaves.append(Leaf(alias: alias?.name.folded ?? "", table: nil))
        case .parenthesized(let inner, let alias):
            if let alias {
                leaves.append(Leaf(alias: alias.name.folded, table: nil))
            } else {
                collect(inner, topology, hidden)
            }
        case .join(let join):
            collect(join.left, topology, hidden)
            collect(join.right, topology, hidden)
            if case .using? = join.constraint { mergesColumns = true }
            if join.isNatural { mergesColumns = true }
        }
    }

    /// The leaf's column, if the reference can mean nothing else.
    func column(_ reference: ColumnReference, of leaf: Int) -> String? {
        guard let table = leaves[leaf].table, reference.parts.count <= 2 else { return nil }
        let name = reference.name.folded
        if let qualifier = reference.table?.folded {
            guard leaves[leaf].alias == qualifier, leaves.filter({ $0.alias == qualifier }).count == 1 else {
                return nil
            }
        } else {
            let owners = leaves.filter { $0.table?.schema.column(named: name) != nil }
            guard !mergesColumns, owners.count == 1 else { return nil }
        }
        if let ordinal = table.schema.column(named: name) { return table.schema.columns[ordinal].name }
        guard reference.table != nil, Scope.rowIDNames.contains(name), let ordinal = table.schema.rowIDColumn
        else { return nil }
        return table.schema.columns[ordinal].name
    }

    /// Whether a reference may mean something in this FROM, so that no query around it is asked.
    func mayName(_ reference: ColumnReference) -> Bool {
        guard let qualifier = reference.table?.folded else { return true }
        return leaves.contains { $0.alias == qualifier }
    }

    /// The leaf and the column that a reference means, if that is certain.
    func resolve(_ reference: ColumnReference) -> (table: LogicalTable, column: String)? {
        for leaf in leaves.indices {
            if let table = leaves[leaf].table, let column = column(reference, of: leaf) { return (table, column) }
        }
        return nil
    }
}
