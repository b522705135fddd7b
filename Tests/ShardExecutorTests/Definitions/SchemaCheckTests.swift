import ShardBackend
import ShardBase
import ShardCatalog
import ShardExecutor
import ShardTopology
import ShardValues
import Testing

@Suite struct SchemaCheckTests {
    /// A small database with rows where they belong.
    private func withRows(_ body: (DefinitionCluster) async throws -> Void) async throws {
        let directory = try DefinitionCluster.newDirectory()
        defer { DefinitionCluster.remove(directory) }
        let cluster = try await DefinitionCluster(directory, shards: 2, creating: true)
        for sql in [
            "CREATE TABLE u (id INTEGER PRIMARY KEY, \"Full Name\" TEXT, CHECK (u.id > 0)) SHARD BY HASH (id) INTO 4 PARTITIONS",
            "CREATE TABLE o (uid INT REFERENCES u (id), n INT, x, PRIMARY KEY (uid, n)) SHARD BY HASH (uid) COLOCATE WITH u",
            "CREATE TABLE c (id INTEGER PRIMARY KEY, name) BROADCAST",
            "CREATE TABLE one (id INTEGER PRIMARY KEY) SINGLE ON s1",
            "CREATE INDEX ox ON o (x) WHERE o.n > 1",
            "CREATE TRIGGER g AFTER INSERT ON one BEGIN DELETE FROM one WHERE id < 0; END",
            "CREATE VIEW v AS SELECT * FROM u",
            "CREATE VIRTUAL TABLE f USING fts5(body)",
            "ALTER TABLE u RENAME COLUMN \"Full Name\" TO name",
            "ALTER TABLE o RENAME TO orders",
            "ALTER TABLE orders ADD COLUMN note TEXT DEFAULT 'none'",
        ] { try await cluster.define(sql) }
        let users = try #require(try await cluster.catalog.load().table(named: "u"))
        guard case .sharded(let sharding) = users.placement else { return }
        for id in 1...50 {
            let home = sharding.partitions[try sharding.partition(of: [.integer(Int64(id))])]
            try await cluster.run("INSERT INTO \(home.physicalName) VALUES (\(id), 'n')", on: home.shard)
        }
        for shard in 0..<2 { try await cluster.run("INSERT INTO c VALUES (1, 'a'), (2, 'b'), (3, x'00')", on: shard) }
        try await cluster.run("INSERT INTO one VALUES (1), (2)", on: 1)
        try await body(cluster)
        await cluster.close()
    }

    private func check(_ cluster: DefinitionCluster) async throws -> SchemaReport {
        try await SchemaCheck(snapshot: cluster.catalog.snapshot(), shards: cluster.shards).run()
    }

    @Test("Where everything is as the catalog says, rows are counted and nothing is found")
    func clean() async throws {
        try await withRows { cluster in
            let report = try await check(cluster)
            #expect(report.findings == [])
            #expect(report.tables.map(\.table) == ["c", "f", "one", "orders", "u"])
            #expect(report.tables.map(\.rows) == [3, 0, 2, 0, 50])
            #expect(report.tables.last?.perShard.reduce(0, +) == 50)
        }
    }

    @Test("Rows in the wrong partition are found and counted")
    func misplaced() async throws {
        try await withRows { cluster in
            try await cluster.run(
                "INSERT INTO u_0 SELECT id, name FROM u_2 LIMIT 3; DELETE FROM u_2 WHERE id IN (SELECT id FROM u_0)",
                on: 0)
            let report = try await check(cluster)
            #expect(report.findings.map(\.kind) == [.misplacedRows])
            #expect(report.findings.first?.rows == 3)
            #expect(report.findings.first?.object == "u")
            #expect(report.tables.last?.rows == 50)
        }
    }

    @Test("Copies of a broadcast table that differ are found, by number and by content")
    func copies() async throws {
        try await withRows { cluster in
            try await cluster.run("UPDATE c SET name = '' WHERE id = 3", on: 1)
            let changed = try await check(cluster)
            #expect(changed.findings.map(\.message) == ["the copy of c on s1 has other rows (compared with s0)"])
            try await cluster.run("DELETE FROM c WHERE id = 3", on: 1)
            let fewer = try await check(cluster)
            #expect(fewer.findings.map(\.kind) == [.copiesDiffer])
            #expect(fewer.findings.first?.message.contains("2 rows instead of 3") == true)
        }
    }

    @Test("Schema that differs is found: missing, unexpected, different")
    func drift() async throws {
        try await withRows { cluster in
            try await cluster.run(
                "DROP INDEX ox_0; CREATE TABLE stray (x); ALTER TABLE orders_2 ADD COLUMN more", on: 0)
            try await cluster.run("DROP TRIGGER g; CREATE INDEX extra ON one (id)", on: 1)
            let report = try await check(cluster)
            let found = Set(report.findings.map { "\($0.kind.rawValue) \($0.shard) \($0.object)" })
            #expect(
                found == [
                    "missing s0 ox", "unexpected s0 stray", "different s0 orders", "missing s1 g",
                    "unexpected s1 extra",
                ])
        }
    }
}
