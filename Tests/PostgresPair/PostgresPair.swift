import Foundation
public import PostgresServer
import ShardBackend
public import ShardKit
import ShardPostgres
import Synchronization

/// A sharded database over PostgreSQL databases, and beside it one plain database on the same server.
public final class PostgresPair: Sendable {
    public let sharded: ShardedDatabase
    public let plain: PlainPostgres
    /// The plain database's connection string.
    public let plainLocation: String
    public let configuration: Configuration
    private let server: PostgresServer
    private let folder: URL
    private let databases: [String]

    private static let count = Atomic<Int>(0)

    /// Makes both, empty.
    ///
    /// - Parameters:
    ///   - shards: PostgreSQL databases.
    ///   - change: of the configuration.
    public static func make(
        shards: Int, on server: PostgresServer? = nil, _ change: (inout Configuration) -> Void = { _ in }
    ) async throws -> PostgresPair {
        let server = try server ?? PostgresServer.shared.get()
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        let name = "pair\(ProcessInfo.processInfo.processIdentifier)_\(number)"
        let databases = (0..<shards).map { "\(name)_\($0)" }
        let admin = try await PostgresConnection.connect(PostgresConfiguration(server.connectionString))
        for database in databases + [name] { try await admin.executeScript("CREATE DATABASE \(database)") }
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-\(UUID().uuidString)")
        var configuration = Configuration(
            directory: folder.path,
            shards: databases.enumerated().map {
                .init(name: "s\($0.offset)", path: server.connectionString(to: $0.element))
            })
        configuration.connections = 4
        change(&configuration)
        let sharded = try await ShardedDatabase.create(configuration)
        return PostgresPair(
            sharded, try await PlainPostgres.connect(server.connectionString(to: name)),
            server.connectionString(to: name), configuration, server, folder,
            databases + [name, databases[0] + "_shardkit"])
    }

    private init(
        _ sharded: ShardedDatabase, _ plain: PlainPostgres, _ plainLocation: String, _ configuration: Configuration,
        _ server: PostgresServer, _ folder: URL, _ databases: [String]
    ) {
        self.sharded = sharded
        self.plain = plain
        self.plainLocation = plainLocation
        self.configuration = configuration
        self.server = server
        self.folder = folder
        self.databases = databases
    }

    /// Closes both and drops the databases.
    public func remove() async {
        await sharded.close()
        plain.close()
        try? FileManager.default.removeItem(at: folder)
        guard let admin = try? await PostgresConnection.connect(PostgresConfiguration(server.connectionString)) else {
            return
        }
        for database in databases { try? await admin.executeScript("DROP DATABASE IF EXISTS \(database) WITH (FORCE)") }
    }
}

extension PostgresServer {
    /// Keywords that reach another database than `postgres`.
    public func connectionString(to database: String) -> String {
        connectionString.replacingOccurrences(of: "dbname=postgres", with: "dbname=\(database)")
    }
}

/// One plain PostgreSQL database: what it says is right.
public final class PlainPostgres: Sendable {
    private let connection: PostgresConnection
    private let fetches = Atomic<Int>(0)

    public struct Answer: Sendable {
        public var columns: [String]
        public var rows: [[Value]]
        public var changes: Int64
    }

    public static func connect(_ string: String) async throws -> PlainPostgres {
        var configuration = PostgresConfiguration(string)
        configuration.prefersTexts = true
        return PlainPostgres(try await PostgresConnection.connect(configuration))
    }

    private init(_ connection: PostgresConnection) { self.connection = connection }

    public func close() { connection.close() }

    public func run(_ sql: String, _ values: [Value] = []) async throws -> Answer {
        // A prepared FETCH keeps the columns of the cursor that had the name when it was prepared.
        let isFetch = sql.prefix(5).uppercased() == "FETCH"
        let number = fetches.wrappingAdd(1, ordering: .relaxed).newValue
        let start = try await connection.query(
            ShardStatement(isFetch ? "\(sql) /* \(number) */" : sql), values: values, rowLimit: 1000)
        var rows: [[Value]] = []
        var batch = start.batch
        var outcome = start.outcome
        while !batch.isEmpty {
            for index in 0..<batch.rowCount { rows.append(batch.row(index)) }
            guard let cursor = start.cursor else { break }
            batch = try await cursor.next(batch)
            outcome = cursor.outcome
        }
        return Answer(columns: start.columns.map(\.name), rows: rows, changes: outcome.changes)
    }
}
