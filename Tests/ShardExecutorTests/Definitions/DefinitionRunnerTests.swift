import ShardBackend
import ShardBase
import ShardCatalog
import ShardExecutor
import ShardTopology
import ShardValues
import Testing

@Suite struct DefinitionRunnerTests {
    private func withCluster(
        shards: Int = 3, timeout: Duration = .seconds(5), _ body: (DefinitionCluster) async throws -> Void
    ) async throws {
        let directory = try DefinitionCluster.newDirectory()
        defer { DefinitionCluster.remove(directory) }
        let cluster = try await DefinitionCluster(directory, shards: shards, creating: true, timeout: timeout)
        try await body(cluster)
        await cluster.close()
    }

    private func failure(_ body: () async throws -> Void) async -> ShardError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ShardError
        }
    }

    @Test("A definition is on all shards and in the catalog, with a new epoch")
    func everywhere() async throws {
        try await withCluster { cluster in
            let made = try await cluster.define("CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)")
            #expect(made.changed)
            #expect(made.snapshot.epoch == 2)
            #expect(cluster.catalog.isCurrent(2))
            #expect(try await cluster.state().filter { $0.contains("CREATE TABLE t (") }.count == 4)
            #expect(try await !cluster.define("CREATE TABLE IF NOT EXISTS t (id)").changed)
            try await cluster.define("CREATE VIEW v AS SELECT x FROM t")
            try await cluster.define("CREATE INDEX i ON t (x)")
            try await cluster.define("ALTER TABLE t ADD COLUMN y INT DEFAULT 5")
            try await cluster.define("ALTER TABLE t RENAME COLUMN x TO z")
            try await cluster.define("ALTER TABLE t RENAME TO u")
            #expect(
                try await cluster.rows("SELECT name FROM pragma_table_info('u')", on: 2).map { $0[0] }
                    == [.text("id"), .text("z"), .text("y")])
            let view = try await cluster.catalog.snapshot().objects.first { $0.kind == .view }
            #expect(view?.sql == "CREATE VIEW v AS SELECT z FROM \"u\"")
            try await cluster.define("VACUUM")
            try await cluster.define("ANALYZE u")
            try await cluster.define("DROP VIEW v")
            try await cluster.define("DROP TABLE u")
            #expect(try await cluster.state() == [])
            #expect(try await cluster.catalog.journal().isEmpty)
        }
    }

    @Test("A full-text table stands on one shard, or on all as a broadcast table")
    func virtualTables() async throws {
        try await withCluster { cluster in
            try await cluster.define("CREATE VIRTUAL TABLE f USING fts5(title, body)")
            try await cluster.define("CREATE VIRTUAL TABLE g USING fts5(title) BROADCAST")
            let snapshot = try await cluster.catalog.snapshot()
            #expect(snapshot.topology.table(named: "f")?.schema.columns.map(\.name) == ["title", "body"])
            try await cluster.run("INSERT INTO f VALUES ('a', 'b')", on: 0)
            #expect(
                try await cluster.rows("SELECT count(*) FROM sqlite_master WHERE name = 'f'", on: 1) == [[.integer(0)]])
            #expect(
                try await cluster.rows("SELECT count(*) FROM sqlite_master WHERE name = 'g'", on: 2) == [[.integer(1)]])
            // What the catalog keeps of them is what the schema shows: nothing changes here.
            #expect(try await !cluster.define("CREATE TABLE IF NOT EXISTS g (x)").changed)
            try await cluster.define("DROP TABLE f")
        }
    }

    @Test("The engine's own refusal comes in its own words and changes nothing")
    func engineErrors() async throws {
        try await withCluster { cluster in
            try await cluster.define("CREATE TABLE t (id INTEGER PRIMARY KEY)")
            let before = try await cluster.state()
            let twice = await failure { try await cluster.define("CREATE TABLE t (id)") }
            #expect(twice?.message == "table t already exists")
            let missing = await failure { try await cluster.define("DROP TABLE nothere") }
            #expect(missing?.message == "no such table: nothere")
            let column = await failure { try await cluster.define("CREATE INDEX i ON t (y)") }
            #expect(
                column?.message.contains("no such column: y") == true
                    || column?.message.contains("has no column") == true)
            #expect(try await cluster.state() == before)
            #expect(cluster.catalog.isCurrent(2))
        }
    }

    @Test("What one shard's rows contradict is undone on all, with logical names in the error")
    func uniqueViolation() async throws {
        try await withCluster(shards: 2) { cluster in
            try await cluster.define(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, x) SHARD BY HASH (id) INTO 4 PARTITIONS")
            try await cluster.define(
                "CREATE TABLE w (k TEXT, x) SHARD BY LIST (k) "
                    + "(PARTITION a VALUES IN ('a') ON s0, PARTITION b VALUES IN ('b') ON s1, PARTITION c DEFAULT ON s1)"
            )
            try await cluster.run("INSERT INTO w_2 VALUES ('c', 1), ('c', 1)", on: 1)
            let before = try await cluster.state()
            let error = await failure { try await cluster.define("CREATE UNIQUE INDEX i ON w (k, x)") }
            #expect(error?.code == .constraint)
            #expect(error?.message == "UNIQUE constraint failed: w.k, w.x")
            #expect(try await cluster.state() == before)
            #expect(try await cluster.catalog.journal().isEmpty)
            #expect(cluster.catalog.isCurrent(3))
            // Rows decide also about a column that may not be NULL.
            let added = await failure { try await cluster.define("ALTER TABLE w ADD COLUMN n INT NOT NULL") }
            #expect(added?.message == "Cannot add a NOT NULL column with default value NULL")
            try await cluster.run("DELETE FROM w_2", on: 1)
            try await cluster.define("CREATE UNIQUE INDEX i ON w (k, x)")
            #expect(
                try await cluster.rows("SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY 1", on: 1)
                    .contains([.text("i_2")]))
        }
    }

    @Test("A shard with a table that the catalog does not know is told as drift")
    func drift() async throws {
        try await withCluster(shards: 2) { cluster in
            try await cluster.run("CREATE TABLE t (id)", on: 1)
            let error = await failure { try await cluster.define("CREATE TABLE t (id INTEGER PRIMARY KEY)") }
            #expect(error?.code == .schemaDrift)
            #expect(try await cluster.catalog.snapshot().objects.isEmpty)
            #expect(
                try await cluster.rows("SELECT count(*) FROM sqlite_master WHERE name = 't'", on: 0) == [[.integer(0)]])
        }
    }

    @Test("A writer that does not end is waited for no longer than the timeout")
    func busyWriter() async throws {
        try await withCluster(shards: 2, timeout: .milliseconds(100)) { cluster in
            let writer = try await cluster.shards[1].acquire(.write, settings: .engineDefaults)
            let error = await failure { try await cluster.define("CREATE TABLE t (id INTEGER PRIMARY KEY)") }
            #expect(error?.code == .busy)
            #expect(error?.isRetryable == true)
            cluster.shards[1].release(writer)
            #expect(cluster.catalog.isCurrent(1))
            try await cluster.define("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        }
    }

    @Test("Definitions of several tasks and openings follow one another")
    func concurrent() async throws {
        let directory = try DefinitionCluster.newDirectory()
        defer { DefinitionCluster.remove(directory) }
        let first = try await DefinitionCluster(directory, shards: 2, creating: true, timeout: .seconds(30))
        let second = try await DefinitionCluster(directory, shards: 2, timeout: .seconds(30))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                let cluster = number.isMultiple(of: 2) ? first : second
                group.addTask { try await cluster.define("CREATE TABLE t\(number) (id INTEGER PRIMARY KEY)") }
            }
            try await group.waitForAll()
        }
        #expect(try await first.catalog.snapshot().objects.count == 12)
        #expect(first.catalog.isCurrent(13) && second.catalog.isCurrent(13))
        #expect(try await second.state().count == 36)
        await first.close()
        await second.close()
    }

    @Test("With foreign keys on, a key that crosses shards refuses making and dropping its tables")
    func crossingKeys() async throws {
        try await withCluster { cluster in
            let on = SessionSettings(values: ["foreign_keys": "1"])
            try await cluster.define("CREATE TABLE users (id INTEGER PRIMARY KEY)", settings: on)
            let sql = "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INT REFERENCES users)"
            #expect(await failure { try await cluster.define(sql, settings: on) }?.code == .foreignKeyAcrossShards)
            try await cluster.define(sql)
            #expect(
                await failure { try await cluster.define("DROP TABLE users", settings: on) }?.code
                    == .foreignKeyAcrossShards)
            try await cluster.define("DROP TABLE users")
        }
    }

    @Test("An opening does not wait for a definition that another one is at")
    func openingMeanwhile() async throws {
        try await withCluster(shards: 2) { cluster in
            try await cluster.define("CREATE TABLE t (id INTEGER PRIMARY KEY)")
            let entry = DefinitionJournalEntry(id: "x", statement: "CREATE TABLE u (x)", steps: [])
            let held = try #require(try cluster.catalog.definitionLock.tryAcquire())
            try await cluster.catalog.beginJournal(entry)
            #expect(try await cluster.runner.recover() == [])
            #expect(try await cluster.catalog.journal().count == 1)
            held.release()
            // Now nobody is: what was never decided is forgotten.
            #expect(try await cluster.runner.recover() == [])
            #expect(try await cluster.catalog.journal().isEmpty)
        }
    }

    @Test("A setting that changes what ALTER TABLE writes holds for the catalog as for the shards")
    func legacyAlter() async throws {
        try await withCluster(shards: 2) { cluster in
            try await cluster.define("CREATE TABLE a (id INTEGER PRIMARY KEY)")
            try await cluster.define("CREATE VIEW v AS SELECT id FROM a")
            try await cluster.define(
                "ALTER TABLE a RENAME TO b", settings: SessionSettings(values: ["legacy_alter_table": "1"]))
            #expect(
                try await cluster.catalog.snapshot().objects.first { $0.kind == .view }?.sql
                    == "CREATE VIEW v AS SELECT id FROM a")
        }
    }
}
