import Fuzzing
import PlainEngine
import ShardBase
import ShardKit
import Testing

/// INSERTs of literal rows, which take a short way of their own: beside plain SQLite, with everything that can go wrong
/// in one.
@Suite("INSERTs of literal rows")
struct LiteralInsertTests {
    static let schema = [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE, n REAL CHECK (n < 100))",
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, v NOT NULL)",
        "CREATE TABLE w (k TEXT COLLATE NOCASE, l, PRIMARY KEY (k, l)) WITHOUT ROWID",
        "CREATE TABLE s (id INTEGER PRIMARY KEY, b BLOB, i INT) STRICT", "CREATE TABLE p (a, b)",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, v) BROADCAST",
        "CREATE TABLE g (id INTEGER PRIMARY KEY, up INT REFERENCES g (id)) SINGLE ON s0",
        "CREATE TABLE k (id INTEGER PRIMARY KEY, v)",
        "CREATE TRIGGER odd BEFORE INSERT ON k WHEN new.id % 2 = 1 BEGIN SELECT raise(IGNORE); END",
    ]

    /// Of each number of rows: one, a few, as many as one statement holds, more.
    static func rows(_ count: Int, from start: Int, _ cells: (Int) -> String) -> String {
        (start..<(start + count)).map { "(\(cells($0)))" }.joined(separator: ", ")
    }

    static var statements: [String] {
        var list: [String] = []
        var start = 0
        for count in [1, 2, 3, 7, 64, 129, 700] {
            list += [
                "INSERT INTO t VALUES " + rows(count, from: start) { "\($0), 'v\($0)', \($0 % 90).5" },
                "INSERT INTO t (v, n) VALUES " + rows(count, from: start) { "'w\($0)', -\($0)" },
                "INSERT INTO a (v) VALUES " + rows(count, from: start) { "'x''\($0)'" },
                "INSERT INTO w VALUES " + rows(count, from: start) { "'K\($0)', x'0\($0 % 10)'" },
                "INSERT INTO s VALUES " + rows(count, from: start) { "\($0 * 3), x'', NULL" },
                "INSERT INTO p VALUES " + rows(count, from: start) { "\($0), '\($0)'" },
                "INSERT INTO c VALUES " + rows(count, from: start) { "\($0), NULL" },
                "INSERT INTO k VALUES " + rows(count, from: start) { "\($0), \($0)" },
                // The last row is bad, the middle one, one that comes twice.
                "INSERT INTO t VALUES " + rows(count, from: start + 1000) { "\($0), 'y\($0)', 7" }
                    + ", (5000, 'z', 100)",
                "INSERT INTO t VALUES (6000, 'q', 1), (6001, 'q', 2), "
                    + rows(count, from: start + 2000) { "\($0), 'y\($0)', 7" },
                "INSERT INTO a VALUES " + rows(count, from: start + 1000) { "\($0), 1" } + ", (5000, NULL)",
                "INSERT INTO s VALUES " + rows(count, from: start + 1000) { "\($0), x'', 1" } + ", (5000, 'text', 1)",
                "INSERT INTO w VALUES " + rows(count, from: start + 1000) { "'k\($0)', 1" }
                    + ", ('K1000', 1), ('k1000', 1)",
                "INSERT INTO t VALUES " + rows(count, from: start + 1000) { "'n\($0)', 'y\($0)', 7" },
            ]
            start += count
        }
        list += [
            "PRAGMA foreign_keys = ON", "INSERT INTO g VALUES (1, 3), (2, 1), (3, 2)", "INSERT INTO g VALUES (4, 5)",
            "PRAGMA foreign_keys = OFF", "INSERT INTO g VALUES (4, 5)", "PRAGMA query_only = ON",
            "INSERT INTO p VALUES (1, 2)", "PRAGMA query_only = OFF", "INSERT INTO p VALUES (9, NULL), (1e3, 2.25)",
        ]
        return list
    }

    @Test("they are answered as by one plain database", arguments: [1, 4], [false, true])
    func answers(shards: Int, isInTransaction: Bool) async throws {
        let plain = try PlainDatabase()
        let clause = shards == 1 ? "HASH (PRIMARY KEY)" : "HASH (PRIMARY KEY) INTO 9 PARTITIONS"
        let tables = ["p": "HASH (a)", "t": "SINGLE ON s0", "k": "HASH (id)"]
        try await withTemporaryDatabase(shards: shards, tables: tables, byDefault: clause) { database in
            try await database.withSession { session in
                func check(_ sql: String) async {
                    let outcome = await Comparison.run(sql, sharded: session, plain: plain, comparesErrors: true)
                    switch outcome {
                    case .right, .bothFail: break
                    case .refused(let code): Issue.record("refused (\(code)): \(sql.prefix(200))")
                    case .wrong(let why): Issue.record("after \(before)\n\(sql.prefix(200))\n    \(why)")
                    }
                    before = String(sql.prefix(80))
                }
                var before = ""
                for sql in Self.schema {
                    try await session.execute(SQLText(sql, values: []))
                    let plainText = sql.split(separator: " BROADCAST")[0].split(separator: " SINGLE")[0]
                    _ = try plain.run(String(plainText))
                }
                if isInTransaction { await check("BEGIN") }
                for sql in Self.statements {
                    await check(sql)
                    if isInTransaction || !sql.contains("INTO p") {
                        await check("SELECT changes(), last_insert_rowid()")
                    }
                }
                if isInTransaction { await check("COMMIT") }
                for table in ["t", "a", "w", "s", "p", "c", "g", "k"] {
                    await check("SELECT * FROM \(table) ORDER BY 1, 2")
                }
            }
        }
    }

    @Test("the template of an INSERT is planned once")
    func template() async throws {
        try await withTemporaryDatabase(shards: 2) { database in
            try await database.withSession { session in
                try await session.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)")
                try await session.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
            }
            #expect(database.hasCachedPlan(of: "INSERT INTO t VALUES (NULL, NULL), (NULL, NULL)"))
        }
    }
}
