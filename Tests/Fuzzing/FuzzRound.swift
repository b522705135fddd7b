import PlainEngine
import ShardBase
import ShardExecutor
import ShardKit
import ShardPlanner
import ShardSQL
import ShardValues

/// The statements of one schema, one after the other.
struct FuzzRound {
    let arena: FuzzArena
    let schema: FuzzSchema
    let seed: UInt64
    let shards: Int
    let fuzzer: Fuzzer
    var report = FuzzReport()
    private var dice: Dice
    private var generator: QueryGenerator
    private var orders: RowOrders?
    private var savepoints = 0
    private var isInTransaction = false
    /// The two sides may differ from here on.
    private var isOver = false

    init(arena: FuzzArena, schema: FuzzSchema, seed: UInt64, shards: Int, fuzzer: Fuzzer) {
        self.arena = arena
        self.schema = schema
        self.seed = seed
        self.shards = shards
        self.fuzzer = fuzzer
        dice = Dice(seed: seed ^ 0x5EED)
        generator = QueryGenerator(schema, seed: seed ^ 0xFACE)
    }

    mutating func run(statements: Int) async throws {
        report.schemas = 1
        report.clausesRefused = try await arena.create(schema)
        await fill()
        if let trace = fuzzer.trace { for statement in arena.log { trace(statement.text) } }
        while report.statements < statements, !isOver {
            switch dice.below(20) {
            case 0, 1, 2, 3: await write()
            case 4: if dice.chance(60) { await transaction() }
            default: await read(generator.query())
            }
        }
    }

    // MARK: Rows

    /// Some tables stay empty, some have most rows under one key.
    private mutating func fill() async {
        for table in schema.tables where !dice.chance(10) {
            let count = dice.pick([3, 8, 15, 25, 25])
            let favourite = dice.chance(20) ? table.shardKey.first : nil
            let common = favourite.flatMap { table.column($0) }.map { dice.value($0.kind).sql }
            for number in 0..<count {
                generator.begin()
                generator.binds = false
                var columns = table.writable
                if dice.chance(10) { columns = columns.filter { !$0.constraints.contains("DEFAULT") } }
                var fields = generator.row(table, columns).dropFirst().dropLast()
                if table.isRowIDKey, let comma = fields.firstIndex(of: ","), columns.first?.name == "id" {
                    fields = "\(number + 1)" + fields[comma...]
                } else if let favourite, let common, columns.first?.name == favourite, dice.chance(75),
                    let comma = fields.firstIndex(of: ","), !fields[..<comma].contains("'")
                {
                    fields = common + fields[comma...]
                }
                let names = columns.map(\.name).joined(separator: ", ")
                let insert = FuzzStatement("INSERT INTO \(table.name) (\(names)) VALUES (\(fields))")
                let (sharded, plain) = await arena.run(insert)
                guard let plain, sharded.error == nil || plain.error == nil else { continue }
                if let why = Judgement.difference(sharded, plain, .open) {
                    wrong(insert, why, sharded, plain)
                    return
                }
                arena.note(insert)
            }
        }
    }

    // MARK: Reads

    private mutating func read(_ statement: FuzzStatement) async {
        fuzzer.trace?(statement.text)
        report.statements += 1
        let parsed = (try? Parser.parse(statement.sql, dialect: .sqlite))?.statement
        let plain = arena.plain.answer(statement)
        if plain.error == nil { report.answeredByPlain += 1 }
        if plain.isBroken {
            isOver = true
            return
        }
        let trial = fuzzer.fault.map { fault in PlanTrial { fault.apply(to: $0) } }
        let sharded = await arena.session.answer(statement, trial: trial)
        judge(statement, parsed, sharded, plain)
        guard !isOver, sharded.error == nil, ["fast-path", "route", "merge"].contains(sharded.rung),
            fuzzer.fault == nil,
            sharded.shards > 0
        else { return }
        let gathered = await arena.session.answer(statement, trial: PlanTrial(gathersReads: true))
        guard gathered.refusal == nil else { return }
        report.gatheredAgain += 1
        if case .wrong(let why) = verdict(statement, parsed, gathered, plain) {
            wrong(statement, why, gathered, plain, isGathered: true)
        }
    }

    private mutating func judge(
        _ statement: FuzzStatement, _ parsed: Statement?, _ sharded: EngineAnswer, _ plain: EngineAnswer
    ) {
        let way = sharded.refusal != nil ? "refused" : sharded.error != nil ? "error" : sharded.rung
        if let parsed { report.coverage.add(parsed, way: way) }
        if let code = sharded.refusal {
            report.refused[code, default: 0] += 1
            return
        }
        switch verdict(statement, parsed, sharded, plain) {
        case .right: countRight(sharded)
        case .open:
            report.open += 1
            countRight(sharded)
        case .bothFail(let isSame):
            report.bothFail += 1
            if !isSame {
                report.otherWords += 1
                if report.otherWordsShown.count < 3 {
                    report.otherWordsShown.append(
                        "seed \(seed): \(statement.text)\n    \(sharded.error ?? "")\n    \(plain.error ?? "")")
                }
            }
        case .wrong(let why): wrong(statement, why, sharded, plain)
        }
    }

