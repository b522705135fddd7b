import Fuzzing
import PlainEngine
import ShardBase
import ShardKit
import Testing

/// Tables split by column against plain tables. `SHARDKIT_SEED` sets the first seed, `SHARDKIT_ROUNDS` how many seeds.
@Suite("split tables", .serialized)
struct SplitTableTests {
    @Test("random writes leave what one plain database has, in both parts")
    func writes() async throws {
        let environment = RandomStatementTests.environment
        let first = environment["SHARDKIT_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
        let rounds = environment["SHARDKIT_ROUNDS"].flatMap { UInt64($0) } ?? 3
        var tally = Tally()
        for seed in first..<(first + rounds) { try await round(seed, &tally) }
        print("writes to split tables from seed \(first), \(rounds) seeds: \(tally.summary)")
        #expect(tally.right > 200 * Int(rounds))
    }

    private func round(_ seed: UInt64, _ tally: inout Tally) async throws {
        var random = SplitStatements(seed: seed)
        var found: [String] = []
        let plain = try PlainDatabase()
        try await withTemporaryDatabase(shards: 3) { database in
            try await database.withSession { session in
                var last = ""
                func compare(_ sql: String) async {
                    let outcome = await Comparison.run(sql, sharded: session, plain: plain, ordered: false)
                    if case .wrong(let why) = outcome {
                        found.append("seed \(seed): \(sql)\n    \(why)\n    after \(last)")
                    }
                    tally.add(outcome, sql)
                }
                for table in SplitStatements.tables {
                    try await session.execute(SQLText("\(table.create) \(table.clause)", values: []))
                    _ = try plain.run(table.create)
                }
                var isOpen = false
                for _ in 0..<120 {
                    if random.chance(6) {
                        await compare(isOpen ? random.pick(["COMMIT", "ROLLBACK"]) : "BEGIN")
                        isOpen.toggle()
                    }
                    let write = random.write()
                    if await Self.isRefused(write, session, &tally) { continue }
                    last = write
                    await compare(write)
                    for table in SplitStatements.tables { await compare("SELECT * FROM \(table.name)") }
                    await compare(random.query())
                    if found.count > 3 { return }
                }
                if isOpen { await compare("COMMIT") }
            }
            let report = try await database.check()
            #expect(report.isClean, "seed \(seed): \(report.findings.map(\.message))")
        }
        for wrong in found { Issue.record("\(wrong)") }
    }

    /// A refused write must not be run on the plain side alone. EXPLAIN refuses what the write would.
    private static func isRefused(_ sql: String, _ session: DatabaseSession, _ tally: inout Tally) async -> Bool {
        do {
            _ = try await session.explain(SQLText(sql))
            return false
        } catch let error as ShardError {
            guard error.isRefusal else { return false }
            tally.add(.refused(error.code), sql)
            return true
        } catch {
            return false
        }
    }
}
