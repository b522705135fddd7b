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
        // SQLite looks at a row's condition when it comes to the row, after it has written those before: but not with
        // RETURNING, by which rows are told here. Counter-example: SET k = 9 WHERE (SELECT count(*) FROM t z WHERE
        // z.k = t.k) = 2 leaves one of each pair.
        if update.returning.isEmpty, let condition = update.where, seesWrites(condition, of: table) { throw refusal }
        // New values are computed when the rows before are written, always.
        if update.assignments.contains(where: { seesWrites($0.value, of: table) }) { throw refusal }
        var ordinals: [Int] = []
        for column in update.assignments.flatMap(\.columns) {
            guard let ordinal = table.schema.column(named: column.name.text) else { throw refusal }
            if !ordinals.contains(ordinal) { ordinals.append(ordinal) }
        }
        let identity = try Identity(of: table, assigned: ordinals, after: refusal)
        if identity.mayMove {
            if update.conflictAction != nil { throw refusal }
            try refuseConflictClauses(of: table)
        }
        try refuseStale(update.returning, table)
        let written = identity.mayMove ? table.insertableColumns : ordinals.map { table.schema.columns[$0].name }
        var row = RowColumns(of: table)
        row.add(written)
        row.add(identity.privateColumns)
        row.add(identity.partition)
        var inner = update
        // Where keys change they are unique in the engine too, row by row; a shard decides about rows that are not gathered.
        if !identity.isCopied { inner.conflictAction = nil }
        inner.table.indexHint = nil
        let returned = expanded(update.returning, table)
        inner.returning = row.items + returned
        let target = ObjectName([Identifier(table.schema.name)])
        func statement(_ ordinals: [Int], _ condition: Expression) -> Statement {
            .update(
                UpdateStatement(
                    conflictAction: update.conflictAction, table: TableReference(target),
                    assignments: ordinals.map { ordinal in
                        let name = table.schema.columns[ordinal].name
                        return Assignment(columns: [InsertColumn(Identifier(name))], value: row.parameter(name))
                    }, where: condition))
        }
        var writes = [statement(ordinals, identity.condition(row))]
        let cold = ordinals.filter { table.isCold($0) }
        if !cold.isEmpty, cold.count < ordinals.count {
            if update.conflictAction != nil {
                throw SplitRewriting.refused(
                    "OR x would be decided by each part of a row of \(table.schema.name) alone")
            }
            // The cold row has followed its hot one to a new key.
            writes = [
                statement(ordinals.filter { !table.isCold($0) }, identity.condition(row)),
                statement(cold, identity.condition(row, isAfter: true)),
            ]
        }
        let expressions =
            update.assignments.map(\.value) + expressions(of: update.returning) + update.orderBy.map(\.expression)
        return try plan(
            .update(inner), table, identity, row, writing: writes, returned.count,
            reading: select(update.with, expressions, update.table, update.from, update.where, update.limit),
            touchesRowIDs: identity.isCopied, returnsRows: !update.returning.isEmpty,
            conflictAction: table.conflictAction(update.conflictAction, work.planner.dialect))
    }

    /// Whether a subquery that is run for each row reads the table that is written.
    private func seesWrites(_ condition: Expression, of table: LogicalTable) -> Bool {
        let rule = SelfContained(topology: work.topology, hidden: work.planner.temporaryTables)
        let key = Topology.key(for: table.schema.name)
        return condition.subqueries().contains { found in
            var isRead = false
            Statement.select(found.select).forEachTable(includingSubqueries: true) { reference in
                if reference.name.name.folded == key, !work.planner.temporary.contains(reference.name) { isRead = true }
            }
            return isRead && !rule.holds(found.select)
        }
    }

    func plan(_ delete: DeleteStatement) throws(PlanningRefusal) -> Plan {
        let table = try target(delete.table)
        let identity = try Identity(of: table, assigned: [], after: refusal)
        var row = RowColumns(of: table)
        row.add(identity.privateColumns)
        row.add(identity.partition)
        var inner = delete
        inner.table.indexHint = nil
        let returned = expanded(delete.returning, table)
        inner.returning = row.items + returned
        let statement = DeleteStatement(
            table: TableReference(ObjectName([Identifier(table.schema.name)])), where: identity.condition(row))
        let expressions = expressions(of: delete.returning) + delete.orderBy.map(\.expression)
        return try plan(
            .delete(inner), table, identity, row, writing: [.delete(statement)], returned.count,
            reading: select(delete.with, expressions, delete.table, delete.using, delete.where, delete.limit),
            touchesRowIDs: true, returnsRows: !delete.returning.isEmpty, conflictAction: nil)
    }

    private func plan(
        _ statement: Statement, _ table: LogicalTable, _ identity: Identity, _ row: RowColumns,
        writing rowStatements: [Statement], _ returnedCount: Int, reading select: SelectStatement, touchesRowIDs: Bool,
        returnsRows: Bool,
        conflictAction: String?
    ) throws(PlanningRefusal) -> Plan {
        if let conflictAction, conflictAction == "FAIL" || conflictAction == "ROLLBACK" {
            throw PlanningRefusal(
                .conflictClauseAcrossShards,
                "OR \(conflictAction) depends on the order in which one database meets the rows")
        }
        let gather = try GatherRule(work, select, after: refusal)
        let pieces = try gather.targetPieces(table, identity) + gather.pieces(besides: table)
        let rewritten = ValueRewriting(operands: work.operands, fixesMoment: true).rewrite(
            statement.withoutIndexHints().statement)
        let sql = SQLPrinter.print(rewritten, options: work.templates.options)
        let writes = try rowStatements.map { write throws(PlanningRefusal) in try work.templates.template(write) }
        var combined = CombineWritePlan(
            gathering: CombinePlan(
                pieces: pieces, views: gather.views, sql: sql, meetsTemporary: gather.meetsTemporary),
            table: table.schema.name,
            home: identity.home(row), rowStatement: writes[0], move: try move(table, identity, row),
            returnedCount: returnedCount, returnsRows: returnsRows, touchesRowIDs: touchesRowIDs)
        combined.coldRowStatement = writes.dropFirst().first
        var plan = work.plan(
            .combineWrite(combined),
            rung: .combine,
            reasons: [
                identity.mayMove ? "rows may move to another shard" : "no cheaper rung: \(refusal.message)"
            ])
        plan.tables = gather.tables.map(\.schema.name)
        return plan
    }

    /// A row whose key changes leaves one partition and comes to another.
    private func move(
        _ table: LogicalTable, _ identity: Identity, _ row: RowColumns
    ) throws(PlanningRefusal) -> CombineWritePlan.Move? {
        guard identity.mayMove, case .sharded(let sharding) = table.placement else { return nil }
        let target = ObjectName([Identifier(table.schema.name)])
        func insert(_ columns: [String], into target: ObjectName) throws(PlanningRefusal) -> FragmentTemplate {
            try work.templates.template(
                .insert(
                    InsertStatement(
                        table: target, columns: columns.map { InsertColumn(Identifier($0)) },
                        source: .values(ValuesClause(rows: [ValuesRow(values: columns.map { row.parameter($0) })])))))
        }
        let delete = DeleteStatement(table: TableReference(target), where: identity.condition(row))
        return CombineWritePlan.Move(
            delete: try work.templates.template(.delete(delete)),
            insert: try insert(table.insertableColumns(of: .hot), into: target),
            coldInsert: table.isSplit
                ? try insert(table.insertableColumns(of: .cold), into: SplitRewriting.coldName(table)) : nil,
            keyPositions: sharding.keyColumns.map { row.position(table.schema.columns[$0].name) })
    }

    // MARK: Parts

    /// A row moves by two statements on two shards: what a constraint's own ON CONFLICT does to the second cannot undo
    /// the first.
    private func refuseConflictClauses(of table: LogicalTable) throws(PlanningRefusal) {
        if !table.declaredConflicts(work.planner.dialect).isEmpty {
            throw PlanningRefusal(
                .conflictClauseAcrossShards,
                "a constraint of \(table.schema.name) says ON CONFLICT, which cannot be kept for rows that move between "
                    + "shards")
        }
    }

    private func target(_ reference: TableReference) throws(PlanningRefusal) -> LogicalTable {
        let name = reference.name.name.folded
        guard reference.name.schema?.folded != "temp",
            reference.name.schema != nil || !work.planner.temporaryTables.contains(name),
            let table = work.topology.table(named: name), !table.isVirtual
        else { throw refusal }
        // Constraints that decide conflicts by themselves would decide them without the private engine's knowing.
        if table.createSQL.uppercased().split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(
            "ON CONFLICT")
        {
            throw refusal
        }
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

    /// RETURNING with `*` written out: the private table has columns of ours too.
    private func expanded(_ returning: [SelectItem], _ table: LogicalTable) -> [SelectItem] {
        returning.flatMap { item -> [SelectItem] in
            guard case .wildcard = item.content else { return [item] }
            return table.schema.columns.map { column in
                SelectItem(.expression(.column(ColumnReference([Identifier(column.name)]))))
            }
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
}

/// The columns of a row that the private engine returns, ours before the user's; parameters of the statements that write
/// the row are numbered by them.
struct RowColumns {
    private var names: [String] = []
    private let table: LogicalTable

    init(of table: LogicalTable) { self.table = table }

    mutating func add(_ columns: [String]) { names += columns }

    func contains(_ name: String) -> Bool { position(name) < names.count }

    func position(_ name: String) -> Int {
        names.firstIndex { Topology.key(for: $0) == Topology.key(for: name) } ?? names.count
    }

    func parameter(_ name: String) -> Expression {
        let index = position(name)
        return .parameter(Parameter(text: "?\(index + 1)", index: index))
    }

    /// Of a table with a REAL column, SQLite 3.40 returns integers as reals where RETURNING names the column alone, and
    /// whole reals as integers where it does not: so each goes by the way that is right for it.
    var items: [SelectItem] {
        names.map { name in
            let column = Expression.column(ColumnReference([Identifier(name)]))
            let isReal = table.schema.column(named: name).map { table.schema.columns[$0].affinity == .real } ?? false
            return SelectItem(.expression(isReal ? column : .unary(UnaryExpression(.plus, column))))
        }
    }
}

/// What tells a row of a table from all others, wherever it is.
struct Identity {
    let table: LogicalTable
    /// Columns by name, the rowid's included.
    let columns: [String]
    /// The statement changes them: the private table keeps copies.
    let isCopied: Bool
    /// The statement changes the shard key.
    let mayMove: Bool
    /// The identity is the rowid, under whatever name.
    let isByRowID: Bool
    /// The private table's column that says the partition's number, where the identity does not tell it.
    let partition: [String]

    private static let partitionColumn = "_shardkit_partition"

    /// - Throws: where the table has nothing to tell its rows by.
    init(
        of table: LogicalTable, assigned: [Int], after refusal: PlanningRefusal
    ) throws(PlanningRefusal) {
        self.table = table
        let schema = table.schema
        let key = schema.rowIDColumn.map { [$0] } ?? (schema.isWithoutRowID || table.isSplit ? schema.primaryKey : [])
        isCopied = key.contains { assigned.contains($0) }
        isByRowID = !schema.isWithoutRowID
        if key.isEmpty {
            guard let rowID = schema.implicitRowIDName else { throw refusal }
            columns = [rowID]
        } else {
            columns = key.map { schema.columns[$0].name }
        }
        guard case .sharded(let sharding) = table.placement, sharding.partitions.count > 1 else {
            mayMove = false
            partition = []
            return
        }
        mayMove = sharding.keyColumns.contains { assigned.contains($0) }
        partition = key.isEmpty || mayMove || isCopied ? [Self.partitionColumn] : []
    }

    /// Where the private table has the identity as it was before the statement.
    var privateColumns: [String] {
        isCopied ? columns.indices.map { "_shardkit_identity_\($0)" } : columns
    }

    /// Columns of ours in the private table.
    var hidden: [String] { (isCopied ? privateColumns : []) + partition }

    /// The row on its shard. `isAfter`: its identity as the statement leaves it.
    func condition(_ row: RowColumns, isAfter: Bool = false) -> Expression {
        var result: Expression?
        for (column, before) in zip(columns, privateColumns) {
            let copy = isAfter && row.contains(column) ? column : before
            let one = Expression.binary(
                BinaryExpression(
                    .column(ColumnReference([Identifier(column)])), .equal, spelling: "=", row.parameter(copy)))
            result = result.map { .binary(BinaryExpression($0, .and, spelling: "AND", one)) } ?? one
        }
        return result ?? .literal(Literal(.integer, text: "0"))
    }

    /// Where a row lives.
    func home(_ row: RowColumns) -> CombineWritePlan.Home {
        switch table.placement {
        case .single(let shard): return .single(shard)
        case .broadcast: return .everyShard
        case .sharded(let sharding):
            if let partition = partition.first { return .partition(sharding, position: row.position(partition)) }
            if sharding.partitions.count == 1 { return .only(sharding) }
            return .key(sharding, positions: sharding.keyColumns.map { row.position(table.schema.columns[$0].name) })
        }
    }
}

extension LogicalTable {
    /// What an INSERT must name to make a row as it is: all stored columns, and a rowid without a column.
    var insertableColumns: [String] {
        schema.columns.filter { !$0.isGenerated }.map(\.name) + [schema.implicitRowIDName].compactMap { $0 }
    }

    /// As ``insertableColumns``, those of one part; a table that is not split is all hot.
    fileprivate func insertableColumns(of part: TablePart) -> [String] {
        insertableColumns.filter { name in
            guard let ordinal = schema.column(named: name) else { return part == .hot }
            if part == .cold, schema.primaryKey.contains(ordinal) { return true }
            return isCold(ordinal) == (part == .cold)
        }
    }
}
