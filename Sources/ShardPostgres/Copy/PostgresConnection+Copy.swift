import CLibPQ
public import ShardBackend
import ShardBase

extension PostgresConnection {
    /// Runs `COPY … TO STDOUT` and gives what comes, in whatever format the statement names.
    ///
    /// Read it to its end or close it; the connection does nothing else before.
    public func copyOut(_ sql: String) async throws -> PostgresCopyReader {
        try await beginCopy(sql, PGRES_COPY_OUT, FailureContext(mayWrite: false))
        return PostgresCopyReader(self, sql: sql)
    }

    /// Runs `COPY … FROM STDIN`. Nothing is stored before ``PostgresCopyWriter/finish()``; a writer that is closed or let go
    /// before makes the statement fail.
    public func copyIn(_ sql: String) async throws -> PostgresCopyWriter {
        try await beginCopy(sql, PGRES_COPY_IN, FailureContext())
        return PostgresCopyWriter(self, sql: sql)
    }

    /// Streams rows into a table; the copy is finished when `body` returns, and given up when it throws.
    @discardableResult
    public func copyIn(_ sql: String, _ body: (PostgresCopyWriter) async throws -> Void) async throws -> WriteOutcome {
        let writer = try await copyIn(sql)
        do {
            try await body(writer)
        } catch {
            try? await writer.fail("the source of the rows failed")
            throw error
        }
        return try await writer.finish()
    }

    private func beginCopy(_ sql: String, _ wanted: ExecStatusType, _ kind: FailureContext) async throws {
        try await flushBegin()
        try await beginTurn()
        var context = kind
        context.isInTransaction = isInTransaction
        try await inFlight(context) {
            guard PQsendQuery(handle, sql) != 0 else { throw lostBeforeSending() }
            await flush()
            guard let result = await nextResult() else { throw PostgresFailure.lost(handle, context) }
            defer { PQclear(result) }
            if PQresultStatus(result) == wanted {
                isCopying = true
                return
            }
            let error: ShardError
            switch PQresultStatus(result) {
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: error = failure(result, sql: sql)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                markBroken()
                error = ShardError(.statementNotModelled, "the COPY goes the other way", engineCode: "0A000")
            default:
                error = ShardError(
                    .statementNotModelled, "the statement is not a COPY from or to the client", engineCode: "0A000")
            }
            if isOpen { while let rest = await nextResult() { PQclear(rest) } }
            await flight.end()
            throw error
        }
    }

    /// The results that follow the data.
    func endCopy(sql: String) async throws -> WriteOutcome {
        var outcome = WriteOutcome()
        var first: ShardError?
        while let result = await nextResult() {
            switch PQresultStatus(result) {
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: first = first ?? failure(result, sql: sql)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                // The data did not end as it should have; libpq would go on giving this result.
                markBroken()
                watch.cut()
                PQclear(result)
                isCopying = false
                await flight.end()
                throw PostgresFailure.lost(handle, activeContext)
            default:
                if let count = PQcmdTuples(result) { outcome.changes = Int64(String(cString: count)) ?? 0 }
            }
            PQclear(result)
        }
        isCopying = false
        await flight.end()
        if let first { throw first }
        if !isOpen { throw PostgresFailure.lost(handle, activeContext) }
        return outcome
    }
}

/// What a `COPY … TO STDOUT` sends, in pieces.
///
/// `@unchecked Sendable`: belongs to its connection's one owner, whose calls never overlap.
public final class PostgresCopyReader: @unchecked Sendable {
    private let connection: PostgresConnection
    private let sql: String
    private let number: UInt64
    private var isEnded = false
    /// The number of rows, known at the end.
    public private(set) var outcome = WriteOutcome()

    init(_ connection: PostgresConnection, sql: String) {
        self.connection = connection
        self.sql = sql
        number = connection.flight.currentNumber
    }

