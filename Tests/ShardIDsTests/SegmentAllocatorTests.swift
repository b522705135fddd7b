import IDStores
import ShardIDs
import Synchronization
import Testing

struct SegmentAllocatorTests {
    @Test("tags are found at first use and at a refresh, and dropped ones stop, without a restart")
    func tags() async throws {
        let store = MemorySegmentStore([SegmentRow(tag: "a"), SegmentRow(tag: "b")])
        let heard = Mutex<[IDNotice]>([])
        var options = SegmentTests.options
        options.notify = { notice in heard.withLock { $0.append(notice) } }
        let allocator = try SegmentAllocator(stores: [store], options: options)
        #expect(try await allocator.next("a") == 1)
        #expect(allocator.tags == ["a"])
        try await allocator.refresh()
        #expect(allocator.tags == ["a", "b"])
        #expect(try await allocator.next("b", count: 3) == [1, 2, 3])
        await expect(.unknownTag) { try await allocator.next("c") }
        store["c"] = SegmentRow(tag: "c")
        #expect(try await allocator.next("c") == 1)
        let kept = try allocator.generator("b")
        store["b"] = nil
        try await allocator.refresh()
        await expect(.tagDropped) { try await kept.next() }
        await expect(.unknownTag) { try await allocator.next("b") }
        store["b"] = SegmentRow(tag: "b", maximum: 5_000)
        #expect(try await allocator.next("b") == 5_001)
        #expect(heard.withLock { $0 }.contains(.tagAdded("b")) && heard.withLock { $0 }.contains(.tagDropped("b")))
        store.faults.set { _ in .failsBefore }
        await expect(.storeFailed) { try await allocator.refresh() }
        #expect(try await allocator.next("a") == 2)
        allocator.close()
        await expect(.closed) { try await allocator.next("a") }
        await expect(.tagDropped) { try await kept.next() }
    }

    @Test("tags are refreshed in the background")
    func refreshing() async throws {
        let store = MemorySegmentStore([SegmentRow(tag: "a")])
        let allocator = try SegmentAllocator(stores: [store], options: SegmentTests.options)
        allocator.startRefreshing(every: .milliseconds(10))
        try await eventually { allocator.tags == ["a"] }
        store["new"] = SegmentRow(tag: "new")
        try await eventually { allocator.tags == ["a", "new"] }
        allocator.close()
    }
}
