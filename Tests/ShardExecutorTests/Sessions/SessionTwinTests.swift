import ShardBackend
import ShardBase
import ShardPlanner
import ShardValues
import Testing

@testable import ShardExecutor

/// A session over shards is one connection to one plain SQLite: its settings, TEMP tables, counters and errors.
@Suite struct SessionTwinTests {
    private func twins(_ count: Int = 3, _ body: (TwinSessions) async throws -> Void) async throws {
        let sessions = try await TwinSessions(try await TwinDatabases(shardCount: count))
        try await body(sessions)
        try await sessions.compareTables()
        await sessions.close()
    }

    @Test func `Settings read, set and ignore as SQLite does, also inside a transaction`() async throws {
        try await twins { both in
            for name in [
                "foreign_keys", "recursive_triggers", "ignore_check_constraints", "reverse_unordered_selects",
                "read_uncommitted", "cell_size_check", "defer_foreign_keys", "query_only",
            ] {
                let verdict = try await both.run("PRAGMA \(name)")
                #expect(verdict == .same)
                try await both.run("PRAGMA \(name) = ON")
                try await both.run("PRAGMA \(name)")
                try await both.run("PRAGMA \(name) = 0")
                try await both.run("PRAGMA \(name)")
            }
            try await both.run("PRAGMA foreign_keys = ON")
            try await both.run("BEGIN")
            try await both.run("PRAGMA foreign_keys = OFF")
            try await both.run("PRAGMA foreign_keys")
            try await both.run("COMMIT")
            try await both.run("PRAGMA foreign_keys")
        }
    }

    @Test func `Settings change what statements do on every connection, and only of this session`() async throws {
        try await twins { both in
            try await both.run("PRAGMA ignore_check_constraints = ON")
            try await both.run("INSERT INTO users VALUES (1, 'a', 999), (2, 'B', 999), (3, 'b', 999)")
            try await both.run("PRAGMA case_sensitive_like = ON")
            try await both.run("SELECT id FROM users WHERE name LIKE 'b'")
            try await both.run("PRAGMA case_sensitive_like = OFF")
            try await both.run("SELECT id FROM users WHERE name LIKE 'b'")
            try await both.run("BEGIN")
            try await both.run("UPDATE users SET age = 1000")
            try await both.run("PRAGMA ignore_check_constraints = OFF")
            try await both.run("UPDATE users SET age = 1001 WHERE id = 1")
            try await both.run("COMMIT")
            try await both.run("UPDATE users SET age = 1001 WHERE id = 2")
            let other = both.twins.database.makeSession()
            await #expect(throws: ShardError.self) { _ = try await other.run("INSERT INTO users VALUES (9, 'x', 999)") }
            try await both.run("PRAGMA query_only = ON")
            try await both.run("DELETE FROM users")
            try await both.run("PRAGMA query_only = OFF")
            await other.close()
        }
    }

    @Test func `Counters answer as functions`() async throws {
        try await twins { both in
            let counters = "SELECT changes(), total_changes(), last_insert_rowid()"
            try await both.run(counters)
            try await both.run("INSERT INTO users(name) VALUES ('a'), ('b'), ('c')")
            try await both.run(counters)
            try await both.run("UPDATE users SET age = 1")
            try await both.run("SELECT 1")
            try await both.run(counters)
            try await both.run("INSERT INTO users VALUES (1, 'dup', 1)")
            try await both.run("SELECT changes(), last_insert_rowid()")
            try await both.run("INSERT INTO items VALUES (last_insert_rowid(), changes(), 'x')")
        }
    }

    @Test func `Rowids of a table without a key are one number for all shards`() async throws {
        try await twins { both in
            try await both.run("INSERT INTO notes VALUES ('a', 'x'), ('b', 'y')")
            #expect(try await both.run("SELECT last_insert_rowid()") == .same)
            try await both.run("INSERT INTO notes VALUES ('c', 'z'), ('d', 'y'), ('e', NULL)")
            #expect(try await both.run("SELECT rowid, * FROM notes ORDER BY rowid") == .same)
            #expect(try await both.run("DELETE FROM notes WHERE rowid = 5") == .same)
            #expect(try await both.run("INSERT INTO notes VALUES ('f', 'w')") == .same)
            #expect(try await both.run("SELECT oid, * FROM notes WHERE _rowid_ > 2 ORDER BY oid DESC") == .same)
            #expect(try await both.run("INSERT INTO notes(rowid, author, body) VALUES (3, 'taken', '')") == .same)
            #expect(try await both.run("INSERT INTO notes(rowid, author, body) VALUES (30, 'free', '')") == .same)
            #expect(try await both.run("SELECT rowid, * FROM notes ORDER BY rowid") == .same)
        }
    }

