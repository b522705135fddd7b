import Foundation
import PostgresServer
import ShardBackend
import ShardKit
import ShardPostgres
import Synchronization
import Testing

/// Servers of a test's own: one that begins as the primary of all shards, and replicas of it; and a sharded database over them.
final class ReplicaCluster: Sendable {
    let servers: [PostgresServer]
    let configuration: Configuration
    let database: ShardedDatabase
    private let folder: URL

    static let probeInterval = Duration.milliseconds(50)

    /// - Parameter change: of the configuration.
    static func make(
        replicas: Int, shards: Int, _ change: (inout Configuration) -> Void
    ) async throws -> ReplicaCluster {
        let primary = try PostgresServer.start(settings: ["hot_standby_feedback": "on"])
        let names = (0..<shards).map { "shard\($0)" }
        try await primary.run(names.map { "CREATE DATABASE \($0)" })
        var servers = [primary]
        for _ in 0..<replicas { servers.append(try primary.makeReplica()) }
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-\(UUID().uuidString)")
        var configuration = Configuration(
            directory: folder.path,
            shards: names.enumerated().map { number, name in
                .init(
                    name: "s\(number)", path: servers[0].string(name),
                    replicas: servers.dropFirst().enumerated().map {
                        .init(name: "r\($0.offset + 1)", url: $0.element.string(name))
                    })
            })
        configuration.connections = 4
        configuration.reads.probes.interval = probeInterval
        configuration.reads.options.waitBound = .seconds(5)
        change(&configuration)
        return ReplicaCluster(
            servers, configuration, try await ShardedDatabase.create(configuration), folder)
    }

    private init(
        _ servers: [PostgresServer], _ configuration: Configuration, _ database: ShardedDatabase, _ folder: URL
    ) {
        self.servers = servers
        self.configuration = configuration
        self.database = database
        self.folder = folder
    }

    func remove() async {
        await database.close()
        for server in servers.reversed() { server.stop() }
        try? FileManager.default.removeItem(at: folder)
    }

    var primary: PostgresServer { servers[0] }

    // MARK: What happens to them

    func pauseReplay(_ replica: Int = 1) async throws {
        try await servers[replica].run(["SELECT pg_wal_replay_pause()"])
        // The request is heard by and by.
        try await eventually("replay stands still") {
            try await servers[replica].rows("SELECT pg_get_wal_replay_pause_state()") == [[.text("paused")]]
        }
    }

    func resumeReplay(_ replica: Int = 1) async throws {
        try await servers[replica].run(["SELECT pg_wal_replay_resume()"])
    }

    func promote(_ replica: Int = 1) async throws {
        #expect(try await servers[replica].rows("SELECT pg_promote(true, 30)::text") == [[.text("true")]])
    }

    /// Waits until replicas have all that the primary has.
    func catchUp() async throws {
        let place = try await primary.rows("SELECT pg_current_wal_insert_lsn()::text")[0][0]
        for server in servers.dropFirst() {
            try await eventually("a replica has caught up") {
                try await server.rows("SELECT (pg_last_wal_replay_lsn() >= $1::pg_lsn)::int", [place]) == [
                    [.integer(1)]
                ]
            }
        }
    }
}

/// A cluster for the time of `body`.
func withReplicas<Result>(
    _ replicas: Int = 1, shards: Int = 2, _ change: (inout Configuration) -> Void = { _ in },
    _ body: (ReplicaCluster) async throws -> Result
) async throws -> Result {
    let cluster = try await ReplicaCluster.make(replicas: replicas, shards: shards, change)
    do {
        let result = try await body(cluster)
        await cluster.remove()
        return result
    } catch {
        await cluster.remove()
        throw error
    }
}

/// Waits until something is so.
func eventually(
    _ what: String, within limit: Duration = .seconds(20), location: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < end else {
            Issue.record("not in time: \(what)", sourceLocation: location)
            throw ShardError(.internalError, "not in time: \(what)")
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

extension PostgresServer {
    func string(_ database: String) -> String {
        connectionString.replacingOccurrences(of: "dbname=postgres", with: "dbname=\(database)")
    }

    func run(_ statements: [String], database: String = "postgres") async throws {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(string(database)))
        defer { connection.close() }
        for sql in statements { try await connection.executeScript(sql) }
    }

    func rows(_ sql: String, _ values: [Value] = [], database: String = "postgres") async throws -> [[Value]] {
        var configuration = PostgresConfiguration(string(database))
        configuration.prefersTexts = true
        let connection = try await PostgresConnection.connect(configuration)
        defer { connection.close() }
        return try await connection.plainRows(sql, values)
    }
}

extension PostgresConnection {
    func plainRows(_ sql: String, _ values: [Value]) async throws -> [[Value]] {
        let start = try await query(.init(sql), values: values, rowLimit: 1000)
        start.cursor?.close()
        return (0..<start.batch.rowCount).map { start.batch.row($0) }
    }
}

extension DatabaseSession {
    func values(_ sql: String) async throws -> [[Value]] {
        var rows: [[Value]] = []
        for try await row in try await query(SQLText(sql, values: [])) { rows.append(row.values) }
        return rows
    }
}
