import ShardBase
import ShardSQL
import ShardTopology

/// Plans the rehearsal of a write: finds every table that it can touch, through triggers and views, and how each of their
/// rows is written.
struct RehearsalRule {
    let work: PlanningWork
    /// Why the statement is rehearsed.
    let refusal: PlanningRefusal
    private let triggers: [String: [LogicalAttachment]]

    init(_ work: PlanningWork, after refusal: PlanningRefusal) {
        self.work = work
        self.refusal = refusal
        triggers = work.topology.logicalTriggers(work.planner.dialect)
    }

    /// - Parameter target: the table or view that the statement writes.
    func plan(_ statement: Statement, target: ObjectName, returnsRows: Bool) throws(PlanningRefusal) -> Plan {
        let names = try touched(by: statement, target)
        var tables: [RehearsedTable] = []
        for (name, table) in work.topology.tables.sorted(by: { $0.key < $1.key }) where names.contains(name) {
            tables.append(try rehearsed(table))
        }
        let rewritten = ValueRewriting(operands: work.operands, fixesMoment: false).rewrite(statement)
        let isInsert = if case .insert = statement { true } else { false }
        var plan = work.plan(
            .rehearsal(
                RehearsalPlan(
                    tables: tables, scripts: scripts(names),
                    sql: SQLPrinter.print(rewritten, options: work.templates.options), target: target.name.text,
                    isInsert: isInsert, returnsRows: returnsRows)),
            rung: .combine, reasons: ["rehearsed over whole tables: \(refusal.message)"])
        plan.tables = tables.map(\.piece.table)
        return plan
    }

    // MARK: What is touched

    /// Folded names of all tables and views, through views and triggers to the end.
    private func touched(by statement: Statement, _ target: ObjectName) throws(PlanningRefusal) -> Set<String> {
        var common: Set<String> = []
        statement.forEachCommonTable { common.insert($0.name.folded) }
        var pending: [String] = [target.name.folded]
        statement.forEachTable(includingSubqueries: true) { pending.append($0.name.name.folded) }
        var names: Set<String> = []
        while let name = pending.popLast() {
            guard names.insert(name).inserted else { continue }
            for trigger in triggers[name] ?? [] {
                do {
                    pending += try TriggerRule(dialect: work.planner.dialect).names(in: trigger)
                } catch {
                    throw PlanningRefusal(error.code, error.message, hint: error.hint)
                }
            }
            if let view = work.topology.view(named: name) {
                guard let parsed = try? Parser.parse(view.createSQL, dialect: work.planner.dialect),
                    case .createView(let create) = parsed.statement
                else { throw refusal }
                create.select.forEachTable(includingSubqueries: true) { pending.append($0.name.name.folded) }
            } else if work.topology.table(named: name) == nil, !common.contains(name) {
                // The schema's own tables and TEMP tables are not rehearsed; what does not exist is the engine's error.
                if name.hasPrefix("sqlite_") || work.planner.temporaryTables.contains(name) { throw refusal }
            }
        }
        if !work.planner.temporaryTables.isDisjoint(with: names) { throw refusal }
        // What a shard's own trigger does to a row, it would do once more when the row is written there.
        let logical = Set(triggers.values.flatMap { $0 }.map(\.name))
        if let local = work.topology.triggers.first(where: {
            names.contains($0.table.asciiLowercased()) && !logical.contains($0.name)
        }) {
            throw PlanningRefusal(
                .triggerAcrossShards, "the write touches \(local.table), whose trigger \(local.name) runs on its shard")
        }
        return names
    }

    private func scripts(_ names: Set<String>) -> [String] {
        let views = work.topology.views.sorted { $0.key < $1.key }.filter { names.contains($0.key) }.map(
            \.value.createSQL)
        let indexes = work.topology.indexes.filter { names.contains($0.table.asciiLowercased()) }.map(\.createSQL)
        let triggers = work.topology.triggers.filter { names.contains($0.table.asciiLowercased()) }.map(\.createSQL)
        return views + indexes + triggers
    }

    // MARK: Tables

