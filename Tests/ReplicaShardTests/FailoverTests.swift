import PostgresServer
import ShardKit
import Testing

/// What becomes of statements when servers go.
@Suite("failover of PostgreSQL shards", .serialized, .enabled(if: PostgresInstallation.shouldTest))
struct FailoverTests {
    private static func fill(_ database: ShardedDatabase) async throws {
        try await database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, v INT) SHARD BY HASH (id)")
        try await database.execute("INSERT INTO t SELECT i, 0 FROM generate_series(1, 20) i")
    }

    private static func sum(_ database: ShardedDatabase) async throws -> Value? {
        try await database.query("SELECT sum(v) FROM t").first()?[0]
    }

    @Test("a promoted replica is taken over without a restart; until then statements wait")
    func promotion() async throws {
        try await withReplicas { cluster in
            let database = cluster.database
            try await Self.fill(database)
            try await cluster.catchUp()
            cluster.primary.crash()
            // They begin while nobody is the primary.
            async let write = database.execute("UPDATE t SET v = v + 1 WHERE id = 3")
            async let read = Self.sum(database)
            try await Task.sleep(for: .milliseconds(500))
            try await cluster.promote()
            #expect(try await write.changes == 1)
            _ = try await read
            try await database.withTransaction { transaction in
                _ = try await transaction.execute("UPDATE t SET v = v + 1")
            } as Void
            #expect(try await Self.sum(database) == .integer(21))
            // Definitions, and what the coordinator does, too: it is on the same servers.
            try await database.execute("CREATE TABLE u (id BIGINT PRIMARY KEY, v INT) SHARD BY HASH (id)")
            #expect(try await database.query("SELECT count(*) FROM u JOIN t ON u.v = t.v").first()?[0] == .integer(0))
            // The old primary comes back, of an older timeline: nobody asks it.
            try cluster.primary.restart()
            try await Task.sleep(for: .milliseconds(300))
            try await database.execute("UPDATE t SET v = 5")
            #expect(try await Self.sum(database) == .integer(100))
        }
    }

    @Test("without a primary statements fail clearly when their time is over, and replicas still answer")
    func noPrimary() async throws {
        try await withReplicas(1, { $0.reads.failoverWait = .milliseconds(500) }) { cluster in
            let database = cluster.database
            try await Self.fill(database)
            try await cluster.catchUp()
            try await Task.sleep(for: .milliseconds(300))
            // What was planned before needs no coordinator, which is where the primary was.
            _ = try await database.query("SELECT sum(v) FROM t WHERE id = 4").first()
            cluster.primary.crash()
            for _ in 0..<3 {
                await #expect { try await database.execute("UPDATE t SET v = 1") } throws: { error in
                    (error as? ShardError)?.code == .noPrimary
                }
            }
            try await database.withSession(reads: ReadOptions(level: .eventual)) { session in
                let rows = try await session.values("SELECT sum(v) FROM t WHERE id = 4")
                #expect(rows == [[.integer(0)]])
            }
            try cluster.primary.restart()
            // A busy machine takes longer to start it than a statement waits.
            try await eventually("the primary is known again") {
                (try? await database.execute("UPDATE t SET v = 1")) != nil
            }
            #expect(try await Self.sum(database) == .integer(20))
        }
    }

    @Test("a database is opened whichever of its servers is the primary")
    func opening() async throws {
        try await withReplicas { cluster in
            try await Self.fill(cluster.database)
            try await cluster.catchUp()
            await cluster.database.close()
            cluster.primary.crash()
            try await cluster.promote()
            let database = try await ShardedDatabase.open(cluster.configuration)
            try await database.execute("UPDATE t SET v = 2")
            #expect(try await Self.sum(database) == .integer(40))
            await database.close()
        }
    }

    @Test("a server that is no copy of the shard is never read from, and never the primary")
    func foreign() async throws {
        let foreign = try PostgresServer.start()
        defer { foreign.stop() }
        try await foreign.run(["CREATE DATABASE shard0"])
        try await withReplicas(1, shards: 1) { cluster in
            try await Self.fill(cluster.database)
            var configuration = cluster.configuration
            configuration.shards[0].replicas.append(.init(name: "f", url: foreign.string("shard0")))
            let database = try await ShardedDatabase.open(configuration)
            try await database.execute("UPDATE t SET v = 1")
            await #expect { try await database.execute("SELECT /*+ replica(f) */ v FROM t WHERE id = 1") } throws: {
                ($0 as? ShardError)?.code == .noReplica
            }
            await database.close()
        }
    }

    @Test("a read whose connection is cut is done again elsewhere, a write is not")
    func cuts() async throws {
        try await withReplicas { cluster in
            let database = cluster.database
            try await Self.fill(database)
            try await cluster.catchUp()
            try await Task.sleep(for: .milliseconds(300))
            let cut =
                """
                DO $$ DECLARE cut bool; BEGIN
                  FOR attempt IN 1..400 LOOP
                    SELECT bool_or(pg_terminate_backend(pid)) INTO cut FROM pg_stat_activity
                    WHERE query LIKE '%pg_sleep(3)%' AND wait_event = 'PgSleep' AND pid <> pg_backend_pid();
                    EXIT WHEN cut;
                    PERFORM pg_sleep(0.02), pg_stat_clear_snapshot();
                  END LOOP;
                END $$
                """
            // Volatile, so it is on the primary; it has no effect, so it may be done again.
            async let read = database.query("SELECT v FROM t WHERE id = 1 AND pg_sleep(3) IS NOT NULL").first()
            try await cluster.primary.run([cut])
            #expect(try await read?[0] == .integer(0))
            let write = Task {
                try await database.execute("UPDATE t SET v = v + 1 WHERE id = 1 AND pg_sleep(3) IS NOT NULL")
            }
            try await cluster.primary.run([cut])
            await #expect(throws: ShardError.self) { try await write.value }
            #expect(try await Self.sum(database) == .integer(0))
        }
    }

    @Test("an answer that is cut in the middle is an error, and never goes on with other rows")
    func cutAnswers() async throws {
        try await withReplicas { cluster in
            let database = cluster.database
            try await Self.fill(database)
            try await database.execute("INSERT INTO t SELECT i, 1 FROM generate_series(100, 300000) i")
            try await cluster.catchUp()
            try await Task.sleep(for: .milliseconds(500))
            let cut =
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            try await database.withSession(reads: ReadOptions(level: .eventual, fallback: .fail)) { session in
                for sql in ["SELECT id, v FROM t", "SELECT id, v FROM t ORDER BY id"] {
                    var seen = 0
                    await #expect(throws: ShardError.self, "\(sql)") {
                        for try await _ in try await session.query(SQLText(sql, values: [])) {
                            seen += 1
                            if seen == 1 { try await cluster.servers[1].run([cut]) }
                        }
                    }
                    #expect(seen > 0 && seen < 299_921)
                    // What comes next finds a connection.
                    try await eventually("the replica is known again") {
                        (try? await session.values("SELECT count(*) FROM t")) == [[.integer(299_921)]]
                    }
                }
            }
        }
    }
}
