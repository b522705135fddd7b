import IDStores
import ShardIDs
import Synchronization
import Testing

struct LeaseTests {
    static func options(_ clock: HandClock? = nil, lease: Duration = .seconds(30)) -> SnowflakeOptions {
        var options = SnowflakeOptions()
        options.leaseTime = lease
        options.maximumWait = .seconds(1)
        if let clock { options.clock = clock.clock }
        return options
    }

    static func systemStore() -> MemoryWorkerStore { MemoryWorkerStore(now: { SystemTime.milliseconds }) }

    @Test("each generator gets a worker of its own, given back ones are used again, and there is an end of them")
    func distinct() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        var options = Self.options(clock)
        options.layout = try SnowflakeLayout(timestampBits: 41, workerBits: 3, sequenceBits: 12)
        var generators: [Snowflake] = []
        for _ in 0..<8 { generators.append(try await Snowflake.leased(from: store, label: "test", options: options)) }
        #expect(Set(generators.map(\.worker)) == Set(0...7))
        let full = options
        await expect(.noFreeWorker) { try await Snowflake.leased(from: store, options: full) }
        let last = try await generators[5].next()
        await generators[5].close()
        #expect(store[Int64(generators[5].worker)]?.holder == "")
        let again = try await Snowflake.leased(from: store, options: options)
        #expect(again.worker == generators[5].worker)
        #expect(try await again.next() > last)
        #expect(try #require(store[0]).holder.hasPrefix("test#"))
    }

    @Test("leases of a datacenter are those of its workers")
    func datacenters() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        var options = Self.options(clock)
        options.layout = try SnowflakeLayout(timestampBits: 41, workerBits: 1, sequenceBits: 12, datacenterBits: 2)
        let all = options
        await expect(.workerMissing) { try await Snowflake.leased(from: store, options: all) }
        let first = try await Snowflake.leased(from: store, datacenter: 2, options: options)
        let second = try await Snowflake.leased(from: store, datacenter: 2, options: options)
        #expect(Set([first.worker, second.worker]) == [0, 1] && first.datacenter == 2)
        #expect(store.all.map(\.node) == [4, 5])
        await expect(.noFreeWorker) { try await Snowflake.leased(from: store, datacenter: 2, options: all) }
        #expect(options.layout.inspect(try await first.next())?.datacenter == 2)
    }

    @Test("many that begin at once all get different workers")
    func atOnce() async throws {
        let store = Self.systemStore()
        let workers = try await withThrowingTaskGroup(of: Snowflake.self) { group in
            for _ in 0..<24 { group.addTask { try await Snowflake.leased(from: store, options: Self.options()) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(workers.map(\.worker)).count == 24)
    }

    @Test("a lease is renewed as long as the generator lives")
    func renewed() async throws {
        let store = Self.systemStore()
        let generator = try await Snowflake.leased(from: store, options: Self.options(lease: .milliseconds(300)))
        let fence = try #require(store[0]).fence
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            _ = try await generator.next()
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(try #require(store[0]).fence >= fence + 4)
        await generator.close()
    }

    @Test("a generator whose lease cannot be renewed stops before it could be given away, and goes on when it can")
    func stopsInTime() async throws {
        let store = Self.systemStore()
        let heard = Mutex<[IDNotice]>([])
        var options = Self.options(lease: .seconds(1))
        options.notify = { notice in heard.withLock { $0.append(notice) } }
        let generator = try await Snowflake.leased(from: store, options: options)
        _ = try await generator.next()
        store.faults.set { _ in .failsBefore }
        let expires = try #require(store[0]?.expires)
        var lastIssued: Int64 = 0
        while SystemTime.milliseconds < expires + 200 {
            let now = SystemTime.milliseconds
            if (try? generator.tryNext()) != nil { lastIssued = now }
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(lastIssued < expires, "issued \(expires - lastIssued) ms before the end")
        await expect(.storeFailed) { try await generator.next() }
        #expect(heard.withLock { $0 }.contains { if case .renewalFailed = $0 { true } else { false } })
        store.faults.set { _ in nil }
        try await eventually { (try? generator.tryNext()) != nil }
        #expect(heard.withLock { $0 }.contains(.renewed(worker: 0)))
        await generator.close()
    }

    @Test(
        "a lease stolen at the worst moment: the old holder, frozen in the middle, issues nothing of the new one's"
    )
    func stolen() async throws {
        // The old holder's clock stands still, as a frozen process' does: it believes in its lease for ever.
        let frozen = HandClock()
        let running = HandClock()
        let store = MemoryWorkerStore(now: { running.now })
        var options = Self.options(frozen)
        options.layout = try SnowflakeLayout(timestampBits: 41, workerBits: 0, sequenceBits: 12)
        options.pace = .runAhead(limit: .seconds(7))
        let old = try await Snowflake.leased(from: store, label: "old", options: options)
        var olds = try await old.next(count: 10_000)
        // While it stands, the lease ends and somebody takes the only worker there is.
        running.advance(31_000)
        var newOptions = options
        newOptions.clock = running.clock
        let new = try await Snowflake.leased(from: store, label: "new", options: newOptions)
        #expect(new.worker == old.worker)
        var news = try await new.next(count: 10_000)
        // It wakes up with its old clock, issues what it can, and only then hears of it.
        for _ in 0..<200 {
            if let block = try? old.tryNext(upTo: 5_000) { olds += Array(block) }
            news += Array(try new.tryNext(upTo: 50))
        }
        #expect(olds.count > 10_000, "it issued nothing after the theft; then this test proves nothing")
        // Its clock jumps to the truth: it is beyond its lease, asks the store, and stops for good.
        frozen.set(running.now)
        await expect(.workerLost) {
            for _ in 0..<1_000 { _ = try await old.next() }
        }
        #expect(old.isStopped)
        #expect(Set(olds).isDisjoint(with: news))
        #expect(try #require(olds.max()) < (try #require(news.min())))
        await new.close()
    }

    @Test("the wall clock set back cannot stretch a lease: the monotonic clock ends it")
    func setBackDuringLease() async throws {
        let wall = HandClock(SystemTime.milliseconds)
        let store = MemoryWorkerStore(now: { SystemTime.milliseconds })
        var options = Self.options(lease: .milliseconds(400))
        options.pace = .runAhead(limit: .milliseconds(100))
        options.clock = IDClock(wall: { wall.now })
        let generator = try await Snowflake.leased(from: store, options: options)
        _ = try await generator.next()
        store.faults.set { _ in .failsBefore }
        let expires = try #require(store[0]?.expires)
        // The wall clock does not move at all meanwhile.
        while SystemTime.milliseconds < expires { try await Task.sleep(for: .milliseconds(5)) }
        await expect(.storeFailed) {
            while true { _ = try await generator.next() }
        }
    }

    @Test("a new worker begins above everything that those who are gone issued")
    func aboveTheDead() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        let first = try await Snowflake.leased(from: store, options: Self.options(clock))
        let last = try await first.next()
        await first.close()
        clock.advance(-500)
        let second = try await Snowflake.leased(from: store, options: Self.options(clock))
        #expect(second.worker != first.worker)
        #expect(try await second.next() > last)
        await second.close()
        // Those who seem alive tell as much, when their leases end later than any lease can.
        _ = try await Snowflake.leased(from: store, options: Self.options(clock)).next()
        clock.advance(-500_000)
        await expect(.clockBehind) { try await Snowflake.leased(from: store, options: Self.options(clock)) }
    }

    @Test("a worker held by configuration is never leased to somebody else")
    func fixedIsNotLeased() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        var options = Self.options(clock)
        options.layout = try SnowflakeLayout(timestampBits: 41, workerBits: 1, sequenceBits: 12)
        let fixed = try await Snowflake.fixed(worker: 0, store: store, options: options)
        clock.advance(1_000_000)
        let leased = try await Snowflake.leased(from: store, options: options)
        #expect(leased.worker == 1)
        let full = options
        await expect(.noFreeWorker) { try await Snowflake.leased(from: store, options: full) }
        _ = try await fixed.next()
    }

    @Test("a renewal that was done although it failed is found again, and nothing is lost")
    func doneThoughFailed() async throws {
        let store = Self.systemStore()
        let generator = try await Snowflake.leased(from: store, options: Self.options(lease: .milliseconds(1_200)))
        store.faults.set { $0 % 3 == 0 ? .failsAfter : nil }
        var last: Int64 = -1
        for _ in 0..<300 {
            do {
                let id = try await generator.next()
                check(id > last)
                last = id
            } catch let error as IDError {
                // On a machine that is slow enough a whole lease may pass; the worker is not lost by that.
                #expect(error.code == .storeFailed)
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(!generator.isStopped && store.faults.count > 6 && last > 0)
        await generator.close()
    }

    @Test("options that contradict each other are refused with advice")
    func badOptions() async throws {
        let store = Self.systemStore()
        var short = Self.options(lease: .milliseconds(50))
        let tooShort = short
        await expect(.badOption) { try await Snowflake.leased(from: store, options: tooShort) }
        short.leaseTime = .seconds(1)
        short.pace = .runAhead(limit: .seconds(1))
        let tooFar = short
        await expect(.badOption) { try await Snowflake.leased(from: store, options: tooFar) }
        #expect(store.all.isEmpty)
    }
}
