import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

extension Session {
    /// Runs a plan: one case per kind of work.
    ///
    /// - Parameters:
    ///   - values: the user's, and those of literals that became parameters.
    ///   - sql: the user's text.
    func answer(
        _ compiled: CompiledPlan, values: [Value], schema: LogicalSchema, sql: String
    ) async throws -> Answer {
        let plan = compiled.plan
        switch plan.action {
        case .query, .combine:
            let answer = try await answerQuery(compiled, values: try await bound(plan, values), schema: schema)
            if let rows = answer.rows, rows.holdsConnections { hold(rows) }
            return answer
        case .scalarsFirst:
            let answer = try await answerQuery(compiled, values: try await bound(plan, values), schema: schema)
            if let rows = answer.rows, rows.holdsConnections { hold(rows) }
            return answer
        case .write(let write): return try await answer(write, compiled, values, schema)
        case .combineWrite(let write): return try await answer(write, compiled, values, schema)
        case .rehearsal(let rehearsal): return try await answer(rehearsal, compiled, values, schema)
        case .insert(let insert): return try await answer(insert, plan, values, schema)
        case .insertQuery(let insert): return try await answer(insert, plan, values, schema)
        case .definition(let definition): return try await define(definition, plan, schema, sql, values)
        case .session(let action): return try await act(action, plan)
        case .catalogQuery(let sql): return try await catalogAnswer(sql, values, plan, schema)
        case .privateStatement(let statement):
            return try await privateAnswer(statement, try await bound(plan, values), compiled, schema)
        case .showTopology(let subject):
            let rows = TopologyRows(subject, topology: schema.topology, state: try await database.state(for: subject))
            return Answer(
                columns: rows.columns, rows: AnswerRows(columnCount: rows.columns.count, batches: [rows.rows]),
                rung: plan.rung)
        case .explain(let explain): return explanation(explain, plan, schema, values)
        case .server: throw ShardError(.internalError, "a plan for servers was made for files")
        }
    }

    // MARK: Values

    /// The user's values and the plan's extras, each computed once.
    func bound(_ plan: Plan, _ values: [Value]) async throws -> [Value] {
        if plan.extras.isEmpty && values.count == plan.parameterCount { return values }
        return try await ExtraValues.bound(
            plan, values: values,
            counters: SessionCounters(
                lastInsertRowID: lastInsertRowID, changes: changes, totalChanges: totalChanges),
            clock: database.environment.clock
        ) { sql, values in
            let answer = try await sessionEngine().database.wholeAnswer(
                database.texts.statement(sql), values: values, byteLimit: .max)
            return answer.batches.first?.value(row: 0, column: 0) ?? .null
        }
    }

    // MARK: Reading

    /// The point read: a short query for one place, outside a transaction and without settings, that need not wait. Nil when it is none; then
    /// nothing was done, and the way that waits and reports is to be taken.
    func answer(_ short: ShortRead, values: [Value], schema: LogicalSchema) -> Answer? {
        guard !transaction.isOpen, transaction.settings.values.isEmpty, let place = short.place(values),
            statementTimeout == nil || short.isSingleRow
        else { return nil }
        var batch = RowBatch(columnCount: short.columns.count)
        var rest: (any RowSource)?
        switch short.read(values, at: place, from: database, into: &batch) {
        case .unavailable: return nil
        case .whole: break
        case .begun(let connection, let cursor):
            rest = short.rest(
                cursor, of: connection, shard: place.shard, width: batch.columnCount,
                provider: AutocommitConnections(
                    shards: database.shards, settings: transaction.settings, anyShard: home,
                    spans: ShardSpans(database.observer)), database)
        }
        let rows = AnswerRows(columnCount: batch.columnCount, first: batch, rest: rest, schema: schema)
        if rest != nil { hold(rows) }
        return Answer(
            columns: short.columns, rows: rows, rung: short.rung, shards: database.shardNames[place.shard])
    }

