public import ShardBackend
import ShardBase

/// Who belongs to whom: every shard carries the cluster's uuid, its own and its name, and is refused where it does not
/// belong (see ``ShardBackend/ShardIdentity``).
extension Catalog {
    /// Writes each shard's identity into it, when a logical database is made. To be done before the catalog is made: a
    /// catalog says that all of it is there. A shard that carries this identity already is left as it is.
    ///
    /// - Throws: `.foreignShard` for a file that belongs elsewhere, `.alreadyExists` for one that holds tables.
    public static func claim(
        _ databases: [any ShardDatabase], as shards: [CatalogShard], cluster: ClusterIdentity
    ) async throws {
        precondition(databases.count == shards.count, "\(databases.count) databases for \(shards.count) shards")
        for (database, shard) in zip(databases, shards) {
            let connection = try await database.acquire(.write, settings: .engineDefaults)
            defer { database.release(connection) }
            if let identity = try await ShardIdentity.read(from: connection) {
                try identity.verify(clusterID: cluster.uuid, shardID: shard.uuid, shardName: shard.name)
                continue
            }
            guard try await connection.rows(CatalogStatements.hasObjects).first?.integer(0) == 0 else {
                throw ShardError(
                    .alreadyExists, "the file for shard \(shard.name) holds tables already",
                    hint: "Give an empty place for it, and bring the rows in with: shardkit import")
            }
            try await ShardIdentity(clusterID: cluster.uuid, shardID: shard.uuid, shardName: shard.name).create(
                on: connection)
        }
    }

    /// Checks that the databases opened for the catalog's shards are those shards, when a logical database is opened.
    ///
    /// - Parameter databases: in the order of the catalog's shards.
    /// - Throws: `.foreignShard` for a file of another cluster or shard, a copy, or one that is no shard at all;
    ///   `.configuration` when their number differs.
    public func verify(_ databases: [any ShardDatabase]) async throws {
        let shards = try await snapshot().shards
        guard shards.count == databases.count else {
            throw ShardError(
                .configuration,
                "the catalog of \(cluster.name) has \(shards.count) shards, \(databases.count) are configured")
        }
        var seen: [String: String] = [:]
        for (database, shard) in zip(databases, shards) {
            let connection = try await database.acquire(.read, settings: .engineDefaults)
            defer { database.release(connection) }
            guard let identity = try await ShardIdentity.read(from: connection) else {
                throw ShardError(
                    .foreignShard,
                    "the file of shard \(shard.name) does not say who it is: it is no shard of \(cluster.name)",
                    hint: "Put the shard's own file in its place, from a backup if need be.")
            }
            if let other = seen.updateValue(shard.name, forKey: identity.shardID) {
                throw ShardError(
                    .foreignShard, "the shards \(other) and \(shard.name) are one file or copies of one",
                    hint: "Put each shard's own file in its place.")
            }
            try identity.verify(clusterID: cluster.uuid, shardID: shard.uuid, shardName: shard.name)
        }
    }
}
