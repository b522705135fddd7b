import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// What a session does where shards are database servers: one logical connection with its transaction.
///
/// Unchecked: touched by the one statement that the session runs at a time.
final class ServerSession: @unchecked Sendable {
    /// Runs work for a plan within the session's statement timeout.
    var inTime: (Plan, @escaping @Sendable () async throws -> Answer) async throws -> Answer = { try await $1() }
    let engine: ServerEngine
    let database: LogicalDatabase
    let home: ShardIndex
    private(set) var transaction: ServerTransaction?
    /// What it has SET.
    private(set) var settings = ServerSettings()
    /// By name.
    var prepared: [String: NamedStatement] = [:]
    /// Its own connection to the coordinator, while it has temporary tables or cursors that outlive transactions.
    var own: ServerOwn?
    /// Numbers the rows kept for cursors.
    var cursorCount = 0
    /// Where shards have replicas.
    let reading: SessionReading?

    init(_ engine: ServerEngine, _ database: LogicalDatabase, home: ShardIndex, reading: SessionReading?) {
        self.reading = reading
        self.engine = engine
        self.database = database
        self.home = home
    }

    var isInTransaction: Bool { transaction != nil }

    /// Rolls back what is open.
    func close() async {
        if let open = transaction {
            transaction = nil
            await open.rollback()
        }
        giveOwnBack()
    }

    /// - Parameter mode: as BEGIN names it.
    func newTransaction(mode: String = "") -> ServerTransaction {
        ServerTransaction(
            shards: database.shards, coordinator: engine.coordinator, home: home, commits: engine.commits,
            deadlocks: engine.deadlocks, settings: settings.current, own: own?.connection, mode: mode,
            reading: reading)
    }

    // MARK: Statements

    func run(_ sql: String, values: [Value], schema: LogicalSchema) async throws -> Answer {
        do {
            return try await perform(sql, values, schema)
        } catch {
            // What a server said no to has made its transaction fail; one server would say no to what follows, too.
            if let error = error as? ShardError, error.isRefusal, error.engineCode == nil { throw error }
            transaction?.fail()
            throw transaction?.explained(error) ?? error
        }
    }

    private func perform(_ sql: String, _ values: [Value], _ schema: LogicalSchema) async throws -> Answer {
        let key = PlanCacheKey(epoch: schema.topology.epoch, session: 0)
        var scratch = FingerprintScratch()
        // Plans are kept for all sessions: names that only this one knows are in none.
        let isShared = own?.names.isEmpty ?? true
        if transaction?.isFailed != true, isShared,
            let known = database.planCache.find(sql, key: key, scratch: &scratch)
        {
            return try await timed(known.compiled, values: try known.values(values), schema)
        }
        let parsed = try await parse(sql)
        if case .transaction(let statement) = parsed.statement { return try await act(statement) }
        if case .other(let other) = parsed.statement, other.kind.hasSuffix(" AND CHAIN") {
            return try await chain(other)
        }
        if transaction?.isFailed == true { throw ServerTransaction.aborted }
        if let answer = try await temporarily(parsed, values, schema) { return answer }
        switch parsed.statement {
        case .createTable(let create):
            guard case .select(let select, let columns, let suffix) = create.content, !create.isTemporary,
                create.modifiers == nil, create.suffix == nil
            else { return try await define(parsed, schema) }
            return try await self.create(create, as: select, columns: columns, suffix: suffix, values, schema)
        case .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop:
            return try await define(parsed, schema)
        case .other(let other) where ServerDefinitions.isDefinition(other): return try await define(parsed, schema)
        case .other(let other) where ["PREPARE", "EXECUTE", "DEALLOCATE"].contains(other.kind):
            if let answer = try await named(other, values, schema) { return answer }
        case .other(let other) where other.kind == "TRUNCATE":
            if let answer = try await truncate(other, schema) { return answer }
        case .setting(let setting): return try await answer(setting, sql)
        case .showTopology(let show): return try await answer(show, schema)
        case .explain(let explain): return try await answer(explain, parsed, schema)
        case .pragma: throw ShardError(.statementNotModelled, "PRAGMA is no statement of PostgreSQL")
        case .select, .insert, .update, .delete, .other, .transaction: break
        }
        let compiled = try await compile(parsed, schema)
        if !isShared { return try await timed(compiled, values: values, schema) }
        let cached =
            database.planCache.insert(compiled, for: sql, folded: [], key: key)
            ?? CachedPlan(compiled: compiled, literals: [])
        return try await timed(cached.compiled, values: try cached.values(values), schema)
    }

