import PostgresServer
import ShardKit
import Testing

/// Reads go where they may, and see what their level promises. A replica whose replay stands still tells where a read went.
@Suite("reads on replicas", .serialized, .enabled(if: PostgresInstallation.shouldTest))
struct ReadSplittingTests {
    private static func fill(_ cluster: ReplicaCluster) async throws {
        try await cluster.database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, v INT) SHARD BY HASH (id)")
        try await cluster.database.execute("INSERT INTO t SELECT i, 0 FROM generate_series(1, 20) i")
        try await cluster.catchUp()
        // Until both have been probed, the replica is not known to have heard of the table.
        try await Task.sleep(for: .milliseconds(300))
    }

    /// Whether an update shows, read by the session.
    private static func shows(_ session: DatabaseSession, _ sql: String = "SELECT v FROM t WHERE id = 1") async throws
        -> Bool
    {
        let rows = try await session.values(sql)
        return rows.allSatisfy { $0[0] == .integer(1) } && !rows.isEmpty
    }

    private static func expect(
        _ session: DatabaseSession, shows expected: Bool, _ sql: String = "SELECT v FROM t WHERE id = 1",
        location: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(try await shows(session, sql) == expected, "\(sql)", sourceLocation: location)
    }

    @Test("what needs the primary goes there whatever the level, and the rest to a replica")
    func levels() async throws {
        try await withReplicas { cluster in
            try await Self.fill(cluster)
            try await cluster.pauseReplay()
            let database = cluster.database
            try await database.execute("UPDATE t SET v = 1")
            // Nobody has said that it may miss anything.
            try await database.withSession { try await Self.expect($0, shows: true) }
            try await database.withSession(reads: ReadOptions(level: .eventual, fallback: .fail, isMonotonic: false)) {
                session in
                let reads: [(String, Bool)] = [
                    ("SELECT v FROM t WHERE id = 1", false),
                    ("SELECT v FROM t ORDER BY id LIMIT 5", false),
                    ("SELECT max(v) FROM t", false),
                    ("SELECT a.v FROM t a JOIN t b ON a.id = b.v + 1", false),
                    ("WITH w AS (SELECT v FROM t) SELECT v FROM w", false),
                    ("SELECT v FROM t WHERE id = 1 FOR UPDATE", true),
                    ("SELECT v FROM (SELECT v FROM t WHERE id = 1 FOR SHARE) q", true),
                    ("SELECT v FROM t WHERE id = 1 AND random() >= 0", true),
                    ("SELECT v FROM t ORDER BY gen_random_uuid() LIMIT 1", true),
                    ("/*+ primary */ SELECT v FROM t WHERE id = 1", true),
                    ("SELECT /*+ consistency=strong */ v FROM t WHERE id = 1", true),
                    ("UPDATE t SET v = v WHERE id = 1 RETURNING v", true),
                ]
                for (sql, isPrimary) in reads {
                    #expect(try await Self.shows(session, sql) == isPrimary, "\(sql)")
                }
                // In a transaction that may write, reads see what it has written.
                try await session.execute("BEGIN")
                try await Self.expect(session, shows: true)
                try await session.execute("COMMIT")
                try await session.execute("BEGIN READ ONLY")
                try await Self.expect(session, shows: false)
                try await session.execute("COMMIT")
            }
            try await cluster.resumeReplay()
            try await database.withSession(reads: ReadOptions(level: .eventual)) { session in
                try await eventually("the replica shows it") { try await Self.shows(session) }
            }
        }
    }

    @Test("a session reads what it wrote, and so does who presents its token, in another process as well")
    func tokens() async throws {
        try await withReplicas { cluster in
            try await Self.fill(cluster)
            let own = ReadOptions(level: .readYourWrites, waitBound: .milliseconds(50))
            // As another process would. How far a replica is behind is known from the first probe on that it is not.
            let other = try await ShardedDatabase.open(cluster.configuration)
            try await Task.sleep(for: .milliseconds(300))
            let token = try await cluster.database.withSession(reads: own) { session in
                try await cluster.pauseReplay()
                try await Self.expect(session, shows: false)
                try await session.execute("UPDATE t SET v = 1")
                try await Self.expect(session, shows: true)
                return try await session.consistencyToken()
            }
            #expect(token.hasPrefix("sk1."))
            try await other.withSession(reads: own, token: token) { try await Self.expect($0, shows: true) }
            try await other.withSession(reads: own) { try await Self.expect($0, shows: false) }
            // Without the primary's help it waits for the replica.
            let patient = ReadOptions(level: .readYourWrites, waitBound: .seconds(20), fallback: .fail)
            async let seen = other.withSession(reads: patient, token: token) { try await Self.shows($0) }
            try await Task.sleep(for: .milliseconds(300))
            try await cluster.resumeReplay()
            #expect(try await seen == true)
            await #expect(throws: ShardError.self) {
                try await other.withSession(reads: own, token: token + "x") { try await Self.shows($0) }
            }
            await other.close()
        }
    }

    @Test("lag that is too great, or not known, keeps a replica from reads, and a session never goes back in time")
    func lag() async throws {
        try await withReplicas { cluster in
            try await Self.fill(cluster)
            let database = cluster.database
            try await cluster.pauseReplay()
            try await database.execute("UPDATE t SET v = 1")
            try await Task.sleep(for: .milliseconds(600))
            let near = ReadOptions(maxLag: .milliseconds(300), isMonotonic: false)
            try await database.withSession(reads: near.over(.init(level: .eventual))) {
                try await Self.expect($0, shows: true)
            }
            try await database.withSession(
                reads: ReadOptions(level: .bounded(staleness: .milliseconds(300)), isMonotonic: false)
            ) { session in
                try await Self.expect(session, shows: true)
                try await Self.expect(
                    session, shows: false, "SELECT /*+ consistency=bounded(1m) */ v FROM t WHERE id = 1")
            }
            // Seen once on the primary, it stays seen.
            try await database.withSession(reads: ReadOptions(level: .eventual)) { session in
                try await Self.expect(session, shows: false)
                try await Self.expect(session, shows: true, "/*+ primary */ SELECT v FROM t WHERE id = 1")
                try await Self.expect(session, shows: true)
            }
            // A replica that is asked for and may not serve is an error, and no surprise.
            await #expect(throws: ShardError.self) {
                _ = try await database.execute("SELECT /*+ replica max_lag=100ms */ v FROM t WHERE id = 1")
            }
            await #expect(throws: ShardError.self) {
                _ = try await database.execute("SELECT /*+ replica(r9) */ v FROM t WHERE id = 1")
            }
        }
    }

    @Test("a replica that has not heard of a definition yet is not asked for it")
    func definitions() async throws {
        try await withReplicas { cluster in
            try await Self.fill(cluster)
            try await cluster.pauseReplay()
            try await cluster.database.withSession(reads: ReadOptions(level: .eventual)) { session in
                try await session.execute("CREATE TABLE u (id BIGINT PRIMARY KEY, v INT) SHARD BY HASH (id)")
                #expect(try await session.values("SELECT count(*) FROM u") == [[.integer(0)]])
                try await session.execute("ALTER TABLE t ADD COLUMN w INT")
                #expect(try await session.values("SELECT w FROM t WHERE id = 1") == [[.null]])
            }
        }
    }
}
