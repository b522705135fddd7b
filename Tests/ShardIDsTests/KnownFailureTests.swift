import IDStores
import ShardIDs
import Testing

/// What went wrong for others, by the numbers of their public threads: ShardingSphere (SS), Leaf, uid-generator, and
/// Twitter's snowflake. Each test is the user's situation.
struct KnownFailureTests {
    static let start = HandClock.start

    @Test("SS 5822, 30457: without a worker there is an error, not worker 0")
    func defaultWorker() async throws {
        await expect(.workerMissing) { try Snowflake.worker(fromEnvironment: "WORKER_ID", in: [:]) }
    }

    @Test("SS 17600: a configured worker is the one in the identifiers")
    func ignoredWorker() async throws {
        let clock = HandClock()
        let id = try await Snowflake(worker: 123, options: options(clock)).next()
        #expect(SnowflakeLayout.standard.inspect(id)?.worker == 123)
    }

    @Test("SS 11452, 12287, uid-generator 46, 99: copies of one container image get different workers")
    func sameImageTwice() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        let copies = [
            try await Snowflake.leased(from: store, label: "same", options: options(clock)),
            try await Snowflake.leased(from: store, label: "same", options: options(clock)),
        ]
        #expect(copies[0].worker != copies[1].worker)
    }

    @Test("SS 17055: a generator made anew for each identifier does not give the same one again")
    func generatorForEach() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        var options = options(clock)
        options.reserveInterval = .milliseconds(20)
        var ids: [Int64] = []
        for _ in 0..<20 { ids.append(try await Snowflake.fixed(worker: 1, store: store, options: options).next()) }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("SS 16895: a layout with 6 bits of worker and 6 of sequence gives no identifier twice at high concurrency")
    func narrowLayout() async throws {
        var options = SnowflakeOptions()
        options.layout = try SnowflakeLayout(timestampBits: 41, workerBits: 6, sequenceBits: 6)
        let generator = try Snowflake(worker: 63, options: options)
        let ids = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var mine: [Int64] = []
                    for _ in 0..<300 { mine.append(try await generator.next()) }
                    return mine
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(ids).count == 2_400)
    }

    @Test("Leaf 98, 108: processes that begin at the same moment do not get the same worker")
    func sameMoment() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        // The answers are late, so that all see the same rows before anybody has written.
        store.faults.set { $0 < 12 ? .takes(.milliseconds(30)) : nil }
        let made = options(clock)
        let workers = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<12 { group.addTask { try await Snowflake.leased(from: store, options: made).worker } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(workers).count == 12)
    }

    @Test("Leaf 216: issued after the last report to the store, killed, the clock set back by less than that")
    func window() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        let first = try await Snowflake.fixed(worker: 1, store: store, options: options(clock))
        clock.advance(900)
        let last = try await first.next()
        clock.advance(-500)
        let second = try await Snowflake.fixed(worker: 1, store: store, options: options(clock))
        #expect(try await second.next() > last)
    }

    @Test("Leaf 97, 104: the store is out at the start: no start, rather than one without the check of the time")
    func startWithoutStore() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        store.faults.set { _ in .failsBefore }
        await expect(.storeFailed) { try await Snowflake.fixed(worker: 1, store: store, options: options(clock)) }
        await expect(.storeFailed) { try await Snowflake.leased(from: store, options: options(clock)) }
    }

    @Test("Leaf 26: containers that come and go for years do not use the workers up")
    func churn() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        var options = options(clock)
        options.layout = try SnowflakeLayout(timestampBits: 41, workerBits: 4, sequenceBits: 12)
        var last: Int64 = -1
        for life in 0..<200 {
            let generator = try await Snowflake.leased(from: store, options: options)
            let id = try await generator.next()
            #expect(id > last, "life \(life)")
            last = id
            // Every second one is killed.
            if life % 2 == 0 { await generator.close() }
            clock.advance(5_000)
        }
        #expect(store.all.count <= 16)
    }

    @Test("Leaf 106: a timestamp beyond 41 bits is an error, not a negative identifier")
    func beyond41Bits() async throws {
        let clock = HandClock(SnowflakeLayout.standard.endUnixMilliseconds)
        await expect(.exhausted) { try Snowflake(worker: 0, options: options(clock)) }
        clock.advance(-1)
        let generator = try Snowflake(worker: 1023, options: options(clock))
        #expect(try await generator.next(count: 4096).allSatisfy { $0 > 0 })
        await expect(.bitsEnding) { try await generator.next() }
    }

    @Test(
        "Leaf PR 153: the clock goes back while a caller waits for the next millisecond: an error, not an endless loop")
    func backWhileWaiting() async throws {
        let clock = HandClock()
        var options = options(clock, pace: .strict, maximumWait: .milliseconds(30))
        options.clock = IDClock(wall: { clock.now }, sleep: { _ in clock.advance(-1_000) })
        let generator = try Snowflake(worker: 1, options: options)
        await expect(.clockBehind) { try await generator.next(count: 4_097) }
    }

    @Test("Leaf 48: more callers at once than both buffers hold wait for the third, none gets an error")
    func manyAtOnce() async throws {
        let store = MemorySegmentStore([SegmentRow(tag: "order", step: 10)])
        store.faults.set { _ in .takes(.milliseconds(10)) }
        var segments = SegmentOptions()
        segments.maximumStep = 10
        segments.maximumWait = .seconds(60)
        let generator = try SegmentGenerator(tag: "order", stores: [store], options: segments)
        let ids = try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<121 { group.addTask { try await generator.next() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(ids) == Set(1...121))
    }

    @Test(
        "uid-generator 100: the end of the timestamp bits is announced a year ahead, refused a day ahead, never passed"
    )
    func endOfEpoch() async throws {
        // Its 28 bits of seconds from 2016-05-20 ended on 2024-11-20, and identifiers became negative.
        let layout = try SnowflakeLayout(
            timestampBits: 38, workerBits: 22, sequenceBits: 3, epoch: 1_463_673_600_000)
        let limit = try #require(layout.limits().first)
        #expect(limit.field == .timestamp && limit.runsOut == "2025-02-03")
        let clock = HandClock(layout.endUnixMilliseconds - 86_400_000)
        let late = options(clock, layout: layout, refuseBefore: .seconds(86_400))
        await expect(.bitsEnding) { try Snowflake(worker: 0, options: late) }
    }

    @Test("uid-generator 29: a layout too short for the time since its epoch is refused at the start")
    func shortLayout() async throws {
        let layout = try SnowflakeLayout(timestampBits: 23, workerBits: 31, sequenceBits: 9)
        let clock = HandClock(layout.epoch + 31_536_000_000)
        await expect(.exhausted) { try Snowflake(worker: 0, options: options(clock, layout: layout)) }
    }

    @Test("uid-generator 35: the clock set a few seconds back does not stop a generator that may run ahead")
    func secondsBack() async throws {
        let clock = HandClock()
        let generator = try Snowflake(worker: 0, options: options(clock, pace: .runAhead(limit: .seconds(10))))
        let last = try await generator.next()
        clock.advance(-5_000)
        #expect(try await generator.next() > last)
    }

    @Test("uid-generator 85: what ran ahead before a restart is not overtaken after it")
    func restartAfterRunningAhead() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        let ahead = options(clock, pace: .runAhead(limit: .seconds(3)))
        var ids = try await Snowflake.fixed(worker: 1, store: store, options: ahead).next(count: 4_096 * 500)
        ids = [try #require(ids.last)]
        let second = try await Snowflake.fixed(worker: 1, store: store, options: ahead)
        #expect(try await second.next() > ids[0])
    }

    @Test("uid-generator PR 52, 88: a worker too large is refused instead of flowing into the time")
    func workerOverflow() async throws {
        let layout = try SnowflakeLayout(timestampBits: 40, workerBits: 18, sequenceBits: 5)
        await expect(.workerOutOfRange) {
            try Snowflake(worker: 462_146, options: options(HandClock(), layout: layout))
        }
        await expect(.exhausted) {
            try layout.compose(SnowflakeParts(unixMilliseconds: Self.start, worker: 462_146, sequence: 0))
        }
    }

    @Test("snowflake 6: the clock goes back and forth within a used millisecond: its sequence does not begin again")
    func sequenceReset() throws {
        let clock = HandClock()
        let generator = try Snowflake(worker: 1, options: options(clock, pace: .strict))
        var ids: [Int64] = []
        for _ in 0..<10 { ids.append(try #require(try generator.tryNext())) }
        clock.advance(-1)
        #expect(try generator.tryNext() == nil)
        clock.advance(1)
        for _ in 0..<10 { ids.append(try #require(try generator.tryNext())) }
        #expect(Set(ids).count == 20)
    }

    @Test("snowflake 11: two processes configured with the same worker: one of them is stopped and says why")
    func sameConfiguration() async throws {
        let clock = HandClock()
        let store = MemoryWorkerStore(now: { clock.now })
        let first = try await Snowflake.fixed(worker: 1, store: store, options: options(clock))
        let last = try await first.next()
        let second = try await Snowflake.fixed(worker: 1, store: store, options: options(clock))
        #expect(try await second.next() > last)
        clock.advance(2_000)
        await expect(.workerLost) { try await first.next() }
    }
}
