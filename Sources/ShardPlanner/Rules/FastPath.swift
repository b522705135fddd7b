import ShardSQL
import ShardTopology
import ShardValues

/// Rung 1: one table, equality on its whole shard key, nothing else to look at. And whether such a statement is short.
struct FastPath {
    let work: PlanningWork
    let select: SelectStatement

    init(_ work: PlanningWork, _ select: SelectStatement) {
        self.work = work
        self.select = select
    }

    private var table: LogicalTable? {
        guard select.with == nil, case .core(let core) = select.body, case .table(let reference) = core.from else {
            return nil
        }
        return work.topology.table(named: reference.name.name.text)
    }

    var applies: Bool {
        guard table != nil else { return false }
        var hasSubquery = false
        select.forEachExpression { expression in
            expression.forEachSubquery { _ in hasSubquery = true }
        }
        return !hasSubquery
    }

    /// The columns of the table that conjuncts fix, each to one value or to a few by a short IN list.
    ///
    /// - Parameter toOne: only by `column = literal` or `= parameter`, under the column's own collation.
    private func fixedColumns(_ schema: TableSchema, toOne: Bool) -> Set<Int> {
        guard case .core(let core) = select.body, let condition = core.where else { return [] }
        var fixed: Set<Int> = []
        func fix(_ side: Expression, by value: Expression?) {
            guard case .column(let reference) = side.unparenthesized,
                let column = schema.column(named: reference.name.text)
            else { return }
            if let value, toOne ? !value.isPlainValue : Volatility(of: value).hasColumn { return }
            fixed.insert(column)
        }
        for conjunct in condition.conjuncts {
            if case .binary(let binary) = conjunct.unparenthesized, binary.operator == .equal {
                fix(binary.left, by: binary.right)
                fix(binary.right, by: binary.left)
            }
            if !toOne, case .inList(let inList) = conjunct.unparenthesized, !inList.isNegated,
                case .list(let list) = inList.source, list.count <= 16
            {
                fix(inList.operand, by: nil)
            }
        }
        return fixed
    }

    /// The first columns of the primary key (all of the shard key among them) are fixed by equality: an index finds
    /// the few rows.
    var isShort: Bool {
        guard let table else { return false }
        let fixed = fixedColumns(table.schema, toOne: false)
        guard let first = table.schema.primaryKey.first, fixed.contains(first) else { return false }
        if case .sharded(let sharding) = table.placement {
            return sharding.keyColumns.allSatisfy { fixed.contains($0) }
        }
        return table.schema.primaryKey.allSatisfy { fixed.contains($0) }
    }

    /// The whole primary key is fixed to one value each: there is one row at most. Texts under NOCASE or RTRIM do not
    /// count: the key may tell apart what `=` does not.
    var isSingleRow: Bool {
        guard let table, !table.schema.primaryKey.isEmpty else { return false }
        let fixed = fixedColumns(table.schema, toOne: true)
        return table.schema.primaryKey.allSatisfy {
            fixed.contains($0) && table.schema.columns[$0].collation == .binary
        }
    }
}

extension Expression {
    /// A literal or a parameter, in any parentheses.
    fileprivate var isPlainValue: Bool {
        switch unparenthesized {
        case .literal, .parameter: true
        case .column, .unary, .binary, .isNull, .between, .inList, .match, .function, .cast, .collate, .conditional,
            .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise,
            .wildcard, .defaultValue, .verbatim:
            false
        }
    }
}