    private mutating func countRight(_ sharded: EngineAnswer) {
        report.right += 1
        if sharded.shards > 1 { report.several += 1 }
        report.rungs[sharded.rung, default: 0] += 1
    }

    private mutating func verdict(
        _ statement: FuzzStatement, _ parsed: Statement?, _ answer: EngineAnswer, _ plain: EngineAnswer
    ) -> Judgement {
        let order = AnswerOrder(of: parsed, width: plain.columns.count)
        if let error = answer.error, let other = plain.error { return .bothFail(sameWords: error == other) }
        guard let why = Judgement.difference(answer, plain, order) else { return .right }
        guard case .select? = parsed else { return .wrong(why) }
        let orders = orders ?? RowOrders(of: arena.plain, schema, seed: seed)
        self.orders = orders
        return orders.allow(answer, plain, statement, order) ? .open : .wrong(why)
    }

    // MARK: Writes

    private mutating func write() async {
        let (statement, table) = generator.write()
        fuzzer.trace?(statement.text)
        report.statements += 1
        report.writes += 1
        let parsed = (try? Parser.parse(statement.sql, dialect: .sqlite))?.statement
        orders = nil
        let before = arena.log
        let (sharded, plain) = await arena.run(statement)
        guard let plain else {
            report.answeredByPlain += 1
            if let parsed { report.coverage.add(parsed, way: "refused") }
            if let code = sharded.refusal { report.refused[code, default: 0] += 1 }
            return
        }
        if plain.error == nil { report.answeredByPlain += 1 }
        var why: String?
        if sharded.error == nil || plain.error == nil { why = Judgement.difference(sharded, plain, .open) }
        var (shown, expected) = (sharded, plain)
        if why == nil {
            if let found = await arena.differenceAfter(writing: table, schema) { (why, shown, expected) = found }
        }
        guard let why else {
            judge(statement, parsed, sharded, plain)
            if plain.error == nil { arena.note(statement) }
            return
        }
        isOver = true
        // A STRICT column's error, or a rowid's, leaves the statement's rows before it behind in a transaction, as SQLite means no statement to.
        if table.isStrict || table.isRowIDKey, isInTransaction, plain.error != nil {
            report.open += 1
            return
        }
        // Which of two conditions is looked at first, and whether the other then fails, is not said.
        let computed = ["JSON cannot hold BLOB values", "malformed JSON", "integer overflow"]
        if [shown.error, expected.error].contains(where: { $0.map(computed.contains) ?? false }),
            statement.withConditionsTurned != nil
        {
            report.open += 1
            return
        }
        // Numbers that nearly cancel leave what the order of adding makes of them.
        if ["sum(", "total(", "avg("].contains(where: { statement.sql.contains($0) }),
            (orders ?? RowOrders(of: arena.plain, schema, seed: seed)).magnitude > 1e18
        {
            report.open += 1
            return
        }
        // A write whose outcome plain SQLite itself leaves to the order of the rows.
        if WriteOrders.depends(statement, after: before, on: schema.spreadsWrites ? schema.tables : [table]) {
            report.open += 1
            return
        }
        wrong(statement, why, shown, expected)
    }

    // MARK: Transactions

    private mutating func transaction() async {
        let sql: String
        if !isInTransaction {
            sql = dice.pick(["BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT s0", "BEGIN DEFERRED TRANSACTION"])
            savepoints = sql.hasPrefix("SAVEPOINT") ? 1 : 0
            isInTransaction = true
        } else {
            switch dice.below(6) {
            case 0, 1:
                sql = "SAVEPOINT s\(savepoints)"
                savepoints += 1
            case 2 where savepoints > 1: sql = "ROLLBACK TO s\(savepoints - 1)"
            case 3 where savepoints > 1:
                savepoints -= 1
                sql = "RELEASE s\(savepoints)"
            default:
                sql = dice.pick(["COMMIT", "COMMIT", "ROLLBACK", "END TRANSACTION"])
                isInTransaction = false
            }
        }
        let statement = FuzzStatement(sql)
        fuzzer.trace?(statement.text)
        report.statements += 1
        orders = nil
        let (sharded, plain) = await arena.run(statement)
        guard let plain else {
            if let code = sharded.refusal { report.refused[code, default: 0] += 1 }
            isOver = true
            return
        }
        if plain.error == nil { report.answeredByPlain += 1 }
        let parsed = (try? Parser.parse(sql, dialect: .sqlite))?.statement
        judge(statement, parsed, sharded, plain)
        arena.note(statement)
        guard !isOver, sql.hasPrefix("ROLLBACK") || sql.hasPrefix("COMMIT") || sql.hasPrefix("END") else { return }
        for table in schema.tables {
            await read(FuzzStatement("SELECT * FROM \(table.name)"))
            if isOver { return }
        }
    }

    // MARK: What is wrong

    private mutating func wrong(
        _ statement: FuzzStatement, _ why: String, _ got: EngineAnswer, _ expected: EngineAnswer,
        isGathered: Bool = false
    ) {
        report.wrong.append(
            FuzzCase(
                seed: seed, shards: shards, setup: arena.log, statement: statement, why: why, got: got.shown,
                expected: expected.shown, isGathered: isGathered))
        if report.wrong.count >= fuzzer.wrongLimit { isOver = true }
    }
}
