import ShardBackend
import ShardBase
import ShardValues
import Testing

@testable import ShardExecutor

/// Transactions over shards behave as in one plain SQLite.
@Suite struct TransactionTwinTests {
    private func twins(_ count: Int = 3, _ body: (TwinSessions) async throws -> Void) async throws {
        let sessions = try await TwinSessions(try await TwinDatabases(shardCount: count))
        try await body(sessions)
        try await sessions.compareTables()
        await sessions.close()
    }

    @Test func `Wrong verbs are told in SQLite's words`() async throws {
        try await twins { both in
            try await both.run("COMMIT")
            try await both.run("ROLLBACK")
            try await both.run("RELEASE nothing")
            try await both.run("BEGIN")
            try await both.run("BEGIN IMMEDIATE")
            try await both.run("ROLLBACK TO nothing")
            try await both.run("END")
            try await both.run("SAVEPOINT \"odd name\"")
            try await both.run("BEGIN")
            try await both.run("RELEASE SAVEPOINT \"ODD NAME\"")
            try await both.run("COMMIT")
        }
    }

    @Test func `A failed statement leaves the transaction and what went before`() async throws {
        try await twins { both in
            try await both.run("BEGIN")
            try await both.run("INSERT INTO users(name) VALUES ('a'), ('b'), ('c')")
            try await both.run("INSERT INTO users VALUES (9, 'x', 1), (8, 'y', 1), (1, 'dup', 1)")
            try await both.run("INSERT INTO users(name) VALUES ('d')")
            try await both.run("COMMIT")
            try await both.run("BEGIN")
            try await both.run("INSERT INTO users(name) VALUES ('e')")
            try await both.run("INSERT OR ROLLBACK INTO users VALUES (1, 'dup', 1), (70, 'z', 1)")
            try await both.run("COMMIT")
            try await both.run("INSERT INTO users(name) VALUES ('f')")
        }
    }

    @Test func `Rolled back keys are given again`() async throws {
        try await twins { both in
            try await both.run("INSERT INTO users(name) VALUES ('a')")
            try await both.run("BEGIN")
            try await both.run("INSERT INTO users(name) VALUES ('b'), ('c')")
            try await both.run("INSERT INTO tickets(what) VALUES ('b'), ('c')")
            try await both.run("ROLLBACK")
            try await both.run("INSERT INTO users(name) VALUES ('d')")
            try await both.run("INSERT INTO tickets(what) VALUES ('d')")
            try await both.run("SAVEPOINT s")
            try await both.run("INSERT INTO users(name) VALUES ('e')")
            try await both.run("ROLLBACK TO s")
            try await both.run("INSERT INTO users(name) VALUES ('f')")
            try await both.run("RELEASE s")
            try await both.run("BEGIN")
            try await both.run("DELETE FROM users WHERE id > 1")
            try await both.run("INSERT INTO users(name) VALUES ('g')")
            try await both.run("ROLLBACK")
            try await both.run("INSERT INTO users(name) VALUES ('h')")
        }
    }

