import Foundation
import PostgresServer
import ShardKit
import ShardPostgres

/// Shards that are PostgreSQL databases, beside a C program that routes by hand: `bench postgres shards`.
enum PostgresShardBench {
    static let keys = 100_000
    static let sql = "SELECT id, name FROM users WHERE id = $1"
    static let directSQL = "SELECT id, name FROM everyone WHERE id = $1"

    static func run(_ server: PostgresServer) async throws {
        let setup = DirectPostgres(server.connectionString)
        for shard in 0..<2 { setup.execute("CREATE DATABASE shard\(shard)") }
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let places = (0..<2).map { shard in place(server.connectionString, shard) }
        let database = try await ShardedDatabase.create(
            Configuration(
                directory: folder.path,
                shards: places.enumerated().map { .init(name: "s\($0.offset)", path: $0.element) }))
        try await database.execute("CREATE TABLE users (id BIGINT PRIMARY KEY, name TEXT) SHARD BY HASH (id)")
        try await database.execute(
            "INSERT INTO users SELECT i, 'user ' || i FROM generate_series(0, \(raw: String(keys - 1))) AS i")
        for place in places {
            let connection = DirectPostgres(place)
            connection.execute("VACUUM ANALYZE users")
            // What the C program reads: each shard has all keys, so that it may route as it likes.
            connection.execute(
                """
                CREATE TABLE everyone (id int8 PRIMARY KEY, name text);
                INSERT INTO everyone SELECT i, 'user ' || i FROM generate_series(0, \(keys - 1)) AS i;
                """)
            connection.execute("VACUUM ANALYZE everyone")
        }
        try await Task(executorPreference: database.executor) { try await pointRead(database, places) }.value
        try await many(database, places)
        try await scatters(database, places)
        await database.close()
    }

    private static func place(_ string: String, _ shard: Int) -> String {
        string.replacingOccurrences(of: "dbname=postgres", with: "dbname=shard\(shard)")
    }

    private static func pointRead(
        _ database: ShardedDatabase, _ places: [String]
    ) async throws {
        let direct = places.map { DirectPostgres($0) }
        for connection in direct { connection.prepare("read", directSQL) }
        let count = 5000
        let statement = try await database.prepare(sql)
        var sum = 0
        _ = try await measure(
            "point read over 2 PostgreSQL shards, Unix", units: count, rounds: 15, must: 1.10, moonshot: 1.03,
            baseline: {
                for index in 0..<count {
                    let key = index * 7919 % keys
                    sum &+= direct[key & 1].pointRead("read", key: Int64(key))
                }
            },
            subject: {
                for index in 0..<count {
                    let batch = try await statement.batch([.integer(Int64(index * 7919 % keys))])
                    sum &+= Int(batch[0, 0].integerValue)
                }
            })
        if sum == 0 { print("nothing was read") }
    }

    private static func many(_ database: ShardedDatabase, _ places: [String]) async throws {
        let count = 32_000
        let statement = try await database.prepare(sql)
        // Four threads a shard, each with its own keys.
        let threads = places.map { place in
            (0..<4).map { _ -> DirectPostgres in
                let connection = DirectPostgres(place)
                connection.prepare("read", directSQL)
                return connection
            }
        }
        for tasks in [8, 32] {
            let result = try await measure(
                "\(tasks) tasks over 2 PostgreSQL shards", units: count, rounds: 7, must: 1.0 / 0.9, moonshot: 0.5,
                baseline: { ThreadedPostgres.pointReads(threads.flatMap { $0 }, "read", count: count, keys: keys) },
                subject: {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for task in 0..<tasks {
                            group.addTask(executorPreference: database.executor) {
                                var sum = 0
                                for index in 0..<(count / tasks) {
                                    let batch = try await statement.batch([
                                        .integer(Int64((task * 7919 + index) % keys))
                                    ])
                                    sum &+= batch.rowCount
                                }
                                if sum == 0 { print("nothing was read") }
                            }
                        }
                        try await group.waitForAll()
                    }
                })
            print(
                "    \(Int(1e6 / median(result.subject))) k/s against \(Int(1e6 / median(result.baseline))) k/s")
        }
    }

    /// What every shard is asked for, and what a C program would ask and merge.
    private static func scatters(_ database: ShardedDatabase, _ places: [String]) async throws {
        try await database.execute(
            "CREATE TABLE events (id BIGINT PRIMARY KEY, kind INT, amount DOUBLE PRECISION, note TEXT) SHARD BY HASH (id)")
        for part in 0..<4 {
            try await database.execute(
                "INSERT INTO events SELECT i, i % 1000, (i * 7919 % 100003) / 8.0, 'note ' || i FROM generate_series(\(raw: String(part * 50_000)), \(raw: String(part * 50_000 + 49_999))) AS i"
            )
        }
        for place in places { DirectPostgres(place).execute("VACUUM ANALYZE events") }
        let cases: [(name: String, sql: String, part: String)] = [
            ("count", "SELECT count(*) FROM events", "SELECT count(*) FROM events"),
            ("sum", "SELECT sum(amount), avg(amount) FROM events", "SELECT sum(amount), count(amount) FROM events"),
            (
                "group by, 1,000 groups", "SELECT kind, count(*), sum(amount) FROM events GROUP BY kind",
                "SELECT kind, count(*), sum(amount) FROM events GROUP BY kind"
            ),
            (
                "top 20", "SELECT id, amount FROM events ORDER BY amount DESC, id LIMIT 20",
                "SELECT id, amount FROM events ORDER BY amount DESC, id LIMIT 20"
            ),
            (
                "page at 10,000", "SELECT id, amount FROM events ORDER BY amount DESC, id LIMIT 20 OFFSET 10000",
                "SELECT id, amount FROM events ORDER BY amount DESC, id LIMIT 10020"
            ),
        ]
        for item in cases {
            let direct = places.map { DirectPostgres($0) }
            let statement = try await database.prepare(item.sql)
            var rows = 0
            _ = try await measure(
                "\(item.name) over 2 PostgreSQL shards", units: 1, rounds: 9, must: 1.15, moonshot: 1.03,
                baseline: { ThreadedPostgres.streams(direct, item.part) },
                subject: {
                    let answer = try await statement.query([])
                    for try await _ in answer { rows += 1 }
                })
            if rows == 0 { print("nothing was read") }
        }
    }
}
