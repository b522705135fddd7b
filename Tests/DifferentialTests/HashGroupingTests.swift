import Fuzzing
import PlainEngine
import ShardBase
import ShardKit
import ShardValues
import Testing

/// Groups that the middleware hashes, against plain SQLite, which sorts them: the same groups in the same order.
@Suite("hash grouping") struct HashGroupingTests {
    private static let tables = [
        ("facts", " SHARD BY HASH (id)"), ("parts", " SHARD BY HASH (id) INTO 7 PARTITIONS"), ("lone", " SINGLE ON s1"),
        ("everywhere", " BROADCAST"),
    ]

    private static func schema(_ table: String) -> String {
        "CREATE TABLE \(table) (id INTEGER PRIMARY KEY, k, n NUMERIC, u TEXT COLLATE NOCASE, r TEXT COLLATE RTRIM, "
            + "big INTEGER, v)"
    }

    /// Keys: what is equal and what is not under SQLite's comparison.
    private static func key(_ random: inout SeededGenerator) -> String {
        let choices = [
            "NULL", "0", "-0.0", "0.0", "1", "1.0", "1.5", "'1'", "'1.0'", "'a'", "'A'", "'a '", "''", "' '", "'ß'",
            "x''", "x'61'", "x'6100'", "'a' || char(0)", "9e999", "-9e999",
            "9007199254740993", "9007199254740992.0", "9223372036854775807", "9223372036854775808.0",
            "-9223372036854775808", "CAST(x'61ff' AS TEXT)",
        ]
        return choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    /// Arguments: numbers of all kinds and texts that arithmetic takes for numbers. None that overflow, or cancel each
    /// other out, in one order of the rows and not in another.
    private static func value(_ random: inout SeededGenerator) -> String {
        let choices = [
            "NULL", "1", "2", "-3", "0.5", "-0.25", "'7'", "' 8 '", "'9.5'", "'1e2x'", "'abc'", "''", "x'3132'", "x''",
            "'0x10'", "4611686018427387", "1e18", "'-'", "'.5'", "'5.'", "'1e'",
        ]
        return choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    private static func rows(_ seed: UInt64, count: Int) -> [String] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { id in
            let keys = (0..<4).map { _ in key(&random) }.joined(separator: ", ")
            let big = 9_007_199_254_740_990 + Int64.random(in: 0..<6, using: &random)
            return "(\(id), \(keys), \(big), \(value(&random)))"
        }
    }

    /// In the order that plain SQLite gives them without ORDER BY, the groups' own.
    private static func queries(_ table: String) -> [String] {
        let aggregates = "count(*), count(v), sum(v), total(v), avg(v)"
        return [
            "SELECT k, \(aggregates) FROM \(table) GROUP BY k",
            "SELECT n, \(aggregates) FROM \(table) GROUP BY n",
            "SELECT u, \(aggregates) FROM \(table) GROUP BY u",
            "SELECT rtrim(r), count(*), sum(v) FROM \(table) GROUP BY r",
            "SELECT k, n, u, count(*), min(big), max(big) FROM \(table) GROUP BY k, n, u",
            "SELECT '' || big, count(*), sum(id), min(id), max(id) FROM \(table) GROUP BY big",
            "SELECT big % 4, typeof(sum(id)), sum(id), avg(id) FROM \(table) GROUP BY big % 4",
            "SELECT big, min(k), max(k), min(v), max(v) FROM \(table) GROUP BY big",
            "SELECT big, min(u), max(u), max(n) FROM \(table) GROUP BY 1",
            "SELECT big, count(*) FILTER (WHERE v > 1), sum(v) FILTER (WHERE k IS NOT NULL) FROM \(table) GROUP BY big",
            "SELECT k COLLATE NOCASE, count(*) FROM \(table) GROUP BY k COLLATE NOCASE",
            "SELECT k, sum(v) FROM \(table) WHERE id % 3 = 1 GROUP BY k HAVING count(*) > 2",
            "SELECT k, count(*) FROM \(table) GROUP BY k ORDER BY k LIMIT 5 OFFSET 1",
            "SELECT u, count(*) + 1 FROM \(table) WHERE big > 0 GROUP BY u LIMIT 4",
            "SELECT k, count(*) FROM \(table) WHERE id < 0 GROUP BY k",
            // Infinities of both signs: what is not a number is NULL, also where other shards have numbers.
            "SELECT id % 50, sum(CASE WHEN id < 50 THEN 9e999 WHEN id < 100 THEN -9e999 ELSE 1.5 END), "
                + "avg(CASE WHEN id < 50 THEN 9e999 WHEN id < 100 THEN -9e999 ELSE 2 END) FROM \(table) GROUP BY 1",
            "SELECT k IS NULL, v IS NULL, count(*) FROM \(table) GROUP BY 1, 2",
            "SELECT CASE WHEN big % 2 THEN 9e999 ELSE 1 END, sum(CASE id % 2 WHEN 0 THEN 9e999 ELSE -9e999 END), "
                + "avg(CASE id % 2 WHEN 0 THEN 9e999 ELSE -9e999 END) FROM \(table) GROUP BY 1",
        ]
    }

    @Test("groups and aggregates are those of one plain database", arguments: [1, 2, 5])
    func answers(_ shards: Int) async throws {
        try await compare(shards: shards, memoryBytes: nil)
    }

    @Test("groups that outgrow memory are left to the engine, and are the same")
    func outgrown() async throws {
        try await compare(shards: 2, memoryBytes: 20_000)
    }

    private func compare(shards: Int, memoryBytes: Int?) async throws {
        let plain = try PlainDatabase()
        try await withTemporaryDatabase(shards: max(2, shards), memoryBytes: memoryBytes) { database in
            try await database.withSession { session in
                for (number, (table, clause)) in Self.tables.enumerated() {
                    _ = try plain.run(Self.schema(table))
                    try await session.execute(SQLText(Self.schema(table) + clause))
                    let insert =
                        "INSERT INTO \(table) VALUES "
                        + Self.rows(UInt64(shards * 10 + number), count: 900).joined(separator: ", ")
                    _ = try plain.run(insert)
                    try await session.execute(SQLText(insert))
                    for sql in Self.queries(table) {
                        let plan = try await session.explain(SQLText(sql))
                        #expect(plan.lines.contains { $0.contains("hash groups") }, "\(sql)")
                        let outcome = await Comparison.run(sql, sharded: session, plain: plain, ordered: true)
                        guard case .right = outcome else {
                            Issue.record("\(shards) shards: \(sql)\n    \(outcome)")
                            continue
                        }
                    }
                }
            }
        }
    }

    @Test("a sum of integers that does not fit is the engine's error")
    func overflow() async throws {
        let plain = try PlainDatabase()
        try await withTemporaryDatabase(shards: 3) { database in
            try await database.withSession { session in
                _ = try plain.run(Self.schema("facts"))
                try await session.execute(SQLText(Self.schema("facts") + " SHARD BY HASH (id)"))
                let rows = (0..<60).map { "(\($0), \($0 % 2), 0, '', '', 0, 9223372036854775800)" }
                let insert = "INSERT INTO facts VALUES " + rows.joined(separator: ", ")
                _ = try plain.run(insert)
                try await session.execute(SQLText(insert))
                let sql = "SELECT k, sum(v) FROM facts GROUP BY k"
                #expect(throws: (any Error).self) { _ = try plain.run(sql) }
                let error = await #expect(throws: ShardError.self) {
                    _ = try await session.query(SQLText(sql)).all()
                }
                #expect(error?.message == "integer overflow")
                let outcome = await Comparison.run(
                    "SELECT k, total(v), avg(v) FROM facts GROUP BY k", sharded: session, plain: plain, ordered: true)
                guard case .right = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
            }
        }
    }

