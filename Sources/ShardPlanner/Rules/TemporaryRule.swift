import ShardBase
import ShardSQL
import ShardTopology

/// Statements on TEMP objects: the session's private database is where these live, so it runs the statement; what the
/// statement reads of tables on shards is gathered into that database's `main`, whose tables are empty otherwise.
struct TemporaryRule {
    let work: PlanningWork

    init(_ work: PlanningWork) { self.work = work }

    /// Whether a statement names TEMP objects.
    func applies(to statement: Statement) -> Bool {
        TemporaryReach(statement, planner: work.planner).isTouched
    }

    /// The plan of the work's statement, which reads or writes TEMP objects, or makes a TEMP table of a query.
    func plan() throws(PlanningRefusal) -> Plan {
        let statement = work.parsed.statement
        let reach = TemporaryReach(statement, planner: work.planner, reads: work.facts.reads ?? [])
        try refuseStrayTriggers(reach)
        if reach.readsSchema, !reach.tables.isEmpty || reach.readsCounters(in: statement) {
            throw PlanningRefusal(
                .statementNotModelled, "a statement on TEMP tables cannot read both the schema and tables on shards",
                hint: "Ask the schema in a statement of its own and bind the answer.")
        }
        var pieces: [GatheredPiece] = []
        if let gather = try gathering(statement, reach) {
            pieces = try gather.pieces()
        }
        var plan = work.plan(
            .privateStatement(PrivatePlan(kind: kind(statement), sql: try text(statement, pieces), pieces: pieces)),
            rung: pieces.isEmpty ? .route : .combine, reasons: ["TEMP tables live in the session"])
        plan.tables = pieces.map(\.table)
        return plan
    }

    /// A definition of a TEMP object that reads no rows.
    func definition() -> Plan {
        work.plan(
            .privateStatement(PrivatePlan(kind: .definition, sql: work.sourceText)),
            reasons: ["TEMP tables live in the session"])
    }

    // MARK: Parts

    private func gathering(_ statement: Statement, _ reach: TemporaryReach) throws(PlanningRefusal) -> GatherRule? {
        if reach.tables.isEmpty { return nil }
        let refusal = PlanningRefusal(
            .joinOffKey, "the statement reads TEMP tables together with tables whose rows cannot be gathered",
            hint: "Read the rows first and bind them.")
        if case .select(let select) = statement { return try GatherRule(work, select, after: refusal) }
        var isVerbatim = false
        SyntaxNode.statement(statement).walk { node in
            switch node {
            case .expression(.verbatim), .table(.verbatim): isVerbatim = true
            case .statement, .select, .subquery, .commonTable, .table, .expression: break
            }
            return .descend
        }
        if isVerbatim { throw refusal }
        return GatherRule(work, whole: reach.tables)
    }

    private func kind(_ statement: Statement) -> PrivatePlan.Kind {
        switch statement {
        case .select: .reading
        case .insert: .insert
        case .update, .delete: .change
        case .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop,
            .transaction, .explain, .pragma, .setting, .showTopology, .other:
            .definition
        }
    }

    /// The user's own text where the private database can run it as it stands.
    private func text(_ statement: Statement, _ pieces: [GatheredPiece]) throws(PlanningRefusal) -> String {
        let isSelect = if case .select = statement { true } else { false }
        let before = work.operands.replacements
        let rewritten = ValueRewriting(operands: work.operands, fixesMoment: isSelect && !pieces.isEmpty).rewrite(
            statement)
        let plain = pieces.isEmpty ? (statement: rewritten, isChanged: false) : rewritten.withoutIndexHints()
        guard plain.isChanged || work.operands.replacements > before else { return work.sourceText }
        if case .createTable = statement {
            // The new table's columns are named by the text.
            throw PlanningRefusal(
                .statementNotModelled,
                "CREATE TEMP TABLE … AS with INDEXED BY, changes(), total_changes() or last_insert_rowid() is not modelled",
                hint: "Create the table first and INSERT into it.")
        }
        return SQLPrinter.print(plain.statement, options: work.templates.options)
    }

    /// A TEMP trigger that writes to a name which has come to mean a table on shards.
    private func refuseStrayTriggers(_ reach: TemporaryReach) throws(PlanningRefusal) {
        for name in reach.temporary {
            for target in work.planner.temporary.triggerTargets[name] ?? []
            where !work.planner.temporary.tables.contains(target) {
                throw PlanningRefusal(
                    .triggerAcrossShards, "a TEMP trigger of \(name) writes to \(target), which is no TEMP table")
            }
        }
    }
}

extension TemporaryReach {
    /// The tables that count AUTOINCREMENT or hold statistics have rows on shards that the logical schema has not.
    fileprivate func readsCounters(in statement: Statement) -> Bool {
        var isFound = false
        statement.forEachTable(includingSubqueries: true) { reference in
            let name = reference.name.name.folded
            if name.hasPrefix("sqlite_stat") || name == "sqlite_sequence", reference.name.schema?.folded != "temp" {
                isFound = true
            }
        }
        return isFound
    }
}
