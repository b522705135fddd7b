import Foundation
import ShardBase
import ShardKit
import Testing

/// A transaction over several shards is stopped at every step, by an error and by killing the process: afterwards all of it is
/// there or nothing of it.
@Suite("atomic commits", .serialized)
struct AtomicCommitTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var point: FaultPoint
        var hit: Int
        var survives: Bool
        var testDescription: String { "\(point.rawValue) \(hit)" }
    }

    static let faults = [
        Fault(point: .commitBeforePrepare, hit: 1, survives: false),
        Fault(point: .commitAnnounced, hit: 1, survives: false),
        Fault(point: .commitBeforeFirst, hit: 1, survives: false),
        Fault(point: .commitBetweenShards, hit: 1, survives: true),
        Fault(point: .commitBetweenShards, hit: 2, survives: true),
        Fault(point: .commitAfterLast, hit: 1, survives: true),
    ]

    /// Tables with and without rowids and keys, with texts, blobs and generated columns, triggers on the shards, one that is
    /// emptied at once, one that counts.
    static let schema = [
        "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0)) SHARD BY HASH (id)",
        "CREATE TABLE heap (x INT, y) SHARD BY HASH (x) INTO 7 PARTITIONS",
        "CREATE TABLE pairs (k TEXT COLLATE NOCASE, j INT, v REAL, w AS (v * 2), PRIMARY KEY (k, j)) WITHOUT ROWID SHARD BY HASH (j)",
        "CREATE TABLE gone (id INTEGER PRIMARY KEY, b BLOB)",
        "CREATE TABLE seen (id INTEGER PRIMARY KEY, n INT DEFAULT 0) SHARD BY HASH (id) COLOCATE WITH accounts",
        "CREATE TABLE everywhere (id INTEGER PRIMARY KEY, t TEXT) BROADCAST",
        "CREATE UNIQUE INDEX byBalance ON accounts (id, balance)",
        "CREATE TRIGGER note AFTER UPDATE ON accounts BEGIN UPDATE seen SET n = n + 1 WHERE id = new.id; END",
        "INSERT INTO accounts SELECT value, 100 FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12]')",
        "INSERT INTO seen (id) SELECT id FROM accounts",
        "INSERT INTO heap VALUES (1, 'a'), (2, x'00ff'), (3, 1.5), (3, 1.5), (NULL, 'n'), (6, CAST(x'ff61' AS TEXT))",
        "INSERT INTO pairs VALUES ('a', 1, 1.5), ('B', 2, 2), ('c', 3, NULL), ('d', 4, -0.0)",
        "INSERT INTO gone SELECT id, zeroblob(id) FROM accounts",
        "INSERT INTO everywhere VALUES (1, 'one'), (2, 'two')",
    ]
    static let tables = ["accounts", "heap", "pairs", "gone", "seen", "everywhere"]

    static let transaction = [
        "BEGIN", "UPDATE accounts SET balance = balance + CASE WHEN id % 2 = 0 THEN 7 ELSE -7 END", "SAVEPOINT s",
        "DELETE FROM accounts", "ROLLBACK TO s", "RELEASE s", "DELETE FROM gone",
        "INSERT INTO heap SELECT id, 'new ' || id FROM accounts", "DELETE FROM heap WHERE x = 3",
        "UPDATE heap SET y = 'was null' WHERE x IS NULL", "UPDATE pairs SET v = v + 1, k = upper(k)",
        "INSERT INTO pairs VALUES ('e', 5, 9e99), ('f', 6, 3)", "DELETE FROM pairs WHERE j = 2",
        "INSERT OR REPLACE INTO everywhere VALUES (2, 'zwei'), (3, 'drei')", "COMMIT",
    ]

    static func state(_ database: ShardedDatabase) async throws -> [String] {
        var lines: [String] = []
        for table in tables {
            let rows = try await database.query(SQLText("SELECT * FROM \(table)", values: [])).all()
            lines += rows.map { "\(table) \($0.values)" }.sorted()
        }
        return lines
    }

    static func run(_ statements: [String], on database: ShardedDatabase) async throws {
        try await database.withSession { session in
            for sql in statements { try await session.execute(SQLText(sql, values: [])) }
        }
    }

    /// The states before and after the transaction that nothing stops.
    static func expected() async throws -> (before: [String], after: [String]) {
        try await withTemporaryDatabase { database in
            try await run(schema, on: database)
            let before = try await state(database)
            try await run(transaction, on: database)
            let after = try await state(database)
            #expect(before != after)
            #expect(try await database.commitsInDoubt().allSatisfy(\.missing.isEmpty))
            return (before, after)
        }
    }

    @Test("stopped by an error, it has happened or not", arguments: faults, [Configuration.Synchronous.full, .normal])
    func errors(_ fault: Fault, _ synchronous: Configuration.Synchronous) async throws {
        let (before, after) = try await Self.expected()
        try await withTemporaryDatabase {
            $0.synchronous = synchronous
        } _: { database in
            try await Self.run(Self.schema, on: database)
            var failure: ShardError?
            do {
                try await FaultPoints.withArmed(fault.point, .error, onHit: fault.hit) {
                    try await Self.run(Self.transaction, on: database)
                }
            } catch let error as ShardError {
                failure = error
            }
            let isTold = !fault.survives || fault.point == .commitAfterLast
            #expect((failure != nil) == isTold, "\(String(describing: failure))")
            #expect(try await Self.state(database) == (fault.survives ? after : before))
            // And life goes on.
            try await Self.run(["UPDATE accounts SET balance = balance + 1"], on: database)
        }
    }

    @Test("killed, whoever opens the database next finds all or nothing", arguments: faults)
    func killed(_ fault: Fault) async throws {
        let (before, after) = try await Self.expected()
        let configuration = try Configuration.temporary(shardCount: 3)
        defer { configuration.removeFiles() }
        let database = try await ShardedDatabase.create(configuration)
        try await Self.run(Self.schema, on: database)
        await database.close()
        await Self.kill(at: fault, configuration.directory)
        let looking = try await ShardedDatabase.open(configuration, recoversCommits: false)
        let inDoubt = try await looking.query("SHOW TRANSACTIONS IN DOUBT").all()
        #expect(inDoubt.count == (fault.survives ? 1 : 0))
        #expect(
            (inDoubt.first?["missing_on"] == .text("s1, s2")) == (fault.point == .commitBetweenShards && fault.hit == 1)
        )
        await looking.close()
        let next = try await ShardedDatabase.open(configuration)
        #expect(try await Self.state(next) == (fault.survives ? after : before))
        #expect(try await next.commitsInDoubt().isEmpty)
        try await Self.run(["UPDATE accounts SET balance = balance + 1"], on: next)
        await next.close()
    }

    @Test(
        "killed, another process that has the database open never writes over what was decided",
        arguments: faults, ["UPDATE accounts SET balance = balance + 1 WHERE id = ", "write in a transaction"])
    func survivor(_ fault: Fault, _ way: String) async throws {
        let (before, after) = try await Self.expected()
        let configuration = try Configuration.temporary(shardCount: 3)
        defer { configuration.removeFiles() }
        let survivor = try await ShardedDatabase.create(configuration)
        try await Self.run(Self.schema, on: survivor)
        await Self.kill(at: fault, configuration.directory)
        for id in 1...12 {
            if way.hasSuffix("= ") {
                try await Self.run([way + "\(id)"], on: survivor)
            } else {
                try await Self.run(
                    ["BEGIN", "UPDATE accounts SET balance = balance + 1 WHERE id = \(id)", "COMMIT"], on: survivor)
            }
        }
        try await Self.run(
            ["UPDATE accounts SET balance = balance - 1", "UPDATE seen SET n = n - 2"], on: survivor)
        #expect(try await Self.state(survivor) == (fault.survives ? after : before))
        await survivor.close()
    }

    @Test("killed, another process' reads over several shards see all or nothing", arguments: faults)
    func reader(_ fault: Fault) async throws {
        let (before, after) = try await Self.expected()
        let configuration = try Configuration.temporary(shardCount: 3)
        defer { configuration.removeFiles() }
        let survivor = try await ShardedDatabase.create(configuration)
        try await Self.run(Self.schema, on: survivor)
        await Self.kill(at: fault, configuration.directory)
        #expect(try await Self.state(survivor) == (fault.survives ? after : before))
        await survivor.close()
    }

    @Test(
        "killed while it recovers, the next one recovers",
        arguments: [(FaultPoint.recoveryApplied, 1), (.recoveryApplied, 2), (.recoveryBeforeRetiring, 1)])
    func recovering(_ point: FaultPoint, _ hit: Int) async throws {
        let (_, after) = try await Self.expected()
        let configuration = try Configuration.temporary(shardCount: 3)
        defer { configuration.removeFiles() }
        let database = try await ShardedDatabase.create(configuration)
        try await Self.run(Self.schema, on: database)
        await database.close()
        await Self.kill(at: Fault(point: .commitBetweenShards, hit: 1, survives: true), configuration.directory)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [directory = configuration.directory as String, point = point.rawValue as String, hit = hit as Int] in
            guard let point = FaultPoint(rawValue: point) else { return }
            FaultPoints.arm(point, .kill, onHit: hit)
            _ = try await ShardedDatabase.open(Configuration(cluster: "temporary", directory: directory, shardCount: 3))
        }
        let next = try await ShardedDatabase.open(configuration)
        #expect(try await Self.state(next) == after)
        #expect(try await next.commitsInDoubt().isEmpty)
        await next.close()
    }

    @Test(
        "two transactions that lock shards in opposite order end within two seconds, and one of them has done its work")
    func opposite() async throws {
        try await withTemporaryDatabase(shards: 4) { database in
            try await Self.run(Array(Self.schema.prefix(1)) + [Self.schema[8]], on: database)
            func move(_ ids: [Int]) async -> Bool {
                do {
                    try await database.withSession { session in
                        try await session.execute("BEGIN")
                        for id in ids {
                            try await session.execute("UPDATE accounts SET balance = balance + 1 WHERE id = \(id)")
                            try await Task.sleep(for: .milliseconds(30))
                        }
                        try await session.execute("COMMIT")
                    }
                    return true
                } catch let error as ShardError {
                    #expect(error.code == .busy && error.isRetryable)
                    return false
                } catch {
                    Issue.record("\(error)")
                    return false
                }
            }
            let start = ContinuousClock.now
            async let up = move([1, 2, 3, 4, 5, 6, 7, 8])
            async let down = move([8, 7, 6, 5, 4, 3, 2, 1])
            let (upDone, downDone) = await (up, down)
            #expect(upDone || downDone)
            #expect(ContinuousClock.now - start < .seconds(4))
        }
    }

    @Test("a deferred foreign key that is broken on any shard keeps all of them from committing")
    func deferredKeys() async throws {
        try await withTemporaryDatabase { database in
            try await Self.run(
                [
                    "CREATE TABLE p (id INTEGER PRIMARY KEY) SHARD BY HASH (id)",
                    """
                    CREATE TABLE c (id INTEGER PRIMARY KEY, FOREIGN KEY (id) REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)
                    SHARD BY HASH (id) COLOCATE WITH p
                    """,
                    "INSERT INTO p VALUES (1), (2), (3), (4), (5), (6)",
                ], on: database)
            try await database.withSession { session in
                try await session.execute("PRAGMA foreign_keys = ON")
                try await session.execute("BEGIN")
                try await session.execute("INSERT INTO c VALUES (1), (2), (3), (4), (77)")
                let error = await #expect(throws: ShardError.self) { try await session.execute("COMMIT") }
                #expect(error?.code == .constraint && error?.message == "FOREIGN KEY constraint failed")
                try await session.execute("INSERT INTO p VALUES (77)")
                try await session.execute("COMMIT")
                #expect(try await session.query("SELECT count(*) FROM c").first()?[0] == 5)
            }
        }
    }

    private static func kill(at fault: Fault, _ directory: String) async {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [directory = directory as String, point = fault.point.rawValue as String, hit = fault.hit as Int] in
            guard let point = FaultPoint(rawValue: point) else { return }
            let database = try await ShardedDatabase.open(
                Configuration(cluster: "temporary", directory: directory, shardCount: 3))
            FaultPoints.arm(point, .kill, onHit: hit)
            try await AtomicCommitTests.run(AtomicCommitTests.transaction, on: database)
        }
    }
}
