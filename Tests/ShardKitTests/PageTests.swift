import ShardBase
import ShardKit
import ShardValues
import Testing

/// Pages of a query, put together, are the query.
@Suite("pages")
struct PageTests {
    @Test(
        "pages of any size put together are the whole answer, once and in order",
        arguments: [
            "SELECT * FROM t ORDER BY id",
            "SELECT a, b FROM t ORDER BY a, id",
            "SELECT id, a FROM t ORDER BY a DESC, b, id DESC",
            "SELECT b FROM t ORDER BY b COLLATE NOCASE DESC NULLS FIRST, a NULLS LAST, id",
            "SELECT rowid, k FROM bag ORDER BY k, rowid",
            "SELECT id % 3 AS m, count(*) AS n FROM t GROUP BY id % 3 ORDER BY n DESC, m",
            "SELECT DISTINCT a, b FROM t ORDER BY b, a",
            "SELECT t.id, u.id, t.a FROM t JOIN u ON t.a = u.a ORDER BY t.a, u.id, t.id",
            "SELECT id, row_number() OVER (ORDER BY id) AS r FROM t ORDER BY 2 DESC, id",
            "WITH w AS (SELECT id FROM u WHERE id > 3) SELECT id, b FROM t WHERE id IN (SELECT id FROM w) ORDER BY b, 1",
        ])
    func wholeAnswer(_ query: String) async throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        try await withTemporaryDatabase(shards: 3) { database in
            try await Self.fill(database, &random)
            let text = SQLText(query, values: [])
            let whole = try await database.query(text).all().map(\.values)
            for size in [1, 2, 3, 7, whole.count, whole.count + 1] where size > 0 {
                var rows: [[Value]] = []
                var position = PagePosition.first
                var pages = 0
                while true {
                    let page = try await database.query(text, page: position, size: size)
                    #expect(page.header.names == (try await database.query(text)).header.names)
                    #expect(page.rows.count <= size)
                    rows += page.rows
                    pages += 1
                    guard let next = page.next, pages < 1000 else { break }
                    // The token's text is all that is kept between pages.
                    position = .after(try PageToken(next.description))
                }
                #expect(rows == whole, "seed \(seed), pages of \(size)")
                #expect(pages == max(1, (whole.count + size - 1) / size))
            }
        }
    }

    private static func fill(_ database: ShardedDatabase, _ random: inout SeededGenerator) async throws {
        try await database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT)")
        try await database.execute("CREATE TABLE u (id INTEGER PRIMARY KEY, a)")
        try await database.execute("CREATE TABLE bag (k, v)")
        let values: [Value] = [.null, 1, 2, 2.5, "a", "A", "b", .blob([1])]
        for id in 1...40 {
            let a = values.randomElement(using: &random) ?? .null
            let b = values.randomElement(using: &random) ?? .null
            try await database.execute("INSERT INTO t VALUES (\(id), \(a), \(b))")
            try await database.execute("INSERT INTO bag VALUES (\(a), \(b))")
            if id < 9 { try await database.execute("INSERT INTO u VALUES (\(id), \(a))") }
        }
    }

    @Test(
        "an order that leaves rows equal is refused",
        arguments: [
            "SELECT * FROM t", "SELECT * FROM t ORDER BY a", "SELECT * FROM t ORDER BY b COLLATE NOCASE",
            "SELECT t.id FROM t JOIN u ON t.a = u.a ORDER BY t.id",
            "SELECT a, count(*) FROM t GROUP BY a, b ORDER BY a",
            "SELECT DISTINCT a, b FROM t ORDER BY a", "SELECT * FROM t LEFT JOIN u ON u.id = t.id ORDER BY t.id, u.id",
        ])
    func notTotal(_ query: String) async throws {
        try await withTemporaryDatabase(shards: 2) { database in
            var random = SeededGenerator(seed: 1)
            try await Self.fill(database, &random)
            let error = try await #require(throws: ShardError.self) {
                try await database.query(SQLText(query, values: []), page: .first, size: 3)
            }
            #expect(error.code == .orderNotTotal)
        }
    }

    @Test("a token goes with its query, and what is no token is told")
    func tokens() async throws {
        try await withTemporaryDatabase(shards: 2) { database in
            var random = SeededGenerator(seed: 1)
            try await Self.fill(database, &random)
            let page = try await database.query("SELECT id FROM t WHERE id > \(4) ORDER BY id", page: .first, size: 2)
            #expect(page.rows == [[5], [6]])
            let next = try #require(page.next)
            let second = try await database.query(
                "SELECT id FROM t WHERE id > \(4) ORDER BY id", page: .after(next), size: 2)
            #expect(second.rows == [[7], [8]])
            let other = try await #require(throws: ShardError.self) {
                try await database.query("SELECT id, a FROM t ORDER BY id", page: .after(next), size: 2)
            }
            #expect(other.code == .input)
            #expect(throws: ShardError.self) { try PageToken("no token") }
        }
    }
}
