import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// A write that is ready to run.
protocol WriteWork {
    func run() async throws -> WriteResult
}

extension WriteRunner: WriteWork {}
extension CombineWriteRunner: WriteWork {}
extension RehearsalRunner: WriteWork {}
extension InsertRunner: WriteWork {}
extension InsertQueryRunner: WriteWork {}

// One function per plan, and none of them inlined: Swift 6.3's optimiser destroyed values that were never made where all
// stood in one function with closures (crashes that `make optimised` and `make fuzz` look for).
extension Session {
    @inline(never)
    func answer(
        _ write: WritePlan, _ compiled: CompiledPlan, _ values: [Value], _ schema: LogicalSchema
    ) async throws -> Answer {
        try refuseQueryOnly()
        try refuseCrossingForeignKeys(write.table, schema)
        let all = try await bound(compiled.plan, values)
        let fragments = try compiled.fragments(for: write.route, statement: write.statement, values: all)
        let work = WriteRunner(
            session: self, schema: schema, plan: write, fragments: fragments, coldStatement: compiled.coldStatement,
            values: all)
        return try await answer(
            work, compiled.plan, schema, isInsert: write.isInsert, returnsRows: write.returnsRows)
    }

    @inline(never)
    func answer(
        _ write: CombineWritePlan, _ compiled: CompiledPlan, _ values: [Value], _ schema: LogicalSchema
    ) async throws -> Answer {
        try refuseQueryOnly()
        try refuseCrossingForeignKeys(write.table, schema)
        try refuseMovingParents(write, schema)
        let work = CombineWriteRunner(
            session: self, schema: schema, compiled: compiled, plan: write,
            values: try await bound(compiled.plan, values))
        return try await answer(work, compiled.plan, schema, isInsert: false, returnsRows: write.returnsRows)
    }

    @inline(never)
    func answer(
        _ rehearsal: RehearsalPlan, _ compiled: CompiledPlan, _ values: [Value], _ schema: LogicalSchema
    ) async throws -> Answer {
        try refuseQueryOnly()
        try refuseRehearsedForeignKeys(rehearsal, schema)
        let work = RehearsalRunner(
            session: self, schema: schema, compiled: compiled, plan: rehearsal,
            values: try await bound(compiled.plan, values))
        return try await answer(
            work, compiled.plan, schema, isInsert: rehearsal.isInsert, returnsRows: rehearsal.returnsRows)
    }

    @inline(never)
    func answer(
        _ insert: InsertPlan, _ plan: Plan, _ values: [Value], _ schema: LogicalSchema
    ) async throws -> Answer {
        try refuseQueryOnly()
        try refuseCrossingForeignKeys(insert.table, schema)
        let work = InsertRunner(
            session: self, schema: schema, plan: insert, values: try await bound(plan, values))
        return withKey(
            insert, try await answer(work, plan, schema, isInsert: true, returnsRows: insert.returnsRows), schema)
    }

    @inline(never)
    func answer(
        _ insert: InsertQueryPlan, _ plan: Plan, _ values: [Value], _ schema: LogicalSchema
    ) async throws -> Answer {
        try refuseQueryOnly()
        try refuseCrossingForeignKeys(insert.insert.table, schema)
        let work = InsertQueryRunner(
            session: self, schema: schema, plan: insert,
            query: CompiledPlan(plan: insert.query.plan, topology: schema.topology),
            values: try await bound(plan, values))
        return withKey(
            insert.insert, try await answer(work, plan, schema, isInsert: true, returnsRows: insert.insert.returnsRows),
            schema)
    }

    /// Runs an INSERT of literal rows by the plan of its template; nil where it has to be planned and run as written.
    ///
    /// An error is not this way's to tell: the statement is undone, and run as written it fails with the right one.
    @inline(never)
    func insertLiterals(_ sql: String, _ schema: LogicalSchema) async throws -> Answer? {
        guard let rows = LiteralRows(sql, dialect: database.dialect),
            let plan = await templatePlan(rows, schema), case .insert(let insert) = plan.action,
            LiteralInsertRunner.serves(insert, width: rows.width)
        else { return nil }
        try refuseQueryOnly()
        try refuseCrossingForeignKeys(insert.table, schema)
        let work = LiteralInsertRunner(session: self, schema: schema, plan: insert, rows: rows)
        let wasInTransaction = transaction.isOpen
        do {
            return try await inTime(plan) {
                self.withKey(
                    insert, self.written(try await work.run(), plan, schema, isInsert: true, returnsRows: false), schema
                )
            }
        } catch let error as ShardError where [.constraint, .typeMismatch, .engine].contains(error.code) {
            if transaction.isOpen == wasInTransaction { return nil }
            throw error
        } catch is LiteralInsertRunner.RowsLeftOut {
            return nil
        }
    }

    /// Nil also where the template is no statement: what the user wrote tells it better.
    private func templatePlan(_ rows: LiteralRows, _ schema: LogicalSchema) async -> Plan? {
        if let known = findPlan(rows.template, schema) { return known.compiled.plan }
        return try? await compile(rows.template, schema: schema).compiled.plan
    }

    /// As SQLite, a write that fails leaves changes() at 0; one that is refused never ran.
    @inline(never)
    private func answer(
        _ work: some WriteWork, _ plan: Plan, _ schema: LogicalSchema, isInsert: Bool, returnsRows: Bool
    ) async throws -> Answer {
        do {
            let result = try await work.run()
            return written(result, plan, schema, isInsert: isInsert, returnsRows: returnsRows)
        } catch {
            if !((error as? ShardError)?.isRefusal ?? false) { changes = 0 }
            throw error
        }
    }

    private func written(
        _ result: WriteResult, _ plan: Plan, _ schema: LogicalSchema, isInsert: Bool, returnsRows: Bool
    ) -> Answer {
        record(result)
        var lastID: Int64?
        if isInsert, case .known(let id) = result.lastInsert { lastID = id }
        return Answer(
            columns: plan.columns,
            rows: returnsRows ? AnswerRows(columnCount: plan.columns.count, batches: result.batches) : nil,
            changes: result.changes, lastInsertID: lastID, rung: plan.rung,
            shards: result.shards.map { schema.topology.shards[$0] })
    }
}
