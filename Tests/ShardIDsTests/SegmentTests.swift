import IDStores
@testable import ShardIDs
import Synchronization
import Testing

struct SegmentTests {
    static func store(step: Int64 = 100, maximum: Int64 = 0) -> MemorySegmentStore {
        MemorySegmentStore([SegmentRow(tag: "order", maximum: maximum, step: step)])
    }

    static var options: SegmentOptions {
        var options = SegmentOptions()
        options.firstBackOff = .milliseconds(5)
        options.longestBackOff = .milliseconds(40)
        options.maximumWait = .seconds(60)
        return options
    }

    @Test("identifiers begin after the maximum of the row, without gaps, over many segments")
    func consecutive() async throws {
        let store = Self.store(maximum: 500)
        let generator = try SegmentGenerator(tag: "order", stores: [store], options: Self.options)
        for expected in 501...5_000 as ClosedRange<Int64> { check(try await generator.next() == expected) }
        #expect(try await generator.next(count: 10_000) == Array(5_001...15_000))
        #expect(try await generator.next(count: 0).isEmpty)
    }

    @Test("many generators and tasks on one table never overlap and, together, lose only what they buffer")
    func noOverlap() async throws {
        let store = Self.store(step: 50)
        let generators = try (0..<4).map { _ in
            try SegmentGenerator(tag: "order", stores: [store], options: Self.options)
        }
        let all = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for task in 0..<16 {
                group.addTask {
                    var mine: [Int64] = []
                    while mine.count < 2_000 {
                        if task % 3 == 0 {
                            mine += try await generators[task % 4].next(count: 37)
                        } else {
                            mine.append(try await generators[task % 4].next())
                        }
                    }
                    #expect(zip(mine, mine.dropFirst()).allSatisfy { $0 < $1 })
                    return mine
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(all).count == all.count)
        #expect(try #require(all.max()) <= (try #require(store["order"])).maximum)
    }

    /// Gives three identifiers of every ten, so that one taken between two segments is seen to be nobody's.
    private final class GapStore: SegmentStore {
        private let turns = Atomic<Int64>(0)
        func tags() async throws -> [SegmentRow] { [] }
        func reserve(tag: String, step: Int64?) async throws -> SegmentRow? {
            let turn = turns.add(1, ordering: .relaxed).oldValue
            return SegmentRow(tag: tag, maximum: turn * 10 + 3, step: 3)
        }
    }

    @Test("between two segments that do not touch nothing is issued, however many callers race to the next")
    func gaps() async throws {
        var options = Self.options
        options.minimumStep = 3
        options.maximumStep = 3
        let generator = try SegmentGenerator(tag: "order", stores: [GapStore()], options: options)
        let all = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for task in 0..<4 {
                group.addTask {
                    var mine: [Int64] = []
                    while mine.count < 600 {
                        mine += try await generator.next(count: 1 + task % 2)
                    }
                    return mine
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(all.allSatisfy { (1...3).contains($0 % 10) })
        #expect(Set(all).count == all.count)
    }

    @Test("the next segment is fetched in the background when a tenth of the present one is used, and only then")
    func prefetch() async throws {
        let store = Self.store(step: 100)
        let generator = try SegmentGenerator(tag: "order", stores: [store], options: Self.options)
        for _ in 0..<10 { _ = try await generator.next() }
        try await Task.sleep(for: .milliseconds(50))
        #expect(store.faults.count == 1)
        _ = try await generator.next()
        try await eventually { generator.counts.fetched == 2 }
        for _ in 0..<89 { check(try generator.tryNext() != nil) }
        #expect(generator.counts.dry == 0)
    }

    @Test("the step follows the rate of use within its bounds: doubled, kept, halved")
    func adaptive() async throws {
        let clock = HandClock()
        let heard = Mutex<[IDNotice]>([])
        var options = Self.options
        options.clock = clock.clock
        options.targetTime = .seconds(60)
        options.maximumStep = 800
        options.notify = { notice in heard.withLock { $0.append(notice) } }
        let store = Self.store(step: 100)
        let generator = try SegmentGenerator(tag: "order", stores: [store], options: options)
        _ = try await generator.next()
        // Each turn uses one segment up and lets the next be fetched at a given time.
        for milliseconds in [10_000, 10_000, 10_000, 90_000, 130_000, 130_000, 130_000, 130_000] as [Int64] {
            let fetched = generator.counts.fetched
            clock.advance(milliseconds)
            while !generator.state.withLock({ $0.isFetching }), generator.counts.fetched == fetched {
                _ = try await generator.next()
            }
            try await eventually { generator.counts.fetched > fetched }
        }
        #expect(store.reservedSizes == [100, 200, 400, 800, 800, 400, 200, 100, 100])
        #expect(heard.withLock { $0 }.first == .stepChanged(tag: "order", from: 100, to: 200))
    }

    @Test("an unknown tag is an error that names it")
    func unknownTag() async throws {
        let generator = try SegmentGenerator(tag: "ordre", stores: [Self.store()], options: Self.options)
        await expect(.unknownTag) { try await generator.next() }
        #expect(generator.stopReason?.message.contains("ordre") == true)
    }

    @Test("a plain sequence asks the store for each call, and for no more than it needs")
    func plainSequence() async throws {
        var options = Self.options
        options.mode = .plainSequence
        let store = Self.store()
        let first = try SegmentGenerator(tag: "order", stores: [store], options: options)
        let second = try SegmentGenerator(tag: "order", stores: [store], options: options)
        #expect(try await first.next() == 1)
        #expect(try await second.next() == 2)
        #expect(try await first.next(count: 5) == [3, 4, 5, 6, 7])
        #expect(try await second.next() == 8)
        #expect(try second.tryNext() == nil)
        #expect(store["order"]?.maximum == 8)
        store.faults.set { $0 % 2 == 0 ? .failsBefore : nil }
        for expected in 9...20 as ClosedRange<Int64> { #expect(try await first.next() == expected) }
        store.faults.set { _ in .failsBefore }
        await expect(.storeFailed) { try await first.next() }
        first.close()
        await expect(.closed) { try await first.next() }
    }

    @Test("three stores interleave: their identifiers differ, and two that are out are not missed")
    func severalStores() async throws {
        let stores = (0..<3).map { _ in Self.store(step: 10) }
        var options = Self.options
        options.storeTimeout = .milliseconds(20)
        let fast = options
        let generators = try (0..<2).map { _ in
            try SegmentGenerator(tag: "order", stores: stores, options: fast)
        }
        var all: [Int64] = []
        for round in 0..<400 {
            if round == 100 { stores[1].faults.set { _ in .failsBefore } }
            if round == 200 { stores[2].faults.set { _ in .hangs } }
            if round == 300 { for store in stores { store.faults.set { _ in nil } } }
            all += try await generators[round % 2].next(count: 7)
        }
        #expect(Set(all).count == all.count)
        #expect(all.allSatisfy { $0 >= 1 })
        #expect(Set(all.map { $0 % 3 }) == [0, 1, 2])
        let cursorIDs = try generators[0].tryNext(upTo: 5)
        #expect(zip(cursorIDs, cursorIDs.dropFirst()).allSatisfy { $1 - $0 == 3 })
    }

    @Test("a caller's own supply gives what the generator would, a block at a time")
    func cursor() async throws {
        let generator = try SegmentGenerator(tag: "order", stores: [Self.store(step: 100)], options: Self.options)
        var cursor = SegmentCursor(generator, blockSize: 30)
        #expect(try cursor.tryNext() == nil)
        for expected in 1...30 as ClosedRange<Int64> { #expect(try await cursor.next() == expected) }
        var other = SegmentCursor(generator, blockSize: 1)
        #expect(try await cursor.next() == 31)
        let foreign = try await other.next()
        #expect(foreign > 31)
        var mine: Set<Int64> = [foreign]
        for _ in 0..<1_000 { check(mine.insert(try await cursor.next()).inserted) }
    }

    @Test("at the end of the numbers what is buffered is still given, then there is an error")
    func exhaustion() async throws {
        var options = Self.options
        options.maximumIdentifier = 250
        let heard = Mutex<[IDNotice]>([])
        options.notify = { notice in heard.withLock { $0.append(notice) } }
        options.maximumStep = 100
        let generator = try SegmentGenerator(tag: "order", stores: [Self.store(step: 100)], options: options)
        #expect(try await generator.next(count: 250) == Array(1...250))
        await expect(.exhausted) { try await generator.next() }
        let last = try SegmentGenerator(tag: "order", stores: [Self.store(step: 100, maximum: .max - 150)])
        #expect(try await last.next() == .max - 149)
        #expect(try await last.next(count: 148).last == .max - 1)
        await expect(.exhausted) { try await last.next() }
        let near = try SegmentGenerator(
            tag: "order", stores: [Self.store(step: 100, maximum: 150)], options: options)
        _ = try await near.next()
        // Who fetched says so after the identifier is given.
        for _ in 0..<1000 where heard.withLock({ $0.count }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(heard.withLock { $0 } == Array(repeating: .segmentsEnding(tag: "order", maximum: 250), count: 2))
    }

    @Test(
        "a table that was reset or restored under a running generator is noticed: it stops instead of repeating itself")
    func storeWentBack() async throws {
        let store = Self.store(step: 100)
        let generator = try SegmentGenerator(tag: "order", stores: [store], options: Self.options)
        _ = try await generator.next()
        store["order"]?.maximum = 0
        await expect(.storeWrong) {
            while true { _ = try await generator.next() }
        }
    }

    @Test(
        "rows that make no sense are refused",
        arguments: [
            SegmentRow(tag: "order", maximum: 0, step: 0), SegmentRow(tag: "order", maximum: 0, step: -5),
            SegmentRow(tag: "order", maximum: -500, step: 100),
        ])
    func malformed(row: SegmentRow) async throws {
        let generator = try SegmentGenerator(tag: "order", stores: [MemorySegmentStore([row])], options: Self.options)
        await expect(.storeWrong) { try await generator.next() }
    }

    @Test("options that make no segments are refused")
    func badOptions() async {
        func with(_ change: (inout SegmentOptions) -> Void) throws -> SegmentGenerator {
            var options = SegmentOptions()
            change(&options)
            return try SegmentGenerator(tag: "order", stores: [Self.store()], options: options)
        }
        await expect(.badOption) { try with { $0.prefetchShare = 1 } }
        await expect(.badOption) { try with { $0.maximumStep = 0 } }
        await expect(.badOption) {
            try with {
                $0.minimumStep = 100; $0.maximumStep = 10
            }
        }
        await expect(.badOption) { try with { $0.attempts = 0 } }
        await expect(.badOption) { try SegmentGenerator(tag: "order", stores: []) }
    }

    @Test("a closed generator gives nothing more, not even what it has buffered")
    func closed() async throws {
        let generator = try SegmentGenerator(tag: "order", stores: [Self.store()], options: Self.options)
        _ = try await generator.next()
        generator.close()
        await expect(.closed) { try await generator.next() }
        await expect(.closed) { try generator.tryNext() }
    }
}
