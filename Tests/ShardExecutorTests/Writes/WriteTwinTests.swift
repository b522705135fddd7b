import ShardBase
import ShardValues
import Testing

@testable import ShardExecutor

/// Writes over shards answer and leave what they do in one plain SQLite.
@Suite struct WriteTwinTests {
    private func twins(_ count: Int = 3, _ body: (TwinSessions) async throws -> Void) async throws {
        let sessions = try await TwinSessions(try await TwinDatabases(shardCount: count))
        try await body(sessions)
        try await sessions.compareTables()
        await sessions.close()
    }

    @Test(arguments: [1, 2, 5]) func `Rows go to their homes, keys are the ones SQLite gives`(shards: Int) async throws
    {
        try await twins(shards) { both in
            try await both.run("INSERT INTO users(name, age) VALUES ('a', 1), ('b', 2), ('c', 3)")
            try await both.run("INSERT INTO users VALUES (100, 'd', 4), (NULL, 'e', 5), (7, 'f', 6), (NULL, 'g', 7)")
            try await both.run("INSERT INTO users(name) VALUES (?), (?1), (?)", ["x", "y"])
            try await both.run("INSERT INTO users(id, name) VALUES (?, ?)", [.null, "z"])
            try await both.run("INSERT INTO users(id, name) VALUES (?, ?)", [500, "z"])
            try await both.run("INSERT INTO users DEFAULT VALUES")
            try await both.run("INSERT INTO users VALUES ('600', 'text id', 1), (601.0, 'real id', 2)")
            try await both.run("INSERT INTO users VALUES (1 + 1000, upper('u'), ? + 1)", [5])
            try await both.run("INSERT INTO users VALUES ('x', 'bad id', 1)")
            try await both.run("INSERT INTO users(name) SELECT 'sel' UNION ALL SELECT 'sel2'")
        }
    }

    @Test func `After deletes the next key is the highest left plus one, with AUTOINCREMENT never an old one`()
        async throws
    {
        try await twins { both in
            for table in ["users(name)", "tickets(what)"] {
                try await both.run("INSERT INTO \(table) VALUES ('a'), ('b'), ('c'), ('d')")
            }
            try await both.run("DELETE FROM users WHERE id >= 3")
            try await both.run("DELETE FROM tickets WHERE id >= 3")
            try await both.run("INSERT INTO users(name) VALUES ('e')")
            try await both.run("INSERT INTO tickets(what) VALUES ('e')")
            try await both.run("DELETE FROM users")
            try await both.run("DELETE FROM tickets")
            try await both.run("INSERT INTO users(name) VALUES ('f')")
            try await both.run("INSERT INTO tickets(what) VALUES ('f')")
            try await both.run("INSERT INTO tickets VALUES (90, 'g')")
            try await both.run("DELETE FROM tickets WHERE id = 90")
            try await both.run("INSERT INTO tickets(what) VALUES ('h')")
        }
    }

    @Test func `A constraint error is that of the first bad row and undoes the statement everywhere`() async throws {
        try await twins { both in
            try await both.run("INSERT INTO users(id, name, age) VALUES (1, 'a', 1), (2, 'b', 2)")
            try await both.run("INSERT INTO users VALUES (10, 'x', 1), (2, 'dup', 1), (11, 'y', 999), (1, 'dup', 1)")
            try await both.run("INSERT INTO users VALUES (20, 'x', 1), (21, 'y', 999), (1, 'dup', 1)")
            try await both.run("INSERT INTO tickets(what) VALUES ('a'), ('b'), (NULL), ('c')")
            try await both.run("INSERT INTO tickets(what) VALUES ('after')")
            try await both.run("INSERT INTO items VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 1, 'c'), (1, 1, 'd')")
            try await both.run("UPDATE users SET age = age + 199")
            try await both.run("UPDATE users SET age = 300 WHERE id = 1")
        }
    }

    @Test func `Conflict clauses act row by row`() async throws {
        try await twins { both in
            try await both.run("INSERT INTO users VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)")
            try await both.run("INSERT OR IGNORE INTO users VALUES (2, 'x', 1), (4, 'd', 1), (3, 'y', 1)")
            try await both.run("INSERT OR REPLACE INTO users VALUES (2, 'x', 1), (5, 'e', 1)")
            try await both.run("REPLACE INTO users VALUES (3, 'r', 1)")
            try await both.run(
                "INSERT INTO users VALUES (1, 'up', 9), (6, 'new', 9) ON CONFLICT (id) DO UPDATE SET name = excluded.name"
            )
            try await both.run("INSERT INTO users VALUES (1, 'up', 9) ON CONFLICT DO NOTHING")
            try await both.run("INSERT OR IGNORE INTO tickets(what) VALUES ('a'), (NULL), ('b'), (NULL), ('c')")
            try await both.run(
                "INSERT OR IGNORE INTO users(name, age) VALUES ('a', 999), ('b', 1), ('c', 999), ('d', 2)")
            try await both.run("INSERT OR ROLLBACK INTO users VALUES (50, 'x', 1), (1, 'y', 1)")
            try await both.run("INSERT OR FAIL INTO users VALUES (60, 'x', 1)")
            let verdict = try await both.run("INSERT OR FAIL INTO users VALUES (61, 'x', 1), (1, 'y', 1)")
            #expect(verdict == .refused("conflict-clause-across-shards"))
        }
    }

