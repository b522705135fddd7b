import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Testing

@Suite(
    .enabled(if: PostgresInstallation.shouldTest && PostgresServer.canUseSSL, "openssl is needed for a certificate"),
    .timeLimit(.minutes(5)))
struct EncryptionTests {
    @Test("over SSL statements, streams, large values, COPY, cancelling and pipelines work as without")
    func encrypted() async throws {
        let server = try PostgresServer.start(listensOnLoopback: true, usesSSL: true)
        let connection = try await connect(server, overTCP: true) { $0.parameters["sslmode"] = "require" }
        #expect(connection.usesSSL)
        // Records of SSL are of other sizes than what libpq reads at a time.
        for length in [1, 8000, 8191, 8192, 16_300, 16_384, 16_385, 40_000, 1_000_000] {
            let text = String(repeating: "x", count: length)
            #expect(try await connection.value("SELECT $1::text", [.text(text)]) == .text(text))
        }
        let start = try await connection.query(
            ShardStatement("SELECT i, repeat('y', i % 3000) FROM generate_series(1, 30000) AS i"), values: [],
            rowLimit: 256)
        var rows = start.batch.rowCount
        var batch = start.batch
        repeat {
            batch = try await #require(start.cursor).next(batch)
            rows += batch.rowCount
        } while !batch.isEmpty
        #expect(rows == 30_000)
        let reader = try await connection.copyOut(
            "COPY (SELECT repeat('z', 2000) FROM generate_series(1, 5000)) TO STDOUT")
        var bytes = 0
        var buffer: [UInt8] = []
        repeat {
            buffer = try await reader.next(buffer)
            bytes += buffer.count
        } while !buffer.isEmpty
        #expect(bytes == 5000 * 2001)
        let task = Task { _ = try await connection.rows("SELECT pg_sleep(60)") }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        #expect(await failure { try await task.value }?.code == .cancelled)
        let pipeline = PostgresPipeline(
            PostgresConfiguration(server.loopbackString, parameters: ["sslmode": "require"]))
        let statement = ShardStatement("SELECT repeat('p', $1::int4)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for length in 0..<200 {
                group.addTask {
                    let answer = try await pipeline.read(statement, values: [.integer(Int64(length * 100))])
                    #expect(answer.batch.payloadByteCount == length * 100)
                }
            }
            try await group.waitForAll()
        }
        await pipeline.close()
        server.stop()
    }
}
