import ShardSQL
import ShardTopology

/// Whether a subquery reads nothing of the queries around it, proved from its text alone: every column that it names is one
/// of its own tables'. What cannot be proved counts as correlated.
struct SelfContained {
    let topology: Topology
    /// Folded names of the statement's common tables and TEMP tables: such a table is not the topology's.
    let hidden: Set<String>

    func holds(_ select: SelectStatement) -> Bool { visit(select, []) != nil }

    /// A FROM item: its name, and its columns by folded name.
    private struct Leaf {
        var alias: String
        var columns: Set<String>
    }

    /// - Parameter around: the FROM items of the blocks around it, the subquery's own only.
    /// - Returns: the names of the output columns that have one; nil: not proved.
    private func visit(_ select: SelectStatement, _ around: [Leaf]) -> Set<String>? {
        guard select.with == nil, case .core(let core) = select.body else { return nil }
        var leaves: [Leaf] = []
        var conditions: [Expression] = []
        if let from = core.from { guard collect(from, &leaves, &conditions) else { return nil } }
        var names: Set<String> = []
        var expressions = conditions
        for item in core.items {
            switch item.content {
            case .wildcard: for leaf in leaves { names.formUnion(leaf.columns) }
            case .expression(let expression):
                expressions.append(expression)
                if let alias = item.alias?.folded {
                    names.insert(alias)
                } else if case .column(let reference) = expression.unparenthesized {
                    names.insert(reference.name.folded)
                }
            }
        }
        if let condition = core.where { expressions.append(condition) }
        if let having = core.having { expressions.append(having) }
        for element in core.groupBy { element.forEachGroupingExpression { expressions.append($0) } }
        expressions += select.orderBy.map(\.expression)
        expressions += [select.limit?.count, select.limit?.offset].compactMap(\.self)
        guard core.windows.isEmpty else { return nil }
        let scope = leaves + around
        for expression in expressions where !isOwn(expression, scope, aliases: names) { return nil }
        return names
    }

    private func collect(_ from: TableExpression, _ leaves: inout [Leaf], _ conditions: inout [Expression]) -> Bool {
        switch from {
        case .table(let reference):
            let name = reference.name.name.folded
            guard !hidden.contains(name), reference.name.schema?.folded != "temp",
                let table = topology.table(named: name), reference.alias?.columns.isEmpty ?? true
            else { return false }
            leaves.append(
                Leaf(
                    alias: reference.alias?.name.folded ?? name,
                    columns: Set(table.schema.columns.map { $0.name.asciiLowercased() }).union(
                        table.schema.isWithoutRowID ? [] : Scope.rowIDNames)))
            return true
        case .subquery(let subquery):
            guard let columns = visit(subquery.select, []), subquery.alias?.columns.isEmpty ?? true else {
                return false
            }
            leaves.append(Leaf(alias: subquery.alias?.name.folded ?? "", columns: columns))
            return true
        case .parenthesized(let inner, let alias): return alias == nil && collect(inner, &leaves, &conditions)
        case .join(let join):
            guard collect(join.left, &leaves, &conditions), collect(join.right, &leaves, &conditions) else {
                return false
            }
            if case .on(let condition)? = join.constraint { conditions.append(condition) }
            return true
        case .function, .verbatim: return false
        }
    }

    private func isOwn(_ expression: Expression, _ scope: [Leaf], aliases: Set<String>) -> Bool {
        var isOwn = true
        SyntaxNode.expression(expression).walk { node in
            switch node {
            case .expression(.column(let reference)):
                if !names(reference, scope, aliases) { isOwn = false }
            case .expression(.verbatim): isOwn = false
            case .expression(.inList(let inList)): if case .table = inList.source { isOwn = false }
            case .subquery(let inner):
                if visit(inner, scope) == nil { isOwn = false }
                return .skip
            case .expression, .statement, .select, .commonTable, .table: break
            }
            return isOwn ? .descend : .skip
        }
        return isOwn
    }

    private func names(_ reference: ColumnReference, _ scope: [Leaf], _ aliases: Set<String>) -> Bool {
        let name = reference.name.folded
        guard let qualifier = reference.table?.folded else {
            return aliases.contains(name) || scope.contains { $0.columns.contains(name) }
        }
        // The innermost table of that name is meant, whether it has the column or not.
        return scope.first { $0.alias == qualifier }?.columns.contains(name) ?? false
    }
}