    private func rehearsed(_ table: LogicalTable) throws(PlanningRefusal) -> RehearsedTable {
        let schema = table.schema
        guard !table.isVirtual else { throw refusal }
        if table.isSplit {
            throw SplitRewriting.refused("a write that other tables' triggers or conflicts decide, to \(schema.name)")
        }
        let identity = try Identity(of: table, assigned: [], after: refusal)
        let columns = table.insertableColumns
        var row = RowColumns(of: table)
        row.add(columns)
        let target = ObjectName([Identifier(schema.name)])
        let identityPositions = identity.columns.map(row.position)
        let others = columns.indices.filter { !identityPositions.contains($0) }
        let needsAnew =
            !schema.uniqueKeys.isEmpty
            || (identity.isByRowID && !schema.primaryKey.isEmpty && schema.rowIDColumn == nil)
        var update: FragmentTemplate?
        if !needsAnew, !others.isEmpty {
            let statement = UpdateStatement(
                table: TableReference(target),
                assignments: others.map { position in
                    Assignment(
                        columns: [InsertColumn(Identifier(columns[position]))], value: row.parameter(columns[position]))
                }, where: identity.condition(row))
            update = try work.templates.template(.update(statement))
        }
        let insert = InsertStatement(
            table: target, columns: columns.map { InsertColumn(Identifier($0)) },
            source: .values(ValuesClause(rows: [ValuesRow(values: columns.map { row.parameter($0) })])))
        let delete = DeleteStatement(table: TableReference(target), where: identity.condition(row))
        let ordinals = identity.isByRowID ? [] : identity.columns.compactMap { schema.column(named: $0) }
        return RehearsedTable(
            piece: try piece(table, columns), columns: columns, identity: identityPositions,
            isByRowID: identity.isByRowID, identityOrdinals: ordinals, home: try home(table, row),
            insert: try work.templates.template(.insert(insert)), delete: try work.templates.template(.delete(delete)),
            update: update, isAutoIncrement: schema.isAutoIncrement,
            hasMadeRowIDs: identity.isByRowID && table.isSpread(over: work.topology))
    }

    private func home(_ table: LogicalTable, _ row: RowColumns) throws(PlanningRefusal) -> RehearsedTable.Home {
        switch table.placement {
        case .single(let shard): return .single(shard)
        case .broadcast: return .everyShard
        case .sharded(let sharding):
            guard !sharding.keyColumns.isEmpty else { throw refusal }
            // Where virtual columns stand before the key, the engine's hook counts otherwise.
            let last = sharding.keyColumns.max() ?? 0
            guard !table.schema.columns.prefix(last).contains(where: \.isGenerated) else { throw refusal }
            return .key(
                sharding, positions: sharding.keyColumns.map { row.position(table.schema.columns[$0].name) },
                ordinals: sharding.keyColumns)
        }
    }

    /// All rows, under the user's own CREATE TABLE.
    private func piece(_ table: LogicalTable, _ columns: [String]) throws(PlanningRefusal) -> GatheredPiece {
        let names = columns.map { Identifier($0) }
        let select = SelectStatement(
            body: .core(
                SelectCore(
                    items: names.map { SelectItem(.expression(.column(ColumnReference([$0])))) },
                    from: .table(TableReference(ObjectName([Identifier(table.schema.name)]))))))
        var parsed = work.parsed
        parsed.statement = .select(select)
        parsed.source = SQLPrinter.print(.select(select), options: work.templates.options)
        let facts = StatementFacts(columns: columns.map { PlanColumn(name: $0) }, isReadOnly: true)
        let inner = PlanningWork(parsed: parsed, facts: facts, planner: work.planner, operands: work.operands)
        let source = try SelectPlanner(inner).planWithoutGathering(select)
        return GatheredPiece(
            table: table.schema.name, createTable: table.createSQL,
            insertHead: "INSERT INTO \(Identifier.quoted(table.schema.name)) ("
                + names.map(\.quoted).joined(separator: ", ") + ")",
            columnCount: columns.count, source: PlanBox(source))
    }
}
