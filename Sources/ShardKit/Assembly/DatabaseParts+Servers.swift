#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Logging
import ShardBackend
import ShardBase
import ShardCatalog
import ShardExecutor
import ShardPostgres
import ShardSQL
import ShardSQLite

/// Shards that are PostgreSQL databases: the catalog is a file all the same, and a further database, the coordinator, holds the
/// logical schema.
extension DatabaseParts {
    static func createServers(
        _ configuration: Configuration, _ cluster: Catalog.ClusterIdentity
    ) async throws -> DatabaseParts {
        var opened: [any ShardDatabase] = []
        var coordinator: (any ShardDatabase)?
        do {
            var shards: [CatalogShard] = []
            for shard in configuration.shards {
                opened.append(try await configuration.open(shard, nil))
            }
            // Nothing is written before all are known to be fit.
            let own = try await openCoordinator(configuration, opened[0], cluster: nil)
            coordinator = own
            try await ServerFitness.checkLikeness(opened + [own])
            for database in opened + [own] { try await ServerFitness.checkEmpty(database) }
            for (shard, database) in zip(configuration.shards, opened) {
                let described = CatalogShard(
                    name: shard.name, location: withoutPassword(shard.path), uuid: UUID().uuidString.lowercased())
                try await mark(database, cluster, described.uuid)
                shards.append(described)
            }
            try await mark(own, cluster, cluster.uuid)
            // The catalog comes last: where there is one, the database is whole.
            let files = SQLiteBackend(configuration: configuration.sqlite)
            let catalog = try await Catalog.create(
                on: try await files.open(shard: "catalog", at: configuration.catalogPath, creating: true),
                cluster: cluster, shards: shards, directory: configuration.directory)
            return try await assemble(configuration, catalog, opened, own)
        } catch {
            for shard in opened { await shard.close() }
            await coordinator?.close()
            throw error
        }
    }

    static func assembleServers(
        _ configuration: Configuration, _ catalog: Catalog, _ shards: [any ShardDatabase], recoversCommits: Bool
    ) async throws -> DatabaseParts {
        let coordinator = try await openCoordinator(configuration, shards[0], cluster: catalog.cluster.uuid)
        do {
            let connection = try await coordinator.acquire(.read, settings: .engineDefaults)
            let identity: ShardIdentity?
            do {
                defer { coordinator.release(connection) }
                identity = try await ShardIdentity.read(from: connection, spelling: .postgresql)
            }
            guard let identity else {
                throw ShardError(
                    .foreignShard, "the coordinator's database does not say whose it is",
                    hint: "Name the right one as coordinator; ShardKit wrote nothing to this one.")
            }
            try identity.verify(
                clusterID: catalog.cluster.uuid, shardID: catalog.cluster.uuid, shardName: coordinator.name)
            try await ServerFitness.checkLikeness(shards + [coordinator])
            return try await assemble(
                configuration, catalog, shards, coordinator, recoversCommits: recoversCommits)
        } catch {
            await coordinator.close()
            throw error
        }
    }

    private static func assemble(
        _ configuration: Configuration, _ catalog: Catalog, _ shards: [any ShardDatabase],
        _ coordinator: any ShardDatabase, recoversCommits: Bool = true
    ) async throws -> DatabaseParts {
        let environment = ExecutionEnvironment(
            shards: shards,
            makePrivate: { throw ShardError(.internalError, "a private file was wanted for a server's statement") },
            clock: SystemClock(), limits: configuration.executionLimits, logger: Logger(label: "shardkit"))
        let declarations = try configuration.declarations()
        let definitions = ServerDefinitions(
            catalog: catalog, shards: shards, coordinator: coordinator, timeout: configuration.busyTimeout,
            defaultDeclaration: { declarations(forTable: $0) },
            defaultGenerators: { declarations.generators[$0.lowercased()] ?? [:] })
        try await definitions.recover()
        var commits: ServerCommits?
        if configuration.commit == .atomic {
            let own = try await ServerCommits(
                shards: shards, cluster: catalog.cluster.uuid, logger: environment.logger)
            if recoversCommits { _ = try await own.recover() }
            commits = own
        }
        let engine = try await ServerEngine(
            coordinator: coordinator, shards: shards, cluster: catalog.cluster.uuid, definitions: definitions,
            commits: commits, logger: environment.logger)
        // Processes on several machines have catalogs of their own, and this one database in common.
        let ids = IDSources(configuration) {
            try await openIDStore(configuration, shards[0], cluster: catalog.cluster.uuid)
        }
        let logical = try await LogicalDatabase(
            environment: environment, store: definitions, dialect: .postgresql, server: engine,
            splitting: configuration.reads.splitting(shards, cluster: catalog.cluster.uuid),
            observer: configuration.observer, generators: ids,
            commits: .fast)
        return DatabaseParts(
            catalog: catalog, shards: shards, coordinator: coordinator, logical: logical, ids: ids)
    }

    // MARK: The coordinator

    /// - Parameter cluster: the database's identity; nil: it is still to be made.
    private static func openCoordinator(
        _ configuration: Configuration, _ first: any ShardDatabase, cluster: String?
    ) async throws -> any ShardDatabase {
        let name = ServerDefinitions.coordinatorName
        if let location = configuration.coordinator {
            return try await configuration.coordinatorBackend(database: nil).open(
                shard: name, at: location, creating: false)
        }
        let database = try await ServerFitness.coordinatorDatabase(beside: first, isNew: cluster == nil)
        if !configuration.shards[0].replicas.isEmpty {
            // It is where the first shard's primary is, wherever that goes.
            return try configuration.replicated(
                configuration.shards[0], name: name, database: database,
                cluster.map { ShardIdentity(clusterID: $0, shardID: $0, shardName: name) })
        }
        return try await configuration.coordinatorBackend(database: database).open(
            shard: name, at: configuration.shards[0].path, creating: false)
    }

    private static func openIDStore(
        _ configuration: Configuration, _ first: any ShardDatabase, cluster: String
    ) async throws -> SQLIDStore {
        try await SQLIDStore(try await openCoordinator(configuration, first, cluster: cluster), .postgresql)
    }

    private static func mark(
        _ database: any ShardDatabase, _ cluster: Catalog.ClusterIdentity, _ uuid: String
    ) async throws {
        let connection = try await database.acquire(.write, settings: .engineDefaults)
        defer { database.release(connection) }
        let identity = ShardIdentity(clusterID: cluster.uuid, shardID: uuid, shardName: database.name)
        try await identity.create(on: connection, spelling: .postgresql)
        (database as? ReplicatedShard)?.require(identity)
    }

    /// What the catalog keeps of a connection string: passwords are nobody's business there.
    static func withoutPassword(_ location: String) -> String {
        guard location.contains("://") else {
            return location.split(separator: " ").filter { !$0.hasPrefix("password") }.joined(separator: " ")
        }
        let parts = location.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, let at = parts[2].lastIndex(of: "@") else { return location }
        let authority = parts[2][..<at].prefix { $0 != ":" } + parts[2][at...]
        return (parts[..<2] + [authority] + parts[3...]).joined(separator: "/")
    }
}
