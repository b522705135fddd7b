import Fuzzing
import Testing

/// A small sample of what `shardkit-fuzz` does, and the proof that it finds what it is for.
@Suite("fuzzing", .serialized)
struct FuzzingTests {
    @Test("random schemas and statements are answered as by one plain database", arguments: [1, 2, 3])
    func sample(seed: UInt64) async throws {
        var fuzzer = Fuzzer(seed: seed, shards: 0)
        fuzzer.roundLength = 120
        var report = FuzzReport()
        for round in 0..<2 { report.merge(try await fuzzer.round(round)) }
        print(report.summary)
        for wrong in report.wrong { Issue.record("\(wrong.script)") }
        #expect(report.statements >= 240)
        // The generator is worth little if plain SQLite rejects what it makes.
        #expect(report.answeredByPlain * 100 >= report.statements * 85)
    }

    /// The seed's first rounds; a change of the generator may need others.
    static let seeds: [PlanFault: UInt64] = [
        .havingDropped: 2_000_007, .offsetForgottenOnShards: 6_000_019, .outerJoinAsInner: 7_000_022,
        .collationForgotten: 13_000_040, .averageOfAverages: 2_000_007, .distinctNotMerged: 1_000_004,
        .lastOfListForgotten: 3_000_010, .alternativeForgotten: 9_000_028, .conditionDropped: 2_000_007,
        .broadcastAsSharded: 2_000_007,
    ]

    @Test("a planner with a fault is caught", arguments: PlanFault.allCases)
    func faults(fault: PlanFault) async throws {
        var fuzzer = Fuzzer(seed: Self.seeds[fault] ?? 1, shards: 3)
        fuzzer.fault = fault
        fuzzer.shrinks = false
        for round in 0..<40 where !(try await fuzzer.round(round).wrong.isEmpty) { return }
        Issue.record("\(fault) was not caught")
    }
}
