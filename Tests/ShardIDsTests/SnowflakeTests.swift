import ShardIDs
import Synchronization
import Testing

/// A clock that tests move by hand.
final class HandClock: Sendable {
    private let now: Atomic<Int64>
    init(_ milliseconds: Int64) { now = Atomic(milliseconds) }
    func set(_ milliseconds: Int64) { now.store(milliseconds, ordering: .relaxed) }
    func advance(_ milliseconds: Int64) { now.add(milliseconds, ordering: .relaxed) }
    var read: @Sendable () -> Int64 { { self.now.load(ordering: .relaxed) } }
}

struct SnowflakeTests {
    static let start = SnowflakeLayout.defaultEpoch + 1_000_000

    @Test("a layout composes and decomposes its fields at their extremes")
    func roundTrip() throws {
        for layout in [
            SnowflakeLayout.standard, try SnowflakeLayout(timestampBits: 39, workerBits: 16, sequenceBits: 8),
        ] {
            for timestamp in [0, 1, layout.maximumTimestamp] {
                for worker in [0, layout.maximumWorker] {
                    for sequence in [0, layout.maximumSequence] {
                        let id = layout.compose(timestamp: timestamp, worker: worker, sequence: sequence)
                        #expect(id >= 0)
                        let parts = layout.decompose(id)
                        #expect(parts.unixMilliseconds == layout.epoch + Int64(timestamp))
                        #expect(parts.worker == worker)
                        #expect(parts.sequence == sequence)
                    }
                }
            }
        }
    }

    @Test("a layout of 64 bits, or without a sequence, is refused")
    func badLayouts() {
        #expect(throws: SnowflakeError.badLayout) {
            try SnowflakeLayout(timestampBits: 42, workerBits: 10, sequenceBits: 12)
        }
        #expect(throws: SnowflakeError.badLayout) {
            try SnowflakeLayout(timestampBits: 42, workerBits: 10, sequenceBits: 0)
        }
    }

    @Test("a worker beyond the layout is refused, never cut to fit")
    func workerRange() {
        #expect(throws: SnowflakeError.workerOutOfRange(worker: 1024, maximum: 1023)) {
            try Snowflake(worker: 1024, clock: { Self.start })
        }
    }

    @Test("a strict generator gives 4,096 identifiers in a millisecond, all of its worker, and no more")
    func strictCap() throws {
        let clock = HandClock(Self.start)
        let generator = try Snowflake(worker: 1023, pace: .strict, clock: clock.read)
        var last: Int64 = -1
        for _ in 0..<4096 {
            let id = try #require(try generator.tryNext())
            #expect(id > last)
            let parts = generator.layout.decompose(id)
            #expect(parts.worker == 1023)
            #expect(parts.unixMilliseconds == Self.start)
            last = id
        }
        #expect(try generator.tryNext() == nil)
        clock.advance(1)
        let next = try #require(try generator.tryNext())
        #expect(next > last)
        #expect(generator.layout.decompose(next).sequence == 0)
    }

    @Test("running ahead is bounded by the milliseconds allowed")
    func runAhead() throws {
        let clock = HandClock(Self.start)
        let generator = try Snowflake(worker: 7, pace: .runAhead(milliseconds: 2), clock: clock.read)
        var made = 0
        var last: Int64 = -1
        while let id = try generator.tryNext() {
            #expect(id > last)
            last = id
            made += 1
        }
        #expect(made == 3 * 4096)
        #expect(generator.layout.decompose(last).unixMilliseconds == Self.start + 2)
    }

    @Test("a clock set back a little waits for it and goes on above the last identifier")
    func smallStepBack() async throws {
        let clock = HandClock(Self.start)
        let generator = try Snowflake(worker: 1, pace: .strict, clock: clock.read)
        let before = try await generator.next()
        clock.set(Self.start - 3)
        #expect(try generator.tryNext() == nil)
        async let waiting = generator.next()
        clock.set(Self.start)
        let after = try await waiting
        #expect(after > before)
    }

    @Test("a clock set back far is an error that says how far")
    func farStepBack() async throws {
        let clock = HandClock(Self.start)
        let generator = try Snowflake(worker: 1, clock: clock.read)
        _ = try await generator.next()
        clock.set(Self.start - 60_000)
        await #expect(throws: SnowflakeError.clockBehind(milliseconds: 60_000)) { try await generator.next() }
    }

    @Test("the end of the timestamp bits is an error and does not flow into the sign or wrap")
    func exhaustion() throws {
        let layout = try SnowflakeLayout(timestampBits: 10, workerBits: 10, sequenceBits: 2)
        let clock = HandClock(layout.epoch + 1023)
        let generator = try Snowflake(worker: 5, layout: layout, pace: .runAhead(milliseconds: 100), clock: clock.read)
        for _ in 0..<4 { #expect(try #require(try generator.tryNext()) >= 0) }
        #expect(throws: SnowflakeError.exhausted) { try generator.tryNext() }
        clock.advance(1)
        #expect(throws: SnowflakeError.exhausted) { try generator.tryNext() }
    }

    @Test("a clock before the epoch is an error")
    func beforeEpoch() throws {
        let generator = try Snowflake(worker: 0, clock: { SnowflakeLayout.defaultEpoch - 1 })
        #expect(throws: SnowflakeError.beforeEpoch(unixMilliseconds: SnowflakeLayout.defaultEpoch - 1)) {
            try generator.tryNext()
        }
    }

    @Test("a generator that continues after a mark gives only larger identifiers")
    func continues() throws {
        let layout = SnowflakeLayout.standard
        let mark = layout.compose(timestamp: 1_000_005, worker: 1000, sequence: 4095)
        let clock = HandClock(Self.start)
        let generator = try Snowflake(worker: 3, pace: .runAhead(milliseconds: 10), after: mark, clock: clock.read)
        #expect(try #require(try generator.tryNext()) > mark)
    }

    @Test("eight tasks on one generator never get the same identifier")
    func concurrent() async throws {
        let clock = HandClock(Self.start)
        let generator = try Snowflake(worker: 9, pace: .runAhead(milliseconds: 1_000), clock: clock.read)
        let all = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var mine: [Int64] = []
                    for _ in 0..<5_000 { mine.append(try await generator.next()) }
                    return mine
                }
            }
            var all: Set<Int64> = []
            for try await mine in group {
                #expect(zip(mine, mine.dropFirst()).allSatisfy { $0 < $1 })
                all.formUnion(mine)
            }
            return all
        }
        #expect(all.count == 40_000)
    }
}

struct UUIDv7Tests {
    @Test("a UUIDv7 has its version, variant, time and canonical text")
    func fields() {
        let uuid = UUIDv7(unixMilliseconds: 0x0188_F3C5_E9D7, counter: 0xA31, random: .max)
        #expect("\(uuid)" == "0188f3c5-e9d7-7a31-bfff-ffffffffffff")
        #expect(uuid.bytes.count == 16)
        #expect(uuid.unixMilliseconds == 0x0188_F3C5_E9D7)
    }

    @Test("UUIDs grow strictly as values, bytes and texts, also when the clock goes back")
    func order() throws {
        let clock = HandClock(1_700_000_000_000)
        let generator = UUIDv7Generator(clock: clock.read)
        var last = try generator.next()
        for step in 0..<10_000 {
            if step == 5_000 { clock.advance(-10_000) }
            let next = try generator.next()
            #expect(next > last)
            #expect(next.description > last.description)
            #expect(last.bytes.lexicographicallyPrecedes(next.bytes))
            last = next
        }
    }
}
