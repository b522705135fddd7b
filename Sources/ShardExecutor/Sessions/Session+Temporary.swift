import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

extension Session {
    /// A statement on TEMP tables: the session's private database is the one plain database.
    ///
    /// - Parameter values: the run's, extras included.
    func privateAnswer(
        _ statement: PrivatePlan, _ values: [Value], _ compiled: CompiledPlan, _ schema: LogicalSchema
    ) async throws -> Answer {
        let engine = try await sessionEngine()
        let isReading = statement.kind == .reading
        if transaction.isOpen, !isReading {
            transaction.temporary = engine.database
            _ = try await transaction.connection(.temporary, .writing)
        }
        let isCounted = statement.kind == .insert || statement.kind == .change
        let result = try await SessionGathering(
            session: self, schema: schema, compiled: compiled, pieces: statement.pieces, values: values
        ).run(statement.sql, keeping: !isReading, counting: isCounted)
        if statement.kind == .definition { try await engine.refreshTemporaryObjects() }
        let plan = compiled.plan
        var answer = Answer(rung: plan.rung, shards: result.shards.map { schema.topology.shards[$0] })
        let columns = result.answer.columns
        if !columns.isEmpty {
            // As the user's text names them: values may have taken the place of literals.
            answer.columns =
                plan.columns.count == columns.count
                ? plan.columns : columns.map { PlanColumn(name: $0.name, declaredType: $0.declaredType) }
            answer.rows = AnswerRows(columnCount: columns.count, batches: result.answer.batches)
        }
        if let counters = result.counters {
            record(counters)
            answer.changes = counters.changes
            if statement.kind == .insert, changes > 0 { answer.lastInsertID = lastInsertRowID }
        }
        return answer
    }

    /// CREATE TABLE … AS of a query that reads TEMP tables, as the logical schema, which knows none of them, can run it: with
    /// the columns that the session's private database gives the table.
    func withColumns(_ definition: DefinitionPlan, _ schema: LogicalSchema) async throws -> DefinitionPlan {
        guard case .createTableAs(var create, let query) = definition.kind,
            case .privateStatement = query.plan.action, case .select(var select, let names, let suffix) = create.content
        else { return definition }
        if case .values = select.body {
        } else {
            select.limit = LimitClause(count: .literal(Literal(.integer, text: "0")), offset: nil)
        }
        create.content = .select(select, columns: names, suffix: suffix)
        create.name = ObjectName([Identifier("main"), create.name.name])
        let text = SQLPrinter.print(
            .createTable(create), options: .init(dialect: database.dialect, includesSharding: false))
        let engine = try await sessionEngine()
        try await engine.mirror(schema)
        let made: [[Value]] = try await engine.withWriting {
            try await engine.database.executeScript("SAVEPOINT _shardkit_meeting")
            let rows: [[Value]]
            do {
                try await engine.database.executeScript(text)
                rows = try await engine.database.allRows(
                    ShardStatement(
                        "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE"),
                    [.text(create.name.name.text)])
            } catch {
                await engine.takeBack()
                throw error
            }
            await engine.takeBack()
            return rows
        }
        guard case .text(let sql)? = made.first?.first, sql.hasPrefix("CREATE TABLE ") else {
            throw ShardError(.internalError, "the private database does not say what table it made")
        }
        var result = definition
        result.logicalSQL = create.ifNotExists ? "CREATE TABLE IF NOT EXISTS " + sql.dropFirst(13) : sql
        return result
    }

    /// The table that CREATE TABLE … AS has made, also where a TEMP table hides it.
    func made(_ name: ObjectName) -> ObjectName {
        guard name.schema == nil, engine?.temporary.tables.contains(name.name.folded) ?? false else { return name }
        return ObjectName([Identifier("main"), name.name])
    }
}