    private func timed(_ compiled: CompiledPlan, values: [Value], _ schema: LogicalSchema) async throws -> Answer {
        try await inTime(compiled.plan) {
            guard let reading = self.reading, self.transaction == nil, let reads = compiled.reads else {
                return try await self.answer(compiled, values: values, schema)
            }
            return try await reading.run(reads) { try await self.answer(compiled, values: values, schema, reads: $0) }
        }
    }

    /// As it would be answered, without running it.
    func compile(_ sql: String, schema: LogicalSchema, gathersReads: Bool = false) async throws -> CompiledPlan {
        try await compile(try await parse(sql), schema, gathersReads: gathersReads)
    }

    private func compile(
        _ parsed: ParsedStatement, _ schema: LogicalSchema, gathersReads: Bool = false
    ) async throws -> CompiledPlan {
        var parsed = parsed
        let hints = try ReadHints(parsed.hints)
        parsed.hints = hints.others
        let plan = try await plan(parsed, schema, gathersReads: gathersReads)
        let purpose = ReadPurpose(of: parsed, topology: schema.topology, functions: schema.functions)
        return CompiledPlan(plan: plan, topology: schema.topology, reads: plan.isRead ? .init(hints, purpose) : nil)
    }

    func parse(_ sql: String) async throws -> ParsedStatement {
        do {
            return try Parser.parse(sql, dialect: .postgresql)
        } catch {
            let own = error.shardError(in: sql)
            if own.code != .syntax { throw own }
            do {
                _ = try await describe(sql)
            } catch let engine as ShardError where engine.engineCode != nil {
                if let ours = own.place, let theirs = engine.place, ours.offset > theirs.offset { throw own }
                throw engine
            }
            throw ShardError(
                .statementNotModelled, "the statement is valid, but ShardKit does not read it: \(own.message)",
                hint: own.hint, place: own.place)
        }
    }

    /// - Parameter gathersReads: see ``ShardPlanner/ServerPlanner``.
    func plan(
        _ parsed: ParsedStatement, _ schema: LogicalSchema, gathersReads: Bool = false
    ) async throws -> Plan {
        var facts = ServerFacts(columns: [], parameterTypes: [])
        switch parsed.statement {
        case .select, .update, .delete: facts = try await describe(parsed.source)
        case .other(let other) where other.kind == "MERGE": facts = try await describe(parsed.source)
        case .insert(let insert):
            facts = try await describe(parsed.source)
            if case .select(let select) = insert.source, insert.with == nil {
                let query = try await describe(SQLPrinter.print(select, options: .init(dialect: .postgresql)))
                guard query.parameterTypes == facts.parameterTypes || query.parameterTypes.isEmpty else {
                    throw ShardError(
                        .statementNotModelled, "the types of the query's parameters follow from the columns inserted",
                        hint: "Cast the parameters: $1::integer.")
                }
                facts.query = query.columns
            }
        case .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop,
            .transaction, .explain, .pragma, .setting, .showTopology, .other:
            break
        }
        var planner = planner(schema)
        planner.gathersReads = gathersReads
        while true {
            switch try planner.plan(parsed, facts: facts) {
            case .plan(let plan):
                if case .server(let server) = plan.action, case .insert(let insert) = server.work, insert.takesNumbers,
                    plan.parameterCount == 0
                {
                    // What one server finds wrong with the constants, before it takes a number of a sequence for them.
                    if own == nil { try await explained(parsed.source) }
                }
                return plan
            case .describe(let sql, let types):
                do {
                    facts.described[sql] = try await describe(sql, parameterTypes: types).columns
                } catch let error as ShardError where error.engineCode != nil {
                    facts.described[sql] = .some(nil)
                }
            }
        }
    }

