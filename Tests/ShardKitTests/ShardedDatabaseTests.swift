import ShardKit
import Testing

struct ShardedDatabaseTests {
    @Test("interpolated values are bound, and rows are decoded as tuples in order")
    func tourOfTheLibrary() async throws {
        try await withTemporaryDatabase { database in
            try await database.execute(
                "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, total REAL, note TEXT)")
            let note = "it's \"quoted\"; -- no comment"
            for id in 1...20 {
                let summary = try await database.execute(
                    "INSERT INTO orders (user_id, total, note) VALUES (\(id % 3), \(Double(id) / 2), \(note))")
                #expect(summary.changes == 1)
                #expect(summary.lastInsertID == Int64(id))
            }
            let rows = try await database.query(
                "SELECT id, total, note FROM orders WHERE user_id = \(1) AND id IN (\(list: [1, 4, 7, 8])) ORDER BY id")
            #expect(rows.header.names == ["id", "total", "note"])
            #expect(rows.header.declaredTypes == ["INTEGER", "REAL", "TEXT"])
            var seen: [Int64] = []
            for try await (id, total, text) in rows.decode((Int64, Double, String?).self) {
                #expect(total == Double(id) / 2)
                #expect(text == note)
                seen.append(id)
            }
            #expect(seen == [1, 4, 7])
        }
    }