    /// Starts a query; rows that are not all there yet hold their connections until they are read or closed.
    func answerQuery(_ compiled: CompiledPlan, values: [Value], schema: LogicalSchema) async throws -> Answer {
        let started: StartedQuery
        if case .combine(let combine) = compiled.plan.action {
            let runner = CombineRunner(
                compiled: compiled, plan: combine, values: values, settings: transaction.settings,
                environment: database.environment)
            let provider: any ConnectionProvider =
                transaction.isOpen
                ? transaction
                : AutocommitConnections(
                    shards: database.shards, settings: transaction.settings, anyShard: home,
                    spans: ShardSpans(database.observer))
            started = try await runner.start(provider)
        } else if case .scalarsFirst = compiled.plan.action {
            let runner = ScalarsFirstRunner(
                compiled: compiled, values: values, settings: transaction.settings, environment: database.environment
            ) { [self] plan, values in try await bound(plan, values) }
            let provider: any ConnectionProvider =
                transaction.isOpen
                ? transaction
                : AutocommitConnections(
                    shards: database.shards, settings: transaction.settings, anyShard: home,
                    spans: ShardSpans(database.observer))
            started = try await runner.start(provider)
        } else if transaction.isOpen {
            started = try await QueryRunner.start(
                compiled, values: values, provider: transaction, environment: database.environment)
        } else {
            started = try await QueryRunner.start(
                compiled, values: values,
                provider: AutocommitConnections(
                    shards: database.shards, settings: transaction.settings, anyShard: home,
                    spans: ShardSpans(database.observer)),
                environment: database.environment)
        }
        let plan = compiled.plan
        return Answer(
            columns: plan.columns,
            rows: AnswerRows(
                columnCount: plan.columns.count, first: started.firstBatch, rest: started.rest, schema: schema),
            rung: plan.rung, shards: started.shards.map { database.shards[$0].name })
    }

    /// The rows that another statement takes in: of shards, of the schema's own tables, of TEMP tables.
    ///
    /// - Parameter values: the user's; what follows them is the other statement's, and the query computes its own extras.
    func answerRead(_ compiled: CompiledPlan, values: [Value], schema: LogicalSchema) async throws -> Answer {
        let plan = compiled.plan
        let own = Array(values.prefix(plan.parameterCount))
        switch plan.action {
        case .catalogQuery(let sql): return try await catalogAnswer(sql, own, plan, schema)
        case .privateStatement(let statement):
            return try await privateAnswer(statement, try await bound(plan, own), compiled, schema)
        case .query, .combine, .scalarsFirst, .write, .combineWrite, .rehearsal, .insert, .insertQuery, .definition,
            .session,
            .showTopology, .explain, .server:
            return try await answerQuery(compiled, values: try await bound(plan, own), schema: schema)
        }
    }

    private func catalogAnswer(
        _ sql: String, _ values: [Value], _ plan: Plan, _ schema: LogicalSchema
    ) async throws -> Answer {
        let answer: WholeAnswer
        if let engine, !engine.temporary.tables.isEmpty {
            try await engine.mirror(schema)
            answer = try await engine.database.wholeAnswer(ShardStatement(sql), values: values, byteLimit: .max)
        } else {
            answer = try await database.mirror.query(sql, values: values, schema: schema)
        }
        return whole(answer, plan)
    }

    private func whole(_ answer: WholeAnswer, _ plan: Plan) -> Answer {
        guard !answer.columns.isEmpty else { return Answer(rung: plan.rung) }
        return Answer(
            columns: answer.columns.map { PlanColumn(name: $0.name, declaredType: $0.declaredType) },
            rows: AnswerRows(columnCount: answer.columns.count, batches: answer.batches), rung: plan.rung)
    }

    private func explanation(
        _ explain: ExplainPlan, _ plan: Plan, _ schema: LogicalSchema, _ values: [Value]
    ) -> Answer {
        let lines: [String]
        switch explain.subject {
        case .plan(let box):
            lines = ExplainText.lines(of: PlanDescription(of: box.plan, topology: schema.topology, values: values))
        case .refusal(let code, let message, let hint):
            lines = ["refused: \(code)", "because: \(message)"] + (hint.map { ["hint: \($0)"] } ?? [])
        }
        var batch = RowBatch(columnCount: 1)
        for line in lines {
            batch.append(.text(line))
            batch.endRow()
        }
        return Answer(
            columns: ExplainText.columns, rows: AnswerRows(columnCount: 1, batches: [batch]), rung: plan.rung)
    }

    // MARK: State

