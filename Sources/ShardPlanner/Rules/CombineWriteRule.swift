import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Rung 4 for UPDATE and DELETE: the rows the statement may touch are gathered with what identifies them, the private
/// engine runs the statement and returns who was changed to what, and each row is written where it lives.
///
/// Constraints, triggers and conflict clauses have their say on the shards, row by row.
struct CombineWriteRule {
    let work: PlanningWork
    let refusal: PlanningRefusal

    init(_ work: PlanningWork, after refusal: PlanningRefusal) {
        self.work = work
        self.refusal = refusal
    }

    func plan(_ update: UpdateStatement) throws(PlanningRefusal) -> Plan {
        let table = try target(update.table)
        var ordinals: [Int] = []
        for column in update.assignments.flatMap(\.columns) {
            guard let ordinal = table.schema.column(named: column.name.text) else { throw refusal }
            if !ordinals.contains(ordinal) { ordinals.append(ordinal) }
        }
        let identity = try Identity(of: table, in: work.topology, assigned: ordinals, after: refusal)
        try refuseStale(update.returning, table)
        let assigned = ordinals.map { Identifier(table.schema.columns[$0].name) }
        var inner = update
        inner.conflictAction = nil
        inner.table.indexHint = nil
        let returned = expanded(update.returning, table)
        inner.returning = items(assigned + identity.columns + identity.partition) + returned
        let row = UpdateStatement(
            conflictAction: update.conflictAction, table: TableReference(ObjectName([Identifier(table.schema.name)])),
            assignments: assigned.enumerated().map { index, name in
                Assignment(columns: [InsertColumn(name)], value: Self.parameter(index))
            }, where: identity.condition(after: assigned.count))
        let expressions =
            update.assignments.map(\.value) + expressions(of: update.returning) + update.orderBy.map(\.expression)
        return try plan(
            .update(inner), table, identity, assigned.count, row: .update(row), returned.count,
            reading: select(
                update.with, expressions, update.table, update.from, update.where, update.limit),
            touchesRowIDs: false, returnsRows: !update.returning.isEmpty, conflictAction: update.conflictAction)
    }

    func plan(_ delete: DeleteStatement) throws(PlanningRefusal) -> Plan {
        let table = try target(delete.table)
        let identity = try Identity(of: table, in: work.topology, assigned: [], after: refusal)
        var inner = delete
        inner.table.indexHint = nil
        let returned = expanded(delete.returning, table)
        inner.returning = items(identity.columns + identity.partition) + returned
        let row = DeleteStatement(
            table: TableReference(ObjectName([Identifier(table.schema.name)])), where: identity.condition(after: 0))
        let expressions = expressions(of: delete.returning) + delete.orderBy.map(\.expression)
        return try plan(
            .delete(inner), table, identity, 0, row: .delete(row), returned.count,
            reading: select(delete.with, expressions, delete.table, delete.using, delete.where, delete.limit),
            touchesRowIDs: true, returnsRows: !delete.returning.isEmpty, conflictAction: nil)
    }

    private func plan(
        _ statement: Statement, _ table: LogicalTable, _ identity: Identity, _ assignedCount: Int, row: Statement,
        _ returnedCount: Int, reading select: SelectStatement, touchesRowIDs: Bool, returnsRows: Bool,
        conflictAction: String?
    ) throws(PlanningRefusal) -> Plan {
        if let conflictAction, conflictAction == "FAIL" || conflictAction == "ROLLBACK" {
            throw PlanningRefusal(
                .conflictClauseAcrossShards,
                "OR \(conflictAction) depends on the order in which one database meets the rows")
        }
        let gather = try GatherRule(work, select, after: refusal)
        var pieces = try gather.targetPieces(table, identity)
        for other in gather.tables where other.schema.name != table.schema.name {
            pieces.append(try gather.piece(other))
        }
        let rewritten = ValueRewriting(operands: work.operands, fixesMoment: true).rewrite(
            statement.withoutIndexHints().statement)
        let sql = SQLPrinter.print(rewritten, options: work.templates.options)
        var plan = work.plan(
            .combineWrite(
                CombineWritePlan(
                    gathering: CombinePlan(pieces: pieces, views: gather.views, sql: sql), table: table.schema.name,
                    home: identity.home(after: assignedCount), rowStatement: try work.templates.template(row),
                    boundCount: assignedCount + identity.columns.count, returnedCount: returnedCount,
                    returnsRows: returnsRows, touchesRowIDs: touchesRowIDs)),
            rung: .combine, reasons: ["no cheaper rung: \(refusal.message)"])
        plan.tables = gather.tables.map(\.schema.name)
        return plan
    }

    // MARK: Parts