    @Test("groups along an index are left to the engine")
    func alongAnIndex() async throws {
        try await withTemporaryDatabase(shards: 2) { database in
            try await database.withSession { session in
                try await session.execute(SQLText(Self.schema("facts") + " SHARD BY HASH (id)"))
                func isHashed(_ sql: String) async throws -> Bool {
                    try await session.explain(SQLText(sql)).lines.contains { $0.contains("hash groups") }
                }
                let pair = "SELECT k, n, count(*) FROM facts GROUP BY k, n"
                #expect(try await isHashed(pair))
                try await session.execute("CREATE INDEX pair ON facts (n, k, v)")
                #expect(try await !isHashed(pair))
                #expect(try await !isHashed("SELECT n, count(*) FROM facts GROUP BY n"))
                #expect(try await isHashed("SELECT k, count(*) FROM facts GROUP BY k"))
                #expect(try await !isHashed("SELECT k, count(*) FROM facts WHERE n = 3 GROUP BY k"))
                #expect(try await isHashed("SELECT v, count(*) FROM facts WHERE n = 3 GROUP BY v"))
                try await session.execute("CREATE INDEX partial ON facts (u) WHERE u IS NOT NULL")
                try await session.execute("CREATE INDEX other ON facts (r COLLATE BINARY)")
                #expect(try await isHashed("SELECT u, count(*) FROM facts GROUP BY u"))
                #expect(try await isHashed("SELECT r, count(*) FROM facts GROUP BY r"))
                try await session.execute("DROP INDEX pair")
                #expect(try await isHashed(pair))
                // What Swift does not compute stays with the engine.
                #expect(try await !isHashed("SELECT k, count(DISTINCT v) FROM facts GROUP BY k"))
                #expect(try await !isHashed("SELECT k, group_concat(v) FROM facts GROUP BY k"))
                #expect(try await !isHashed("SELECT count(*) FROM facts"))
            }
        }
    }
}
