import Foundation
import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Testing

/// Large answers: memory stays flat, readers set the pace, endings are clean.
@Suite(.enabled(if: PostgresInstallation.shouldTest), .timeLimit(.minutes(5)), .serialized)
struct StreamTests {
    /// Memory of the process that is really there, in bytes; nil where the system does not say.
    private static var residentBytes: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 }
    }

    @Test("a million rows stream through flat memory")
    func million() async throws {
        let connection = try await connect()
        let sql = "SELECT i, i * 2, repeat('x', 100) || i FROM generate_series(1, 1000000) AS i"
        let start = try await connection.query(ShardStatement(sql), values: [], rowLimit: RowBatch.defaultRowLimit)
        let before = Self.residentBytes
        var most = 0
        var rows = 0
        var sum: Int64 = 0
        var batch = start.batch
        let cursor = try #require(start.cursor)
        while !batch.isEmpty {
            #expect(batch.rowCount <= RowBatch.defaultRowLimit)
            for row in 0..<batch.rowCount { sum += batch[row, 0].integerValue }
            rows += batch.rowCount
            if rows % 100_000 < 256, let now = Self.residentBytes { most = max(most, now) }
            batch = try await cursor.next(batch)
        }
        #expect(rows == 1_000_000 && sum == 500_000_500_000)
        // The answer has more than 110 MB; other suites run beside this one.
        if let before { #expect(most - before < 80 << 20, "grew by \((most - before) >> 20) MiB") }
        #expect(try await connection.value("SELECT 1") == .int4(1))
    }

    @Test("a server waits for a reader that takes its time")
    func backPressure() async throws {
        let connection = try await connect()
        let watcher = try await connect()
        let start = try await connection.query(
            ShardStatement("SELECT i, repeat('x', 1000) FROM generate_series(1, 1000000) AS i"), values: [],
            rowLimit: 10)
        var waits: PostgresValue = .null
        for _ in 0..<100 {
            waits = try await watcher.value(
                "SELECT wait_event::text FROM pg_stat_activity WHERE pid = $1", [.int4(connection.serverProcess)])
            if waits == .text("ClientWrite") { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(waits == .text("ClientWrite"))
        start.cursor?.close()
        #expect(try await connection.value("SELECT 7") == .int4(7))
    }

    @Test("a large value and a wide row arrive whole, over TCP as well", arguments: [false, true])
    func large(overTCP: Bool) async throws {
        let connection = try await connect(overTCP: overTCP)
        let text = String(repeating: "ab", count: 3_000_000)
        #expect(try await connection.value("SELECT $1::text", [.text(text)]) == .text(text))
        let columns = (1...1600).map { "\($0)::int8" }.joined(separator: ", ")
        let row = try await connection.rows("SELECT \(columns)")[0]
        #expect(row.last == .int8(1600))
    }

    @Test("a cursor left open is read ahead when the connection is wanted, within its limit")
    func openCursors() async throws {
        let connection = try await connect { $0.openCursorLimit = 1 << 20 }
        let small = try await connection.query(
            ShardStatement("SELECT * FROM generate_series(1, 5000)"), values: [], rowLimit: 10)
        #expect(try await connection.value("SELECT 7") == .int4(7))
        var rows = small.batch.rowCount
        var batch = RowBatch(columnCount: 1)
        repeat {
            batch = try await #require(small.cursor).next(batch)
            rows += batch.rowCount
        } while !batch.isEmpty
        #expect(rows == 5000)
        let large = try await connection.query(
            ShardStatement("SELECT repeat('x', 1000) FROM generate_series(1, 50000)"), values: [], rowLimit: 10)
        let error = await failure { _ = try await connection.value("SELECT 7") }
        #expect(error?.code == .overBudget)
        // Its reader goes on all the same.
        rows = large.batch.rowCount
        repeat {
            batch = try await #require(large.cursor).next(batch)
            rows += batch.rowCount
        } while !batch.isEmpty
        #expect(rows == 50_000)
        #expect(try await connection.value("SELECT 7") == .int4(7))
    }

    @Test("cancelling also ends the wait for an answer that stands in the way")
    func cancelledBehindStream() async throws {
        let connection = try await connect { $0.openCursorLimit = .max }
        try await connection.executeScript("BEGIN")
        let start = try await connection.query(
            ShardStatement("SELECT repeat('x', 10000), pg_sleep(0.3) FROM generate_series(1, 200)"), values: [],
            rowLimit: 1)
        start.cursor?.close()
        let task = Task { _ = try await connection.value("SELECT 7") }
        try await Task.sleep(for: .milliseconds(100))
        let began = ContinuousClock.now
        task.cancel()
        #expect(await failure { try await task.value }?.code == .cancelled)
        #expect(ContinuousClock.now - began < .seconds(20))
        try await connection.executeScript("ROLLBACK")
        #expect(try await connection.value("SELECT 7") == .int4(7))
    }

    @Test("closing a cursor early in a transaction does not harm the transaction")
    func closedInTransaction() async throws {
        let connection = try await connect()
        try await connection.executeScript("BEGIN")
        let start = try await connection.query(
            ShardStatement("SELECT * FROM generate_series(1, 200000)"), values: [], rowLimit: 10)
        start.cursor?.close()
        start.cursor?.close()
        #expect(try await connection.value("SELECT 7") == .int4(7))
        #expect(connection.isInTransaction && !connection.isTransactionFailed)
        try await connection.executeScript("COMMIT")
    }

    @Test("closing a cursor of a write early keeps the write")
    func closedWrite() async throws {
        let connection = try await connect()
        try await connection.executeScript("CREATE TEMP TABLE t (id int)")
        let start = try await connection.query(
            ShardStatement("INSERT INTO t SELECT * FROM generate_series(1, 20000) RETURNING id"), values: [],
            rowLimit: 10)
        start.cursor?.close()
        #expect(try await connection.value("SELECT count(*) FROM t") == .int8(20_000))
    }
}
