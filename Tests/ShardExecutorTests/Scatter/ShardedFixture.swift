import Foundation
import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardSQLite
import ShardTopology
import ShardValues

@testable import ShardExecutor

/// Partitions of two colocated tables on SQLite files, and one plain database with the same rows.
final class ShardedFixture: Sendable {
    static let creates = [
        "CREATE TABLE people (id INTEGER PRIMARY KEY, city TEXT COLLATE NOCASE, age INTEGER, score REAL, note)",
        "CREATE TABLE visits (person INTEGER, place TEXT, cost NUMERIC, PRIMARY KEY (person, place))",
        "CREATE TABLE colours (name TEXT PRIMARY KEY, code INTEGER)",
    ]
    let environment: ExecutionEnvironment
    let topology: Topology
    let plain: any PrivateDatabase
    private let folder: URL
    private let backend = SQLiteBackend(configuration: SQLiteConfiguration(synchronous: .off))

    init(shards shardCount: Int, partitions partitionCount: Int, rows: Int, seed: UInt64, batchRows: Int = 16)
        async throws
    {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("shardkit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var shards: [any ShardDatabase] = []
        for shard in 0..<shardCount {
            shards.append(
                try await backend.open(
                    shard: "s\(shard)", at: folder.appendingPathComponent("s\(shard).db").path, creating: true))
        }
        let backend = backend
        environment = ExecutionEnvironment(
            shards: shards, makePrivate: { try backend.openPrivate() }, limits: ExecutionLimits(batchRows: batchRows))
        func sharding(_ table: String) -> Sharding {
            Sharding(
                keyColumns: [0], keyTypes: [KeyType(affinity: .integer, collation: .binary)],
                algorithm: HashAlgorithm(partitionCount: partitionCount),
                partitions: (0..<partitionCount).map {
                    Partition(shard: $0 % shardCount, physicalName: "\(table)_\($0)")
                },
                group: "people")
        }
        topology = Topology(
            epoch: 1, shards: (0..<shardCount).map { "s\($0)" },
            tables: [
                "people": LogicalTable(
                    schema: TableSchema(
                        name: "people",
                        columns: [
                            .init(name: "id", declaredType: "INTEGER", affinity: .integer),
                            .init(name: "city", declaredType: "TEXT", affinity: .text, collation: .nocase),
                            .init(name: "age", declaredType: "INTEGER", affinity: .integer),
                            .init(name: "score", declaredType: "REAL", affinity: .real), .init(name: "note"),
                        ], primaryKey: [0], rowIDColumn: 0), placement: .sharded(sharding("people")),
                    createSQL: Self.creates[0]),
                "visits": LogicalTable(
                    schema: TableSchema(
                        name: "visits",
                        columns: [
                            .init(name: "person", declaredType: "INTEGER", affinity: .integer),
                            .init(name: "place", declaredType: "TEXT", affinity: .text),
                            .init(name: "cost", declaredType: "NUMERIC", affinity: .numeric),
                        ], primaryKey: [0, 1]), placement: .sharded(sharding("visits")), createSQL: Self.creates[1]),
                "colours": LogicalTable(
                    schema: TableSchema(
                        name: "colours",
                        columns: [
                            .init(name: "name", declaredType: "TEXT", affinity: .text),
                            .init(name: "code", declaredType: "INTEGER", affinity: .integer),
                        ], primaryKey: [0]), placement: .broadcast, createSQL: Self.creates[2]),
            ])
        plain = try backend.openPrivate()
        for create in Self.creates { try await plain.executeScript(create) }
        try await fill(rows, seed, sharding("people"))
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func fill(_ rows: Int, _ seed: UInt64, _ people: Sharding) async throws {
        var maker = ValueMaker(seed: seed)
        var writers: [any ShardConnection] = []
        for shard in environment.shards { writers.append(try await shard.acquire(.write, settings: .engineDefaults)) }
        for (number, partition) in people.partitions.enumerated() {
            for (table, create) in [("people", Self.creates[0]), ("visits", Self.creates[1])] {
                try await writers[partition.shard].executeScript(create.replacing(table, with: "\(table)_\(number)"))
            }
        }
        for writer in writers { try await writer.executeScript("BEGIN; " + Self.creates[2]) }
        func insert(_ table: String, _ key: Int64, _ values: [Value]) async throws {
            let partition = try people.partition(of: [.integer(key)])
            let marks = values.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
            _ = try await writers[people.partitions[partition].shard].execute(
                ShardStatement("INSERT INTO \(table)_\(partition) VALUES (\(marks))"), values: values)
            _ = try await plain.execute(ShardStatement("INSERT INTO \(table) VALUES (\(marks))"), values: values)
        }
        for id in 0..<rows {
            let key = Int64(id) * 3 - 20
            let city: Value = [.null, .text("Rome"), .text("rome"), .text("Oslo"), .text("paris"), .text("Lima")][
                maker.number(0...5)]
            let age: Value = maker.number(0...9) == 0 ? .null : .integer(Int64(maker.number(0...40)))
            let score: Value = maker.number(0...9) == 0 ? .null : .real(Double(maker.number(-40...40)) / 4)
            try await insert("people", key, [.integer(key), city, age, score, maker.value()])
            for place in 0..<maker.number(0...2) {
                try await insert(
                    "visits", key, [.integer(key), .text("place \(place)"), .integer(Int64(maker.number(1...5)))])
            }
        }
        for (name, code) in [("red", 1), ("green", 2), ("blue", 20)] as [(String, Int64)] {
            let values: [Value] = [.text(name), .integer(code)]
            for connection in writers + [plain] {
                _ = try await connection.execute(ShardStatement("INSERT INTO colours VALUES (?1, ?2)"), values: values)
            }
        }
        for (shard, writer) in zip(environment.shards, writers) {
            try await writer.executeScript("COMMIT")
            shard.release(writer)
        }
    }

    func close() async {
        for shard in environment.shards { await shard.close() }
    }

    // MARK: Asking

    func compile(_ sql: String) throws -> CompiledPlan {
        let description = try plain.describe(sql)
        let plan = try Planner(topology: topology, dialect: .sqlite).plan(
            try Parser.parse(sql, dialect: .sqlite),
            description: StatementFacts(
                columns: description.columns.map { PlanColumn(name: $0.name, declaredType: $0.declaredType) },
                isReadOnly: description.isReadOnly))
        return CompiledPlan(plan: plan, topology: topology)
    }

    func start(_ compiled: CompiledPlan, _ values: [Value] = []) async throws -> StartedQuery {
        let environment = environment
        let bound = try await ExtraValues.bound(
            compiled, values: values, counters: SessionCounters(), clock: environment.clock
        ) { sql, values in
            let engine = try environment.openPrivate()
            return try await engine.query(ShardStatement(sql), values: values, rowLimit: 2).batch.value(
                row: 0, column: 0)
        }
        return try await QueryRunner.start(
            compiled, values: bound, provider: PoolProvider(shards: environment.shards), environment: environment)
    }

    func sharded(_ sql: String, _ values: [Value] = []) async throws -> [[Value]] {
        let started = try await start(try compile(sql), values)
        var rows = (0..<started.firstBatch.rowCount).map { started.firstBatch.row($0) }
        if let rest = started.rest { rows += try await rest.allRows() }
        return rows
    }

    func one(_ sql: String, _ values: [Value] = []) async throws -> [[Value]] {
        let start = try await plain.query(ShardStatement(sql), values: values, rowLimit: .max)
        defer { start.cursor?.close() }
        return (0..<start.batch.rowCount).map { start.batch.row($0) }
    }
}

/// Readers from the shards' pools.
struct PoolProvider: PlainProvider {
    let shards: [any ShardDatabase]

    func connection(for shard: ShardIndex) async throws -> any ShardConnection {
        try await shards[shard].acquire(.read, settings: .engineDefaults)
    }

    func giveBack(_ connection: any ShardConnection, of shard: ShardIndex) { shards[shard].release(connection) }
}
