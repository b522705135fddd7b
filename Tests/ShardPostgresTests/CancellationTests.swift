import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Testing

@Suite(.enabled(if: PostgresInstallation.shouldTest), .timeLimit(.minutes(5)))
struct CancellationTests {
    @Test("cancelling the task ends the statement on the server, and the connection goes on")
    func cancelled() async throws {
        let connection = try await connect()
        for onLoop in [false, true] {
            let task = Task(executorPreference: onLoop ? PostgresLoop.shared : nil) {
                _ = try await connection.rows("SELECT pg_sleep(60)")
            }
            try await Task.sleep(for: .milliseconds(100))
            let began = ContinuousClock.now
            task.cancel()
            let error = await failure { try await task.value }
            #expect(error?.code == .cancelled && error?.engineCode == "57014")
            #expect(ContinuousClock.now - began < .seconds(10))
            #expect(try await connection.value("SELECT 1") == .int4(1))
        }
    }

    @Test("cancelling in the middle of a stream ends it, and the next statement is not hit")
    func midStream() async throws {
        let connection = try await connect()
        for _ in 0..<10 {
            let task = Task {
                let start = try await connection.query(
                    ShardStatement("SELECT generate_series(1, 100000000), repeat('x', 100)"), values: [],
                    rowLimit: 256)
                let cursor = try #require(start.cursor)
                var batch = start.batch
                while !batch.isEmpty { batch = try await cursor.next(batch) }
            }
            try await Task.sleep(for: .milliseconds(20))
            task.cancel()
            #expect(await failure { try await task.value }?.code == .cancelled)
            #expect(try await connection.value("SELECT 1") == .int4(1))
        }
    }

    @Test("a task cancelled before it begins sends nothing")
    func before() async throws {
        let connection = try await connect()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await connection.rows("SELECT 1")
        }
        #expect(await failure { try await task.value }?.code == .cancelled)
        #expect(connection.isOpen)
    }

    @Test("a statement over its time is cancelled on the server")
    func budget() async throws {
        let connection = try await connect()
        let budget = StatementBudget(.milliseconds(200), error: ShardError(.timeout, "too late"))
        let error = await failure { try await budget.spend { _ = try await connection.rows("SELECT pg_sleep(60)") } }
        #expect(error?.code == .timeout)
        #expect(try await connection.value("SELECT 1") == .int4(1))
    }

    @Test("the server's own statement_timeout is told from a cancelled task")
    func statementTimeout() async throws {
        let connection = try await connect()
        try await connection.executeScript("SET statement_timeout = 50")
        let error = await failure { _ = try await connection.rows("SELECT pg_sleep(60)") }
        #expect(error?.engineCode == "57014" && error?.message.contains("timeout") == true)
    }
}