    @Test func `Two sessions: a written shard is busy, a read snapshot that is too old cannot write`() async throws {
        let twins = try await TwinDatabases(shardCount: 2, busyTimeout: .milliseconds(50))
        let one = twins.database.makeSession()
        let other = twins.database.makeSession()
        _ = try await one.run("INSERT INTO users VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', 4)")
        _ = try await one.run("BEGIN")
        _ = try await one.run("UPDATE users SET age = 10 WHERE id = 1")
        let busy = await #expect(throws: ShardError.self) {
            _ = try await other.run("UPDATE users SET age = 11 WHERE id = 1")
        }
        #expect(busy?.code == .busy)
        #expect(busy?.isRetryable == true)
        #expect(busy?.message == "database is locked")
        _ = try await one.run("COMMIT")
        _ = try await other.run("UPDATE users SET age = 11 WHERE id = 1")
        await one.close()
        await other.close()
        for shard in twins.shards { await shard.close() }
    }

    @Test func `A session that is in use refuses a second task`() async throws {
        let twins = try await TwinDatabases(shardCount: 2)
        let session = twins.database.makeSession()
        _ = try await session.run("INSERT INTO users VALUES (1, 'a', 1)")
        let errors = await withTaskGroup(of: ShardError?.self) { group in
            for index in 0..<16 {
                group.addTask {
                    do {
                        _ = try await session.run("INSERT INTO users(name) VALUES ('t\(index)')")
                        return nil
                    } catch {
                        return error as? ShardError
                    }
                }
            }
            var errors: [ShardError] = []
            for await error in group { if let error { errors.append(error) } }
            return errors
        }
        #expect(errors.allSatisfy { $0.code == .transactionState })
    }

    private static let family = [
        "CREATE TABLE parents(id INTEGER PRIMARY KEY, name TEXT) SHARD BY HASH (id)",
        """
        CREATE TABLE children(parent INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED, n INT, \
        PRIMARY KEY (parent, n)) SHARD BY HASH (parent) COLOCATE WITH parents
        """,
        "CREATE TABLE elsewhere(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents(id)) SHARD BY HASH (id)",
    ]

    @Test func `A COMMIT that breaks a deferred foreign key commits nowhere and can be repeated`() async throws {
        let both = try await TwinSessions(try await TwinDatabases(shardCount: 3, tables: Self.family))
        try await both.run("PRAGMA foreign_keys = ON")
        for orphan in 10..<16 {
            try await both.run("BEGIN")
            try await both.run("INSERT INTO parents VALUES (\(orphan * 10), 'a'), (\(orphan * 10 + 1), 'b')")
            try await both.run("INSERT INTO parents VALUES (\(orphan * 10 + 2), 'c'), (\(orphan * 10 + 3), 'd')")
            try await both.run("INSERT INTO children VALUES (\(orphan), 1)")
            try await both.run("COMMIT")
            #expect(both.session.isInTransaction)
            if orphan.isMultiple(of: 2) {
                try await both.run("INSERT INTO parents VALUES (\(orphan), 'late')")
                try await both.run("COMMIT")
            } else {
                try await both.run("ROLLBACK")
            }
            try await both.compareTables(note: "orphan \(orphan)")
        }
        try await both.run("INSERT INTO children VALUES (77, 1), (78, 1), (79, 1)")
        try await both.run("DELETE FROM parents WHERE id = 10")
        try await both.compareTables()
        let verdict = try await both.run("INSERT INTO elsewhere VALUES (1, 10)")
        #expect(verdict == .refused("foreign-key-across-shards"))
        await both.close()
    }

    @Test func `Faults at commit: before the first all is undone, between two the account is exact`() async throws {
        let twins = try await TwinDatabases(shardCount: 2)
        let session = twins.database.makeSession()
        let rows = (1...8).map { "(\($0), 'n', 1)" }.joined(separator: ", ")
        await FaultPoints.withArmed(.commitBeforeFirst, .error) {
            _ = await #expect(throws: ShardError.self) {
                _ = try await session.run("INSERT INTO users VALUES " + rows)
            }
        }
        let none = try await twins.rows(of: "users")
        #expect(none.isEmpty)
        await FaultPoints.withArmed(.commitBetweenShards, .error) {
            let error = await #expect(throws: ShardError.self) {
                _ = try await session.run("INSERT INTO users VALUES " + rows)
            }
            #expect(error?.message.hasPrefix("COMMIT reached shard s0 and not shard s1, which rolled back") == true)
        }
        let left = try await twins.rows(of: "users").count
        #expect(left > 0 && left < 8)
        #expect(!session.isInTransaction)
        await session.close()
    }

    /// Seeded scripts of everything, on 1, 2 and 5 shards.
    @Test(arguments: 0..<40) func `Random scripts answer and leave the same`(seed: UInt64) async throws {
        let counts = [1, 2, 5]
        let twins = try await TwinDatabases(shardCount: counts[Int(seed) % 3])
        let both = try await TwinSessions(twins)
        var script = ScriptGenerator(seed: seed)
        for step in 0..<60 {
            let (sql, values) = script.next()
            try await both.run(sql, values, note: "seed \(seed) step \(step)")
        }
        if both.session.isInTransaction { try await both.run("ROLLBACK") }
        try await both.compareTables(note: "seed \(seed)")
        await both.close()
    }
}