    @Test func `TEMP tables live in the session and its transactions`() async throws {
        try await twins { both in
            try await both.run("CREATE TEMP TABLE basket(id INTEGER PRIMARY KEY, what TEXT)")
            try await both.run("INSERT INTO basket(what) VALUES ('a'), ('b')")
            try await both.run("SELECT * FROM basket")
            try await both.run("SELECT last_insert_rowid(), changes()")
            try await both.run("BEGIN")
            try await both.run("INSERT INTO basket(what) VALUES ('c')")
            try await both.run("INSERT INTO users(name) VALUES ('u'), ('v')")
            try await both.run("ROLLBACK")
            try await both.run("SELECT * FROM basket")
            try await both.run("UPDATE basket SET what = upper(what)")
            try await both.run("SELECT * FROM temp.basket")
            try await both.run("CREATE TEMP TABLE basket(x)")
            try await both.run("DROP TABLE basket")
            try await both.run("SELECT * FROM basket")
            let other = both.twins.database.makeSession()
            await #expect(throws: ShardError.self) { _ = try await other.run("SELECT * FROM basket") }
            await other.close()
        }
    }

    @Test func `Errors are the engine's own words`() async throws {
        try await twins { both in
            for sql in [
                "SELECT nope FROM users", "SELECT * FROM nowhere", "SELEC 1", "INSERT INTO users(nope) VALUES (1)",
                "INSERT INTO users VALUES (1)", "SELECT count(", "UPDATE users SET nope = 1", "SELECT abs()",
                "INSERT INTO users VALUES (1, 2, 3), (1, 2)", "DELETE FROM nowhere", "SELECT * FROM users ORDER BY 9",
                "CREATE TABLE users(a)", "DROP TABLE nowhere",
            ] {
                let verdict = try await both.run(sql)
                #expect(verdict == .same, "\(sql)")
            }
        }
    }

