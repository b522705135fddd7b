import ShardBase
import ShardSQL
import ShardTopology

/// DDL and maintenance: what the executor is to run on the logical schema first.
struct DefinitionRule {
    let work: PlanningWork

    init(_ work: PlanningWork) { self.work = work }

    func plan(_ statement: Statement) throws(PlanningRefusal) -> Plan {
        switch statement {
        case .createTable(let create):
            if create.isTemporary || create.name.schema?.folded == "temp" {
                if case .select = create.content, create.sharding == nil { return try TemporaryRule(work).plan() }
                return try temporary(create.sharding != nil)
            }
            if case .select(let select, _, _) = create.content {
                return definition(.createTableAs(create, query: PlanBox(try query(select))), statement)
            }
            return definition(.createTable(create), statement)
        case .createVirtualTable(let create):
            if create.name.schema?.folded == "temp" { return try temporary(create.sharding != nil) }
            return definition(.createVirtualTable(create), statement)
        case .createIndex(let create):
            if isTemporary(create.table) { return try temporary(false) }
            return definition(.createIndex(create), statement)
        case .createView(let create):
            if create.isTemporary || create.name.schema?.folded == "temp" {
                try refuseCounters(in: create.select)
                return try temporary(false)
            }
            return definition(.createView(create), statement)
        case .createTrigger(let create):
            if create.isTemporary || isTemporary(create.table) {
                try refuseWrites(of: create)
                return try temporary(false)
            }
            return definition(.createTrigger(create), statement)
        case .alterTable(let alter):
            if isTemporary(alter.table) { return try temporary(false) }
            try refuseFollowers(alter)
            return definition(.alterTable(alter), statement)
        case .drop(let drop):
            if drop.names.contains(where: isTemporary) { return try temporary(false) }
            switch drop.subject {
            case .index, .trigger:
                // TEMP comes before main, as in every name without a schema.
                if drop.names.contains(where: {
                    $0.schema == nil && work.planner.temporary.attachments.contains($0.name.folded)
                }) {
                    return try temporary(false)
                }
            case .table, .view: break
            }
            return definition(.drop(drop), statement)
        case .select, .insert, .update, .delete, .transaction, .explain, .pragma, .setting, .showTopology, .other:
            throw PlanningRefusal(.internalError, "not a definition")
        }
    }

    /// Statements that are only recognised.
    func plan(_ other: OtherStatement) throws(PlanningRefusal) -> Plan {
        switch other.kind {
        case "VACUUM", "ANALYZE", "REINDEX":
            return work.plan(
                .definition(DefinitionPlan(kind: .maintenance(other), logicalSQL: work.sourceText)), rung: .merge)
        case "ATTACH", "DETACH":
            throw PlanningRefusal(
                .attachRefused, "\(other.kind) is refused: which files make up the database stands in the configuration"
            )
        case let kind:
            throw PlanningRefusal(.statementNotModelled, "\(kind) is recognised, but not supported over shards")
        }
    }

    private func definition(_ kind: DefinitionPlan.Kind, _ statement: Statement) -> Plan {
        work.plan(.definition(DefinitionPlan(kind: kind, logicalSQL: logicalText(statement))), rung: .merge)
    }

    /// The user's own text where SQLite understands it, so that `sqlite_master` shows what the user wrote: ShardKit's
    /// clause is cut out, and only a generator inside the columns makes the text be printed anew.
    private func logicalText(_ statement: Statement) -> String {
        switch statement {
        case .createTable(let create):
            guard case .columns(let columns, _) = create.content, !columns.contains(where: \.hasGenerator) else {
                break
            }
            return work.sourceText(without: create.sharding?.range)
        case .createVirtualTable(let create): return work.sourceText(without: create.sharding?.range)
        case .createIndex(let create): if !create.isGlobal { return work.sourceText }
        case .createView, .createTrigger, .alterTable, .drop: return work.sourceText
        case .select, .insert, .update, .delete, .transaction, .explain, .pragma, .setting, .showTopology, .other: break
        }
        return SQLPrinter.print(statement, options: .init(dialect: work.planner.dialect, includesSharding: false))
    }

    private func temporary(_ hasSharding: Bool) throws(PlanningRefusal) -> Plan {
        if hasSharding {
            throw PlanningRefusal(.declarationRefused, "a TEMP table lives in the session alone and cannot be sharded")
        }
        return TemporaryRule(work).definition()
    }

    /// The private database does not know the session's counters when it runs a view's text.
    private func refuseCounters(in select: SelectStatement) throws(PlanningRefusal) {
        guard select.usesSessionState else { return }
        throw PlanningRefusal(
            .statementNotModelled, "a TEMP view with changes(), total_changes() or last_insert_rowid() is not modelled")
    }

    /// A TEMP trigger lives in the session's private database, where no write to a shard fires it and where what it writes
    /// to a table on shards is lost.
    private func refuseWrites(of create: CreateTriggerStatement) throws(PlanningRefusal) {
        var touched = isTemporary(create.table) ? nil : create.table.name.text
        for statement in create.body {
            guard let target = statement.writtenTable, !isTemporary(target) else { continue }
            touched = target.name.text
        }
        if !create.text.mentionedNames(work.planner.dialect).isDisjoint(with: ["changes", "total_changes"]) {
            throw PlanningRefusal(
                .statementNotModelled, "a TEMP trigger with changes() or total_changes() is not modelled")
        }
        guard let touched else { return }
        throw PlanningRefusal(
            .triggerAcrossShards,
            "a TEMP trigger lives in the session alone and cannot stand on or write to \(touched), which is on shards")
    }

    /// One plain database would rewrite TEMP views and triggers after a renaming, and refuse what leaves them broken.
    private func refuseFollowers(_ alter: AlterTableStatement) throws(PlanningRefusal) {
        if case .addColumn = alter.action { return }
        let temporary = work.planner.temporary
        if temporary.viewMentions.isEmpty && temporary.triggerMentions.isEmpty { return }
        throw PlanningRefusal(
            .statementNotModelled,
            "ALTER TABLE of \(alter.table.name.text) would have to follow in the session's TEMP views and triggers",
            hint: "Drop them first.")
    }

    private func isTemporary(_ name: ObjectName) -> Bool { work.planner.temporary.contains(name) }

    /// The query of CREATE TABLE … AS, planned as a statement of its own. Its columns' names are the new table's.
    private func query(_ select: SelectStatement) throws(PlanningRefusal) -> Plan {
        var inner = work.parsed
        inner.statement = .select(select)
        inner.source = SQLPrinter.print(.select(select), options: work.templates.options)
        return try SelectPlanner(PlanningWork(parsed: inner, facts: work.facts, planner: work.planner)).plan(select)
    }
}

extension ColumnDefinition {
    /// Whether ShardKit's `GENERATED BY …` stands in it.
    fileprivate var hasGenerator: Bool {
        constraints.contains { constraint in
            if case .generator = constraint.kind { return true }
            return false
        }
    }
}

extension Statement {
    /// The table that a row write names as its target.
    var writtenTable: ObjectName? {
        switch self {
        case .insert(let insert): insert.table
        case .update(let update): update.table.name
        case .delete(let delete): delete.table.name
        case .select, .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop,
            .transaction, .explain, .pragma, .setting, .showTopology, .other:
            nil
        }
    }
}

extension CreateTriggerStatement {
    /// Folded names of what its body writes to.
    public var targets: Set<String> { Set(body.compactMap(\.writtenTable?.name.folded)) }
}