    /// Refills a buffer with whole rows (in the binary format the header and trailer travel with a row), until about
    /// `byteLimit` bytes are in it. An empty buffer is the end. Not asking is the back-pressure.
    public func next(_ recycled: consuming [UInt8], byteLimit: Int = 1 << 16) async throws -> [UInt8] {
        var buffer = recycled
        buffer.removeAll(keepingCapacity: true)
        if isEnded { return buffer }
        if Task.isCancelled { connection.flight.cancel(number) }
        let flight = connection.flight
        let number = self.number
        return try await withTaskCancellationHandler {
            while buffer.count < byteLimit {
                var row: UnsafeMutablePointer<CChar>?
                let length = PQgetCopyData(connection.handle, &row, 1)
                if length > 0, let row {
                    buffer.append(contentsOf: UnsafeRawBufferPointer(start: row, count: Int(length)))
                    PQfreemem(row)
                } else if length == 0 && connection.isOpen {
                    await connection.receiveMore()
                } else {
                    isEnded = true
                    outcome = try await connection.endCopy(sql: sql)
                    break
                }
            }
            return buffer
        } onCancel: {
            flight.cancel(number)
        }
    }

    /// Ends it early: the server is asked to stop, and what is under way is read and dropped. In a transaction that makes the
    /// transaction fail.
    public func close() async {
        guard !isEnded else { return }
        connection.flight.cancel(number)
        var buffer: [UInt8] = []
        repeat { buffer = (try? await next(buffer)) ?? [] } while !buffer.isEmpty
    }
}

/// What a `COPY … FROM STDIN` takes.
///
/// `@unchecked Sendable`: belongs to its connection's one owner, whose calls never overlap.
public final class PostgresCopyWriter: @unchecked Sendable {
    private let connection: PostgresConnection
    private let sql: String
    private let number: UInt64
    private var isEnded = false

    init(_ connection: PostgresConnection, sql: String) {
        self.connection = connection
        self.sql = sql
        number = connection.flight.currentNumber
    }

    deinit {
        // Nobody is left to say that the rows are complete.
        if !isEnded { connection.close() }
    }

    /// Sends bytes, cut anywhere; suspends while the server takes no more. What the server thinks of them is known after
    /// ``finish()``.
    public func write(_ bytes: [UInt8]) async throws {
        try await write(bytes[...])
    }

    public func write(_ bytes: ArraySlice<UInt8>) async throws {
        if Task.isCancelled {
            try? await fail("interrupted")
            throw PostgresFailure.cancelled
        }
        // libpq's own buffer takes a piece whole or not at all, and would grow to the size of any piece.
        var rest = bytes
        while !rest.isEmpty {
            let piece = rest.prefix(1 << 16)
            rest = rest.dropFirst(piece.count)
            try await put(piece)
        }
    }

    private func put(_ piece: ArraySlice<UInt8>) async throws {
        while true {
            let taken = piece.withUnsafeBytes { raw in
                PQputCopyData(connection.handle, raw.bindMemory(to: CChar.self).baseAddress, Int32(raw.count))
            }
            if taken < 0 { return try await giveUp() }
            await connection.flush()
            // The server's complaint comes while we are still sending.
            guard connection.isOpen else { return try await giveUp() }
            if taken > 0 { return }
        }
    }

    private func giveUp() async throws {
        isEnded = true
        _ = try await connection.endCopy(sql: sql)
        throw PostgresFailure.lost(connection.handle, connection.activeContext)
    }

    /// Says that the rows are complete and waits for the server to have stored them.
    public func finish() async throws -> WriteOutcome { try await end(nil) }

    /// Says that the rows are not complete: the statement fails and stores nothing.
    public func fail(_ reason: String) async throws {
        do {
            _ = try await end(reason)
        } catch let error as ShardError where error.engineCode == "57014" {
            // As asked for.
        }
    }

    private func end(_ reason: String?) async throws -> WriteOutcome {
        guard !isEnded else { throw ShardError(.closed, "the COPY is over") }
        isEnded = true
        let flight = connection.flight
        let number = self.number
        return try await withTaskCancellationHandler {
            while true {
                let taken = PQputCopyEnd(connection.handle, reason)
                if taken != 0 { break }
                await connection.flush()
                if !connection.isOpen { break }
            }
            await connection.flush()
            return try await connection.endCopy(sql: sql)
        } onCancel: {
            flight.cancel(number)
        }
    }
}
