import ShardSQL
import ShardTopology

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

    /// What a conjunct compares by equality: both sides of `=`, the operand of a short IN list.
    private func sides(_ conjunct: Expression) -> [Expression] {
        if case .binary(let binary) = conjunct.unparenthesized, binary.operator == .equal {
            return [binary.left, binary.right]
        }
        if case .inList(let inList) = conjunct.unparenthesized, !inList.isNegated, case .list(let list) = inList.source,
            list.count <= 16
        {
            return [inList.operand]
        }
        return []
    }

    /// The first columns of the primary key (all of the shard key among them) are fixed by equality: an index finds
    /// the few rows.
    var isShort: Bool {
        guard let table, case .core(let core) = select.body, let condition = core.where else { return false }
        var fixed: Set<Int> = []
        for conjunct in condition.conjuncts {
            for side in sides(conjunct) {
                if case .column(let reference) = side.unparenthesized,
                    let column = table.schema.column(named: reference.name.text)
                {
                    fixed.insert(column)
                }
            }
        }
        guard let first = table.schema.primaryKey.first, fixed.contains(first) else { return false }
        if case .sharded(let sharding) = table.placement {
            return sharding.keyColumns.allSatisfy { fixed.contains($0) }
        }
        return table.schema.primaryKey.allSatisfy { fixed.contains($0) }
    }
}
