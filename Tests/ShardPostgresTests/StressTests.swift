import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Testing

@Suite(.enabled(if: PostgresInstallation.shouldTest), .timeLimit(.minutes(5)), .serialized)
struct StressTests {
    /// Reads, streams given up half-way, errors, transactions and cancelled tasks, all at once; afterwards every connection is
    /// clean and every answer was the right one.
    @Test("many tasks of all kinds on few connections", arguments: [UInt64(1), 2, 3])
    func everything(seed: UInt64) async throws {
        let pool = PostgresPool(PostgresConfiguration(try PostgresServer.shared.get().connectionString), size: 6)
        let pipeline = PostgresPipeline(PostgresConfiguration(try PostgresServer.shared.get().connectionString))
        let double = ShardStatement("SELECT $1::int8 * 2")
        let series = ShardStatement("SELECT generate_series(1, $1::int8)")
        let divide = ShardStatement("SELECT 1 / $1::int8")
        let sleep = ShardStatement("SELECT pg_sleep(5)")
        await withTaskGroup(of: Void.self) { group in
            var generator = SeededGenerator(seed: seed)
            for index in 0..<300 {
                let kind = Int.random(in: 0..<7, using: &generator)
                let key = Int64.random(in: 0..<1000, using: &generator)
                let onLoop = Bool.random(using: &generator)
                group.addTask(executorPreference: onLoop ? PostgresLoop.shared : nil) {
                    do {
                        switch kind {
                        case 0, 1:
                            let start = try await pipeline.read(double, values: [.integer(key)])
                            #expect(start.batch.row(0) == [.integer(key * 2)])
                        case 2:
                            try await pool.withConnection { connection in
                                let start = try await connection.query(double, values: [.integer(key)], rowLimit: 10)
                                #expect(start.batch.row(0) == [.integer(key * 2)])
                            }
                        case 3:
                            try await pool.withConnection { connection in
                                let start = try await connection.query(
                                    series, values: [.integer(key * 10)], rowLimit: 7)
                                if let cursor = start.cursor { _ = try await cursor.next(start.batch) }
                                if index % 2 == 0 { start.cursor?.close() }
                            }
                        case 4:
                            let error = await failure {
                                try await pool.withConnection { connection in
                                    try await connection.executeScript("BEGIN")
                                    _ = try await connection.query(divide, values: [0], rowLimit: 1)
                                }
                            }
                            #expect(error?.engineCode == "22012", "\(String(describing: error))")
                        case 5:
                            let error = await failure { _ = try await pipeline.read(divide, values: [0]) }
                            #expect(error?.engineCode == "22012", "\(String(describing: error))")
                        default:
                            let task = Task {
                                try await pool.withConnection { _ = try await $0.query(sleep, values: [], rowLimit: 1) }
                            }
                            try await Task.sleep(for: .milliseconds(key % 20))
                            task.cancel()
                            let error = await failure { try await task.value }
                            #expect(error?.code == .cancelled, "\(String(describing: error))")
                        }
                    } catch { Issue.record("seed \(seed), kind \(kind): \(error)") }
                }
            }
        }
        #expect(pool.counts.waiting == 0)
        await pool.close()
        await pipeline.close()
    }
}