    private func target(_ reference: TableReference) throws(PlanningRefusal) -> LogicalTable {
        let name = reference.name.name.folded
        guard reference.name.schema?.folded != "temp",
            reference.name.schema != nil || !work.planner.temporaryTables.contains(name),
            let table = work.topology.table(named: name), !table.isVirtual
        else { throw refusal }
        return table
    }

    /// A query that reads what the statement reads: for the search of tables, views and conditions.
    private func select(
        _ with: WithClause?, _ expressions: [Expression], _ target: TableReference, _ others: TableExpression?,
        _ condition: Expression?, _ limit: LimitClause?
    ) -> SelectStatement {
        var from = TableExpression.table(target)
        if let others { from = .join(JoinExpression(from, .comma, spelling: ",", others)) }
        return SelectStatement(
            with: with,
            body: .core(
                SelectCore(items: expressions.map { SelectItem(.expression($0)) }, from: from, where: condition)),
            limit: limit)
    }

    private func expressions(of items: [SelectItem]) -> [Expression] {
        items.compactMap { item in
            if case .expression(let expression) = item.content { return expression }
            return nil
        }
    }

    private func items(_ columns: [Identifier]) -> [SelectItem] {
        columns.map { SelectItem(.expression(.column(ColumnReference([$0])))) }
    }

    /// RETURNING with `*` written out: the private table has columns of ours too.
    private func expanded(_ returning: [SelectItem], _ table: LogicalTable) -> [SelectItem] {
        returning.flatMap { item -> [SelectItem] in
            guard case .wildcard = item.content else { return [item] }
            return items(table.schema.columns.map { Identifier($0.name) })
        }
    }

    /// The private engine computes no generated columns.
    private func refuseStale(_ returning: [SelectItem], _ table: LogicalTable) throws(PlanningRefusal) {
        let generated = Set(table.schema.columns.filter(\.isGenerated).map { Topology.key(for: $0.name) })
        if generated.isEmpty { return }
        for item in returning {
            var isStale = item.isWildcard
            if case .expression(let expression) = item.content {
                expression.forEachColumn { if generated.contains($0.name.folded) { isStale = true } }
            }
            if isStale { throw refusal }
        }
    }

    static func parameter(_ index: Int) -> Expression {
        .parameter(Parameter(text: "?\(index + 1)", index: index))
    }
}

/// What tells a row of a table from all others, wherever it is.
struct Identity {
    let table: LogicalTable
    /// Columns by name, the rowid's included.
    let columns: [Identifier]
    /// The column that says the partition's number, where the other columns do not tell it.
    let partition: [Identifier]

    private static let partitionColumn = Identifier("_shardkit_partition")

    /// - Throws: where the statement changes the identity itself, or copies of a broadcast row have none in common.
    init(
        of table: LogicalTable, in topology: Topology, assigned: [Int], after refusal: PlanningRefusal
    ) throws(PlanningRefusal) {
        self.table = table
        let schema = table.schema
        let key = schema.rowIDColumn.map { [$0] } ?? (schema.isWithoutRowID ? schema.primaryKey : [])
        guard key.allSatisfy({ !assigned.contains($0) }) else { throw refusal }
        if !key.isEmpty {
            columns = key.map { Identifier(schema.columns[$0].name) }
            partition = []
            return
        }
        guard let rowID = schema.implicitRowIDName else { throw refusal }
        columns = [Identifier(rowID)]
        if case .sharded(let sharding) = table.placement, sharding.partitions.count > 1 {
            partition = [Self.partitionColumn]
        } else {
            partition = []
        }
    }

    /// Whether the private table carries the partition in a column of ours.
    var isHidden: Bool { !partition.isEmpty }

    /// Columns of ours in the private table.
    var hiddenDefinitions: String { isHidden ? ", \(Self.partitionColumn.quoted) INTEGER" : "" }

    /// The row on its shard.
    func condition(after position: Int) -> Expression {
        var result: Expression?
        for (index, column) in columns.enumerated() {
            let one = Expression.binary(
                BinaryExpression(
                    .column(ColumnReference([column])), .equal, spelling: "=",
                    CombineWriteRule.parameter(position + index)))
            result = result.map { .binary(BinaryExpression($0, .and, spelling: "AND", one)) } ?? one
        }
        return result ?? .literal(Literal(.integer, text: "0"))
    }

    /// Where a row lives, told by the values after `position` others.
    func home(after position: Int) -> CombineWritePlan.Home {
        switch table.placement {
        case .single(let shard): return .single(shard)
        case .broadcast: return .everyShard
        case .sharded(let sharding):
            if isHidden { return .partition(sharding) }
            let names = columns.map(\.folded)
            let positions = sharding.keyColumns.compactMap { ordinal in
                names.firstIndex(of: Topology.key(for: table.schema.columns[ordinal].name)).map { position + $0 }
            }
            return .key(sharding, positions: positions)
        }
    }
}
