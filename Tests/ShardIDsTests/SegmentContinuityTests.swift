import IDStores
import ShardIDs
import Testing

/// Callers at full speed and stores that are slow or out. These measure time, so they run one after the other.
@Suite(.serialized)
struct SegmentContinuityTests {
    /// Draws with `tasks` tasks as fast as they can, for a time.
    ///
    /// - Returns: how many were drawn.
    static func draw(_ generator: SegmentGenerator, tasks: Int, for time: Duration) async throws -> Int {
        let end = ContinuousClock.now + time
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    var count = 0
                    while ContinuousClock.now < end {
                        for _ in 0..<200 {
                            _ = try await generator.next()
                            count += 1
                        }
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
    }

    @Test(
        "with a store 50 ms slow and callers at full speed nobody waits except at the very start",
        arguments: [StoreFault.takes(.milliseconds(50)), .blocks(.milliseconds(50))])
    func slowStore(fault: StoreFault) async throws {
        let store = MemorySegmentStore([SegmentRow(tag: "order", step: 4_000_000)])
        store.faults.set { _ in fault }
        let generator = try SegmentGenerator(tag: "order", stores: [store])
        // The very start: nothing is buffered yet.
        _ = try await generator.next()
        let waitsAtStart = generator.counts.waits
        #expect(waitsAtStart == 1)
        let drawn = try await Self.draw(generator, tasks: 2, for: .milliseconds(1_500))
        #expect(generator.counts.waits == waitsAtStart, "\(drawn) drawn, \(generator.counts)")
        #expect(generator.counts.dry == 0)
        #expect(drawn > 0)
    }

    @Test("from a step of 1,000 the step grows to what a slow store needs within a few fetches, and then nobody waits")
    func growsFast() async throws {
        let store = MemorySegmentStore([SegmentRow(tag: "order", step: 1_000)])
        store.faults.set { _ in .blocks(.milliseconds(50)) }
        let generator = try SegmentGenerator(tag: "order", stores: [store])
        _ = try await Self.draw(generator, tasks: 2, for: .milliseconds(800))
        let dry = generator.counts.dry
        #expect(dry <= 10, "\(generator.counts)")
        let drawn = try await Self.draw(generator, tasks: 2, for: .milliseconds(1_000))
        #expect(generator.counts.dry <= dry + 2, "\(drawn) drawn, \(generator.counts)")
    }

    @Test("an outage is ridden out as long as the buffers last, then there is a clear error, then it goes on by itself")
    func outage() async throws {
        let store = MemorySegmentStore([SegmentRow(tag: "order", step: 1_000)])
        let generator = try SegmentGenerator(tag: "order", stores: [store], options: SegmentTests.options)
        _ = try await generator.next(count: 150)
        try await eventually { generator.counts.fetched == 2 }
        store.faults.set { _ in .failsBefore }
        // One buffer is begun, the other full.
        let buffered = try await generator.next(count: 850 + 2_000)
        #expect(buffered.count == 2_850)
        let began = ContinuousClock.now
        await expect(.storeFailed) { try await generator.next() }
        // While the store is known to be out, callers do not queue up.
        await expect(.storeFailed) { try await generator.next() }
        await expect(.storeFailed) { try generator.tryNext() }
        #expect(ContinuousClock.now - began < .seconds(3))
        let asked = store.faults.count
        try await Task.sleep(for: .milliseconds(300))
        #expect((2...30).contains(store.faults.count - asked), "the back-off is not kept")
        store.faults.set { _ in nil }
        try await eventually { (try? generator.tryNext()) != nil }
        #expect(try await generator.next() == 3_002)
    }

    @Test("a store that hangs is given up and asked again; what it yields too late is lost, never used twice")
    func hanging() async throws {
        let store = MemorySegmentStore([SegmentRow(tag: "order", step: 10)])
        var options = SegmentTests.options
        options.storeTimeout = .milliseconds(30)
        store.faults.set { [.hangs, .takes(.milliseconds(60))][safe: $0] }
        let generator = try SegmentGenerator(tag: "order", stores: [store], options: options)
        let ids = try await generator.next(count: 100)
        #expect(Set(ids).count == 100)
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("an answer that is lost makes a gap and no duplicate")
    func lostAnswer() async throws {
        let store = MemorySegmentStore([SegmentRow(tag: "order", step: 10)])
        store.faults.set { $0 % 3 == 1 ? .failsAfter : nil }
        let generator = try SegmentGenerator(tag: "order", stores: [store], options: SegmentTests.options)
        let ids = try await generator.next(count: 500)
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        #expect(try #require(ids.last) > 500)
    }

    @Test("a task that is cancelled while it waits for a segment ends, and the others go on")
    func cancelled() async throws {
        let store = MemorySegmentStore([SegmentRow(tag: "order", step: 10)])
        store.faults.set { _ in .takes(.milliseconds(200)) }
        let generator = try SegmentGenerator(tag: "order", stores: [store], options: SegmentTests.options)
        let cancelled = Task { try await generator.next() }
        let other = Task { try await generator.next() }
        try await Task.sleep(for: .milliseconds(20))
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(try await other.value == 1)
    }
}