    @Test("a value of another type is an error that names the column, the type and what it is")
    func decodeMismatch() async throws {
        try await withTemporaryDatabase { database in
            let row = try #require(try await database.query("SELECT NULL AS a, 'x' AS b, 1.5 AS c, 3 AS d").first())
            #expect(try row.decode(Int64?.self, named: "A") == nil)
            #expect(try row.decode(Double.self, named: "d") == 3)
            #expect(row["c"] == .real(1.5))
            #expect(row["nope"] == nil)
            for (column, type) in [("a", "NULL"), ("b", "a TEXT"), ("c", "a REAL")] {
                let error = try #require(throws: ShardError.self) { try row.decode(Int64.self, named: column) }
                #expect(error.code == .decode)
                #expect(error.message.contains("(\(column)) holds \(type), which does not decode as Int64"))
            }
            let error = try #require(throws: ShardError.self) {
                try row.decode((Int64?, String, Double, Int, Int).self)
            }
            #expect(error.message == "column 5 is asked for, the answer has 4")
        }
    }

    @Test("a transaction is committed when its body returns and rolled back when it throws")
    func transactions() async throws {
        struct Stop: Error {}
        try await withTemporaryDatabase { database in
            try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)")
            let made = try await database.withTransaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 4)").changes
            }
            #expect(made == 4)
            await #expect(throws: Stop.self) {
                try await database.withTransaction { transaction in
                    try await transaction.execute("DELETE FROM t")
                    #expect(try await transaction.query("SELECT count(*) FROM t").decode(Int.self).first() == 0)
                    throw Stop()
                }
            }
            #expect(try await database.query("SELECT count(*) FROM t").decode(Int.self).first() == 4)
        }
    }

    @Test("a statement that only makes sense in a session leaves nothing behind outside one")
    func sessionState() async throws {
        try await withTemporaryDatabase { database in
            let error = try await #require(throws: ShardError.self) { try await database.execute("BEGIN") }
            #expect(error.code == .transactionState)
            try await database.execute("CREATE TEMP TABLE tt (a)")
            await #expect(throws: ShardError.self) { try await database.query("SELECT * FROM tt") }
            try await database.execute("PRAGMA foreign_keys = ON")
            #expect(try await database.query("PRAGMA foreign_keys").decode(Int.self).first() == 0)
            try await database.withSession { session in
                try await session.execute("CREATE TEMP TABLE tt (a)")
                try await session.execute("INSERT INTO tt VALUES (5)")
                #expect(try await session.query("SELECT a FROM tt").decode(Int.self).all() == [5])
            }
        }
    }

    @Test("a prepared statement serves many tasks at once and survives a change of the schema")
    func prepared() async throws {
        try await withTemporaryDatabase { database in
            try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)")
            try await database.withSession { session in
                for id in 1...100 { try await session.execute("INSERT INTO t VALUES (\(id), \("v\(id)"))") }
            }
            let read = try await database.prepare("SELECT v FROM t WHERE id = ?")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for id in 1...100 where id % 8 == task {
                            let streamed = try await read.query([.integer(Int64(id))]).decode(String.self).all()
                            #expect(streamed == ["v\(id)"])
                            let row = try await read.batch([.integer(Int64(id))]).row(0)
                            #expect(row == [.text("v\(id)")])
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await database.execute("ALTER TABLE t ADD COLUMN w TEXT")
            #expect(try await read.query([7]).decode(String.self).all() == ["v7"])
            await #expect(throws: ShardError.self) { try await database.prepare("SELECT nope FROM t") }
        }
    }

    @Test("rows are read in groups, closed early, or dropped, and the database goes on and closes")
    func earlyEnds() async throws {
        try await withTemporaryDatabase { database in
            try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
            try await database.withTransaction { session in
                for start in stride(from: 1, through: 3_000, by: 100) {
                    let list = (start..<start + 100).map { "(\($0))" }.joined(separator: ",")
                    try await session.execute("INSERT INTO t VALUES \(raw: list)")
                }
            }
            var sizes: [Int] = []
            for try await group in try await database.query("SELECT id FROM t ORDER BY id").batches(of: 700) {
                sizes.append(group.count)
            }
            #expect(sizes == [700, 700, 700, 700, 200])
            for _ in 0..<20 {
                let closed = try await database.query("SELECT id FROM t ORDER BY id")
                #expect(try await closed.next()?[0] == 1)
                await closed.close()
                #expect(try await closed.next() == nil)
                _ = try await database.query("SELECT id FROM t")
            }
            #expect(try await database.query("SELECT count(*) FROM t").decode(Int.self).first() == 3_000)
        }
    }

    @Test("generated keys: UUIDs need no configuration, snowflakes need a worker")
    func generators() async throws {
        try await withTemporaryDatabase { database in
            try await database.execute("CREATE TABLE u (id TEXT PRIMARY KEY GENERATED BY UUIDV7, v INTEGER)")
            try await database.execute("INSERT INTO u (v) VALUES (1), (2), (3)")
            let ids = try await database.query("SELECT id FROM u ORDER BY v").decode(String.self).all()
            #expect(ids.count == 3 && ids == ids.sorted() && Set(ids).count == 3)
            #expect(ids.allSatisfy { $0.count == 36 && Array($0)[14] == "7" })
            try await database.execute("CREATE TABLE s (id INTEGER PRIMARY KEY GENERATED BY SNOWFLAKE, v INTEGER)")
            let error = try await #require(throws: ShardError.self) {
                try await database.execute("INSERT INTO s (v) VALUES (1)")
            }
            #expect(error.code == .configuration)
        }
        try await withTemporaryDatabase {
            $0.ids.snowflake = .init(worker: .fixed(5))
        } _: { database in
            try await database.execute("CREATE TABLE s (id INTEGER PRIMARY KEY GENERATED BY SNOWFLAKE, v INTEGER)")
            try await database.execute("INSERT INTO s (v) VALUES (1), (2)")
            let ids = try await database.query("SELECT id FROM s ORDER BY v").decode(Int64.self).all()
            #expect(ids[0] < ids[1])
            #expect(ids.allSatisfy { SnowflakeLayout.standard.inspect($0)?.worker == 5 })
        }
    }

    @Test("a database is opened again with what was in it; another's file, or a copy, is refused")
    func reopening() async throws {
        let configuration = try Configuration.temporary(shardCount: 2)
        let other = try Configuration.temporary(shardCount: 2)
        defer {
            configuration.removeFiles()
            other.removeFiles()
        }
        for each in [configuration, other] {
            let database = try await ShardedDatabase.create(each)
            try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
            try await database.execute("INSERT INTO t VALUES (1), (2), (3)")
            await database.close()
        }
        let again = try await ShardedDatabase.open(configuration)
        #expect(try await again.query("SELECT count(*) FROM t").decode(Int.self).first() == 3)
        await again.close()
        await #expect(throws: ShardError.self) { try await again.execute("SELECT 1") }

        let existing = try await #require(throws: ShardError.self) { try await ShardedDatabase.create(configuration) }
        #expect(existing.code == .alreadyExists)

        var swapped = configuration
        swapped.shards[0].path = "s1.sqlite"
        swapped.shards[1].path = "s0.sqlite"
        let copied = try await #require(throws: ShardError.self) { try await ShardedDatabase.open(swapped) }
        #expect(copied.code == .foreignShard)
        var foreign = configuration
        foreign.shards[0].path = other.directory + "/s0.sqlite"
        let strange = try await #require(throws: ShardError.self) { try await ShardedDatabase.open(foreign) }
        #expect(strange.code == .foreignShard)
        var fewer = configuration
        fewer.shards.removeLast()
        let missing = try await #require(throws: ShardError.self) { try await ShardedDatabase.open(fewer) }
        #expect(missing.message.contains("shard s1 of the database is not in the configuration"))
    }

    @Test("a refusal says so, with its code, and explain tells rung and reasons of what is answered")
    func refusalsAndExplain() async throws {
        try await withTemporaryDatabase { database in
            try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)")
            let error = try await #require(throws: ShardError.self) {
                try await database.execute("ATTACH 'other.db' AS other")
            }
            #expect(error.isRefusal)
            let explanation = try await database.explain("SELECT v FROM t WHERE id = 5")
            #expect(explanation.rung == .fastPath)
            #expect(explanation.tables == ["t"])
            #expect(explanation.lines.contains { $0.hasPrefix("rung:") })
            #expect(try await database.explain("SELECT count(*) FROM t").rung == .merge)
        }
    }
}