    @Test func `A wrong number of values is told`() async throws {
        let twins = try await TwinDatabases(shardCount: 2)
        let session = twins.database.makeSession()
        let error = await #expect(throws: ShardError.self) {
            _ = try await session.run("SELECT * FROM users WHERE id = ? AND age = 5", values: [])
        }
        #expect(error?.code == .parameters)
        #expect(error?.message == "the statement has 1 parameter, 0 values were given")
        await session.close()
        let closed = await #expect(throws: ShardError.self) { _ = try await session.run("SELECT 1") }
        #expect(closed?.code == .closed)
    }

    @Test func `The schema answers for itself`() async throws {
        try await twins { both in
            try await both.run("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name = 'users'")
            try await both.run("PRAGMA table_info(users)")
            try await both.run("SELECT name FROM pragma_table_info('items')")
            try await both.run("PRAGMA index_list('items')")
        }
    }

    @Test func `Reads see the transaction's own writes and one snapshot`() async throws {
        try await twins { both in
            try await both.run("INSERT INTO users VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', 4)")
            let reads = [
                "SELECT * FROM users ORDER BY id", "SELECT count(*), sum(age) FROM users",
                "SELECT name FROM users WHERE id = 2", "SELECT * FROM users WHERE id IN (1, 4) ORDER BY id DESC",
                "SELECT age, count(*) FROM users GROUP BY age ORDER BY age", "SELECT max(id) FROM users LIMIT 1",
            ]
            try await both.run("BEGIN")
            for sql in reads { try await both.run(sql, sorted: false) }
            try await both.run("UPDATE users SET age = 7 WHERE id > 1")
            for sql in reads { try await both.run(sql, sorted: false) }
            try await both.run("ROLLBACK")
            for sql in reads { try await both.run(sql, sorted: false) }
        }
    }

    @Test func `A snapshot that is too old cannot write`() async throws {
        let twins = try await TwinDatabases(shardCount: 2)
        let one = twins.database.makeSession()
        let other = twins.database.makeSession()
        _ = try await one.run("INSERT INTO users VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', 4)")
        _ = try await one.run("BEGIN")
        let before = try await one.run("SELECT sum(age) FROM users").rows?.all()
        _ = try await other.run("UPDATE users SET age = age + 10")
        let again = try await one.run("SELECT sum(age) FROM users").rows?.all()
        #expect(again == before)
        let error = await #expect(throws: ShardError.self) {
            _ = try await one.run("UPDATE users SET age = 0 WHERE id = 1")
        }
        #expect(error?.engineCode == "517")
        #expect(error?.isRetryable == true)
        #expect(!one.isInTransaction)
        // Without a change in between the reader becomes the writer.
        _ = try await one.run("BEGIN")
        try await expectSum(one, [[.integer(50)]])
        _ = try await one.run("UPDATE users SET age = 0")
        try await expectSum(one, [[.integer(0)]])
        _ = try await one.run("COMMIT")
        try await expectSum(other, [[.integer(0)]])
        await one.close()
        await other.close()
        for shard in twins.shards { await shard.close() }
    }

    private func expectSum(
        _ session: Session, _ expected: [[Value]], location: SourceLocation = #_sourceLocation
    ) async throws {
        let sum = try await session.run("SELECT sum(age) FROM users").rows?.all()
        #expect(sum == expected, sourceLocation: location)
    }

    @Test func `Prepared statements run with other values, and explanations run nothing`() async throws {
        let twins = try await TwinDatabases(shardCount: 3)
        let session = twins.database.makeSession()
        let insert = try await session.prepare("INSERT INTO users(id, name) VALUES (?, ?)")
        #expect(insert.parameterCount == 2)
        for id in 1...20 { _ = try await insert.run([.integer(Int64(id)), .text("n\(id)")]) }
        let read = try await session.prepare("SELECT name FROM users WHERE id = ?")
        #expect(read.columns.map(\.name) == ["name"])
        for id in 1...20 {
            let answer = try await read.run([.integer(Int64(id))])
            #expect(answer.shards.count == 1)
            let rows = try await answer.rows?.all()
            #expect(rows == [[.text("n\(id)")]])
        }
        let plan = try await session.explain("DELETE FROM users")
        #expect(plan.rung == .merge)
        let explained = try await session.run("EXPLAIN DELETE FROM users WHERE id = 3")
        #expect(explained.columns.map(\.name) == ["plan"])
        let left = try await twins.rows(of: "users")
        #expect(left.count == 20)
        await session.close()
    }

    @Test func `Rows left open are closed by the next statement, and connections come back`() async throws {
        let twins = try await TwinDatabases(shardCount: 2)
        let session = twins.database.makeSession()
        let rows = (1...5000).map { "(\($0), 'n', 1)" }.joined(separator: ", ")
        _ = try await session.run("INSERT INTO users VALUES " + rows)
        for _ in 0..<20 {
            let answer = try await session.run("SELECT * FROM users")
            let first = try await answer.rows?.next()
            #expect(first?.isEmpty == false)
        }
        let count = try await session.run("SELECT count(*) FROM users").rows?.all()
        #expect(count == [[.integer(5000)]])
        await session.close()
        // Closing waits for leases: a connection that was not given back would hang here.
        for shard in twins.shards { await shard.close() }
    }

    @Test(.timeLimit(.minutes(1))) func `Sessions side by side take different keys and lose no row`() async throws {
        let twins = try await TwinDatabases(shardCount: 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<6 {
                group.addTask {
                    let session = twins.database.makeSession()
                    var random = SeededGenerator(seed: UInt64(task))
                    for _ in 0..<30 {
                        let isTransaction = Bool.random(using: &random)
                        do {
                            if isTransaction { _ = try await session.run("BEGIN IMMEDIATE") }
                            _ = try await session.run("INSERT INTO users(name) VALUES ('a'), ('b')")
                            if isTransaction { _ = try await session.run("COMMIT") }
                        } catch let error as ShardError where error.isRetryable {
                            if session.isInTransaction { _ = try await session.run("ROLLBACK") }
                        }
                    }
                    await session.close()
                }
            }
            try await group.waitForAll()
        }
        let session = twins.database.makeSession()
        let counts = try await session.run("SELECT count(*), count(DISTINCT id) FROM users").rows?.all()
        #expect(counts == [[.integer(360), .integer(360)]])
        await session.close()
    }
}
