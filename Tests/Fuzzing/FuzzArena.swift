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
            for (number, clause) in table.clauses.enumerated() {
                let sql = table.createSQL + " " + clause
                do {
                    try await session.execute(SQLText(sql, values: []))
                    log.append(FuzzStatement(sql))
                    break
                } catch let error as ShardError where error.isRefusal && number + 1 < table.clauses.count {
                    refused += 1
                }
            }
            _ = try plain.run(table.createSQL)
        }
        for sql in schema.tables.flatMap(\.indexes) + schema.views.map(\.createSQL) {
            // An index may be refused; a plain database without it answers the same.
            guard (try? await session.execute(SQLText(sql, values: []))) != nil else {
                refused += 1
                continue
            }
            log.append(FuzzStatement(sql))
            _ = try plain.run(sql)
        }
        return refused
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
                WriteOrders.depends(statement, after: log, on: table)
            {
                return nil
            }
            return (why, got, expected)
        }
        for table in schema.tables where statement.sql.contains(table.name) {
            let contents = FuzzStatement("SELECT * FROM \(table.name)")
            let (shown, there) = (await session.answer(contents), plain.answer(contents))
            guard let why = Judgement.difference(shown, there, .open) else { continue }
            if WriteOrders.depends(statement, after: log, on: table) { return nil }
            return ("\(table.name) afterwards: \(why)", shown, there)
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
