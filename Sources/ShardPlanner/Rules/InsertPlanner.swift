import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Plans INSERT: each row of VALUES has exactly one home; a SELECT is pushed down where its rows already stand where
/// they go, and is read and routed row by row otherwise.
struct InsertPlanner {
    let work: PlanningWork

    init(_ work: PlanningWork) { self.work = work }

    func plan(_ insert: InsertStatement) throws(PlanningRefusal) -> Plan {
        let name = insert.table.name.folded
        if work.planner.temporary.contains(insert.table) { return try TemporaryRule(work).plan() }
        guard let table = work.topology.table(named: name) else {
            throw PlanningRefusal(
                .statementNotModelled, "\(insert.table.name.text) is not a table of the logical schema")
        }
        try refuseKeyUpserts(insert, table)
        let target = InsertTarget(work, insert: insert, table: table)
        switch insert.source {
        case .values(let values):
            if insert.with == nil, !values.hasSubquery { return try target.plan(rows: values.rows) }
            // Rows that read tables are rows of a query.
            return try InsertSelectRule(work, insert: insert, table: table, target: target).plan(
                SelectStatement(body: .values(values)))
        case .defaultValues: return try target.plan(rows: [ValuesRow(values: [])])
        case .select(let select):
            if case .values(let values) = select.body, select.orderBy.isEmpty, select.limit == nil,
                insert.with == nil, select.with == nil, !values.hasSubquery
            {
                return try target.plan(rows: values.rows)
            }
            return try InsertSelectRule(work, insert: insert, table: table, target: target).plan(select)
        }
    }

    /// ON CONFLICT DO UPDATE SET key = … would move the row.
    private func refuseKeyUpserts(_ insert: InsertStatement, _ table: LogicalTable) throws(PlanningRefusal) {
        guard case .sharded(let sharding) = table.placement, sharding.partitions.count > 1 else { return }
        for upsert in insert.upserts {
            guard case .update(let assignments, _) = upsert.action else { continue }
            for column in assignments.flatMap(\.columns) {
                if let ordinal = table.schema.column(named: column.name.text), sharding.keyColumns.contains(ordinal) {
                    throw PlanningRefusal(
                        .shardKeyUpdate,
                        "\(table.schema.name).\(column.name.text) is the shard key: ON CONFLICT cannot change it")
                }
            }
        }
    }
}

extension ValuesClause {
    fileprivate var hasSubquery: Bool { rows.contains { $0.values.contains { !$0.subqueries().isEmpty } } }
}
