import Foundation
import ShardIDs
import Synchronization

/// Identifiers, each kind beside the least that could be written by hand for it: words and clocks, no errors, no
/// stores.
///
/// Bars are absolute: 50 ns is 20 million a second, 10 ns 100 million, 33 ns 30 million, 8.3 ns 120 million.
enum IDBenchmarks {
    static func run() async throws {
        try await snowflakes()
        try await strict()
        try await segments()
        try await others()
    }

    /// Far enough ahead that a burst never waits.
    private static var burstOptions: SnowflakeOptions {
        var options = SnowflakeOptions()
        options.pace = .runAhead(limit: .seconds(20_000))
        return options
    }

    static func snowflakes() async throws {
        let count = 2_000_000
        let byHand = HandMadeSnowflake(worker: 5)
        let generator = try Snowflake(worker: 5, options: burstOptions)
        var sum: Int64 = 0
        let single = try await measure(
            "snowflake, one by one, running ahead", unit: "id", units: count, absolute: (50, 10),
            baseline: { for _ in 0..<count { sum &+= byHand.next() } },
            subject: { for _ in 0..<count { sum &+= try generator.tryNext() ?? 0 } })
        rate(single)
        let minded = try await Snowflake.fixed(worker: 6, store: QuietWorkerStore(), options: storeOptions)
        let stored = try await measure(
            "snowflake with a store, 60 s reserved", unit: "id", units: 200_000, absolute: (50, 10),
            baseline: { for _ in 0..<200_000 { sum &+= byHand.next() } },
            subject: { for _ in 0..<200_000 { sum &+= try await minded.next() } })
        rate(stored)
        var array: [Int64] = []
        array.reserveCapacity(1_000)
        let blocks = try await measure(
            "snowflake, blocks of 1,000 into an array", unit: "id", units: count, absolute: (50, 10),
            baseline: {
                for _ in 0..<count / 1_000 {
                    array.removeAll(keepingCapacity: true)
                    for _ in 0..<1_000 { array.append(byHand.next()) }
                    sum &+= array[0]
                }
            },
            subject: {
                for _ in 0..<count / 1_000 {
                    array.removeAll(keepingCapacity: true)
                    while array.count < 1_000 { try generator.tryNext(upTo: 1_000 - array.count).append(to: &array) }
                    sum &+= array[0]
                }
            })
        rate(blocks)
        let shared = try await measure(
            "snowflake, two threads on one generator", unit: "id", units: count, rounds: 5, absolute: (50, 10),
            baseline: { try await twice { for _ in 0..<count / 2 { _ = byHand.next() } } },
            subject: { try await twice { for _ in 0..<count / 2 { _ = try generator.tryNext() } } })
        rate(shared)
        if sum == 0 { print("nothing was made") }
    }

    private static var storeOptions: SnowflakeOptions {
        var options = burstOptions
        options.reserveInterval = .seconds(60)
        return options
    }

    /// As many as the layout has, and not one more: 4,096 a millisecond.
    static func strict() async throws {
        let count = 1_000_000
        var options = SnowflakeOptions()
        options.pace = .strict
        let generator = try Snowflake(worker: 5, options: options)
        let byHand = HandMadeSnowflake(worker: 5)
        var sum: Int64 = 0
        let result = try await measure(
            "snowflake, strict, one by one", unit: "id", units: count, rounds: 5,
            baseline: { for _ in 0..<count { sum &+= byHand.nextStrict() } },
            subject: { for _ in 0..<count { sum &+= try await generator.next() } })
        print("    \(share(result)) % of the cap of 4.096 M/s (by hand \(share(result, of: \.baseline)) %)")
        let blocks = try await measure(
            "snowflake, strict, 1,000 at a time", unit: "id", units: count, rounds: 5,
            baseline: { for _ in 0..<count { sum &+= byHand.nextStrict() } },
            subject: { for _ in 0..<count / 1_000 { sum &+= try await generator.next(count: 1_000)[0] } })
        print("    \(share(blocks)) % of the cap of 4.096 M/s")
        if sum == 0 { print("nothing was made") }
    }

    private static func share(
        _ result: Measurement, of times: KeyPath<Measurement, [Double]> = \.subject
    ) -> Double {
        (1e9 / median(result[keyPath: times]) / 4_096_000 * 1_000).rounded() / 10
    }

    static func segments() async throws {
        let count = 4_000_000
        let store = SlowSegmentStore(step: 50_000_000, latency: 50_000)
        var options = SegmentOptions()
        options.maximumStep = 100_000_000
        let generator = try SegmentGenerator(tag: "order", stores: [store], options: options)
        var sum: Int64 = 0
        sum &+= try await generator.next()
        let counter = SharedCounter()
        let sync = try await measure(
            "segment, one by one, store 50 ms slow", unit: "id", units: count, rounds: 15, absolute: (33.3, 8.33),
            baseline: { for _ in 0..<count { sum &+= counter.next() } },
            subject: {
                for _ in 0..<count {
                    if let id = try generator.tryNext() { sum &+= id } else { sum &+= try await generator.next() }
                }
            })
        rate(sync)
        let shared = try await measure(
            "segment, the same by async calls", unit: "id", units: count, rounds: 15, absolute: (33.3, 8.33),
            baseline: { for _ in 0..<count { sum &+= counter.next() } },
            subject: { for _ in 0..<count { sum &+= try await generator.next() } })
        rate(shared)
        var cursor = SegmentCursor(generator)
        var plain: Int64 = 0
        let own = try await measure(
            "segment, a caller's own supply", unit: "id", units: count, rounds: 15, absolute: (33.3, 8.33),
            baseline: {
                for _ in 0..<count {
                    plain &+= 1
                    sum ^= plain
                }
            },
            subject: {
                for _ in 0..<count {
                    if let id = try cursor.tryNext() { sum ^= id } else { sum ^= try await cursor.next() }
                }
            })
        rate(own)
        let two = try await measure(
            "segment, two threads on one generator", unit: "id", units: count, rounds: 5, absolute: (33.3, 8.33),
            baseline: { try await twice { for _ in 0..<count / 2 { _ = counter.next() } } },
            subject: { try await twice { for _ in 0..<count / 2 { _ = try await generator.next() } } })
        rate(two)
        let counts = generator.counts
        print(
            "    \(counts.waits) waits (1 at the start), ran dry \(counts.dry) times in \(counts.fetched) segments, "
                + "step \(generator.step ?? 0)"
        )
        if sum == 0 { print("nothing was made") }
    }