    // MARK: Answers

    private func provider(_ reads: StatementReads?) -> any ConnectionProvider {
        transaction
            ?? AutocommitConnections(
                shards: database.shards, settings: settings.current, anyShard: home, reads: reads,
                spans: ShardSpans(database.observer))
    }

    /// Runs a plan.
    ///
    /// - Parameter reads: where its reads go, outside transactions. Default: to the primaries.
    func answer(
        _ compiled: CompiledPlan, values: [Value], _ schema: LogicalSchema, reads: StatementReads? = nil
    ) async throws -> Answer {
        let plan = compiled.plan
        let provider = provider(reads)
        switch plan.action {
        case .query(let query):
            let bound = try await bound(plan, values, query.whole.parameterTypes)
            if query.isSingleRow, transaction == nil, settings.current == .engineDefaults,
                let place = compiled.query?.point?.place(bound),
                let statement = try compiled.query?.whole.statement(place.partition),
                let start = try await database.shards[place.shard].readTogether(statement, values: bound)
            {
                return Answer(
                    columns: plan.columns,
                    rows: AnswerRows(columnCount: plan.columns.count, first: start.batch, rest: nil, schema: schema),
                    rung: plan.rung, shards: database.environment.lists[place.shard].map { schema.topology.shards[$0] })
            }
            let started = try await QueryRunner.start(
                compiled, values: bound, provider: provider, environment: database.environment)
            return answer(started, plan, schema)
        case .server(let server):
            let bound = try await bound(plan, values, server.parameterTypes)
            switch server.work {
            case .coordinator(let sql):
                return answer(try await coordinatorQuery(sql, bound, server.parameterTypes), plan, schema)
            case .combine(let combine) where own != nil:
                let (whole, shards) = try await staged(combine, bound, server.parameterTypes, writes: false)
                let started = StartedQuery(
                    firstBatch: RowBatch(columnCount: whole.columns.count),
                    rest: BatchSource(whole.batches, columnCount: whole.columns.count), shards: shards)
                return answer(started, plan, schema)
            case .combine(let combine):
                let runner = ServerCombineRunner(
                    plan: combine, values: bound, parameterTypes: server.parameterTypes, engine: engine,
                    settings: settings.current,
                    environment: database.environment)
                return answer(try await runner.start(provider), plan, schema)
            case .finish(let finish):
                let runner = ServerFinishRunner(
                    plan: finish, source: compiled.pieces[0], values: bound, parameterTypes: server.parameterTypes,
                    environment: database.environment)
                let rows = try await runner.rows(provider)
                let started = try await coordinatorQuery(rows.statement, rows.values, rows.shards)
                return answer(started, plan, schema)
            case .write(let write):
                let fragments = try CompiledPlan.fragments(
                    RouteResolver(write.route), RenderedTemplate(write.statement), values: bound,
                    shardCount: schema.topology.shards.count, anyShard: home)
                return try await self.write(
                    fragments, bound, plan, schema, countsOnce: write.isEveryShard, returnsRows: write.returnsRows)
            case .rehearse(let rehearsal):
                guard transaction == nil else {
                    return try await rehearse(rehearsal, bound, plan, server.parameterTypes, schema)
                }
                return try await inOwnTransaction {
                    try await self.rehearse(rehearsal, bound, plan, server.parameterTypes, schema)
                }
            case .insert(let insert):
                guard insert.source.writes, transaction == nil else {
                    return try await self.insert(insert, bound, plan, server.parameterTypes, schema)
                }
                return try await inOwnTransaction {
                    try await self.insert(insert, bound, plan, server.parameterTypes, schema)
                }
            }
        case .combine, .scalarsFirst, .write, .combineWrite, .rehearsal, .insert, .insertQuery, .definition, .session,
            .catalogQuery, .privateStatement, .showTopology, .explain:
            throw ShardError(.internalError, "a plan for files was made for servers")
        }
    }

