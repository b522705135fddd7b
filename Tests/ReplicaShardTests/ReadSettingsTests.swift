import PostgresServer
import ShardKit
import ShardPostgres
import Testing

/// What is said of reads in SQL and in the configuration, and what is shown.
@Suite("settings of reads on replicas", .serialized, .enabled(if: PostgresInstallation.shouldTest))
struct ReadSettingsTests {
    @Test("SET, SHOW and RESET of a session's reads; SHOW REPLICAS and SHOW POOLS")
    func settings() async throws {
        try await withReplicas(1, { $0.shards[0].replicas[0].tags = [EndpointTag("zone", "eu")] }) { cluster in
            try await cluster.database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, v INT) SHARD BY HASH (id)")
            try await cluster.database.withSession { session in
                #expect(try await session.values("SHOW shardkit.consistency") == [["strong"]])
                _ = try await session.execute("SET shardkit.consistency = 'bounded(2s)'")
                #expect(try await session.values("SHOW shardkit.consistency") == [["bounded(2s)"]])
                #expect(session.reads.level == .bounded(staleness: .seconds(2)))
                _ = try await session.execute("SET shardkit.max_lag TO '1500ms'")
                #expect(try await session.values("SHOW shardkit.max_lag") == [["1500ms"]])
                _ = try await session.execute("RESET shardkit.consistency")
                #expect(try await session.values("SHOW shardkit.consistency") == [["strong"]])
                for wrong in [
                    "SET shardkit.consistency = 'often'", "SET shardkit.max_lag = 'soon'", "SET shardkit.nothing = 1",
                    "SET LOCAL shardkit.consistency = 'eventual'", "SET shardkit.consistency_token = 'sk1.x'",
                ] {
                    await #expect(throws: ShardError.self, "\(wrong)") {
                        try await session.execute(SQLText(wrong, values: []))
                    }
                }
                try await eventually("all servers are known") {
                    try await session.values("SHOW REPLICAS").allSatisfy { $0[2] != "unknown" }
                }
                let replicas = try await session.values("SHOW REPLICAS")
                #expect(replicas.count == 4)
                #expect(replicas.map { $0[2] } == ["primary", "replica", "primary", "replica"])
                #expect(replicas[1][3] == "zone=eu")
                let pools = try await session.values("SHOW POOLS")
                #expect(pools.count == 6)
            }
            _ = try await cluster.database.execute("SELECT /*+ tag(zone=mars) */ v FROM t")
        }
    }

    @Test("a read that its first replica keeps waiting is answered by the second")
    func hedged() async throws {
        try await withReplicas(2, shards: 1, { $0.reads.labels["quick"] = Self.hedge }) { cluster in
            let database = cluster.database
            try await database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, v INT) SHARD BY HASH (id)")
            try await database.execute("INSERT INTO t VALUES (1, 1)")
            try await cluster.catchUp()
            try await Task.sleep(for: .milliseconds(300))
            let sql: SQLText = "SELECT /*+ replica label(quick) */ v FROM t WHERE id = 1"
            #expect(try await database.query(sql).first()?[0] == .integer(1))
            // The lock travels to the second replica alone, and there readers wait for it.
            try await cluster.pauseReplay(1)
            let locker = try await PostgresConnection.connect(PostgresConfiguration(cluster.primary.string("shard0")))
            defer { locker.close() }
            try await locker.executeScript(
                "BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE; UPDATE t SET v = 2 WHERE id = 1")
            try await Task.sleep(for: .milliseconds(300))
            for _ in 0..<6 {
                let answer = try await database.query(sql).first()
                #expect(answer?[0] == .integer(1))
            }
        }
    }

    @Test("reads of a label beyond its limit wait in a bounded queue, or are refused, and others go on")
    func bulkheads() async throws {
        var narrow = LabelPolicy()
        narrow.limit = 1
        narrow.queueLimit = 0
        try await withReplicas(1, { $0.reads.labels["reports"] = narrow }) { cluster in
            let database = cluster.database
            try await database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, v INT) SHARD BY HASH (id)")
            try await database.execute("INSERT INTO t SELECT i, 1 FROM generate_series(1, 20000) i")
            let sql: SQLText = "SELECT /*+ label(reports) */ id, v FROM t ORDER BY id"
            let rows = try await database.query(sql)
            _ = try await rows.next()
            await #expect {
                try await database.query(sql)
            } throws: {
                ($0 as? ShardError)?.code == .overloaded
            }
            _ = try await database.query("SELECT count(*) FROM t").first()
            await rows.close()
            #expect(try await database.query(sql).all().count == 20_000)
            #expect(try await database.query(sql).all().count == 20_000)
        }
    }

    private static var hedge: LabelPolicy {
        var policy = LabelPolicy()
        policy.failure = .hedged(after: .milliseconds(50))
        return policy
    }
}

