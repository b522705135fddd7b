import Foundation
import PlainEngine
import ShardBase
import ShardExecutor
import ShardKit
import ShardPlanner
import ShardSQL
import ShardValues

/// A sharded database and a plain one that are told the same.
final class FuzzArena {
    let database: ShardedDatabase
    let session: DatabaseSession
    let plain: PlainDatabase
    /// What both have run, for a case.
    private(set) var log: [FuzzStatement] = []

    init(database: ShardedDatabase, session: DatabaseSession) throws {
        self.database = database
        self.session = session
        plain = try PlainDatabase()
    }

    /// Lends an arena with files of its own, which are removed at the end.
    static func with<Result>(shards: Int, _ body: (FuzzArena) async throws -> Result) async throws -> Result {
        let configuration = try Configuration.temporary(shardCount: shards)
        defer { configuration.removeFiles() }
        let database = try await ShardedDatabase.create(configuration)
        do {
            let result = try await database.withSession { session in
                try await body(try FuzzArena(database: database, session: session))
            }
            await database.close()
            return result
        } catch {
            await database.close()
            throw error
        }
    }

    /// Makes the schema on both sides. A declaration that is refused gives way to the table's next.
    ///
    /// - Returns: how many declarations were refused.
    func create(_ schema: FuzzSchema) async throws -> Int {
        var refused = 0
        for table in schema.tables {
            var free = table
            free.reference = ""
            // A foreign key over several shards is refused: first another place is tried, then the table without it.
            let ways =
                table.clauses.map { (table, $0) } + (table.reference.isEmpty ? [] : table.clauses.map { (free, $0) })
            for (number, (table, clause)) in ways.enumerated() {
                let sql = table.createSQL + " " + clause
                do {
                    try await session.execute(SQLText(sql, values: []))
                    log.append(FuzzStatement(sql))
                    _ = try plain.run(table.createSQL)
                    break
                } catch let error as ShardError where error.isRefusal && number + 1 < ways.count {
                    refused += 1
                }
            }
        }
        if schema.checksForeignKeys {
            let sql = "PRAGMA foreign_keys = ON"
            try await session.execute(SQLText(sql, values: []))
            log.append(FuzzStatement(sql))
            _ = try plain.run(sql)
        }
        for sql in schema.tables.flatMap(\.indexes) + schema.views.map(\.createSQL) + schema.triggers {
            // An index or a trigger may be refused; then the plain database has none either.
            guard (try? await session.execute(SQLText(sql, values: []))) != nil else {
                refused += 1
                continue
            }
            log.append(FuzzStatement(sql))
            _ = try plain.run(sql)
        }
        return refused
    }

    /// How the tables differ that a write to one of them may have changed; nil: they do not.
    func differenceAfter(
        writing table: FuzzTable, _ schema: FuzzSchema
    ) async -> (why: String, got: EngineAnswer, expected: EngineAnswer)? {
        for table in schema.spreadsWrites ? schema.tables : [table] {
            let contents = FuzzStatement("SELECT * FROM \(table.name)")
            let (shown, there) = (await session.answer(contents), plain.answer(contents))
            if let why = Judgement.difference(shown, there, .open) {
                return ("\(table.name) afterwards: \(why)", shown, there)
            }
        }
        return nil
    }

    /// Runs a statement on both sides; a refused one on neither.
    func run(_ statement: FuzzStatement) async -> (sharded: EngineAnswer, plain: EngineAnswer?) {
        let sharded = await session.answer(statement)
        guard sharded.refusal == nil else { return (sharded, nil) }
        return (sharded, plain.answer(statement))
    }

    /// A statement once more, read or write, for the shrinker; nil where it is answered rightly, refused, or open.
    func judge(
        _ statement: FuzzStatement, _ schema: FuzzSchema, seed: UInt64, log: [FuzzStatement], trial: PlanTrial?
    ) async -> (why: String, got: EngineAnswer, expected: EngineAnswer)? {
        guard let parsed = try? Parser.parse(statement.sql, dialect: .sqlite).statement else { return nil }
        if case .select = parsed {
            let expected = plain.answer(statement)
            let got = await session.answer(statement, trial: trial)
            guard got.refusal == nil, got.error == nil || expected.error == nil else { return nil }
            let order = AnswerOrder(of: parsed, width: expected.columns.count)
            guard let why = Judgement.difference(got, expected, order) else { return nil }
            let orders = RowOrders(of: plain, schema, seed: seed)
            return orders.allow(got, expected, statement, order) ? nil : (why, got, expected)
        }
        let (got, expected) = await run(statement)
        guard let expected, got.error == nil || expected.error == nil || !statement.isTransaction else { return nil }
        if got.error == nil || expected.error == nil, let why = Judgement.difference(got, expected, .open) {
            if let table = schema.tables.first(where: { statement.sql.contains($0.name) }),
                WriteOrders.depends(statement, after: log, on: schema.spreadsWrites ? schema.tables : [table])
            {
                return nil
            }
            return (why, got, expected)
        }
        for table in schema.tables where statement.sql.contains(table.name) {
            guard let found = await differenceAfter(writing: table, schema) else { continue }
            if WriteOrders.depends(statement, after: log, on: schema.spreadsWrites ? schema.tables : [table]) {
                return nil
            }
            return found
        }
        return nil
    }

    func note(_ statement: FuzzStatement) { log.append(statement) }
}

extension FuzzStatement {
    var isTransaction: Bool {
        ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "END"].contains { sql.hasPrefix($0) }
    }

    /// Behind which CREATE TABLE ends for plain SQLite.
    static let clauses = [" SHARD BY ", " BROADCAST", " SINGLE", " COLD ("]

    /// As one plain database takes it: without a sharding clause.
    var plain: FuzzStatement {
        guard sql.hasPrefix("CREATE TABLE") else { return self }
        var text = sql
        for clause in Self.clauses {
            if let range = text.range(of: clause) { text = String(text[..<range.lowerBound]) }
        }
        return FuzzStatement(text, values: values)
    }
}