    @Test func `RETURNING gives the rows in the order of the statement`() async throws {
        try await twins { both in
            try await both.run(
                "INSERT INTO users(name) VALUES ('a'), ('b'), ('c'), ('d'), ('e') RETURNING id, name || '!'",
                sorted: false)
            try await both.run("UPDATE users SET age = id * 2 RETURNING id, age")
            try await both.run("DELETE FROM users WHERE id > 2 RETURNING *")
            try await both.run("INSERT INTO countries(code) VALUES ('x'), ('y') RETURNING *", sorted: false)
            try await both.run("UPDATE users SET age = 1 WHERE id = -1 RETURNING *")
        }
    }

    @Test func `Broadcast tables stay equal and count once`() async throws {
        try await twins { both in
            try await both.run("INSERT INTO countries(code, name) VALUES ('de', 'Germany'), ('fr', 'France')")
            try await both.run("INSERT INTO countries(code) VALUES ('de')")
            try await both.run("UPDATE countries SET name = upper(name) WHERE code = 'de'")
            try await both.run("INSERT OR REPLACE INTO countries(code, name) VALUES ('fr', 'again')")
            try await both.run(
                "INSERT OR IGNORE INTO countries(code, name) VALUES ('fr', 'no'), ('it', 'yes'), ('de', 'no')")
            try await both.run("DELETE FROM countries WHERE id = 1")
            try await both.run("INSERT INTO countries(code) VALUES ('es')")
            try await both.run("DELETE FROM countries WHERE code LIKE 'r%'")
        }
    }

    @Test func `Single tables and tables without keys`() async throws {
        try await twins { both in
            try await both.run("INSERT INTO options VALUES ('a', 1), ('b', x'00ff'), ('c', 1.5)")
            try await both.run("INSERT INTO options VALUES ('a', 2) ON CONFLICT (k) DO UPDATE SET v = v + excluded.v")
            try await both.run("INSERT INTO notes VALUES ('Ann', 'x'), ('bob', 'y'), ('ANN', 'z'), (NULL, 'w')")
            try await both.run("UPDATE notes SET body = 'q' WHERE author = 'ann'")
            try await both.run("DELETE FROM notes WHERE author IS NULL")
            try await both.run("INSERT INTO notes VALUES ('a', NULL)")
            try await both.run("UPDATE notes SET body = 'all'")
        }
    }

    @Test func `INSERT SELECT moves rows between tables`() async throws {
        try await twins { both in
            try await both.run("INSERT INTO users(name, age) VALUES ('a', 1), ('b', 2), ('c', 3), ('d', 4)")
            try await both.run("INSERT INTO items SELECT id, 1, name FROM users")
            try await both.run("INSERT INTO items SELECT id + 1, 2, name FROM users ORDER BY id")
            try await both.run("INSERT INTO tickets(what) SELECT name FROM users WHERE id = 2")
            try await both.run("INSERT INTO items SELECT id + 1, 2, name FROM users ORDER BY id")
            try await both.run("BEGIN")
            try await both.run("INSERT INTO users SELECT id + 100, name, age FROM users ORDER BY id")
            try await both.run("INSERT INTO users SELECT id + 1, name, age FROM users ORDER BY id")
            try await both.run("COMMIT")
        }
    }

    @Test func `Many rows are split, bound or spliced, within the engine's limits`() async throws {
        try await twins { both in
            let literals = (1...1500).map { "(\($0), 'name \($0)', \($0 % 150))" }.joined(separator: ", ")
            try await both.run("INSERT INTO users VALUES " + literals)
            let holes = Array(repeating: "(?, ?)", count: 900).joined(separator: ", ")
            let values = (1...900).flatMap { [Value.text("bound \($0)"), .integer(Int64($0 % 90))] }
            try await both.run("INSERT INTO users(name, age) VALUES " + holes, values)
            let long = String(repeating: "x", count: 20_000)
            let texts = (5000...5120).map { "(\($0), '\(long)', 1)" }.joined(separator: ", ")
            try await both.run("INSERT INTO users VALUES " + texts)
        }
    }
}
