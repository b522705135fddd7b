import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Plans UPDATE and DELETE: where the rows to change are decides where the statement goes.
struct WritePlanner {
    let work: PlanningWork

    init(_ work: PlanningWork) { self.work = work }

    /// What UPDATE and DELETE have in common.
    private struct Shape {
        var verb: String
        var target: TableReference
        /// Other tables read: UPDATE … FROM, DELETE … USING.
        var others: TableExpression?
        var condition: Expression?
        /// Expressions computed per row: new values, RETURNING, ORDER BY.
        var expressions: [Expression]
        var with: WithClause?
        var limit: LimitClause?
        var orderBy: [OrderingTerm]
        var returnsRows: Bool
        var conflictAction: String?
        var touchesRowIDs: Bool
        /// Volatile values would differ between the copies of a broadcast row.
        var newValues: [Expression]
    }

    /// The cheapest rung that is right.
    func plan(_ update: UpdateStatement) throws(PlanningRefusal) -> Plan {
        if work.planner.temporary.contains(update.table.name) { return try TemporaryRule(work).plan() }
        if let reason = meetsTemporary() { return try combining(after: reason).plan(update) }
        do throws(PlanningRefusal) {
            return try planWithoutGathering(update)
        } catch {
            return try combining(after: error).plan(update)
        }
    }

    func plan(_ delete: DeleteStatement) throws(PlanningRefusal) -> Plan {
        if work.planner.temporary.contains(delete.table.name) { return try TemporaryRule(work).plan() }
        if let reason = meetsTemporary() { return try combining(after: reason).plan(delete) }
        do throws(PlanningRefusal) {
            return try planWithoutGathering(delete)
        } catch {
            return try combining(after: error).plan(delete)
        }
    }

    /// Why a write to shards cannot be theirs alone: it reads TEMP tables.
    private func meetsTemporary() -> PlanningRefusal? {
        guard TemporaryRule(work).applies(to: work.parsed.statement) else { return nil }
        return PlanningRefusal(
            .writeFromAcrossShards, "a TEMP table lives in the session alone and cannot be read by a shard's write")
    }

    /// Rung 4. What the cheaper rungs found out on the way is forgotten with their work.
    private func combining(after refusal: PlanningRefusal) throws(PlanningRefusal) -> CombineWriteRule {
        if refusal.code == .implicitRowID { throw refusal }
        let fresh = PlanningWork(parsed: work.parsed, facts: work.facts, planner: work.planner)
        return CombineWriteRule(fresh, after: refusal)
    }

    private func planWithoutGathering(_ update: UpdateStatement) throws(PlanningRefusal) -> Plan {
        var update = update
        update.from = try update.from.map { from throws(PlanningRefusal) in try work.views.expand(from) }
        update.where = try update.where.map { condition throws(PlanningRefusal) in try work.views.expand(condition) }
        for index in update.assignments.indices {
            update.assignments[index].value = try work.views.expand(update.assignments[index].value)
        }
        let table = try target(update.table)
        try refuseKeyAssignments(update.assignments, table)
        let values = update.assignments.map(\.value)
        let shape = Shape(
            verb: "UPDATE", target: update.table, others: update.from, condition: update.where,
            expressions: values + returned(update.returning) + update.orderBy.map(\.expression), with: update.with,
            limit: update.limit, orderBy: update.orderBy, returnsRows: !update.returning.isEmpty,
            conflictAction: table.conflictAction(update.conflictAction, work.planner.dialect),
            touchesRowIDs: assignsRowID(update.assignments, table), newValues: values)
        return try plan(shape, table, .update(update))
    }

    private func planWithoutGathering(_ delete: DeleteStatement) throws(PlanningRefusal) -> Plan {
        var delete = delete
        delete.where = try delete.where.map { condition throws(PlanningRefusal) in try work.views.expand(condition) }
        let table = try target(delete.table)
        let shape = Shape(
            verb: "DELETE", target: delete.table, others: delete.using, condition: delete.where,
            expressions: returned(delete.returning) + delete.orderBy.map(\.expression), with: delete.with,
            limit: delete.limit, orderBy: delete.orderBy, returnsRows: !delete.returning.isEmpty,
            conflictAction: nil, touchesRowIDs: true, newValues: [])
        return try plan(shape, table, .delete(delete))
    }

    /// The logical table written.
    private func target(_ reference: TableReference) throws(PlanningRefusal) -> LogicalTable {
        guard let table = work.topology.table(named: reference.name.name.folded) else {
            throw PlanningRefusal(
                .statementNotModelled, "\(reference.name.name.text) is not a table of the logical schema")
        }
        return table
    }

    private func returned(_ items: [SelectItem]) -> [Expression] {
        items.compactMap { item in
            if case .expression(let expression) = item.content { return expression }
            return nil
        }
    }

    private func assignsRowID(_ assignments: [Assignment], _ table: LogicalTable) -> Bool {
        guard let rowID = table.schema.rowIDColumn else { return false }
        return assignments.contains { assignment in
            assignment.columns.contains { column in
                table.schema.column(named: column.name.text) == rowID
                    || Scope.rowIDNames.contains(column.name.folded)
            }
        }
    }

