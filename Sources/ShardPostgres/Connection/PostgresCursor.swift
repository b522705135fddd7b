import CLibPQ
public import ShardBackend
import ShardBase
public import ShardValues

/// Reads the results of one statement into batches.
struct AnswerReader {
    let prepared: PreparedStatement
    /// What the statement did; known once its rows have ended.
    private(set) var outcome = WriteOutcome()
    var isEnded = false

    init(_ prepared: PreparedStatement) { self.prepared = prepared }

    /// Reads results until the batch is full (false) or the answer ends (true).
    mutating func fill(
        _ batch: inout RowBatch, limit: Int, from connection: PostgresConnection
    ) async throws -> Bool {
        while batch.rowCount < limit && batch.payloadByteCount < RowBatch.defaultByteLimit {
            guard let result = await connection.nextResult() else {
                await finish(connection)
                return true
            }
            let status = PQresultStatus(result)
            if clibpq_is_part(status) != 0 || status == PGRES_TUPLES_OK {
                PreparedStatement.copy(result, prepared.readers, into: &batch)
                if status == PGRES_TUPLES_OK { note(result, connection) }
            } else if status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY {
                note(result, connection)
            } else {
                let error =
                    status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH
                    ? connection.refuseCopy() : connection.failure(result, sql: prepared.key.sql)
                PQclear(result)
                await drain(connection)
                throw error
            }
            PQclear(result)
        }
        return false
    }

    private mutating func note(_ result: OpaquePointer, _ connection: PostgresConnection) {
        if !prepared.traits.onlyReads, let count = PQcmdTuples(result), count[0] != 0 {
            outcome.changes = Int64(String(cString: count)) ?? 0
        }
        if prepared.traits.forgetsStatements { connection.noteTag(result) }
    }

    mutating func drain(_ connection: PostgresConnection) async {
        while connection.isOpen, let result = await connection.nextResult() { PQclear(result) }
        await finish(connection)
    }

    private mutating func finish(_ connection: PostgresConnection) async {
        isEnded = true
        if connection.isInPipeline { await connection.leavePipeline() }
        await connection.flight.end()
    }
}

/// The rest of an answer, as it comes from the server.
///
/// `@unchecked Sendable`: belongs to its connection's one owner, whose calls never overlap.
public final class PostgresCursor: ShardCursor, @unchecked Sendable {
    @exclusivity(unchecked) private var reader: AnswerReader
    private let connection: PostgresConnection
    /// What the statement did; known once its rows have ended.
    public var outcome: WriteOutcome { reader.outcome }
    /// Batches read while the connection was wanted for something else; and what came after them.
    private var ahead: [RowBatch] = []
    private var aheadBytes = 0
    private var aheadError: ShardError?

    init(_ reader: AnswerReader, connection: PostgresConnection) {
        self.reader = reader
        self.connection = connection
    }

    private func fill(_ batch: inout RowBatch) async throws {
        defer { leaveIfEnded() }
        _ = try await reader.fill(&batch, limit: RowBatch.defaultRowLimit, from: connection)
    }

    private func leaveIfEnded() {
        if reader.isEnded && connection.stream === self { connection.stream = nil }
    }

    public func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        var batch = recycled
        if !ahead.isEmpty {
            let first = ahead.removeFirst()
            aheadBytes -= first.byteCount
            return first
        }
        batch.prepare(columnCount: reader.prepared.columns.count)
        if let aheadError {
            self.aheadError = nil
            throw aheadError
        }
        if reader.isEnded { return batch }
        if Task.isCancelled {
            // The server goes on only as far as the socket takes it; now it has to stop.
            connection.flight.cancel(nil)
            await reader.drain(connection)
            leaveIfEnded()
            throw PostgresFailure.cancelled
        }
        let flight = connection.flight
        let number = flight.currentNumber
        return try await withTaskCancellationHandler {
            try await fill(&batch)
            return batch
        } onCancel: {
            flight.cancel(number)
        }
    }

    /// Takes in the rest, since the connection is wanted for something else.
    func readAhead() async throws {
        while !reader.isEnded {
            guard aheadBytes < connection.configuration.openCursorLimit else {
                throw ShardError(
                    .overBudget,
                    "another answer is still being read on the connection, and its rest takes more than "
                        + "\(connection.configuration.openCursorLimit) bytes",
                    hint: "Read it to its end or close it first, or raise openCursorLimit.")
            }
            var batch = RowBatch(columnCount: reader.prepared.columns.count)
            do {
                try await fill(&batch)
            } catch let error as ShardError {
                // The owner of the cursor learns of it, in its turn.
                aheadError = error
            }
            if !batch.isEmpty {
                aheadBytes += batch.byteCount
                ahead.append(batch)
            }
        }
    }

    /// Ends the answer. Rows still to come are dropped when the connection is used next; outside a transaction the server is
    /// asked to stop a statement that only reads. (In a transaction that would make the transaction fail.)
    public func close() {
        ahead = []
        aheadBytes = 0
        aheadError = nil
        guard !reader.isEnded else { return }
        reader.isEnded = true
        leaveIfEnded()
        connection.hasLeftovers = true
        if reader.prepared.traits.onlyReads && !connection.activeContext.isInTransaction {
            connection.flight.cancel(nil)
        }
    }
}
