import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Rung 4: what no cheaper rung answers is gathered. Each table the statement reads becomes a table of a private
/// engine, filled with the columns the engine says it reads and the rows its conditions can want; then the engine runs
/// the statement itself.
struct CombineRule {
    let work: PlanningWork
    /// Why no cheaper rung applied.
    let refusal: PlanningRefusal

    init(_ work: PlanningWork, after refusal: PlanningRefusal) {
        self.work = work
        self.refusal = refusal
    }

    /// - Throws: the refusal of the cheaper rungs, or why gathering cannot give the answer either.
    func plan(_ select: SelectStatement) throws(PlanningRefusal) -> Plan {
        let derived = DerivedPieces(work, select)
        guard !derived.pieces.isEmpty else { return try plan(select, derived, fallback: nil) }
        let whole = try plan(select, DerivedPieces(work, leaving: select), fallback: nil)
        if case .privateStatement = whole.action { return whole }
        return try plan(derived.select, derived, fallback: PlanBox(whole))
    }

    private func plan(
        _ select: SelectStatement, _ derived: DerivedPieces, fallback: PlanBox?
    ) throws(PlanningRefusal) -> Plan {
        let gather = try GatherRule(work, select, after: refusal, derived: derived.names)
        if gather.meetsTemporary { return try TemporaryRule(work).plan() }
        let pieces = derived.pieces + (try gather.pieces())
        var plan = work.plan(
            .combine(
                CombinePlan(
                    pieces: pieces, views: gather.views, sql: text(select, isChanged: !derived.pieces.isEmpty),
                    fallback: fallback)),
            rung: .combine, reasons: ["no cheaper rung: \(refusal.message)"])
        plan.tables = derived.tables + gather.tables.map(\.schema.name).filter { !derived.tables.contains($0) }
        return plan
    }

    /// The user's own text where the engine can run it as it stands.
    private func text(_ select: SelectStatement, isChanged: Bool) -> String {
        let before = work.operands.replacements
        let rewritten = ValueRewriting(operands: work.operands, fixesMoment: true).rewrite(.select(select))
        let plain = rewritten.withoutIndexHints()
        guard isChanged || plain.isChanged || work.operands.replacements > before || select.usesSessionState else {
            return work.sourceText
        }
        return SQLPrinter.print(plain.statement, options: work.templates.options)
    }
}

extension Statement {
    /// The statement without INDEXED BY: indexes stay on the shards.
    func withoutIndexHints() -> (statement: Statement, isChanged: Bool) {
        var isChanged = false
        func plain(_ reference: TableReference) -> TableReference? {
            guard case .indexedBy? = reference.indexHint else { return nil }
            var reference = reference
            reference.indexHint = nil
            isChanged = true
            return reference
        }
        var statement = mappedTables(includingSubqueries: true) { table in
            guard case .table(let reference) = table else { return nil }
            return plain(reference).map { .table($0) }
        }
        switch statement {
        case .update(var update):
            update.table = plain(update.table) ?? update.table
            statement = .update(update)
        case .delete(var delete):
            delete.table = plain(delete.table) ?? delete.table
            statement = .delete(delete)
        case .select, .insert, .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable,
            .alterTable,
            .drop, .transaction, .explain, .pragma, .setting, .showTopology, .other:
            break
        }
        return (statement, isChanged)
    }
}