/// The configuration's section, without servers.
@Suite("the configuration of replicas")
struct ReplicaConfigurationTests {
    private static func yaml(_ shards: String, _ rest: String = "") -> String {
        "shards:\n  - {name: s0, url: \"postgresql://a/x\", \(shards)}\n\(rest)"
    }

    @Test("everything is read, and what is written is read back")
    func reading() throws {
        let text = Self.yaml(
            "replicas: [{name: r1, url: \"postgresql://b/x\", weight: 3, tags: {zone: eu, disk: [ssd, nvme]}}], weight: 0",
            """
            reads:
              consistency: bounded(5s)
              maxLag: 2s
              wait: 200ms
              prefer: [zone=eu]
              fallback: fail
              monotonic: false
              balancing: leastInFlight
              probes: {interval: 500ms, timeout: 2s}
              clockSkew: 100ms
              measurementLifetime: 9s
              breaker: {failures: 3, successes: 1, backOff: 2s, maxBackOff: 30s}
              failoverWait: 20s
              statements: 50
              queue: 10
              onFailure: failOver(3)
              labels: {reports: {onFailure: hedged(80ms), statements: 4, queue: 2}}
            """)
        let configuration = try Configuration(yaml: text)
        let replica = try #require(configuration.shards[0].replicas.first)
        #expect(replica.weight == 3 && configuration.shards[0].weight == 0)
        #expect(replica.tags.map(\.description).sorted() == ["disk=nvme", "disk=ssd", "zone=eu"])
        let reads = configuration.reads
        #expect(
            reads.options
                == ReadOptions(
                    level: .bounded(staleness: .seconds(5)), maxLag: .seconds(2),
                    preference: [EndpointTag("zone", "eu")],
                    waitBound: .milliseconds(200), fallback: .fail, isMonotonic: false))
        #expect(reads.probes.interval == .milliseconds(500) && reads.probes.timeout == .seconds(2))
        #expect(reads.breaker.failuresToOpen == 3 && reads.breaker.backOff.maximum == .seconds(30))
        #expect(reads.failoverWait == .seconds(20) && reads.statements == 50 && reads.queue == 10)
        #expect(reads.policy.failure == .failOver(attempts: 3))
        #expect(reads.labels["reports"]?.failure == .hedged(after: .milliseconds(80)))
        #expect(reads.labels["reports"]?.limit == 4)
        #expect(try Configuration(yaml: configuration.yaml).shards == configuration.shards)
    }

    @Test(
        "what is wrong is named",
        arguments: [
            ("replicas: [{name: r1}]", "", "needs a url"),
            ("replicas: [{url: \"postgresql://b/x\"}]", "", "needs a name"),
            ("replicas: [{name: s0, url: \"postgresql://b/x\"}]", "", "two endpoints of the name 's0'"),
            ("replicas: [{name: r1, url: \"postgresql://a/x\"}]", "", "the url of another"),
            ("replicas: [{name: r1, url: \"file.sqlite\"}]", "", "no connection string"),
            ("replicas: [{name: r1, url: \"postgresql://b/x\", weight: 1001}]", "", "0 to 1000"),
            ("replicas: [{name: r1, url: \"postgresql://b/x\", wait: 1}]", "", "unknown key \"wait\""),
            ("weight: 1", "reads: {consistency: often}", "no consistency level"),
            ("weight: 1", "reads: {balancing: fair}", "no balancing"),
            ("weight: 1", "reads: {prefer: [eu]}", "no tag"),
            ("weight: 1", "reads: {onFailure: hedged}", "no way"),
            ("weight: 1", "reads: {probes: {interval: 0ms}}", "longer than nothing"),
            ("weight: 1", "reads: {fallback: maybe}", "not one of"),
        ])
    func errors(shards: String, rest: String, message: String) {
        #expect {
            try Configuration(yaml: Self.yaml(shards, rest))
        } throws: { error in
            (error as? ShardError).map { $0.code == .configuration && $0.message.contains(message) } ?? false
        }
    }

    @Test("files have no replicas")
    func files() {
        #expect(throws: ShardError.self) {
            try Configuration(yaml: "shards:\n  - {name: s0, replicas: [{name: r1, url: \"postgresql://b/x\"}]}")
        }
    }
}
