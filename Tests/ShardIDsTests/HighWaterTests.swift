import IDStores
import ShardIDs
import Synchronization
import Testing

/// Restarts: what a configured worker with a durable mark issues, over any number of lives, only grows.
struct HighWaterTests {
    static func options(_ clock: HandClock, ahead: Int = 10, wait: Int = 5_000) -> SnowflakeOptions {
        var options = ShardIDsTests.options(
            clock, pace: .runAhead(limit: .milliseconds(ahead)), maximumWait: .milliseconds(wait))
        options.reserveInterval = .milliseconds(100)
        return options
    }

    @Test("the mark in the store is above all that is issued, at every moment")
    func markIsAhead() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        let generator = try await Snowflake.fixed(worker: 4, store: store, options: Self.options(clock))
        for round in 0..<300 {
            for id in try await generator.next(count: 1 + round * 7) {
                let time = generator.layout.inspect(id)?.unixMilliseconds ?? .max
                check(time < store[4]?.mark.milliseconds ?? .min)
            }
            clock.advance(Int64(round % 40))
        }
        // Written ahead in intervals, not for each identifier.
        #expect(store.faults.count < 300)
    }

    @Test("killed and started again with the clock set back, it issues nothing at or below what it ever issued")
    func killedAndSetBack() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        var last: Int64 = -1
        for _ in 0..<20 {
            let generator = try await Snowflake.fixed(worker: 4, store: store, options: Self.options(clock))
            for id in try await generator.next(count: 5_000) {
                check(id > last)
                last = id
            }
            // No close: killed. The next life begins up to 4 s earlier by its clock.
            clock.advance(-2_000)
        }
    }

    @Test("a clock set back by a day while the process was down is refused at the start, and named")
    func setBackFar() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        _ = try await Snowflake.fixed(worker: 4, store: store, options: Self.options(clock)).next()
        clock.advance(-900_000)
        await expect(.clockBehind) {
            try await Snowflake.fixed(worker: 4, store: store, options: Self.options(clock))
        }
        clock.advance(900_000)
        _ = try await Snowflake.fixed(worker: 4, store: store, options: Self.options(clock)).next()
    }

    @Test("with rollback bits a clock set back by a day while the process was down takes the next rollback value")
    func setBackFarWithRollback() async throws {
        let clock = HandClock(HandClock.start + 10_000_000)
        let store = MemoryWorkerStore(now: { clock.now })
        var options = Self.options(clock)
        options.layout = try SnowflakeLayout(timestampBits: 41, workerBits: 8, sequenceBits: 12, rollbackBits: 2)
        var last = try await Snowflake.fixed(worker: 4, store: store, options: options).next()
        for value in 1...3 as ClosedRange<UInt64> {
            clock.advance(-900_000)
            let generator = try await Snowflake.fixed(worker: 4, store: store, options: options)
            let id = try await generator.next()
            #expect(id > last && options.layout.inspect(id)?.rollback == value)
            last = id
        }
        // And while it runs: the store is asked before the first identifier of the new value.
        clock.advance(-900_000)
        let full = options
        await expect(.clockBehind) { try await Snowflake.fixed(worker: 4, store: store, options: full) }
    }

    @Test("a rollback value taken while running stands in the store before its first identifier")
    func rollbackWhileRunning() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        var options = Self.options(clock)
        options.layout = try SnowflakeLayout(timestampBits: 41, workerBits: 8, sequenceBits: 12, rollbackBits: 2)
        let generator = try await Snowflake.fixed(worker: 4, store: store, options: options)
        let before = try await generator.next()
        clock.advance(-900_000)
        let after = try await generator.next()
        #expect(after > before && options.layout.inspect(after)?.rollback == 1)
        let mark = try #require(store[4]).mark
        #expect(mark.rollback == 1 && mark.milliseconds > clock.now)
    }

    @Test("closed properly, the next life begins without waiting")
    func closed() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        let first = try await Snowflake.fixed(worker: 4, store: store, options: Self.options(clock, ahead: 0))
        let id = try await first.next()
        await first.close()
        #expect(first.isStopped)
        await expect(.closed) { try await first.next() }
        let now = clock.now
        let second = try await Snowflake.fixed(worker: 4, store: store, options: Self.options(clock, ahead: 0))
        #expect(try await second.next() > id)
        #expect(clock.now <= now + 1)
    }

    @Test(
        "lives of any length with kills, clock jumps and a store that fails, also after it did what it was told",
        arguments: 1...40 as ClosedRange<UInt64>)
    func anyLives(seed: UInt64) async throws {
        var dice = Dice(seed: seed)
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        let faults = (0..<4_000).map { _ in Int.random(in: 0..<8, using: &dice) }
        store.faults.set { [.failsBefore, .failsAfter][safe: faults[$0 % faults.count]] }
        var last: Int64 = -1
        var issued = 0
        for _ in 0..<30 {
            do {
                let generator = try await Snowflake.fixed(
                    worker: 4, store: store, options: Self.options(clock, ahead: 200))
                for _ in 0..<Int.random(in: 1...12, using: &dice) {
                    for id in try await generator.next(count: Int.random(in: 1...6_000, using: &dice)) {
                        check(id > last, "seed \(seed)")
                        last = id
                        issued += 1
                    }
                    clock.advance(Int64.random(in: -20...200, using: &dice))
                    await Task.yield()
                }
                if Bool.random(using: &dice) { await generator.close() }
            } catch let error as IDError {
                #expect([.storeFailed, .clockBehind].contains(error.code), "seed \(seed): \(error)")
            }
            clock.advance(Int64.random(in: -1_000...2_000, using: &dice))
        }
        #expect(issued > 0, "seed \(seed)")
    }

    @Test(
        "while the store is out, identifiers are made as far as reserved, then there is a clear error, then they go on")
    func outage() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        var options = Self.options(clock)
        options.clock = IDClock(wall: { clock.now })
        let generator = try await Snowflake.fixed(worker: 4, store: store, options: options)
        _ = try await generator.next()
        store.faults.set { _ in .failsBefore }
        clock.advance(60)
        _ = try await generator.next()
        clock.advance(39)
        _ = try await generator.next()
        clock.advance(1)
        await expect(.storeFailed) {
            while true { _ = try await generator.next() }
        }
        store.faults.set { _ in nil }
        try await eventually { (try? generator.tryNext()) != nil }
    }

    @Test("a store that hangs is an error in the time given, not a hang")
    func hangs() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        var options = Self.options(clock)
        options.clock = IDClock(wall: { clock.now })
        options.storeTimeout = .milliseconds(700)
        let generator = try await Snowflake.fixed(worker: 4, store: store, options: options)
        store.faults.set { _ in .hangs }
        clock.advance(500)
        let began = ContinuousClock.now
        await expect(.storeFailed) { try await generator.next() }
        #expect(ContinuousClock.now - began < .seconds(30))
        let hanging = options
        await expect(.storeFailed) { try await Snowflake.fixed(worker: 5, store: store, options: hanging) }
    }

    @Test("two generators configured with one worker: the second takes it over, the first stops, nothing comes twice")
    func sameWorkerTwice() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        let heard = Mutex<[IDNotice]>([])
        var options = Self.options(clock)
        options.notify = { notice in heard.withLock { $0.append(notice) } }
        let first = try await Snowflake.fixed(worker: 4, store: store, label: "first", options: options)
        var firsts = try await first.next(count: 1_000)
        let second = try await Snowflake.fixed(worker: 4, store: store, label: "second", options: Self.options(clock))
        var seconds: [Int64] = []
        await expect(.workerLost) {
            for _ in 0..<1_000 {
                seconds += try await second.next(count: 500)
                firsts += try await first.next(count: 500)
                clock.advance(1)
            }
        }
        #expect(Set(firsts).isDisjoint(with: seconds))
        #expect(first.isStopped && !second.isStopped)
        let stopped = heard.withLock { $0 }.contains {
            if case .stopped(worker: 4, let reason) = $0 { return reason.contains("second#") }
            return false
        }
        #expect(stopped)
        seconds += try await second.next(count: 500)
        #expect(Set(firsts).isDisjoint(with: seconds))
    }
}

