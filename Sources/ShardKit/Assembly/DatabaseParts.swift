#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Logging
import ShardBackend
import ShardBase
import ShardBusiness
import ShardCatalog
import ShardExecutor
import ShardPlanner
import ShardSQL
import ShardSQLite
import ShardTopology

/// What an opened database is made of: the catalog, the shards, and the logical database over them.
final class DatabaseParts: Sendable {
    let catalog: Catalog
    let shards: [any ShardDatabase]
    /// Of shards that are database servers.
    let coordinator: (any ShardDatabase)?
    let logical: LogicalDatabase
    let business: BusinessStore
    let locks: NamedLocks
    let sagas: Sagas
    let ids: IDSources

    init(
        catalog: Catalog, shards: [any ShardDatabase], coordinator: (any ShardDatabase)? = nil,
        logical: LogicalDatabase, ids: IDSources
    ) {
        self.ids = ids
        self.catalog = catalog
        self.shards = shards
        self.coordinator = coordinator
        self.logical = logical
        // Servers are reached from several machines, the catalog's file is not.
        self.business =
            coordinator.map { BusinessStore($0, spelling: .postgresql) }
            ?? BusinessStore(catalog.database, spelling: .sqlite)
        self.locks = NamedLocks(business)
        self.sagas = Sagas(business)
    }

    func close() async {
        await ids.close()
        for shard in shards { await shard.close() }
        await coordinator?.close()
        await catalog.close()
    }

    // MARK: Opening

    static func open(_ configuration: Configuration, recoversCommits: Bool = true) async throws -> DatabaseParts {
        try configuration.check()
        guard FileManager.default.fileExists(atPath: configuration.catalogPath) else {
            if configuration.createsMissingFiles { return try await create(configuration) }
            throw ShardError(
                .notFound, "there is no catalog in \(configuration.directory)",
                hint: "Make the database with: shardkit init, or set createsMissingFiles.")
        }
        let files = SQLiteBackend(configuration: configuration.sqlite)
        let catalog = try await Catalog.open(
            on: try await files.open(shard: "catalog", at: configuration.catalogPath, creating: false),
            directory: configuration.directory)
        var opened: [any ShardDatabase] = []
        do {
            let known = try await catalog.snapshot().shards
            try configuration.agree(with: known)
            for shard in known {
                guard let own = configuration.shard(shard.name) else { continue }
                let database = try await configuration.open(
                    own,
                    ShardIdentity(
                        clusterID: catalog.cluster.uuid, shardID: shard.uuid, shardName: shard.name))
                opened.append(database)
                try await verify(database, shard, cluster: catalog.cluster, configuration.spelling)
            }
            switch configuration.engine {
            case .sqlite:
                return try await assemble(configuration, files, catalog, opened, recoversCommits: recoversCommits)
            case .postgresql:
                return try await assembleServers(
                    configuration, catalog, opened, recoversCommits: recoversCommits)
            }
        } catch {
            for shard in opened { await shard.close() }
            await catalog.close()
            throw error
        }
    }

    /// A file or database that belongs to another database, or is a copy of another shard, is refused before anything is written.
    private static func verify(
        _ database: any ShardDatabase, _ shard: CatalogShard, cluster: Catalog.ClusterIdentity,
        _ spelling: EngineSpelling
    ) async throws {
        let connection = try await database.acquire(.read, settings: .engineDefaults)
        defer { database.release(connection) }
        guard let identity = try await ShardIdentity.read(from: connection, spelling: spelling) else {
            throw ShardError(
                .foreignShard, "what is given as shard \(shard.name) does not say which shard it is",
                hint: "Put the right one in its place; ShardKit wrote nothing to this one.")
        }
        try identity.verify(clusterID: cluster.uuid, shardID: shard.uuid, shardName: shard.name)
    }

    // MARK: Making

    static func create(_ configuration: Configuration) async throws -> DatabaseParts {
        try configuration.check()
        let files = configuration.shards.filter { $0.engine == .sqlite }.map { configuration.location(of: $0) }
        for path in [configuration.catalogPath] + files {
            guard !FileManager.default.fileExists(atPath: path) else {
                throw ShardError(
                    .alreadyExists, "there is a file \(path) already",
                    hint: "Choose an empty folder; nothing is overwritten.")
            }
        }
        do {
            try FileManager.default.createDirectory(
                atPath: configuration.directory, withIntermediateDirectories: true)
        } catch {
            throw ShardError(.inputOutput, "the folder \(configuration.directory) cannot be made")
        }
        let cluster = Catalog.ClusterIdentity(uuid: UUID().uuidString.lowercased(), name: configuration.cluster)
        if configuration.engine == .postgresql { return try await createServers(configuration, cluster) }
        let backend = SQLiteBackend(configuration: configuration.sqlite)
        var opened: [any ShardDatabase] = []
        do {
            var shards: [CatalogShard] = []
            for shard in configuration.shards {
                let database = try await backend.open(
                    shard: shard.name, at: configuration.location(of: shard), creating: true)
                opened.append(database)
                let described = CatalogShard(
                    name: shard.name, location: shard.path, uuid: UUID().uuidString.lowercased())
                let connection = try await database.acquire(.write, settings: .engineDefaults)
                defer { database.release(connection) }
                try await ShardIdentity(clusterID: cluster.uuid, shardID: described.uuid, shardName: shard.name)
                    .create(on: connection)
                shards.append(described)
            }
            // The catalog comes last: where there is one, the database is whole.
            let catalog = try await Catalog.create(
                on: try await backend.open(shard: "catalog", at: configuration.catalogPath, creating: true),
                cluster: cluster, shards: shards, directory: configuration.directory)
            return try await assemble(configuration, backend, catalog, opened)
        } catch {
            for shard in opened { await shard.close() }
            throw error
        }
    }

    private static func assemble(
        _ configuration: Configuration, _ backend: SQLiteBackend, _ catalog: Catalog, _ shards: [any ShardDatabase],
        recoversCommits: Bool = true
    ) async throws -> DatabaseParts {
        let clock = SystemClock()
        let environment = ExecutionEnvironment(
            shards: shards, makePrivate: { try backend.openPrivate() }, clock: clock,
            limits: configuration.executionLimits, logger: Logger(label: "shardkit"))
        let declarations = try configuration.declarations()
        let definitions = DefinitionRunner(
            catalog: catalog, shards: shards, timeout: configuration.busyTimeout,
            defaultDeclaration: { declarations(forTable: $0) },
            defaultGenerators: { declarations.generators[$0.lowercased()] ?? [:] },
            makePrivate: { try backend.openPrivate() })
        try await definitions.recover()
        let ids = IDSources(configuration) { try await SQLIDStore.open(configuration.catalogPath) }
        let store = CatalogStore(catalog: catalog, runner: definitions)
        let logical = try await LogicalDatabase(
            environment: environment, store: store, definitions: store, observer: configuration.observer,
            generators: ids,
            commits: configuration.commit, page: catalog.page, recoversCommits: recoversCommits)
        return DatabaseParts(catalog: catalog, shards: shards, logical: logical, ids: ids)
    }
}
