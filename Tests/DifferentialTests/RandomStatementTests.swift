import Foundation
import Fuzzing
import PlainEngine
import ShardBase
import ShardKit
import ShardSQL
import ShardValues
import Testing

/// Random statements, sharded against plain. `SHARDKIT_SEED` sets the first seed, `SHARDKIT_ROUNDS` how many seeds.
@Suite("random statements", .serialized)
struct RandomStatementTests {
    static let environment = ProcessInfo.processInfo.environment

    enum Schema: String, CaseIterable {
        case sharded, split, temporary

        var statements: [String] {
            switch self {
            case .sharded: RandomStatements.schema
            case .split: RandomStatements.splitSchema
            case .temporary: RandomStatements.temporarySchema
            }
        }
    }

    @Test("answers are those of one plain database", arguments: Schema.allCases)
    func answers(_ kind: Schema) async throws {
        let schema = kind.statements
        let first = Self.environment["SHARDKIT_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
        let rounds = Self.environment["SHARDKIT_ROUNDS"].flatMap { UInt64($0) } ?? 3
        var tally = Tally()
        for seed in first..<(first + rounds) { try await round(seed, schema, &tally) }
        print("random statements (\(kind)) from seed \(first), \(rounds) seeds: \(tally.summary)")
        #expect(tally.right > 100 * Int(rounds))
        #expect(tally.several > 50 * Int(rounds))
    }

    private func round(_ seed: UInt64, _ schema: [String], _ tally: inout Tally) async throws {
        var random = RandomStatements(seed: seed)
        var found: [String] = []
        let plain = try PlainDatabase()
        try await withTemporaryDatabase(shards: 3) { database in
            try await database.withSession { session in
                for sql in schema {
                    try await session.execute(SQLText(sql, values: []))
                    var text = sql
                    for clause in [" SHARD BY", " BROADCAST", " SINGLE", " COLD"] {
                        if let range = text.range(of: clause) { text = String(text[..<range.lowerBound]) }
                    }
                    _ = try plain.run(text)
                }
                func compare(_ sql: String, ordered: Bool) async {
                    let outcome = await Comparison.run(sql, sharded: session, plain: plain, ordered: ordered)
                    if case .wrong(let why) = outcome { found.append("seed \(seed): \(sql)\n    \(why)") }
                    tally.add(outcome, sql)
                }
                for sql in random.inserts() { await compare(sql, ordered: false) }
                for step in 0..<200 {
                    let query = random.query()
                    await compare(query.sql, ordered: query.isOrdered)
                    if step % 8 == 0 {
                        let write = random.write()
                        let isRefused = await refusedBySharded(write, session)
                        if !isRefused {
                            await compare(write, ordered: false)
                            for table in RandomStatements.tables.keys.sorted() {
                                await compare("SELECT * FROM \(table)", ordered: false)
                            }
                        }
                        if found.count > 5 { return }
                    }
                }
            }
        }
        for wrong in found { Issue.record("\(wrong)") }
    }

    /// A refused write must not be run on the plain side alone.
    private func refusedBySharded(_ sql: String, _ session: DatabaseSession) async -> Bool {
        do {
            _ = try await session.explain(SQLText(sql))
            return false
        } catch let error as ShardError {
            return error.isRefusal
        } catch {
            return false
        }
    }
}