    /// Runs what takes several steps so that all of them happen or none.
    func inOwnTransaction(_ body: () async throws -> Answer) async throws -> Answer {
        let own = newTransaction()
        transaction = own
        do {
            let answer = try await body()
            transaction = nil
            guard try await own.commit() else {
                throw ShardError(.internalError, "a write that did not fail was rolled back")
            }
            return answer
        } catch {
            transaction = nil
            let error = own.explained(error)
            await own.rollback()
            throw error
        }
    }

    private func answer(_ started: StartedQuery, _ plan: Plan, _ schema: LogicalSchema) -> Answer {
        Answer(
            columns: plan.columns,
            rows: plan.columns.isEmpty && started.rest == nil && started.firstBatch.isEmpty
                ? nil
                : AnswerRows(
                    columnCount: plan.columns.count, first: started.firstBatch, rest: started.rest, schema: schema),
            rung: plan.rung, shards: started.shards.map { schema.topology.shards[$0] })
    }

    // MARK: Values

    /// The values in the one form that routing and the servers read alike, then those computed once.
    private func bound(_ plan: Plan, _ values: [Value], _ types: [UInt32]) async throws -> [Value] {
        guard values.count == plan.parameterCount else {
            throw ExtraValues.wrongCount(plan.parameterCount, values.count)
        }
        var result = values
        for index in result.indices where index < types.count && !Self.isKeyForm(result[index], types[index]) {
            result[index] = try await keyForm(result[index], types[index])
        }
        for (number, extra) in plan.extras.enumerated() {
            guard case .evaluated(let text) = extra else {
                throw ShardError(.internalError, "a value was to be computed that servers do not have")
            }
            let rows = try await evaluate("SELECT \(text)", values: [], types: [])
            guard let value = rows.first?.first else { throw ServerCatalog.unknownShape }
            result.append(try await keyForm(value, types[plan.parameterCount + number]))
        }
        return result
    }

    private static func isKeyForm(_ value: Value, _ type: UInt32) -> Bool {
        guard let family = ServerKeyFamily(typeID: type) else { return true }
        return switch (family, value) {
        case (_, .null), (.integer, .integer), (.text, .text), (.uuid, .blob): true
        case (.integer, _), (.text, _), (.uuid, _): false
        }
    }

    private func keyForm(_ value: Value, _ type: UInt32) async throws -> Value {
        guard let family = ServerKeyFamily(typeID: type) else { return value }
        switch (family, value) {
        case (_, .null), (.integer, .integer), (.text, .text), (.uuid, .blob): return value
        case (.integer, .text(let text)), (.uuid, .text(let text)):
            if let known = ServerValues.key(text, family) { return known }
        case (.text, .integer(let integer)): return .text(integer.description)
        case (.integer, .real), (.integer, .blob), (.integer, .malformedText), (.text, .real), (.text, .blob),
            (.text, .malformedText), (.uuid, .integer), (.uuid, .real), (.uuid, .malformedText):
            break
        }
        // The server reads it, or says what is wrong with it.
        let name = family == .integer ? "int8" : family == .text ? "text" : "uuid"
        guard
            let read = try await evaluate("SELECT $1::\(name)", values: [value], types: [type]).first?.first
        else { throw ServerCatalog.unknownShape }
        if case .text(let text) = read, let known = ServerValues.key(text, family) { return known }
        return read
    }

    /// Rows of a query that reads no table, computed by the coordinator.
    func evaluate(_ sql: String, values: [Value], types: [UInt32]) async throws -> [[Value]] {
        let statement = ShardStatement(sql, parameterTypes: ServerValues.known(types))
        return try await withCoordinator { try await $0.allRows(statement, values) }
    }

    private func coordinatorQuery(_ sql: String, _ values: [Value], _ types: [UInt32]) async throws -> StartedQuery {
        try await coordinatorQuery(
            ShardStatement(sql, parameterTypes: ServerValues.known(types)), values, [])
    }

