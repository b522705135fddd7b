import Foundation
import IDStores
import ShardIDs
import Testing

/// The stores of these tests keep what generators rely on, and so does every store that is checked with the same kit.
struct StoreConformanceTests {
    static func inFolder(_ body: (String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-ids-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder.path)
    }

    @Test("workers in memory")
    func memoryWorkers() async throws {
        let store = MemoryWorkerStore(now: { SystemTime.milliseconds })
        try await StoreConformance.check(store, node: 7) { store }
    }

    @Test("workers in a file")
    func fileWorkers() async throws {
        try await Self.inFolder { folder in
            func open() -> FileWorkerStore { FileWorkerStore(path: folder + "/w", now: { SystemTime.milliseconds }) }
            try await StoreConformance.check(open(), node: 1023) { open() }
        }
    }

    @Test("segments in memory")
    func memorySegments() async throws {
        let store = MemorySegmentStore([.init(tag: "a", maximum: 500, step: 20)])
        try await StoreConformance.check(store, tag: "a", maximum: 500, step: 20) { store }
    }
}
