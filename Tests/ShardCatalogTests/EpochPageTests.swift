import Foundation
import ShardBase
import ShardCatalog
import Testing

@Suite struct EpochPageTests {
    private func path(_ folder: TemporaryCatalog) -> String { folder.directory + "/epoch.page" }

    @Test("Two mappings of a page show the same words")
    func shared() throws {
        let folder = try TemporaryCatalog()
        let first = try EpochPage(directory: folder.directory, cluster: "c1")
        let second = try EpochPage(directory: folder.directory, cluster: "c1")
        first.publish(7)
        #expect(second.isCurrent(7))
        second.beginChange()
        #expect(!first.isCurrent(7))
        #expect(first.isChanging && first.epoch == 7)
        first.publish(8)
        #expect(second.isChanging && second.epoch == 8)
        first.endChange()
        #expect(second.isCurrent(8))
        let one = try #require(first.announce(EpochPage.newOwner(), shards: [0, 2]))
        let other = try #require(second.announce(EpochPage.newOwner(), shards: [2, 65]))
        #expect(second.pendingCommits(to: 0) == [one])
        #expect(!first.isAbandoned(one) && !second.isAbandoned(one) && !first.isAbandoned(other))
        #expect(second.pendingCommits(to: 2) == [one, other])
        #expect(second.pendingCommits(to: 1) == [other])
        first.reached(2, one)
        #expect(second.pendingCommits(to: 2) == [other])
        second.retract(other)
        second.retract(other)
        #expect(first.hasPendingCommits && first.pendingCommits(to: 2).isEmpty)
        first.retract(one)
        #expect(!second.hasPendingCommits)
        let many = (0..<64).compactMap { _ in first.announce(EpochPage.newOwner(), shards: [1]) }
        #expect(many.count == 64 && second.announce(EpochPage.newOwner(), shards: [1]) == nil)
        for announcement in many { first.retract(announcement) }
        #expect(!first.hasPendingCommits)
        // Who lets go of the page is as good as dead: the system gives its lock back.
        var dying: EpochPage? = try EpochPage(directory: folder.directory, cluster: "c1")
        let left = try #require(dying?.announce(EpochPage.newOwner(), shards: [0, 1]))
        #expect(!first.isAbandoned(left))
        dying = nil
        #expect(first.isAbandoned(left) && second.pendingCommits(to: 1) == [left])
        first.reached(0, left)
        first.reached(1, left)
        #expect(!first.hasShardsLeft(left))
        second.retract(left)
        #expect(!first.hasPendingCommits && !first.isAbandoned(left))
        let quiet = try #require(first.quietCount)
        let third = try #require(second.announce(EpochPage.newOwner(), shards: [0]))
        #expect(first.quietCount == nil)
        second.retract(third)
        #expect(try #require(first.quietCount) != quiet)
        #expect(!first.commitsAreHeld)
        second.holdCommits(for: .seconds(60))
        #expect(first.commitsAreHeld)
        #expect(first.reach == .machine)
    }

    @Test("The file has the format that stands in the documentation")
    func format() throws {
        let folder = try TemporaryCatalog()
        let page = try EpochPage(directory: folder.directory, cluster: "0123456789abcdef-rest")
        page.publish(0x0102)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(folder))))
        #expect(bytes.count == 4096)
        #expect(String(decoding: bytes[0..<8], as: UTF8.self) == "ShardKit")
        #expect(bytes[8..<16].elementsEqual([1, 0, 0, 0, 0, 0, 0, 0]))
        #expect(String(decoding: bytes[16..<32], as: UTF8.self) == "0123456789abcdef")
        #expect(bytes[64..<72].elementsEqual([2, 1, 0, 0, 0, 0, 0, 0]))
    }

    @Test(
        "A torn, foreign or outdated page is brought in line with the catalog",
        arguments: ["", "torn", "foreign", "high", "low"])
    func repair(damage: String) async throws {
        let folder = try TemporaryCatalog()
        let catalog = try await folder.create()
        for epoch in 1...3 { _ = try await catalog.commit(CatalogChange(baseEpoch: UInt64(epoch))) }
        await catalog.close()
        let url = URL(fileURLWithPath: path(folder))
        var bytes = [UInt8](try Data(contentsOf: url))
        switch damage {
        case "": bytes = []
        case "torn": bytes = Array(bytes[0..<40])
        case "foreign": bytes[16] ^= 0xFF
        case "high": bytes[64] = 200
        default: bytes[64] = 1
        }
        try Data(bytes).write(to: url)
        let again = try await folder.open()
        #expect(again.isCurrent(4))
        await again.close()
    }

    @Test("Without a folder the page is the process's own and the catalog is asked")
    func polling() async throws {
        let folder = try TemporaryCatalog()
        let writer = try await folder.create()
        let reader = try await Catalog.open(on: folder.database(), directory: nil)
        #expect(reader.needsPolling && !writer.needsPolling)
        #expect(reader.isCurrent(1))
        _ = try await writer.commit(CatalogChange(baseEpoch: 1))
        #expect(reader.isCurrent(1))
        try await reader.refreshEpoch()
        #expect(reader.isCurrent(2))
        await writer.close()
        await reader.close()
    }

    @Test("The definition lock is one at a time and ends with its time")
    func lock() async throws {
        let folder = try TemporaryCatalog()
        for directory in [folder.directory, nil] {
            let one = DefinitionLock(directory: directory)
            let other = directory == nil ? one : DefinitionLock(directory: directory)
            let held = try #require(try one.tryAcquire())
            #expect(try other.tryAcquire() == nil)
            do {
                _ = try await other.acquire(timeout: .milliseconds(20))
                Issue.record("the lock was given twice")
            } catch {
                #expect((error as? ShardError)?.code == .busy)
                #expect((error as? ShardError)?.isRetryable == true)
            }
            held.release()
            try #require(try other.tryAcquire()).release()
        }
    }
}