    private func act(_ action: SessionAction, _ plan: Plan) async throws -> Answer {
        switch action {
        case .begin(let mode):
            let isImmediate = mode.map { $0.hasPrefix("IMMEDIATE") || $0.hasPrefix("EXCLUSIVE") } ?? false
            _ = try await transaction.apply(.begin(isImmediate ? .immediate : .deferred))
        case .commit:
            _ = try await end(.commit)
        case .rollback:
            _ = try await end(.rollback)
        case .savepoint(let name):
            _ = try await transaction.apply(.savepoint(name))
            pending?.savepoint()
        case .release(let name):
            _ = try await end(.release(name))
            pending?.released(to: transaction.savepointDepth)
        case .rollbackTo(let name):
            _ = try await transaction.apply(.rollbackTo(name))
            try await engine?.undone(isOver: false)
            pending?.rolledBack(to: transaction.savepointDepth)
            pendingSchema = pending?.schema
            staleKeys()
        case .setting(let name, let value): return try await setting(name, value, rung: plan.rung)
        }
        return Answer(rung: plan.rung)
    }

    private func define(
        _ definition: DefinitionPlan, _ plan: Plan, _ schema: LogicalSchema, _ sql: String, _ values: [Value]
    ) async throws -> Answer {
        try refuseQueryOnly(isDefinition: true)
        guard let runner = database.definitions else {
            throw ShardError(.readOnly, "the schema of this database is fixed")
        }
        let definition = try await withColumns(definition, schema)
        if transaction.isOpen {
            try await defineInTransaction(definition, schema, sql, values, runner)
            return Answer(rung: plan.rung, shards: schema.topology.shards)
        }
        let changed = try await runner.run(definition, statement: sql, settings: transaction.settings)
        if changed, case .createTableAs(let create, _) = definition.kind,
            case .select(let select, _, _) = create.content
        {
            try await fill(create.name, with: select, values, runner)
        }
        return Answer(rung: plan.rung, shards: schema.topology.shards)
    }

    /// A definition inside a transaction: seen by the transaction alone until COMMIT, undone by ROLLBACK.
    private func defineInTransaction(
        _ definition: DefinitionPlan, _ schema: LogicalSchema, _ sql: String, _ values: [Value],
        _ runner: any DefinitionRunning
    ) async throws {
        if case .maintenance(let other) = definition.kind {
            guard other.kind != "VACUUM" else {
                throw ShardError(.engine, "cannot VACUUM from within a transaction", engineCode: "1")
            }
            throw ShardError(
                .ddlInTransaction, "\(other.kind) inside a transaction is not supported", hint: "COMMIT first.")
        }
        // Every writer first: they are taken in the order in which all sessions take them.
        try await withWriters(Array(schema.topology.shards.indices), isSplit: true) { writers in
            if pending == nil {
                pending = try await runner.openPending(depth: transaction.savepointDepth)
            }
            guard let pending else { return }
            let before = pending.state
            do {
                let changed = try await pending.run(
                    definition, statement: sql, settings: transaction.settings, writers: writers)
                pendingSchema = pending.schema
                guard changed, case .createTableAs(let create, _) = definition.kind,
                    case .select(let select, _, _) = create.content, let schema = pendingSchema
                else { return }
                let counters = (lastInsertRowID, changes, totalChanges)
                let insert = Statement.insert(InsertStatement(table: made(create.name), source: .select(select)))
                let text = SQLPrinter.print(insert, options: .init(dialect: database.dialect))
                _ = try await answer(
                    try await compileWhole(text, schema: schema), values: values, schema: schema, sql: text)
                (lastInsertRowID, changes, totalChanges) = counters
            } catch {
                pending.restore(before)
                pendingSchema = pending.schema
                throw error
            }
        }
    }

    /// The rows of CREATE TABLE … AS, into the table just made; a failure takes the table with it.
    private func fill(
        _ name: ObjectName, with select: SelectStatement, _ values: [Value], _ runner: any DefinitionRunning
    ) async throws {
        let insert = Statement.insert(InsertStatement(table: made(name), source: .select(select)))
        let text = SQLPrinter.print(insert, options: .init(dialect: database.dialect))
        let before = (lastInsertRowID, changes, totalChanges)
        do {
            let schema = try await database.currentSchema()
            let compiled = try await compileWhole(text, schema: schema)
            _ = try await answer(compiled, values: values, schema: schema, sql: text)
        } catch {
            let drop = "DROP TABLE " + made(name).quoted
            let schema = try await database.currentSchema()
            let undo = try await compileWhole(drop, schema: schema)
            if case .definition(let plan) = undo.plan.action {
                _ = try await runner.run(plan, statement: drop, settings: transaction.settings)
            }
            throw error
        }
        // CREATE TABLE … AS counts no changes.
        (lastInsertRowID, changes, totalChanges) = before
    }
}