    private func coordinatorQuery(
        _ statement: ShardStatement, _ values: [Value], _ shards: [ShardIndex]
    ) async throws -> StartedQuery {
        let limit = database.environment.limits.maxStatementBytes
        let answer = try await withCoordinator {
            try await $0.wholeAnswer(statement, values: values, byteLimit: limit)
        }
        return StartedQuery(
            firstBatch: RowBatch(columnCount: answer.columns.count),
            rest: BatchSource(answer.batches, columnCount: answer.columns.count), shards: shards)
    }

    // MARK: State

    private func act(_ statement: TransactionStatement) async throws -> Answer { try await act(statement.action) }

    /// COMMIT AND CHAIN, ROLLBACK AND CHAIN: the next transaction begins as this one began.
    private func chain(_ other: OtherStatement) async throws -> Answer {
        guard let mode = transaction?.mode else {
            throw ShardError(
                .transactionState, "\(other.kind) can only be used in transaction blocks", engineCode: "25P01")
        }
        _ = try await act(other.kind.hasPrefix("COMMIT") ? .commit : .rollback)
        return try await act(.begin(mode: mode))
    }

    private func act(_ action: TransactionStatement.Action) async throws -> Answer {
        switch action {
        case .begin(let mode):
            if transaction?.isFailed == true { throw ServerTransaction.aborted }
            // A second BEGIN is a warning there.
            guard transaction == nil else { break }
            let mode = mode ?? ""
            guard !mode.contains("SERIALIZABLE"), !mode.contains("REPEATABLE") else {
                throw ShardError(
                    .statementNotModelled, "transactions of the isolation level \(mode) over several servers",
                    hint: "READ COMMITTED is provided.")
            }
            settings.begin()
            transaction = newTransaction(mode: mode)
        case .commit:
            guard let open = transaction else { break }
            transaction = nil
            do {
                settings.end(isCommitted: try await open.commit())
            } catch {
                settings.end(isCommitted: false)
                try? await settleOwn()
                throw error
            }
            try await settleOwn()
        case .rollback:
            guard let open = transaction else { break }
            transaction = nil
            settings.end(isCommitted: false)
            await open.rollback()
            try await settleOwn()
        case .savepoint(let name):
            let open = try opened("SAVEPOINT")
            if open.isFailed { throw ServerTransaction.aborted }
            try await open.savepoint(ServerValues.quoted(name))
        case .release(let name):
            let open = try opened("RELEASE SAVEPOINT")
            if open.isFailed { throw ServerTransaction.aborted }
            try await open.release(savepoint: ServerValues.quoted(name))
        case .rollbackTo(let name):
            try await opened("ROLLBACK TO SAVEPOINT").rollback(to: ServerValues.quoted(name))
            try await settleOwn()
        }
        return Answer()
    }

    private func opened(_ verb: String) throws(ShardError) -> ServerTransaction {
        guard let transaction else {
            throw ShardError(
                .transactionState, "\(verb) can only be used in transaction blocks", engineCode: "25P01")
        }
        return transaction
    }

    private func define(_ parsed: ParsedStatement, _ schema: LogicalSchema) async throws -> Answer {
        guard transaction == nil else {
            throw ShardError(
                .ddlInTransaction, "definitions inside a transaction over several servers are not supported",
                hint: "COMMIT first.")
        }
        _ = try await engine.definitions.run(parsed, functions: schema.functions)
        return Answer(shards: schema.topology.shards)
    }

    private func answer(_ setting: SettingStatement, _ sql: String) async throws -> Answer {
        if let answer = try await answer(own: setting) { return answer }
        guard setting.verb == .show else {
            var own = settings
            if let text = try own.apply(setting) {
                // The server says whether it takes the value.
                try await ServerEngine.withConnection(engine.coordinator) {
                    try await $0.executeScript("BEGIN; \(text); ROLLBACK")
                }
                try await transaction?.set(text, own.current)
            }
            settings = own
            return Answer()
        }
        let facts = try await describe(sql)
        let started = try await coordinatorQuery(sql, [], [])
        return Answer(
            columns: facts.columns, rows: AnswerRows(columnCount: facts.columns.count, batches: [], rest: started.rest))
    }

