public import ShardBackend
public import ShardBase
import ShardSQL
public import ShardTopology
import ShardValues

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The durable catalog of one logical database: its schema and where its rows live, the epoch, key sequences and the
/// journal of definitions under way.
///
/// It is reached through the backend's protocols alone and holds no copy of its own: statements work on the immutable
/// ``CatalogSnapshot`` of an epoch, ask ``isCurrent(_:)`` (one atomic load) whether it still holds, and load anew when it
/// does not. So other processes' changes are seen by the next statement.
///
/// Every change is one transaction that also makes the next epoch; the ``EpochPage`` is told afterwards. Changes are made
/// by who holds the ``definitionLock``.
public final class Catalog: Sendable {
    package let database: any ShardDatabase
    public let cluster: ClusterIdentity
    /// Names this opening of the catalog: who owns reserved numbers.
    public let processID: String
    public let page: EpochPage
    public let definitionLock: DefinitionLock
    let clock: any ShardClock

    /// Which logical database a catalog and its shards belong to.
    public struct ClusterIdentity: Sendable, Hashable {
        public var uuid: String
        public var name: String
        public init(uuid: String, name: String) {
            self.uuid = uuid
            self.name = name
        }
    }

    private init(
        _ database: any ShardDatabase, _ cluster: ClusterIdentity, directory: String?, clock: any ShardClock
    ) throws(ShardError) {
        self.database = database
        self.cluster = cluster
        self.processID = UUID().uuidString.lowercased()
        self.page = try EpochPage(directory: directory, cluster: cluster.uuid)
        self.definitionLock = DefinitionLock(directory: directory)
        self.clock = clock
    }

    // MARK: Making and opening

    /// Makes the catalog of a new logical database in an empty database.
    ///
    /// - Parameters:
    ///   - database: where it is kept; open it with full synchronisation, it holds decisions.
    ///   - directory: the folder for the epoch page and the definition lock; nil: this process alone uses the catalog.
    /// - Throws: `.alreadyExists` when the database holds a catalog.
    public static func create(
        on database: any ShardDatabase, cluster: ClusterIdentity, shards: [CatalogShard], directory: String?,
        clock: any ShardClock = SystemClock()
    ) async throws -> Catalog {
        guard !shards.isEmpty else { throw ShardError(.configuration, "a logical database needs at least one shard") }
        let connection = try await database.acquire(.write, settings: .engineDefaults)
        defer { database.release(connection) }
        try await connection.transaction(begin: CatalogStatements.beginImmediate) {
            guard try await !hasCatalog(connection) else {
                throw ShardError(
                    .alreadyExists, "the database for the catalog of \(cluster.name) holds a catalog already",
                    hint: "Open it instead of making it, or choose an empty folder.")
            }
            try await connection.executeScript(CatalogFormat.script)
            _ = try await connection.execute(
                CatalogStatements.newCluster,
                values: [.integer(CatalogFormat.version), .text(cluster.uuid), .text(cluster.name)])
            try await put(shards, connection)
        }
        let catalog = try Catalog(database, cluster, directory: directory, clock: clock)
        catalog.page.publish(1)
        catalog.page.endChange()
        return catalog
    }

    /// Opens a catalog that exists, and brings the epoch page in line with it.
    ///
    /// - Throws: `.notFound` when the database holds none, `.catalogVersion` when a later version made it.
    public static func open(
        on database: any ShardDatabase, directory: String?, clock: any ShardClock = SystemClock()
    ) async throws -> Catalog {
        let connection = try await database.acquire(.read, settings: .engineDefaults)
        let identity: ClusterIdentity
        do {
            defer { database.release(connection) }
            guard try await hasCatalog(connection), let row = try await connection.rows(CatalogStatements.cluster).first
            else {
                throw ShardError(
                    .notFound, "there is no catalog in the database given for it",
                    hint: "Make a new logical database with: shardkit init")
            }
            let format = try row.integer(0)
            guard format <= CatalogFormat.version else {
                throw ShardError(
                    .catalogVersion,
                    "the catalog has format \(format); this version of ShardKit reads formats up to \(CatalogFormat.version)",
                    hint: "Use the version of ShardKit that made it, or a later one.")
            }
            identity = ClusterIdentity(uuid: try row.text(1), name: try row.text(2))
        }
        let catalog = try Catalog(database, identity, directory: directory, clock: clock)
        try await catalog.repairPage()
        return catalog
    }

    private static func hasCatalog(_ connection: any ShardConnection) async throws -> Bool {
        try await connection.rows(CatalogStatements.hasTables).first?.integer(0) == 1
    }