    static func others() async throws {
        let count = 500_000
        let generator = UUIDv7Generator()
        let byHand = HandMadeSnowflake(worker: 5)
        var sum: UInt64 = 0
        rate(
            try await measure(
                "UUIDv7", unit: "id", units: count,
                baseline: { for _ in 0..<count { sum &+= UInt64(byHand.next()) } },
                subject: { for _ in 0..<count { sum &+= try generator.next().low } }))
        rate(
            try await measure(
                "UUIDv7 as text", unit: "id", units: count,
                baseline: { for _ in 0..<count { sum &+= UInt64(byHand.next()) } },
                subject: { for _ in 0..<count { sum &+= UInt64(try generator.next().description.utf8.count) } }))
        let permutation = try KeyedPermutation(key: Array(repeating: 7, count: 16), context: "orders")
        rate(
            try await measure(
                "keyed encoding, 63 bits", unit: "id", units: count / 10,
                baseline: { for index in 0..<count / 10 { sum &+= handMadeFeistel(UInt64(index)) } },
                subject: { for index in 0..<count / 10 { sum &+= UInt64(try permutation.encode(Int64(index))) } }))
        if sum == 0 { print("nothing was made") }
    }

    private static func rate(_ result: Measurement) {
        func millions(_ times: [Double]) -> Double { (10_000 / median(times)).rounded() / 10 }
        print("    \(millions(result.subject)) M/s (by hand \(millions(result.baseline)))")
    }

    /// As many rounds, with a multiplication for a round function: fast, and no protection.
    @inline(never)
    private static func handMadeFeistel(_ word: UInt64) -> UInt64 {
        var (left, right) = (word >> 32, word & 0xFFFF_FFFF)
        for round in 0..<24 as Range<UInt64> {
            (left, right) = (right, left ^ ((right &+ round) &* 0x9e37_79b9_7f4a_7c15) >> 32)
        }
        return left << 32 | right
    }

    /// The same on two threads at once.
    private static func twice(_ work: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 { group.addTask { try await work() } }
            try await group.waitForAll()
        }
    }
}

/// What a C programmer would write in an afternoon: an atomic word, a coarse clock, nothing that can fail.
private final class HandMadeSnowflake: Sendable {
    private let last = Atomic<UInt64>(0)
    private let worker: UInt64
    init(worker: UInt64) { self.worker = worker << 12 }

    private func now(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) &* 1000 &+ UInt64(time.tv_nsec) / 1_000_000 &- 1_704_067_200_000
    }

    func next() -> Int64 {
        let floor = now(CLOCK_REALTIME_COARSE) << 12
        var seen = last.load(ordering: .relaxed)
        while true {
            let next = max(seen &+ 1, floor)
            let (exchanged, original) = last.weakCompareExchange(expected: seen, desired: next, ordering: .relaxed)
            if exchanged { return Int64((next >> 12) << 22 | worker | next & 4095) }
            seen = original
        }
    }

    /// Spins until the next millisecond.
    func nextStrict() -> Int64 {
        while true {
            let time = now(CLOCK_REALTIME)
            let seen = last.load(ordering: .relaxed)
            let next = max(seen &+ 1, time << 12)
            guard next >> 12 == time else { continue }
            if last.weakCompareExchange(expected: seen, desired: next, ordering: .relaxed).exchanged {
                return Int64((next >> 12) << 22 | worker | next & 4095)
            }
        }
    }
}

private final class SharedCounter: Sendable {
    private let value = Atomic<Int64>(0)
    func next() -> Int64 { value.add(1, ordering: .relaxed).newValue }
}

/// A store that takes its time and holds the thread meanwhile, as an embedded database does.
private final class SlowSegmentStore: SegmentStore {
    private let row: Mutex<SegmentRow>
    private let latency: UInt32
    init(step: Int64, latency: UInt32) {
        row = Mutex(SegmentRow(tag: "order", step: step))
        self.latency = latency
    }
    func tags() async throws -> [SegmentRow] { row.withLock { [$0] } }
    func reserve(tag: String, step: Int64?) async throws -> SegmentRow? {
        usleep(latency)
        return row.withLock { row in
            row.maximum += step ?? row.step
            return row
        }
    }
}

/// A store that answers at once.
private final class QuietWorkerStore: WorkerStore {
    private let rows = Mutex<[Int64: WorkerRow]>([:])
    func workers() async throws -> WorkerSnapshot {
        WorkerSnapshot(rows: rows.withLock { Array($0.values) }, now: Int64(Date().timeIntervalSince1970 * 1000))
    }
    func replace(fence: Int64, with row: WorkerRow, lease: Duration?) async throws -> Bool {
        rows.withLock { rows in
            guard (rows[row.node]?.fence ?? 0) == fence else { return false }
            rows[row.node] = row
            return true
        }
    }
}