/// Cancelling the caller's task, as a server does when its client is gone.
struct CancellationTests {
    private static let endless =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"

    @Test(
        "a cancelled task ends its statement with one error, and the session goes on",
        arguments: [
            endless, "SELECT id, (\(endless) WHERE x > t.id) FROM t", "UPDATE t SET id = -(\(endless))",
            "SELECT a.id FROM t a JOIN t b ON a.id < b.id + 9 WHERE (\(endless)) > a.id",
        ])
    func cancelled(sql: String) async throws {
        try await withTemporaryDatabase { database in
            try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
            try await database.execute("INSERT INTO t VALUES (1), (2), (3), (4), (5)")
            try await database.withSession { session in
                let running = Task { _ = try await session.run(SQLText(sql)).rows?.all() }
                try await Task.sleep(for: .milliseconds(100))
                running.cancel()
                let error = try await #require(throws: ShardError.self) { try await running.value }
                #expect(error.code == .cancelled && error.message == "interrupted" && error.engineCode == "9")
                #expect(!error.isRetryable)
                #expect(!session.isInTransaction)
                #expect(try await session.query("SELECT sum(id) FROM t").decode(Int.self).first() == 15)
                #expect(try await session.execute("UPDATE t SET id = id + 10 WHERE id = 5").changes == 1)
            }
        }
    }

    @Test("a write cancelled inside a transaction takes all of it back on every shard, or nothing but itself")
    func insideTransaction() async throws {
        try await withTemporaryDatabase { database in
            try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)")
            try await database.execute("INSERT INTO t VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0)")
            try await database.withSession { session in
                try await session.execute("BEGIN")
                try await session.execute("UPDATE t SET v = 1")
                let endless: SQLText = "UPDATE t SET v = (\(raw: Self.endless))"
                let running = Task { _ = try await session.run(endless) }
                try await Task.sleep(for: .milliseconds(100))
                running.cancel()
                let error = try await #require(throws: ShardError.self) { try await running.value }
                #expect(error.code == .cancelled)
                // As in SQLite, an interrupted write may end the whole transaction; a half is never left.
                let isOpen = session.isInTransaction
                let sum = try await session.query("SELECT sum(v) FROM t").decode(Int.self).first()
                #expect(sum == (isOpen ? 6 : 0))
                if isOpen { try await session.execute("ROLLBACK") }
                #expect(try await session.query("SELECT sum(v) FROM t").decode(Int.self).first() == 0)
            }
        }
    }
}
