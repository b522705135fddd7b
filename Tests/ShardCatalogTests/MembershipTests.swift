import Foundation
import ShardBackend
import ShardBase
import ShardCatalog
import ShardSQLite
import Testing

@Suite struct MembershipTests {
    private let cluster = Catalog.ClusterIdentity(uuid: "cluster-uuid-0001", name: "shop")

    private func database(_ folder: TemporaryCatalog, _ file: String) async throws -> any ShardDatabase {
        try await SQLiteBackend(configuration: SQLiteConfiguration(synchronous: .off)).open(
            shard: file, at: folder.directory + "/\(file).sqlite", creating: true)
    }

    private func refusal(_ body: () async throws -> Void) async -> ErrorCode? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ShardError)?.code
        }
    }

    @Test("Claimed shards are known again in their places, and refused in others")
    func places() async throws {
        let folder = try TemporaryCatalog()
        let s0 = try await database(folder, "s0")
        let s1 = try await database(folder, "s1")
        try await Catalog.claim([s0, s1], as: TemporaryCatalog.shards, cluster: cluster)
        // A set-up that was interrupted is done again.
        try await Catalog.claim([s0, s1], as: TemporaryCatalog.shards, cluster: cluster)
        let catalog = try await folder.create()
        try await catalog.verify([s0, s1])
        #expect(await refusal { try await catalog.verify([s1, s0]) } == .foreignShard)
        #expect(await refusal { try await catalog.verify([s0, s0]) } == .foreignShard)
        #expect(await refusal { try await catalog.verify([s0]) } == .configuration)
        let empty = try await database(folder, "empty")
        #expect(await refusal { try await catalog.verify([s0, empty]) } == .foreignShard)
        let other = Catalog.ClusterIdentity(uuid: "cluster-uuid-0002", name: "shop")
        #expect(
            await refusal { try await Catalog.claim([s0, s1], as: TemporaryCatalog.shards, cluster: other) }
                == .foreignShard)
        let used = try await empty.acquire(.write, settings: .engineDefaults)
        try await used.executeScript("CREATE TABLE t (x)")
        empty.release(used)
        #expect(
            await refusal { try await Catalog.claim([empty, s1], as: TemporaryCatalog.shards, cluster: cluster) }
                == .alreadyExists)
        for database in [s0, s1, empty] { await database.close() }
        await catalog.close()
    }
}