/// Statements of the shapes that matter to writes and transactions.
struct ScriptGenerator {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func pick(_ texts: [String]) -> String { texts[int(0...(texts.count - 1))] }
    private mutating func id() -> String { pick(["\(int(1...30))", "NULL", "\(int(1...30))", "'\(int(1...30))'"]) }

    private mutating func userRow() -> String { "(\(id()), '\(pick(["a", "b", "c"]))', \(int(1...210)))" }
    private mutating func rows(_ make: (inout Self) -> String) -> String {
        (0..<int(1...5)).map { _ in make(&self) }.joined(separator: ", ")
    }

    mutating func next() -> (String, [Value]) {
        let verb = pick([
            "INSERT", "INSERT", "INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE", "REPLACE", "INSERT OR ROLLBACK",
        ])
        switch int(0...27) {
        case 0, 1, 2: return ("\(verb) INTO users VALUES " + rows { $0.userRow() }, [])
        case 3: return ("INSERT INTO users(name, age) VALUES " + rows { "('n', \($0.int(1...200)))" }, [])
        case 4:
            return (
                "INSERT INTO users(id, name) VALUES (?, ?), (?, ?)", [.integer(Int64(int(1...40))), "p", .null, "q"]
            )
        case 5:
            return ("\(verb) INTO tickets(what) VALUES " + rows { $0.pick(["('t')", "('u')", "('u')", "(NULL)"]) }, [])
        case 6: return ("INSERT INTO tickets VALUES (\(int(1...40)), 'w')", [])
        case 7, 8:
            return ("\(verb) INTO items VALUES " + rows { "(\($0.int(1...9)), \($0.int(1...3)), 'i')" }, [])
        case 9: return ("\(verb) INTO countries(code) VALUES " + rows { "('c\($0.int(1...9))')" }, [])
        case 10: return ("UPDATE countries SET name = 'n\(int(1...9))' WHERE id > \(int(1...5))", [])
        case 11: return ("UPDATE countries SET code = 'c\(int(1...9))' WHERE id = \(int(1...9))", [])
        case 12: return ("DELETE FROM countries WHERE id = \(int(1...9))", [])
        case 13:
            return ("UPDATE users SET age = age + \(int(1...60)) WHERE id \(pick(["=", "<", ">"])) \(int(1...30))", [])
        case 14: return ("UPDATE users SET name = ? WHERE id IN (?, ?)", ["z", .integer(Int64(int(1...30))), 3])
        case 15: return ("DELETE FROM users WHERE id \(pick(["=", ">"])) \(int(1...30))", [])
        case 16: return ("DELETE FROM tickets WHERE id > \(int(1...30)) RETURNING *", [])
        case 17: return ("DELETE FROM items WHERE user_id = \(int(1...9)) RETURNING line", [])
        case 18: return ("UPDATE items SET line = line + 1 WHERE user_id = \(int(1...9))", [])
        case 19: return ("INSERT INTO users VALUES " + rows { $0.userRow() } + " RETURNING id", [])
        case 20:
            return (
                "INSERT INTO options VALUES ('k\(int(1...5))', \(int(1...9))) ON CONFLICT (k) DO UPDATE SET v = v + 1",
                []
            )
        case 21: return (pick(["BEGIN", "BEGIN IMMEDIATE", "BEGIN"]), [])
        case 22: return ("COMMIT", [])
        case 23: return (pick(["ROLLBACK", "COMMIT"]), [])
        case 24: return ("SAVEPOINT \(pick(["a", "b"]))", [])
        case 25: return ("RELEASE \(pick(["a", "B"]))", [])
        case 26: return ("ROLLBACK TO \(pick(["a", "b"]))", [])
        default:
            return (
                "INSERT INTO users VALUES (\(int(1...30)), 'u', 1), (\(int(1...30)), 'v', 2) ON CONFLICT (id) DO UPDATE SET age = users.age + 1",
                []
            )
        }
    }
}
