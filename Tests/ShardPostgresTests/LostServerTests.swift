import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Servers and their processes that end while somebody waits: a typed error, and no hang.
@Suite(.enabled(if: PostgresInstallation.shouldTest), .timeLimit(.minutes(3)))
struct LostServerTests {
    @Test("a process that is ended by the administrator: a read may be repeated, a write's outcome is unknown")
    func terminated() async throws {
        let admin = try await connect()
        for (sql, code, retry) in [
            ("SELECT pg_sleep(60)", ErrorCode.connectionLost, RetryClass.connectionLost),
            (
                "WITH slow AS MATERIALIZED (SELECT pg_sleep(60)) INSERT INTO lost SELECT 1 FROM slow", .unknownOutcome,
                .unknownOutcome
            ),
        ] {
            let connection = try await connect()
            try await connection.executeScript("CREATE TEMP TABLE lost (id int)")
            async let ended = failure { _ = try await connection.rows(sql) }
            try await admin.waitForSleep(of: connection)
            _ = try await admin.rows("SELECT pg_terminate_backend($1)", [.int4(connection.serverProcess)])
            let error = await ended
            #expect(error?.code == code && error?.retry == retry, "\(sql): \(String(describing: error))")
            #expect(error?.engineCode == "57P01")
            #expect(!connection.isOpen)
            let later = await failure { _ = try await connection.rows("SELECT 1") }
            #expect(later?.code == .connectionLost)
        }
    }

    @Test("in a transaction only COMMIT leaves a doubt")
    func inTransaction() async throws {
        let admin = try await connect()
        let connection = try await connect()
        try await connection.executeScript("CREATE TEMP TABLE lost (id int)")
        try await connection.executeScript("BEGIN")
        async let ended = failure {
            _ = try await connection.rows("INSERT INTO lost SELECT 1 FROM pg_sleep(60)")
        }
        try await admin.waitForSleep(of: connection)
        _ = try await admin.rows("SELECT pg_terminate_backend($1)", [.int4(connection.serverProcess)])
        let error = await ended
        #expect(error?.retry == .connectionLost)
    }

    @Test("a server that crashes in the middle of an answer", arguments: [false, true])
    func crashed(overTCP: Bool) async throws {
        let server = try PostgresServer.start(listensOnLoopback: true)
        let connection = try await connect(server, overTCP: overTCP)
        let start = try await connection.query(
            ShardStatement("SELECT generate_series(1, 100000000), repeat('x', 100)"), values: [],
            rowLimit: 256)
        let cursor = try #require(start.cursor)
        var batch = start.batch
        for _ in 0..<10 { batch = try await cursor.next(batch) }
        server.crash()
        let error = await failure {
            while !batch.isEmpty { batch = try await cursor.next(batch) }
        }
        #expect(error?.code == .connectionLost && error?.retry == .connectionLost, "\(String(describing: error))")
        #expect(!connection.isOpen)
        #expect(try await cursor.next(batch).isEmpty)
        let refused = await failure { _ = try await connect(server, overTCP: overTCP) }
        #expect(refused?.retry == .connectionLost)
        // The same server started again takes connections.
        try server.restart()
        let again = try await connect(server, overTCP: overTCP)
        #expect(try await again.value("SELECT 1") == .int4(1))
        server.stop()
    }

    @Test("a server that does not even answer a request to cancel is given up after a while")
    func silent() async throws {
        let admin = try await connect()
        let connection = try await connect { $0.cancelTimeout = .milliseconds(500) }
        let process = connection.serverProcess
        let task = Task { _ = try await connection.rows("SELECT pg_sleep(60)") }
        try await admin.waitForSleep(of: connection)
        try #require(kill(process, SIGSTOP) == 0, "the tests' user may stop its own server")
        defer { kill(process, SIGCONT) }
        let began = ContinuousClock.now
        task.cancel()
        let error = await failure { try await task.value }
        #expect(error?.retry == .connectionLost && !connection.isOpen)
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test("a connection closed by its owner says so")
    func closed() async throws {
        let connection = try await connect()
        async let ended = failure { _ = try await connection.rows("SELECT pg_sleep(60)") }
        try await Task.sleep(for: .milliseconds(50))
        connection.close()
        #expect(await ended?.retry == .connectionLost)
        #expect(!connection.isOpen)
    }
}
