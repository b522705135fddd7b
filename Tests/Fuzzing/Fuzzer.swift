import PlainEngine
import ShardExecutor
import ShardKit
import ShardSQL
import ShardValues

/// Differential fuzzing: random schemas, rows, declarations and statements, sharded beside plain; reads that rungs 1 to 3
/// answer also by rung 4. All follows from the seed.
public struct Fuzzer: Sendable {
    public var seed: UInt64
    public var shards: Int
    /// Statements of one schema.
    public var roundLength = 200
    /// Wrong answers after which a round ends.
    public var wrongLimit = 1
    /// Whether cases are made small.
    public var shrinks = true
    /// Told each statement before it runs: the last one is what a crash came from.
    public var trace: (@Sendable (String) -> Void)?
    /// A fault put into the plans of reads, which is to be caught.
    public var fault: PlanFault?

    public init(seed: UInt64, shards: Int) {
        self.seed = seed
        self.shards = shards
    }

    /// One schema and its statements.
    ///
    /// - Parameter round: number of the round; with the seed it decides all.
    public func round(_ round: Int, limit: Int = .max) async throws -> FuzzReport {
        let own = seed &+ UInt64(round) &* 1_000_003
        var dice = Dice(seed: own)
        var maker = SchemaGenerator(seed: own ^ 0xBEEF)
        let schema = maker.make()
        let shards = shards > 0 ? shards : 1 + dice.below(5)
        var report = try await FuzzArena.with(shards: shards) { arena in
            var run = FuzzRound(arena: arena, schema: schema, seed: own, shards: shards, fuzzer: self)
            try await run.run(statements: min(roundLength, limit))
            return run.report
        }
        if shrinks {
            for index in report.wrong.indices {
                report.wrong[index] = await Shrinker(schema: schema, fault: fault).shrink(report.wrong[index])
            }
        }
        return report
    }
}
