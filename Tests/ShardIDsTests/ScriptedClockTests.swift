import ShardIDs
import Testing

/// What must hold whatever the clock does: identifiers of a generator grow, none is further ahead of the clock than
/// allowed, each has its generator's worker.
struct ScriptedClockTests {
    /// One thing a clock does.
    enum Turn {
        case runs, jumpsForward, stepsBack, fallsFarBack, standsStill, smears

        static func random(_ dice: inout Dice) -> Turn {
            [.runs, .runs, .runs, .jumpsForward, .stepsBack, .fallsFarBack, .standsStill, .smears][
                Int.random(in: 0..<8, using: &dice)]
        }
    }

    @Test("identifiers only grow under any script of clock turns", arguments: 1...60 as ClosedRange<UInt64>)
    func grows(seed: UInt64) async throws {
        var dice = Dice(seed: seed)
        let clock = HandClock()
        let layout = [
            SnowflakeLayout.standard, .javaScriptSafe,
            try SnowflakeLayout(timestampBits: 41, workerBits: 4, sequenceBits: 3),
            try SnowflakeLayout(timestampBits: 41, workerBits: 4, sequenceBits: 8, rollbackBits: 6),
        ][Int.random(in: 0..<4, using: &dice)]
        let ahead = [0, 1, 10, 1_000][Int.random(in: 0..<4, using: &dice)]
        let pace: SnowflakePace = ahead == 0 ? .strict : .runAhead(limit: .milliseconds(ahead))
        let wait = [0, 20, 2_000][Int.random(in: 0..<3, using: &dice)]
        let worker = UInt64.random(in: 0...layout.maximumWorker, using: &dice)
        let generator = try Snowflake(
            worker: worker,
            options: options(clock, layout: layout, pace: pace, maximumWait: .milliseconds(wait)))
        var last: Int64 = -1
        var issued = 0
        var refused = 0
        for _ in 0..<400 {
            await Task.yield()
            switch Turn.random(&dice) {
            case .runs: clock.advance(Int64.random(in: 0...3, using: &dice))
            case .jumpsForward: clock.advance(Int64.random(in: 1...100_000, using: &dice))
            case .stepsBack: clock.advance(-Int64.random(in: 1...20, using: &dice))
            case .fallsFarBack: clock.set(max(layout.epoch, clock.now - Int64.random(in: 20...50_000, using: &dice)))
            case .standsStill: break
            // A leap second smeared over a day: each second lasts some 12 µs longer. A millisecond is lost now and
            // then.
            case .smears: clock.advance(Int64.random(in: 0..<86, using: &dice) == 0 ? 999 : 1_000)
            }
            for _ in 0..<Int.random(in: 1...20, using: &dice) {
                do {
                    let ids =
                        Bool.random(using: &dice)
                        ? [try await generator.next()]
                        : try await generator.next(count: Int.random(in: 1...200, using: &dice))
                    for id in ids {
                        check(id > last, "seed \(seed)")
                        guard let parts = layout.inspect(id) else {
                            Issue.record("seed \(seed): \(id) has no parts")
                            continue
                        }
                        check(parts.worker == worker, "seed \(seed)")
                        check(parts.unixMilliseconds <= clock.now + Int64(ahead), "seed \(seed)")
                        last = id
                    }
                    issued += ids.count
                } catch let error as IDError {
                    #expect(error.code == .clockBehind, "seed \(seed): \(error)")
                    refused += 1
                    break
                }
            }
        }
        #expect(issued > 0, "seed \(seed): \(issued) issued, \(refused) refused")
    }

    @Test("UUIDs of version 7 grow under any script", arguments: 1...20 as ClosedRange<UInt64>)
    func uuidsGrow(seed: UInt64) async throws {
        var dice = Dice(seed: seed)
        let clock = HandClock()
        let generator = UUIDv7Generator(clock: clock.clock)
        var last = try generator.next()
        for _ in 0..<300 {
            await Task.yield()
            clock.advance(Int64.random(in: -1_000...1_000, using: &dice))
            for _ in 0..<Int.random(in: 1...60, using: &dice) {
                let next = try generator.next()
                check(next > last && next.description > last.description, "seed \(seed)")
                check(last.bytes.lexicographicallyPrecedes(next.bytes), "seed \(seed)")
                last = next
            }
        }
    }
}
