import CSQLiteDirect
import Foundation
import ShardKit
import ShardSQL

/// Measures what the targets name, each beside its baseline in direct C calls on files with the same rows, in one run.
@main
struct Bench {
    static let userCount = 100_000
    static let orderCount = 1_000_000

    /// Waits for a task of its own: calls from the main actor would switch threads, and callgrind does not survive the
    /// end of the main thread that an asynchronous `main` brings about.
    static func main() {
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            do {
                try await run(Array(CommandLine.arguments.dropFirst()))
            } catch {
                print(error)
                exit(1)
            }
            done.signal()
        }
        done.wait()
    }

    static func run(_ arguments: [String]) async throws {
        func wants(_ name: String) -> Bool { arguments.isEmpty || arguments.contains(name) }
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        if arguments.first == "count" {
            return try await PointReadWay.main(Array(arguments.dropFirst()), folder: folder)
        }
        if arguments.first == "run" {
            return try await LogicRun.main(Array(arguments.dropFirst()), folder: folder)
        }
        if arguments.isEmpty || arguments.first == "postgres" {
            try await PostgresBench.run(Array(arguments.dropFirst()))
            if !arguments.isEmpty { return }
        }
        if wants("ids") { try await IDBenchmarks.run() }
        if arguments == ["ids"] { return }
        if wants("replicas") { try await ReplicaBenchmarks.run() }
        if arguments == ["replicas"] { return }
        if wants("business") { try await BusinessBenchmarks.run(folder) }
        if arguments == ["business"] { return }
        let plain = DirectSQLite(path: folder.appending(path: "plain.sqlite").path)
        plain.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
        var configuration = Configuration(directory: folder.path, shardCount: 4)
        configuration.synchronous = .off
        let database = try await ShardedDatabase.create(configuration)
        if arguments == ["insert"] {
            try await inserts(plain, database)
            return await database.close()
        }
        print("loading \(userCount) users and \(orderCount) orders into four shards and into one file …")
        try await load(plain, database)

        if wants("text") {
            try await texts(plain, database)
        }
        if wants("point") {
            try await pointReads(plain, database)
        }
        if wants("scatter") {
            try await scatters(plain, database)
        }
        if wants("merge") {
            try await merges(plain, database)
        }
        if wants("insert") {
            try await inserts(plain, database)
        }
        await database.close()
    }

    static func load(_ plain: DirectSQLite, _ database: ShardedDatabase) async throws {
        let schema = [
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, city TEXT)",
            "CREATE TABLE orders (user_id INTEGER, id INTEGER, total REAL, status TEXT, product INTEGER, note TEXT, "
                + "PRIMARY KEY (user_id, id))",
        ]
        for (text, clause) in zip(schema, [" SHARD BY HASH (id)", " SHARD BY HASH (user_id) COLOCATE WITH users"]) {
            plain.execute(text)
            _ = try await database.withSession { try await $0.execute(SQLText(text + clause, values: [])) }
        }
        var random = SystemRandomNumberGenerator()
        plain.execute("BEGIN")
        try await database.withSession { session in
            try await session.execute("BEGIN")
            for start in stride(from: 0, to: userCount, by: 1000) {
                let rows = (start..<(start + 1000)).map { "(\($0), 'user \($0)', 'city \($0 % 97)')" }
                let sql = "INSERT INTO users VALUES " + rows.joined(separator: ", ")
                plain.execute(sql)
                try await session.execute(SQLText(sql, values: []))
            }
            for start in stride(from: 0, to: orderCount, by: 1000) {
                let rows = (start..<(start + 1000)).map { index in
                    "(\(index % userCount), \(index), \(Double(Int.random(in: 0..<100_000, using: &random)) / 100), "
                        + "'\(["new", "paid", "sent"][index % 3])', \(Int.random(in: 0..<5000, using: &random)), 'note of order \(index)')"
                }
                let sql = "INSERT INTO orders VALUES " + rows.joined(separator: ", ")
                plain.execute(sql)
                try await session.execute(SQLText(sql, values: []))
            }
            try await session.execute("COMMIT")
        }
        plain.execute("COMMIT; ANALYZE")
        _ = try await database.withSession { try await $0.execute("ANALYZE") }
    }

    static func pointReads(_ plain: DirectSQLite, _ database: ShardedDatabase) async throws {
        let count = 50_000
        let statement = plain.prepare("SELECT id, name FROM users WHERE id = ?1")
        var sum = 0
        let prepared = try await database.prepare("SELECT id, name FROM users WHERE id = ?1")
        _ = try await measure(
            "point read, prepared", units: count, must: 1.15, moonshot: 1.05,
            baseline: { for index in 0..<count { sum &+= plain.pointRead(statement, key: Int64(index)) } },
            subject: {
                for index in 0..<count {
                    let rows = try await prepared.query([.integer(Int64(index))])
                    while let batch = try await rows.nextBatch() { sum &+= batch.rowCount }
                }
            })
        _ = try await measure(
            "point read, literal text", units: count, must: 1.0, moonshot: 0.7,
            baseline: {
                for index in 0..<count { sum &+= plain.literalRead("SELECT id, name FROM users WHERE id = \(index)") }
            },
            subject: {
                for index in 0..<count {
                    let rows = try await database.query(
                        SQLText("SELECT id, name FROM users WHERE id = \(index)", values: []))
                    while let batch = try await rows.nextBatch() { sum &+= batch.rowCount }
                }
            })
        if sum == 0 { print("nothing was read") }
    }

    /// What is done with a statement's text before it is known what to do. The baseline is SQLite's own way with the same
    /// text: parsing and compiling it. The bars for parsing are those of PostgreSQL's raw parser, measured elsewhere.
    static func texts(_ plain: DirectSQLite, _ database: ShardedDatabase) async throws {
        let point = "SELECT id, name, city FROM users WHERE id = 12345 AND city = 'city 21' LIMIT 1"
        let insert =
            "INSERT INTO users VALUES "
            + (0..<100).map { "(\($0 + 1_000_000), 'user number \($0)', 'city \($0)')" }.joined(separator: ", ")
        var sum = 0
        for (name, sql, count, must, moonshot) in [
            ("parse a point select of \(point.utf8.count) bytes", point, 20_000, 3 * 824.0, 595.0),
            ("parse an insert of 100 rows", insert, 500, 3 * 41_000.0, 41_000.0),
        ] {
            _ = try await measure(
                name, units: count, absolute: (must, moonshot),
                baseline: { for _ in 0..<count { plain.compile(sql) } },
                subject: {
                    for _ in 0..<count { sum &+= try Parser.parse(sql, dialect: .sqlite).parameterNames.count }
                })
        }
        let known = "SELECT id, name FROM users WHERE id = 12345 LIMIT 1"
        _ = try await database.query(SQLText(known, values: [])).all()
        guard database.hasCachedPlan(of: known.replacingOccurrences(of: "12345", with: "77")) else {
            fatalError("the plan is not cached")
        }
        _ = try await measure(
            "plan-cache hit, \(known.utf8.count) bytes with a literal", units: 100_000, absolute: (500, 100),
            baseline: { for _ in 0..<100_000 { plain.compile(known) } },
            subject: { for _ in 0..<100_000 where database.hasCachedPlan(of: known) { sum &+= 1 } })
        if sum == 0 { print("nothing was parsed") }
    }

    static func scatters(_ plain: DirectSQLite, _ database: ShardedDatabase) async throws {
        let cases: [(String, String, Double, Double)] = [
            ("scatter count(*)", "SELECT count(*) FROM orders", 0.65, 0.53),
            ("scatter sum", "SELECT sum(total), avg(total) FROM orders", 0.8, 0.6),
            ("group by unindexed column", "SELECT product, count(*) FROM orders GROUP BY product", 0.45, 0.08),
            ("group by key", "SELECT user_id, sum(total) FROM orders GROUP BY user_id", 1.0, 0.6),
            ("top 20", "SELECT user_id, id, total FROM orders ORDER BY total DESC LIMIT 20", 0.65, 0.52),
        ]
        for (name, sql, must, moonshot) in cases {
            _ = try await measure(
                name, units: 1, rounds: 5, must: must, moonshot: moonshot,
                baseline: { _ = plain.drain(sql) },
                subject: {
                    let rows = try await database.query(SQLText(sql, values: []))
                    while try await rows.nextBatch() != nil {}
                })
        }
    }

    static func merges(_ plain: DirectSQLite, _ database: ShardedDatabase) async throws {
        let sql = "SELECT user_id, id, total, status, product, note FROM orders ORDER BY user_id, id"
        let result = try await measure(
            "ordered merge of 4 streams, 6 columns", unit: "row", units: orderCount, rounds: 3,
            baseline: { _ = plain.drain(sql) },
            subject: {
                let rows = try await database.query(SQLText(sql, values: []))
                while try await rows.nextBatch() != nil {}
            })
        let rate = 1e3 / median(result.subject)
        print("    \((rate * 100).rounded() / 100) M rows/s (must ≥ 1.5, moonshot ≥ 3.5)")
    }

    /// Atomic, the rows of three of the four shards are written twice.
    static func inserts(_ plain: DirectSQLite, _ database: ShardedDatabase) async throws {
        try await inserts(plain, database, "log", "insert of 1,000 literal rows, atomic")
        var configuration = try Configuration.temporary(shardCount: 4)
        configuration.commit = .fast
        defer { configuration.removeFiles() }
        let fast = try await ShardedDatabase.create(configuration)
        try await inserts(plain, fast, "log2", "insert of 1,000 literal rows, fast")
        await fast.close()
    }

    private static func inserts(
        _ plain: DirectSQLite, _ database: ShardedDatabase, _ table: String, _ title: String
    ) async throws {
        let columns = "(id INTEGER PRIMARY KEY, text TEXT)"
        plain.execute("CREATE TABLE \(table) \(columns)")
        _ = try await database.withSession {
            try await $0.execute(SQLText("CREATE TABLE \(table) \(columns) SHARD BY HASH (id)", values: []))
        }
        var next = 0
        func text() -> String {
            next += 1000
            return "INSERT INTO \(table) VALUES "
                + ((next - 1000)..<next).map { "(\($0), 'line \($0)')" }.joined(separator: ", ")
        }
        let texts = (0..<40).map { _ in text() }
        var at = 0
        var plainAt = 0
        _ = try await measure(
            title, unit: "row", units: 1000, rounds: 20, must: 1 / 1.3, moonshot: 1 / 1.8,
            baseline: {
                plain.execute(texts[plainAt])
                plainAt += 1
            },
            subject: {
                _ = try await database.withSession { try await $0.execute(SQLText(texts[at], values: [])) }
                at += 1
            })
    }
}
