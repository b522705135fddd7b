import Foundation
import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues

/// The driver for PostgreSQL beside a C program with the same server: `bench postgres`.
enum PostgresBench {
    static let keys = 100_000
    static let sql = "SELECT id, name FROM users WHERE id = $1"

    /// - Parameter wanted: `point`, `pipeline`, `stream`, `shards`; all when empty.
    static func run(_ wanted: [String]) async throws {
        func wants(_ name: String) -> Bool { wanted.isEmpty || wanted.contains(name) }
        guard PostgresInstallation.found != nil else { return print("PostgreSQL is not installed: its cases are skipped") }
        let server = try PostgresServer.start(listensOnLoopback: true)
        defer { server.stop() }
        let setup = DirectPostgres(server.connectionString)
        setup.execute(
            """
            CREATE TABLE users (id int8 PRIMARY KEY, name text);
            INSERT INTO users SELECT i, 'user ' || i FROM generate_series(0, \(keys - 1)) AS i;
            """)
        setup.execute("VACUUM ANALYZE users")
        if wants("point") {
            // A task on the database's loop, as a server would run its own.
            try await Task(executorPreference: PostgresLoop.shared) {
                try await pointRead("Unix", server.connectionString, must: 1.10)
                try await pointRead("TCP", server.loopbackString, must: 1.25)
            }.value
            // And one of Swift's own threads, which changes threads at each wait.
            try await pointRead("Unix, off the loop", server.connectionString, must: nil)
        }
        if wants("pipeline") {
            for connections in [1, 2, 4] { try await pipelined(server, connections: connections) }
        }
        if wants("shards") { try await PostgresShardBench.run(server) }
        if wants("stream") {
            try await Task(executorPreference: PostgresLoop.shared) {
                try await streams(server.connectionString)
                try await copies(server.connectionString)
            }.value
        }
    }

    static func pointRead(_ way: String, _ place: String, must: Double?) async throws {
        let count = 5000
        let direct = DirectPostgres(place)
        direct.prepare("read", sql)
        let connection = try await PostgresConnection.connect(PostgresConfiguration(place))
        let statement = ShardStatement(sql)
        var sum = 0
        for isSmall in [true, false] {
            _ = try await measure(
                "PostgreSQL point read, \(way)\(isSmall ? "" : ", streamed")", units: count, rounds: 15, must: must,
                moonshot: must == nil ? nil : 1.03,
                baseline: { for index in 0..<count { sum &+= direct.pointRead("read", key: Int64(index * 7919 % keys)) } },
                subject: {
                    for index in 0..<count {
                        let start =
                            isSmall
                            ? try await connection.query(
                                statement, parameters: [.int8(Int64(index * 7919 % keys))], isSmall: true)
                            : try await connection.query(
                                statement, values: [.integer(Int64(index * 7919 % keys))], rowLimit: 256)
                        sum &+= Int(start.batch[0, 0].integerValue)
                    }
                })
        }
        // What our process itself uses, without the server and the waiting: nearly the same on a busy machine.
        var used: [[Double]] = [[], []]
        for _ in 0..<9 {
            var before = processorTime()
            for index in 0..<count { sum &+= direct.pointRead("read", key: Int64(index * 7919 % keys)) }
            used[0].append((processorTime() - before) / Double(count))
            before = processorTime()
            for index in 0..<count {
                let start = try await connection.query(
                    statement, parameters: [.int8(Int64(index * 7919 % keys))], isSmall: true)
                sum &+= Int(start.batch[0, 0].integerValue)
            }
            used[1].append((processorTime() - before) / Double(count))
        }
        print("    processor time a read: \(Int(median(used[1]))) ns, direct \(Int(median(used[0]))) ns")
        if sum == 0 { print("nothing was read") }
    }

    /// Nanoseconds that the process's threads have run.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    static func pipelined(_ server: PostgresServer, connections: Int) async throws {
        let count = 32_000
        let threads = (0..<8).map { _ in DirectPostgres(server.connectionString) }
        for thread in threads { thread.prepare("read", sql) }
        let statement = ShardStatement(sql)
        for loop in [PostgresLoop.shared, nil] {
            let pipeline = PostgresPipeline(
                PostgresConfiguration(server.connectionString), connections: connections)
            let result = try await measure(
                "32 tasks, \(connections) pipelines\(loop == nil ? ", off the loop" : "")", units: count, rounds: 7, must: 1.0 / 0.9,
                moonshot: 0.5,
                baseline: { ThreadedPostgres.pointReads(threads, "read", count: count, keys: keys) },
                subject: {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for task in 0..<32 {
                            group.addTask(executorPreference: loop) {
                                var sum = 0
                                for index in 0..<(count / 32) {
                                    let start = try await pipeline.read(
                                        statement, values: [.integer(Int64((task * 7919 + index) % keys))])
                                    sum &+= Int(start.batch[0, 0].integerValue)
                                }
                                if sum == 0 { print("nothing was read") }
                            }
                        }
                        try await group.waitForAll()
                    }
                })
            let counts = pipeline.counts
            print(
                "    \(Int(1e6 / median(result.subject))) k/s against \(Int(1e6 / median(result.baseline))) k/s; "
                    + "\(counts.reads / max(1, counts.batches)) reads a batch")
            await pipeline.close()
        }
    }

    static func streams(_ place: String) async throws {
        let direct = DirectPostgres(place)
        let connection = try await PostgresConnection.connect(PostgresConfiguration(place))
        let sql = "SELECT id::int4, id, repeat('x', 84) FROM users"
        let statement = ShardStatement(sql)
        var sum = 0
        _ = try await measure(
            "stream of 100,000 rows, 3 columns", unit: "row", units: keys, rounds: 7, must: 1.15,
            baseline: { sum &+= direct.stream(sql) },
            subject: {
                let start = try await connection.query(statement, values: [], rowLimit: RowBatch.defaultRowLimit)
                var batch = start.batch
                while !batch.isEmpty {
                    sum &+= batch.rowCount
                    guard let cursor = start.cursor else { break }
                    batch = try await cursor.next(batch)
                }
            })
        if sum == 0 { print("nothing was read") }
    }

    static func copies(_ place: String) async throws {
        let direct = DirectPostgres(place)
        let connection = try await PostgresConnection.connect(PostgresConfiguration(place))
        let out = "COPY users TO STDOUT WITH (FORMAT binary)"
        var sum = 0
        _ = try await measure(
            "COPY out, binary", unit: "row", units: keys, rounds: 7, must: 1.15,
            baseline: { sum &+= direct.copyOut(out) },
            subject: {
                let reader = try await connection.copyOut(out)
                var buffer: [UInt8] = []
                repeat {
                    buffer = try await reader.next(buffer)
                    sum &+= buffer.count
                } while !buffer.isEmpty
            })
        let reader = try await connection.copyOut(out)
        var pieces: [[UInt8]] = []
        while true {
            let piece = try await reader.next([], byteLimit: 1 << 14)
            if piece.isEmpty { break }
            pieces.append(piece)
        }
        direct.execute("CREATE UNLOGGED TABLE copied (id int8, name text)")
        let into = "COPY copied FROM STDIN WITH (FORMAT binary)"
        _ = try await measure(
            "COPY in, binary", unit: "row", units: keys, rounds: 7, must: 1.15,
            baseline: {
                direct.execute("TRUNCATE copied")
                direct.copyIn(into, pieces)
            },
            subject: {
                try await connection.executeScript("TRUNCATE copied")
                try await connection.copyIn(into) { writer in for piece in pieces { try await writer.write(piece) } }
            })
        if sum == 0 { print("nothing was read") }
    }
}