extension HighWaterTests {
    @Test("closing while the store is being asked leaves the mark where it belongs", arguments: 0..<60)
    func closingWhileAsking(round: Int) async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        let generator = try await Snowflake.fixed(worker: 4, store: store, options: Self.options(clock))
        _ = try await generator.next()
        // A new reservation begins, and at the same time the generator is closed.
        clock.advance(60)
        let last = try await generator.next()
        if round % 2 == 0 { await Task.yield() }
        await generator.close()
        let mark = try #require(store[4]).mark
        #expect(mark.rollback == 0 && mark.milliseconds <= clock.now + 100)
        #expect(try await Snowflake.fixed(worker: 4, store: store, options: Self.options(clock)).next() > last)
    }

    @Test("a worker that has used rollback values is not taken with a layout that has no bits for them")
    func layoutWithoutRollback() async throws {
        let clock = HandClock()
        let mark = HighWaterMark(rollback: 3, milliseconds: clock.now)
        let row = WorkerRow(node: 4, holder: "a#1", fence: 9, expires: nil, mark: mark)
        let store = MemoryWorkerStore(rows: [row], now: { clock.now })
        await expect(.badOption) { try await Snowflake.fixed(worker: 4, store: store, options: Self.options(clock)) }
        #expect(store[4]?.mark == mark)
    }
}

extension Array {
    /// The element at an index, or nil.
    subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
