import Foundation
import InMemoryTracing
import Metrics
import MetricsTestKit
import PostgresPair
import PostgresServer
import ShardKit
import Testing
import Tracing

/// Backends of the whole process, installed once.
private enum Backends {
    static let tracer: InMemoryTracer = {
        let tracer = InMemoryTracer()
        InstrumentationSystem.bootstrap(tracer)
        return tracer
    }()
    static let metrics: TestMetrics = {
        let metrics = TestMetrics()
        MetricsSystem.bootstrap(metrics)
        return metrics
    }()
}

@Suite("what is told of statements", .serialized)
struct ObservationTests {
    private static func withFiles<Result>(
        _ change: (inout Configuration) -> Void, _ body: (ShardedDatabase) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = Configuration(directory: folder.path, shardCount: 2)
        change(&configuration)
        let database = try await ShardedDatabase.create(configuration)
        let result = try await body(database)
        await database.close()
        return result
    }

    /// By statement: count, failures, rows, and the rungs.
    private static func counted(_ database: ShardedDatabase) async throws -> [String: [Value]] {
        var found: [String: [Value]] = [:]
        for row in try await database.query("SHOW STATEMENTS").all() {
            guard case .text(let text) = row[1] else { continue }
            found[text] = [row[2], row[3], row[4]] + (9..<14).map { row[$0] }
        }
        return found
    }

    private static func run(_ database: ShardedDatabase) async throws {
        _ = try await database.execute("INSERT INTO t (id, v) VALUES (1, 10), (2, 20), (3, 30)")
        for id in 1...3 { _ = try await database.query(SQLText("SELECT v FROM t WHERE id = \(id)", values: [])).all() }
        let sum = try await database.prepare("SELECT sum(v) FROM t")
        for _ in 0..<2 { _ = try await sum.query([]).all() }
        _ = try await database.query("SELECT id, v FROM t ORDER BY v").all()
        _ = try? await database.query("SELECT nothing FROM t WHERE v = 'secret'").all()
    }

    private static func check(_ database: ShardedDatabase) async throws {
        let counted = try await counted(database)
        #expect(counted["SELECT v FROM t WHERE id = ?"] == [3, 0, 3, 3, 0, 0, 0, 0])
        #expect(counted["SELECT sum(v) FROM t"] == [2, 0, 2, 0, 0, 2, 0, 0])
        #expect(counted["SELECT id, v FROM t ORDER BY v"] == [1, 0, 3, 0, 0, 1, 0, 0])
        #expect(counted["SELECT nothing FROM t WHERE v = ?"]?.prefix(3) == [1, 1, 0])
        #expect(!counted.keys.contains { $0.contains("secret") || $0.contains("30") })
    }

    @Test("SHOW STATEMENTS over files: counts, rows and rungs by fingerprint, and no values")
    func files() async throws {
        try await Self.withFiles({ $0.observe = .init() }) { database in
            try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)")
            try await Self.run(database)
            try await Self.check(database)
        }
        try await Self.withFiles({ _ in }) { database in
            await #expect(throws: ShardError.self) { try await database.execute("SHOW STATEMENTS") }
            let pools = try await database.query("SHOW POOLS").all()
            #expect(pools.count == 4)
            let replicas = try await database.query("SHOW REPLICAS").all()
            #expect(replicas.isEmpty)
        }
    }

    @Test("SHOW STATEMENTS over servers", .enabled(if: PostgresInstallation.shouldTest))
    func servers() async throws {
        let pair = try await PostgresPair.make(shards: 2)
        _ = try await pair.sharded.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, v INT)")
        try await Self.run(pair.sharded)
        try await Self.check(pair.sharded)
        await pair.remove()
    }

    @Test("slow statements are kept, without values")
    func slow() async throws {
        try await Self.withFiles({
            $0.observe = .init()
            $0.observe?.slowerThan = .zero
        }) { database in
            try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)")
            try await Self.run(database)
            let slow = database.slowStatements
            #expect(slow.count >= 8)
            #expect(
                slow.contains { $0.text == "SELECT id, v FROM t ORDER BY v" && $0.rows == 3 && $0.shards.count == 2 })
            #expect(!slow.contains { $0.text.contains("secret") })
        }
    }

    @Test("spans of statements and of their shards, and metrics by rung")
    func spans() async throws {
        _ = Backends.tracer
        let metrics = Backends.metrics
        try await Self.withFiles({ $0.observe = .init() }) { database in
            try await database.execute("CREATE TABLE spanned (id INTEGER PRIMARY KEY, v INTEGER)")
            try await database.execute("INSERT INTO spanned (id, v) VALUES (1, 10), (2, 20), (3, 30)")
            _ = try await database.query("SELECT id, v FROM spanned ORDER BY v").all()
        }
        let finished = Backends.tracer.finishedSpans
        let statement = try #require(
            finished.first { span in
                span.operationName == "shardkit.statement"
                    && span.attributes.get("db.query.text") == .string("SELECT id, v FROM spanned ORDER BY v")
            })
        #expect(statement.attributes.get("shardkit.rung") == .string("merge"))
        #expect(statement.attributes.get("shardkit.rows") == .int64(3))
        let shards = finished.filter { $0.operationName == "shardkit.shard" && $0.parentSpanID == statement.spanID }
        #expect(shards.compactMap { $0.attributes.get("shardkit.shard") }.count == 2)
        let timer = try metrics.expectTimer("shardkit.statements.duration", [("rung", "merge")])
        #expect(timer.values.count >= 1)
        let rows = try metrics.expectCounter("shardkit.statements.rows", [("rung", "merge")])
        #expect(rows.totalValue >= 3)
    }
}
