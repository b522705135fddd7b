import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Testing

@Suite(.enabled(if: PostgresInstallation.shouldTest), .timeLimit(.minutes(5)))
struct CopyTests {
    static let types: [PostgresType] = [.int8, .text, .float8, .numeric, .timestamp, .bytea]

    private func rows(_ count: Int, seed: UInt64) -> [[PostgresValue]] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { index in
            let row: [PostgresValue] = [
                .int8(Int64(index)), .text(RandomValues.text(&generator)), .float8(RandomValues.double(&generator)),
                .numeric(RandomValues.numeric(&generator)), .timestamp(RandomValues.timestamp(&generator)),
                .bytea(RandomValues.bytes(&generator)),
            ]
            return row.enumerated().map { column, value in
                column > 0 && Int.random(in: 0..<6, using: &generator) == 0 ? .null : value
            }
        }
    }

    private func table(_ connection: PostgresConnection) async throws {
        try await connection.executeScript(
            "CREATE TEMP TABLE t (a int8, b text, c float8, d numeric, e timestamp, f bytea)")
    }

    @Test("rows copied in by one format come out the same by both, and by SELECT", arguments: [true, false])
    func roundTrip(isBinary: Bool) async throws {
        let connection = try await connect()
        try await table(connection)
        let rows = rows(3000, seed: 7)
        let options = isBinary ? " WITH (FORMAT binary)" : ""
        let outcome = try await connection.copyIn("COPY t FROM STDIN" + options) { writer in
            if isBinary {
                var encoder = BinaryCopyEncoder(types: Self.types)
                for row in rows {
                    try encoder.append(row)
                    if encoder.byteCount > 4000 { try await writer.write(encoder.take()) }
                }
                try await writer.write(encoder.finish())
            } else {
                var bytes: [UInt8] = []
                for row in rows { try TextCopyFormat.append(row, to: &bytes) }
                try await writer.write(bytes)
            }
        }
        #expect(outcome.changes == 3000)
        #expect(try await connection.rows("SELECT * FROM t ORDER BY a") == rows)
        // Binary out, from pieces of awkward sizes.
        var decoder = BinaryCopyDecoder(types: Self.types)
        var found: [[PostgresValue]] = []
        var reader = try await connection.copyOut("COPY (SELECT * FROM t ORDER BY a) TO STDOUT WITH (FORMAT binary)")
        var buffer: [UInt8] = []
        repeat {
            buffer = try await reader.next(buffer, byteLimit: 1)
            for piece in stride(from: 0, to: buffer.count, by: 7) {
                decoder.feed(buffer[piece..<min(piece + 7, buffer.count)])
                while let row = try decoder.next() { found.append(row) }
            }
        } while !buffer.isEmpty
        #expect(found == rows && decoder.isEnded && reader.outcome.changes == 3000)
        // Text out.
        reader = try await connection.copyOut("COPY (SELECT * FROM t ORDER BY a) TO STDOUT")
        found = []
        repeat {
            buffer = try await reader.next(buffer)
            for line in buffer.split(separator: 10) { found.append(try TextCopyFormat.row(line, types: Self.types)) }
        } while !buffer.isEmpty
        #expect(found == rows)
    }

    @Test("a copy that fails stores nothing, and the connection goes on")
    func failing() async throws {
        let connection = try await connect()
        try await table(connection)
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            try await connection.copyIn("COPY t FROM STDIN") { writer in
                try await writer.write(Array("1\t\\N\t\\N\t\\N\t\\N\t\\N\n".utf8))
                throw Stop()
            }
        }
        let malformed = await failure {
            _ = try await connection.copyIn("COPY t FROM STDIN") { try await $0.write(Array("x\n".utf8)) }
        }
        #expect(malformed?.engineCode == "22P02" && malformed?.details?.context?.contains("line 1") == true)
        #expect(await failure { _ = try await connection.copyIn("COPY nosuch FROM STDIN") }?.engineCode == "42P01")
        #expect(await failure { _ = try await connection.copyOut("SELECT 1") }?.code == .statementNotModelled)
        #expect(try await connection.value("SELECT count(*) FROM t") == .int8(0))
    }

    @Test("other statements wait for the end of a copy; a reader closed early is dropped")
    func early() async throws {
        let connection = try await connect()
        let reader = try await connection.copyOut("COPY (SELECT generate_series(1, 10000000)) TO STDOUT")
        _ = try await reader.next([])
        #expect(await failure { _ = try await connection.rows("SELECT 1") }?.code == .transactionState)
        await reader.close()
        #expect(try await connection.value("SELECT 1") == .int4(1))
    }

    @Test("cancelling the task ends a copy in either direction")
    func cancelled() async throws {
        let connection = try await connect()
        let reading = Task {
            let reader = try await connection.copyOut("COPY (SELECT generate_series(1, 100000000)) TO STDOUT")
            var buffer: [UInt8] = []
            repeat { buffer = try await reader.next(buffer) } while !buffer.isEmpty
        }
        try await Task.sleep(for: .milliseconds(100))
        reading.cancel()
        #expect(await failure { _ = try await reading.value }?.code == .cancelled)
        try await table(connection)
        let writing = Task {
            try await connection.copyIn("COPY t (a) FROM STDIN") { writer in
                while true { try await writer.write(Array("1\n".utf8)) }
            }
        }
        try await Task.sleep(for: .milliseconds(100))
        writing.cancel()
        #expect(await failure { _ = try await writing.value }?.code == .cancelled)
        #expect(try await connection.value("SELECT count(*) FROM t") == .int8(0))
    }

    @Test("a server that ends during a copy in is a typed error")
    func lost() async throws {
        let admin = try await connect()
        let connection = try await connect()
        try await table(connection)
        let writer = try await connection.copyIn("COPY t (a) FROM STDIN")
        try await writer.write(Array("1\n".utf8))
        _ = try await admin.rows("SELECT pg_terminate_backend($1)", [.int4(connection.serverProcess)])
        let error = await failure {
            for _ in 0..<1000 { try await writer.write([UInt8](repeating: UInt8(ascii: "1"), count: 1000) + [10]) }
            _ = try await writer.finish()
        }
        #expect(error?.retry == .unknownOutcome && !connection.isOpen)
    }
}
