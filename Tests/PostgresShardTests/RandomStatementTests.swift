import Foundation
import PostgresPair
import PostgresServer
import ShardKit
import Testing

/// Random statements on shards and on one plain PostgreSQL. `SHARDKIT_SEED` and `SHARDKIT_STATEMENTS` choose others.
@Suite("random statements over PostgreSQL shards", .enabled(if: PostgresInstallation.shouldTest))
struct RandomStatementTests {
    @Test("the same answers", arguments: [1, 2] as [UInt64])
    func agree(seed: UInt64) async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SHARDKIT_SEED"].flatMap(UInt64.init).map { $0 &+ seed } ?? seed
        let count = environment["SHARDKIT_STATEMENTS"].flatMap(Int.init) ?? 400
        var generator = RandomServerStatements(seed: seed)
        try await withPair(shards: seed % 2 == 0 ? 2 : 3) { pair in
            for (sql, sharding) in RandomServerStatements.definitions { try await pair.define(sql, sharding: sharding) }
            try await pair.expectRight(generator.rows())
            var rungs: [String: Int] = [:]
            var refusals: [String: Int] = [:]
            try await pair.sharded.withSession { session in
                for number in 0..<count {
                    let isWrite = number % 10 == 9
                    let (sql, isOrdered) = isWrite ? (generator.write(), false) : generator.read()
                    switch await pair.compare(sql, isOrdered: isOrdered, in: session) {
                    case .right:
                        if !isWrite, let rung = try? await session.explain(SQLText(sql, values: [])).rung {
                            rungs[rung.rawValue, default: 0] += 1
                        }
                    case .refused(let reason): refusals[reason, default: 0] += 1
                    case .wrong(let difference):
                        Issue.record("seed \(seed), statement \(number): \(sql)\n\(difference)")
                    }
                }
            }
            let refused = refusals.values.reduce(0, +)
            if environment["SHARDKIT_SEED"] != nil { print("seed \(seed): \(rungs), refused \(refusals)") }
            #expect(refused * 20 < count, "seed \(seed): \(refusals)")
            for rung in ["route", "merge", "combine"] {
                #expect(rungs[rung] ?? 0 > 0, "seed \(seed): no statement took \(rung)")
            }
        }
    }
}
