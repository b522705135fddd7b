import ShardBase
import ShardKit
import ShardValues
import Testing

/// Reads by key go past sessions and keep what they need for the next one: none of that may show.
@Suite struct PointReadTests {
    private func withOrders(_ body: (ShardedDatabase) async throws -> Void) async throws {
        try await withTemporaryDatabase(shards: 3) { database in
            _ = try await database.withSession { session in
                try await session.execute(
                    "CREATE TABLE orders (user_id INTEGER, id INTEGER, note TEXT, PRIMARY KEY (user_id, id)) SHARD BY HASH (user_id)"
                )
                for user in 1...4 {
                    let rows = (0..<(user == 3 ? 1000 : 3)).map { "(\(user), \($0), 'note \(user)/\($0)')" }
                    try await session.execute(SQLText("INSERT INTO orders VALUES " + rows.joined(separator: ", ")))
                }
            }
            try await body(database)
        }
    }

    private static let text = "SELECT id, note FROM orders WHERE user_id = ? ORDER BY id"

    @Test func `An answer longer than a batch streams, from either way of asking`() async throws {
        try await withOrders { database in
            let statement = try await database.prepare(Self.text)
            for round in 0..<3 {
                for user in [1, 3, 9, 2] {
                    let count = user == 3 ? 1000 : user == 9 ? 0 : 3
                    let rows = try await statement.query(user).decode((Int, String).self).all()
                    #expect(rows.map(\.0) == Array(0..<count), "round \(round)")
                    #expect(rows.map(\.1) == (0..<count).map { "note \(user)/\($0)" })
                    let literal = try await database.query(
                        SQLText("SELECT id FROM orders WHERE user_id = \(user) ORDER BY id", values: []))
                    #expect(try await literal.decode(Int.self).all() == Array(0..<count))
                }
            }
        }
    }

    @Test func `Answers left half-read hold nobody up`() async throws {
        try await withOrders { database in
            let statement = try await database.prepare(Self.text)
            // More of them than a shard has connections.
            for _ in 0..<20 {
                let rows = try await statement.query(3)
                #expect(try await rows.next()?.decode(Int.self, at: 0) == 0)
                await rows.close()
            }
            for _ in 0..<20 { _ = try await statement.query(3).next() }
            #expect(try await statement.query(3).all().count == 1000)
            await #expect(throws: ShardError.self) { _ = try await statement.batch([.integer(3)]) }
            #expect(try await statement.batch([.integer(2)]).rowCount == 3)
        }
    }

    @Test func `Rows that are kept are not overwritten by the next answer`() async throws {
        try await withOrders { database in
            let statement = try await database.prepare("SELECT note FROM orders WHERE user_id = ? AND id = ?")
            let batch = try #require(try await statement.query(1, 1).nextBatch())
            let row = try #require(try await statement.query(1, 2).first())
            for user in 1...4 { _ = try await statement.query(user, 0).all() }
            #expect(batch.value(row: 0, column: 0) == "note 1/1")
            #expect(row["note"] == "note 1/2")
        }
    }

    @Test func `Tasks side by side each get their own answer`() async throws {
        try await withOrders { database in
            let statement = try await database.prepare("SELECT note FROM orders WHERE user_id = ? AND id = ?")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for number in 0..<300 {
                            let (user, id) = (number % 4 + 1, (number + task) % 3)
                            let notes = try await statement.query(user, id).decode(String.self).all()
                            #expect(notes == ["note \(user)/\(id)"])
                            let literal = try await database.query(
                                SQLText("SELECT note FROM orders WHERE user_id = \(user) AND id = \(id)", values: []))
                            #expect(try await literal.decode(String.self).all() == ["note \(user)/\(id)"])
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `A changed schema is seen by the next read`() async throws {
        try await withOrders { database in
            let statement = try await database.prepare("SELECT * FROM orders WHERE user_id = ? AND id = ?")
            #expect(try await statement.query(1, 1).first()?.values == [1, 1, "note 1/1"])
            try await database.execute("ALTER TABLE orders ADD COLUMN extra INTEGER DEFAULT 7")
            for _ in 0..<3 { #expect(try await statement.query(1, 1).first()?.values == [1, 1, "note 1/1", 7]) }
            #expect(try await statement.query(1, 1).header.names == ["user_id", "id", "note", "extra"])
            try await database.execute("DROP TABLE orders")
            await #expect(throws: ShardError.self) { _ = try await statement.query(1, 1) }
        }
    }

    @Test func `A wrong number of values and a closed database are told as ever`() async throws {
        try await withOrders { database in
            let statement = try await database.prepare("SELECT note FROM orders WHERE user_id = ? AND id = ?")
            _ = try await statement.query(1, 1).all()
            let wrong = await #expect(throws: ShardError.self) { _ = try await statement.query(1) }
            #expect(wrong?.code == .parameters)
            await database.close()
            let closed = await #expect(throws: ShardError.self) { _ = try await statement.query(1, 1) }
            #expect(closed?.code == .closed)
        }
    }

    @Test func `Equality that a key does not tell apart gives all its rows`() async throws {
        try await withTemporaryDatabase(shards: 2) { database in
            try await database.execute(
                "CREATE TABLE t (k TEXT COLLATE NOCASE, v, PRIMARY KEY (k COLLATE BINARY)) SINGLE ON s0")
            try await database.execute("CREATE TABLE u (k TEXT PRIMARY KEY, v) SINGLE ON s1")
            for table in ["t", "u"] {
                try await database.execute(
                    SQLText("INSERT INTO \(table) VALUES ('a', 1), ('A', 2), ('b', 3)", values: []))
                for (text, count) in [
                    ("SELECT v FROM \(table) WHERE k = ?", table == "t" ? 2 : 1),
                    ("SELECT v FROM \(table) WHERE k = ? COLLATE NOCASE", 2),
                    ("SELECT v FROM \(table) WHERE ? = k", table == "t" ? 2 : 1),
                    ("SELECT v FROM \(table) WHERE k = ? OR v = 3", table == "t" ? 3 : 2),
                    ("SELECT v FROM \(table) WHERE k = ? UNION ALL SELECT 9", table == "t" ? 3 : 2),
                ] {
                    let statement = try await database.prepare(text)
                    for _ in 0..<3 { #expect(try await statement.query("a").all().count == count, "\(text)") }
                }
            }
        }
    }
}
