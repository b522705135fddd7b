import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// INSERT … SELECT: whole, where every row the query gives on a shard belongs to that shard; else the rows are read
/// and routed one by one in one transaction.
struct InsertSelectRule {
    let work: PlanningWork
    let insert: InsertStatement
    let table: LogicalTable
    let target: InsertTarget

    init(_ work: PlanningWork, insert: InsertStatement, table: LogicalTable, target: InsertTarget) {
        self.work = work
        self.insert = insert
        self.table = table
        self.target = target
    }

    func plan(_ original: SelectStatement) throws(PlanningRefusal) -> Plan {
        let isTemporary = TemporaryRule(work).applies(to: work.parsed.statement)
        var select = isTemporary ? original : try work.views.expand(original)
        if let with = insert.with {
            if select.with != nil {
                // The inner names come before the outer ones.
                select = SelectStatement(
                    body: .core(
                        SelectCore(items: [SelectItem(.wildcard(Wildcard()))], from: .subquery(SubqueryTable(select)))))
            }
            select.with = with
        }
        let head = try target.makeHead(isOneRow: false)
        let isMade = head.generated != nil || !head.defaults.isEmpty || table.isSplit
        // Pushed down, the statement's common tables are the query's alone.
        if !isTemporary, !isMade, insert.with == nil || !hasSubqueryBehind, let route = try pushedRoute(select) {
            return try push(select, route)
        }
        return try rowByRow(select, head)
    }

    /// The place when the query's rows are where they go.
    private func pushedRoute(_ select: SelectStatement) throws(PlanningRefusal) -> (route: Route, isSingle: Bool)? {
        let analyzer = BlockAnalyzer(
            topology: work.topology, operands: work.operands, temporaryTables: work.planner.temporaryTables,
            hints: PartitionHints(work.parsed.hints))
        let result: BlockResult
        do throws(PlanningRefusal) {
            result = try analyzer.analyze(select, in: Environment(), isExpression: false)
        } catch {
            return nil
        }
        if analyzer.touchesTemporary { return nil }
        switch (table.placement, result.distribution) {
        case (.single(let shard), .shard(let source)):
            return shard == source ? (.shard(shard), true) : nil
        case (.single(let shard), .anywhere): return (.shard(shard), true)
        case (.broadcast, .anywhere):
            // The copies must become equal: nothing that differs by shard or by order.
            guard analyzer.unstable == nil, select.limit == nil, !select.isVolatile else { return nil }
            return (.everyShard, work.topology.shards.count == 1)
        case (.sharded(let sharding), .shard(let shard)):
            guard sharding.partitions.count == 1, sharding.partitions[0].shard == shard else { return nil }
            return (.shard(shard), true)
        case (.sharded(let sharding), .partitioned(let partitioned)):
            guard sharding.group == partitioned.group, !sharding.keyColumns.isEmpty,
                result.anchorColumns.count == sharding.keyColumns.count
            else {
                return nil
            }
            for (key, ordinal) in sharding.keyColumns.enumerated() {
                guard let position = target.ordinals.firstIndex(of: ordinal),
                    result.anchorColumns[key].contains(position)
                else { return nil }
            }
            if partitioned.needsPlace || (partitioned.place == nil && analyzer.unstable != nil) { return nil }
            return (.partitions(partitioned.sharding, partitioned.condition), partitioned.place != nil)
        case (.single, .partitioned), (.single, .catalog), (.broadcast, .shard), (.broadcast, .partitioned),
            (.broadcast, .catalog), (.sharded, .anywhere), (.sharded, .catalog):
            return nil
        }
    }

    /// Whether ON CONFLICT or RETURNING asks a subquery.
    private var hasSubqueryBehind: Bool {
        var bare = insert
        bare.with = nil
        bare.source = .defaultValues
        var isFound = false
        Statement.insert(bare).forEachExpression { if !$0.subqueries().isEmpty { isFound = true } }
        return isFound
    }

    private func push(
        _ select: SelectStatement, _ place: (route: Route, isSingle: Bool)
    ) throws(PlanningRefusal) -> Plan {
        _ = try work.analyzer.analyze(select, in: Environment(), isExpression: false)
        var copy = insert
        copy.with = nil
        copy.source = .select(select)
        let rewritten = ValueRewriting(operands: work.operands, fixesMoment: !place.isSingle).rewrite(.insert(copy))
        return work.plan(
            .write(
                WritePlan(
                    route: place.route, statement: try work.templates.template(rewritten), table: table.schema.name,
                    returnsRows: !insert.returning.isEmpty, isSinglePlace: place.isSingle,
                    conflictAction: table.conflictAction(target.conflictAction, work.planner.dialect),
                    touchesRowIDs: false, isInsert: true)),
            rung: place.isSingle ? .route : .merge, reasons: ["the rows are inserted where they are read"])
    }

    private func rowByRow(_ select: SelectStatement, _ head: InsertTarget.Head) throws(PlanningRefusal) -> Plan {
        var inner = work.parsed
        inner.statement = .select(select)
        inner.source = SQLPrinter.print(.select(select), options: work.templates.options)
        let width = target.ordinals.count
        let facts = StatementFacts(
            columns: (0..<width).map { PlanColumn(name: "c\($0)") }, isReadOnly: true)
        let innerWork = PlanningWork(parsed: inner, facts: facts, planner: work.planner)
        let query = try SelectPlanner(innerWork).plan(select)
        // Made once before counting: RETURNING may add extra values, and the row's own come after all of them.
        _ = try target.insertPlan(head, rows: [])
        let first = work.parsed.parameterNames.count + work.operands.extras.count
        var cells: [InsertCell] = (0..<width).map { .parameter(first + $0) }
        if let generated = head.generated, generated.isAppended { cells.append(.generate) }
        for value in head.defaults {
            let volatility = Volatility(of: value.expression)
            let text = SQLPrinter.print(value.expression, options: work.templates.options)
            cells.append(volatility.isVolatile || volatility.usesNow ? .volatile(text: text) : .expression(text: text))
        }
        let plan = try target.insertPlan(head, rows: [InsertRow(cells: cells, text: nil)])
        var result = work.plan(
            .insertQuery(InsertQueryPlan(query: PlanBox(query), insert: plan, width: width)), rung: query.rung,
            reasons: query.reasons + ["the rows are read first and then each goes to its home"])
        result.tables = query.tables + [table.schema.name]
        return result
    }
}

extension SelectStatement {
    /// Whether any expression in it is volatile.
    var isVolatile: Bool {
        var found = false
        forEachExpression(includingSubqueries: true) { expression in
            if case .function(let call) = expression, !found { found = Volatility(of: .function(call)).isVolatile }
        }
        return found
    }
}
