import Foundation
import ShardBackend
import ShardBase
import ShardCatalog
import ShardExecutor
import ShardPlanner
import ShardSQL
import ShardSQLite
import ShardTopology
import ShardValues

/// Shards, catalog and runner in a folder, opened anew as often as a test likes.
final class DefinitionCluster: Sendable {
    let directory: String
    let catalog: Catalog
    let shards: [any ShardDatabase]
    let runner: DefinitionRunner

    static func newDirectory() throws -> String {
        let directory = NSTemporaryDirectory() + "definitions-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return directory
    }

    init(_ directory: String, shards count: Int, creating: Bool = false, timeout: Duration = .seconds(5)) async throws {
        self.directory = directory
        let backend = SQLiteBackend(configuration: SQLiteConfiguration(synchronous: .off, busyTimeout: timeout))
        let names = (0..<count).map { "s\($0)" }
        var opened: [any ShardDatabase] = []
        for name in names {
            opened.append(
                try await backend.open(shard: name, at: directory + "/\(name).sqlite", creating: creating))
        }
        shards = opened
        let database = try await backend.open(
            shard: "catalog", at: directory + "/catalog.sqlite", creating: creating)
        if creating {
            catalog = try await Catalog.create(
                on: database, cluster: .init(uuid: "c-1", name: "test"),
                shards: names.map { CatalogShard(name: $0, location: "\($0).sqlite", uuid: "u-\($0)") },
                directory: directory)
        } else {
            catalog = try await Catalog.open(on: database, directory: directory)
        }
        runner = DefinitionRunner(catalog: catalog, shards: opened, timeout: timeout) { try backend.openPrivate() }
    }

    func close() async {
        for shard in shards { await shard.close() }
        await catalog.close()
    }

    static func remove(_ directory: String) { try? FileManager.default.removeItem(atPath: directory) }

    /// Runs a definition as a session does.
    @discardableResult
    func define(_ sql: String, settings: SessionSettings = .engineDefaults) async throws -> DefinitionOutcome {
        let parsed = try Parser.parse(sql, dialect: .sqlite)
        let kind: DefinitionPlan.Kind
        switch parsed.statement {
        case .createTable(let create): kind = .createTable(create)
        case .createVirtualTable(let create): kind = .createVirtualTable(create)
        case .createIndex(let create): kind = .createIndex(create)
        case .createView(let create): kind = .createView(create)
        case .createTrigger(let create): kind = .createTrigger(create)
        case .alterTable(let alter): kind = .alterTable(alter)
        case .drop(let drop): kind = .drop(drop)
        case .other(let other): kind = .maintenance(other)
        case .select, .insert, .update, .delete, .transaction, .explain, .pragma, .setting, .showTopology:
            throw ShardError(.input, "not a definition: \(sql)")
        }
        let logical = SQLPrinter.print(parsed.statement, options: .init(includesSharding: false))
        return try await runner.run(DefinitionPlan(kind: kind, logicalSQL: logical), statement: sql, settings: settings)
    }

    func run(_ sql: String, on shard: Int) async throws {
        let connection = try await shards[shard].acquire(.write, settings: .engineDefaults)
        defer { shards[shard].release(connection) }
        try await connection.executeScript(sql)
    }

    func rows(_ sql: String, on shard: Int) async throws -> [[Value]] {
        let connection = try await shards[shard].acquire(.read, settings: .engineDefaults)
        defer { shards[shard].release(connection) }
        let start = try await connection.query(ShardStatement(sql), values: [], rowLimit: 1000)
        start.cursor?.close()
        return (0..<start.batch.rowCount).map { start.batch.row($0) }
    }

    /// `type name` of each user object on each shard, and of each logical one: the state that must agree.
    func state() async throws -> [String] {
        var lines: [String] = []
        for shard in shards.indices {
            let rows = try await rows(
                """
                SELECT type || ' ' || name || ' ' || sql FROM sqlite_master
                WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_shardkit%' ESCAPE '\\' ORDER BY 1
                """, on: shard)
            lines += rows.map { row in
                if case .text(let text) = row[0] { return "s\(shard) \(text)" }
                return "s\(shard) ?"
            }
        }
        return lines + (try await catalog.snapshot().objects.map { "catalog \($0.kind) \($0.sql)" })
    }
}
