import Foundation
import ShardBackend
import ShardCatalog
import ShardSQLite

/// A folder with a catalog, gone with the object.
final class TemporaryCatalog: Sendable {
    let directory: String
    static let shards = [
        CatalogShard(name: "s0", location: "s0.sqlite", uuid: "u0"),
        CatalogShard(name: "s1", location: "s1.sqlite", uuid: "u1"),
    ]

    init() throws {
        directory = NSTemporaryDirectory() + "catalog-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func database(creating: Bool = false) async throws -> any ShardDatabase {
        try await SQLiteBackend(configuration: SQLiteConfiguration(synchronous: .off)).open(
            shard: "catalog", at: directory + "/catalog.sqlite", creating: creating)
    }

    func create() async throws -> Catalog {
        try await Catalog.create(
            on: database(creating: true), cluster: .init(uuid: "cluster-uuid-0001", name: "shop"),
            shards: Self.shards, directory: directory)
    }

    func open() async throws -> Catalog { try await Catalog.open(on: database(), directory: directory) }
}
