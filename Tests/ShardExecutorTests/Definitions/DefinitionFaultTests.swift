import Foundation
import ShardBase
import ShardCatalog
import ShardExecutor
import ShardSQLite
import Testing

/// A definition is stopped at every step, by an error and by killing the process, and the folder is opened anew: all
/// shards and the catalog then have the definition, or none has.
@Suite struct DefinitionFaultTests {
    static let definitions = [
        "CREATE TABLE n (id INTEGER PRIMARY KEY) SHARD BY HASH (id) INTO 6 PARTITIONS",
        "CREATE INDEX i ON t (x)",
        "ALTER TABLE t RENAME TO r",
        "ALTER TABLE t ADD COLUMN q TEXT REFERENCES u (id)",
        "ALTER TABLE t DROP COLUMN x",
        "DROP TABLE t",
    ]
    static let points: [(point: FaultPoint, hit: Int, survives: Bool)] = [
        (.ddlBeforeShard, 1, false), (.ddlBeforeShard, 2, false), (.ddlBeforeShard, 3, false),
        (.ddlBeforeCatalog, 1, false), (.catalogAfterEpoch, 1, true), (.ddlAfterCatalog, 1, true),
        (.ddlAfterShard, 1, true), (.ddlAfterShard, 2, true), (.ddlAfterShard, 3, true),
    ]

    private static func prepared(_ directory: String) async throws -> DefinitionCluster {
        let cluster = try await DefinitionCluster(directory, shards: 3, creating: true)
        try await cluster.define("CREATE TABLE u (id INTEGER PRIMARY KEY) SHARD BY HASH (id) INTO 6 PARTITIONS")
        try await cluster.define("CREATE TABLE t (id INTEGER PRIMARY KEY, x) SHARD BY HASH (id) INTO 6 PARTITIONS")
        return cluster
    }

    /// The states before and after a definition that nothing stops.
    private static func expected(_ definition: String) async throws -> (before: [String], after: [String]) {
        let directory = try DefinitionCluster.newDirectory()
        defer { DefinitionCluster.remove(directory) }
        let cluster = try await prepared(directory)
        let before = try await cluster.state()
        try await cluster.define(definition)
        let after = try await cluster.state()
        await cluster.close()
        return (before, after)
    }

    @Test("Stopped by an error, the next statement finds all or nothing", arguments: definitions, points.indices)
    func errors(definition: String, index: Int) async throws {
        let fault = Self.points[index]
        let (before, after) = try await Self.expected(definition)
        #expect(before != after)
        let directory = try DefinitionCluster.newDirectory()
        defer { DefinitionCluster.remove(directory) }
        let cluster = try await Self.prepared(directory)
        var stopped = false
        do {
            try await FaultPoints.withArmed(fault.point, .error, onHit: fault.hit) {
                _ = try await cluster.define(definition)
            }
        } catch {
            stopped = true
        }
        #expect(stopped, "the fault point was not met")
        // A session that finds the epoch changed settles first.
        try await cluster.runner.settle()
        #expect(try await cluster.state() == (fault.survives ? after : before))
        #expect(try await cluster.catalog.journal().isEmpty)
        #expect(cluster.catalog.isCurrent(fault.survives ? 4 : 3))
        // And life goes on.
        try await cluster.define("CREATE TABLE later (id INTEGER PRIMARY KEY)")
        await cluster.close()
    }

    @Test("Killed, the next opening finds all or nothing", arguments: points.indices)
    func kills(index: Int) async throws {
        let fault = Self.points[index]
        for definition in Self.definitions {
            let (before, after) = try await Self.expected(definition)
            let directory = try DefinitionCluster.newDirectory()
            defer { DefinitionCluster.remove(directory) }
            let cluster = try await Self.prepared(directory)
            await cluster.close()
            let point = fault.point.rawValue
            let hit = fault.hit
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    directory = directory as String, definition = definition as String, point = point as String,
                    hit = hit as Int
                ] in
                let cluster = try await DefinitionCluster(directory, shards: 3)
                guard let point = FaultPoint(rawValue: point) else { return }
                FaultPoints.arm(point, .kill, onHit: hit)
                try await cluster.define(definition)
            }
            let again = try await DefinitionCluster(directory, shards: 3)
            try await again.runner.recover()
            #expect(try await again.state() == (fault.survives ? after : before), "\(definition) at \(point)")
            #expect(try await again.catalog.journal().isEmpty)
            #expect(again.catalog.isCurrent(fault.survives ? 4 : 3))
            await again.close()
        }
    }
}