    private func answer(_ show: ShowTopologyStatement, _ schema: LogicalSchema) async throws -> Answer {
        let subject: ShowSubject
        switch show.subject {
        case .shards: subject = .shards
        case .tables: subject = .tables
        case .slots: subject = .slots
        case .partitions(let name):
            guard let table = schema.topology.table(named: name.name.text) else {
                throw ShardError(.notFound, "no such table: \(name.name.text)")
            }
            subject = .partitions(of: table.schema.name)
        case .named("TRANSACTIONS IN DOUBT"): subject = .transactionsInDoubt
        case .named("REPLICAS"): subject = .replicas
        case .named("POOLS"): subject = .pools
        case .named("STATEMENTS"): subject = .statements
        case .named(let name): throw ShardError(.statementNotModelled, "SHOW \(name) is not available")
        }
        let rows = TopologyRows(subject, topology: schema.topology, state: try await database.state(for: subject))
        return Answer(
            columns: rows.columns, rows: AnswerRows(columnCount: rows.columns.count, batches: [rows.rows]))
    }

    private func answer(
        _ explain: ExplainStatement, _ parsed: ParsedStatement, _ schema: LogicalSchema
    ) async throws -> Answer {
        guard explain.options == nil else {
            throw ShardError(.statementNotModelled, "EXPLAIN with options", hint: "Use EXPLAIN.")
        }
        var inner = parsed
        inner.statement = explain.statement
        inner.source = SQLPrinter.print(explain.statement, options: .init(dialect: .postgresql))
        // Ranges have to be those of the text.
        let again = try await parse(inner.source)
        var batch = RowBatch(columnCount: 1)
        var lines: [String]
        do {
            let plan = try await plan(again, schema)
            lines = ExplainText.lines(of: PlanDescription(of: plan, topology: schema.topology, values: []))
        } catch let error as ShardError where error.isRefusal {
            lines = ["refused: \(error.code.rawValue)", "because: \(error.message)"]
            if let hint = error.hint { lines.append("hint: \(hint)") }
        }
        for line in lines {
            batch.append(.text(line))
            batch.endRow()
        }
        return Answer(columns: ExplainText.columns, rows: AnswerRows(columnCount: 1, batches: [batch]))
    }
}

/// Values between text and servers.
enum ServerValues {
    /// A text as a key; nil where only the server knows how it reads.
    static func key(_ text: String, _ family: ServerKeyFamily) -> Value? { family.value(ofText: text) }

    /// The types that have the same number on every server.
    static func known(_ types: [UInt32]) -> [UInt32] { types.map { $0 < 16_384 ? $0 : 0 } }

    static func quoted(_ name: Identifier) -> String { ServerNames.quoted(self.name(name)) }

    /// A name as the server reads it: folded unless quoted.
    static func name(_ name: Identifier) -> String { name.quote == .none ? name.folded : name.text }

    /// A value as a literal of a type. Texts stay untyped, as the literals of a statement are: they become what the column is.
    ///
    /// - Parameter type: as the server's `format_type` spells it; nil: not known.
    static func literal(_ value: Value, typeID: UInt32, type: String?) -> String {
        let text: String
        switch value {
        case .null: return "NULL"
        case .integer(let integer): text = "'\(integer)'"
        case .real(let real):
            text = real.isNaN ? "'NaN'" : real.isInfinite ? (real < 0 ? "'-Infinity'" : "'Infinity'") : "'\(real)'"
        case .text(let string): text = quoted(text: string)
        case .malformedText(let bytes): text = quoted(text: String(decoding: bytes, as: UTF8.self))
        case .blob(let bytes): text = "'\\x" + bytes.map(hex).joined() + "'"
        }
        guard typeID != 25, typeID != 705, let type else { return text }
        return "\(text)::\(type)"
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }

    static func quoted(text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