    private func refuseKeyAssignments(
        _ assignments: [Assignment], _ table: LogicalTable
    ) throws(PlanningRefusal) {
        if table.schema.implicitRowIDName != nil, table.isSpread(over: work.topology),
            assignments.contains(where: { assignment in
                assignment.columns.contains {
                    Scope.rowIDNames.contains($0.name.folded) && table.schema.column(named: $0.name.text) == nil
                }
            })
        {
            throw PlanningRefusal(
                .implicitRowID, "\(table.schema.name) has no INTEGER PRIMARY KEY, so its rowid cannot be changed")
        }
        guard case .sharded(let sharding) = table.placement, sharding.partitions.count > 1 else { return }
        for assignment in assignments {
            for column in assignment.columns {
                guard
                    let ordinal = table.schema.column(named: column.name.text)
                        ?? (Scope.rowIDNames.contains(column.name.folded) ? table.schema.rowIDColumn : nil),
                    sharding.keyColumns.contains(ordinal)
                else { continue }
                if case .column(let reference) = assignment.value.unparenthesized,
                    reference.name.folded == column.name.folded, reference.table == nil
                {
                    continue
                }
                throw PlanningRefusal(
                    .shardKeyUpdate,
                    "\(table.schema.name).\(column.name.text) is the shard key: changing it moves the row to another shard",
                    hint: "DELETE the row and INSERT it with the new key, in one transaction.")
            }
        }
    }

    private func plan(
        _ shape: Shape, _ table: LogicalTable, _ statement: Statement
    ) throws(PlanningRefusal) -> Plan {
        let environment = try work.analyzer.adding(shape.with, to: Environment())
        var from = TableExpression.table(shape.target)
        if let others = shape.others {
            from = .join(JoinExpression(from, .comma, spelling: ",", others))
        }
        var relation = try work.analyzer.relation(from: from, where: shape.condition, in: environment)
        for expression in shape.expressions { try work.analyzer.check(expression, &relation, environment) }
        if work.analyzer.touchesTemporary {
            throw PlanningRefusal(
                .writeFromAcrossShards, "a TEMP table lives in the session alone and cannot be read by a shard's write")
        }
        switch table.placement {
        case .single(let shard):
            guard case .shard(let where_) = relation.distribution, where_ == shard else {
                throw elsewhere(shape, table)
            }
            return try finish(shape, table, statement, .shard(shard), isSingle: true, rung: .route)
        case .broadcast:
            guard case .anywhere = relation.distribution else { throw elsewhere(shape, table) }
            return try broadcast(shape, table, statement)
        case .sharded:
            switch relation.distribution {
            case .shard(let shard):
                return try finish(shape, table, statement, .shard(shard), isSingle: true, rung: .route)
            case .partitioned(let partitioned):
                let route = Route.partitions(partitioned.sharding, partitioned.condition)
                if partitioned.place != nil {
                    return try finish(shape, table, statement, route, isSingle: true, rung: .fastPath)
                }
                if let refusal = work.analyzer.unstable { throw refusal }
                if shape.limit != nil {
                    throw PlanningRefusal(
                        .limitedWriteAcrossShards,
                        "\(shape.verb) with LIMIT chooses among rows of several shards",
                        hint: "Filter by one shard key, or select the keys first and write those.")
                }
                return try finish(shape, table, statement, route, isSingle: false, rung: .merge)
            case .anywhere, .catalog: throw elsewhere(shape, table)
            }
        }
    }

    private func elsewhere(_ shape: Shape, _ table: LogicalTable) -> PlanningRefusal {
        PlanningRefusal(
            .writeFromAcrossShards,
            "\(shape.verb) of \(table.schema.name) reads rows that lie elsewhere than the rows it writes",
            hint: "Select the values first and bind them.")
    }

    private func broadcast(
        _ shape: Shape, _ table: LogicalTable, _ statement: Statement
    ) throws(PlanningRefusal) -> Plan {
        if let refusal = work.analyzer.unstable { throw refusal }
        let volatility = Volatility(of: shape.expressions + [shape.condition].compactMap { $0 })
        if volatility.isVolatile {
            throw PlanningRefusal(
                .volatileInSplitWrite,
                "\(table.schema.name) is broadcast: a volatile function would give each shard another value",
                hint: "Compute the value first and bind it.")
        }
        if shape.limit != nil && work.topology.shards.count > 1 {
            throw PlanningRefusal(
                .limitedWriteAcrossShards, "\(shape.verb) with LIMIT may choose other rows on each shard")
        }
        return try finish(
            shape, table, statement, .everyShard, isSingle: work.topology.shards.count == 1, rung: .merge)
    }

    private func finish(
        _ shape: Shape, _ table: LogicalTable, _ statement: Statement, _ route: Route, isSingle: Bool, rung: Rung
    ) throws(PlanningRefusal) -> Plan {
        let before = work.operands.extras.count
        let rewritten = ValueRewriting(operands: work.operands, fixesMoment: !isSingle).rewrite(statement)
        let isRewritten = work.operands.extras.count > before || !work.topology.views.isEmpty
        let parts = try SplitUpdate(table).parts(of: rewritten)
        let template = try work.wholeTemplate(parts?.hot ?? rewritten, isRewritten: isRewritten || parts != nil)
        let cold = try parts.map { parts throws(PlanningRefusal) in try work.templates.template(parts.cold) }
        let reason =
            isSingle ? "all rows it can touch are in one place" : "each partition changes its own rows"
        var plan = WritePlan(
            route: route, statement: template, table: table.schema.name, returnsRows: shape.returnsRows,
            isSinglePlace: isSingle, conflictAction: shape.conflictAction, touchesRowIDs: shape.touchesRowIDs)
        plan.coldStatement = cold
        return work.plan(.write(plan), rung: rung, reasons: [reason])
    }
}