    /// A page whose epoch is not the catalog's (new, torn, or its writer was killed in between) gets the catalog's. Only
    /// under the lock: without it, somebody's later epoch could be overwritten.
    private func repairPage() async throws {
        if page.reach == .process {
            page.publish(try await storedEpoch())
            return
        }
        guard page.reach == .machine, page.epoch != (try await storedEpoch()) else { return }
        let held = try await definitionLock.acquire(timeout: .seconds(10))
        defer { held.release() }
        page.publish(try await storedEpoch())
    }

    /// The epoch that the catalog itself holds.
    public func storedEpoch() async throws -> UInt64 {
        try await read { connection in try await self.epoch(connection) }
    }

    func epoch(_ connection: any ShardConnection) async throws -> UInt64 {
        guard let row = try await connection.rows(CatalogStatements.epoch).first else {
            throw ShardError(.corrupt, "the catalog holds no cluster")
        }
        return UInt64(bitPattern: try row.integer(0))
    }

    func shards(_ connection: any ShardConnection) async throws -> [CatalogShard] {
        try await connection.rows(CatalogStatements.shards).map { row in
            CatalogShard(name: try row.text(0), location: try row.text(1), uuid: try row.text(2))
        }
    }

    // MARK: Reading

    /// Whether a topology of this epoch is current and no definition is under way. One atomic load.
    @inline(__always)
    public func isCurrent(_ epoch: UInt64) -> Bool { page.isCurrent(epoch) }

    /// Whether other processes' changes do not show on the epoch page (no folder to share one in): then
    /// ``refreshEpoch()`` is to be called before statements.
    public var needsPolling: Bool { page.reach == .process }

    /// Asks the catalog for its epoch where the page cannot know it. Costs a query then, nothing otherwise.
    public func refreshEpoch() async throws {
        if needsPolling { page.publish(try await storedEpoch()) }
    }

    /// Which rows live where, as of now.
    public func load() async throws -> Topology { try await snapshot().topology }

    /// Everything that statements depend on, as of now: topology, shards, and the schema's objects for the mirror.
    public func snapshot() async throws -> CatalogSnapshot {
        try await read { connection in
            try await connection.transaction(begin: CatalogStatements.begin) { try await self.snapshot(connection) }
        }
    }

    func snapshot(_ connection: any ShardConnection) async throws -> CatalogSnapshot {
        let epoch = try await epoch(connection)
        let shards = try await shards(connection)
        let directory = try await directoryEntries(connection)
        var objects: [CatalogObject] = []
        for row in try await connection.rows(CatalogStatements.objects) {
            objects.append(try object(row, shards: shards.map(\.name), directory))
        }
        return CatalogSnapshot(epoch: epoch, shards: shards, objects: objects)
    }

    private func object(
        _ row: [Value], shards: [String], _ directory: [String: [Value: Int]]
    ) throws -> CatalogObject {
        let name = try row.text(2)
        guard let kind = CatalogObject.Kind(rawValue: try row.text(1)) else {
            throw ShardError(
                .catalogVersion, "the catalog lists \(name) as \(try row.text(1)), which this version does not know")
        }
        var object = CatalogObject(kind: kind, name: name, tableName: try row.text(3), sql: try row.text(4))
        if row[5] != .null {
            var table = try LogicalTable(
                catalogText: try row.text(5), name: name, createSQL: object.sql, shards: shards)
            table.directoryEntries = directory[name.asciiLowercased()] ?? [:]
            object.table = table
        }
        return object
    }

    func read<Result>(_ body: (any ShardConnection) async throws -> Result) async throws -> Result {
        let connection = try await database.acquire(.read, settings: .engineDefaults)
        defer { database.release(connection) }
        return try await body(connection)
    }

    func write<Result>(_ body: (any ShardConnection) async throws -> Result) async throws -> Result {
        let connection = try await database.acquire(.write, settings: .engineDefaults)
        defer { database.release(connection) }
        return try await connection.transaction(begin: CatalogStatements.beginImmediate) { try await body(connection) }
    }

    static func put(_ shards: [CatalogShard], _ connection: any ShardConnection) async throws {
        _ = try await connection.execute(CatalogStatements.clearShards, values: [])
        for (position, shard) in shards.enumerated() {
            _ = try await connection.execute(
                CatalogStatements.newShard,
                values: [.integer(Int64(position)), .text(shard.name), .text(shard.location), .text(shard.uuid)])
        }
    }

    /// Closes the catalog's database. Idempotent.
    public func close() async { await database.close() }
}
