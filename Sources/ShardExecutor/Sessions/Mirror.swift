import ShardBackend
import ShardBase
import ShardTopology
import ShardValues

/// The logical schema with empty tables in a private engine: what one plain database would say of a statement, and what
/// `sqlite_master` and schema PRAGMAs answer. Shared by all sessions, used by one at a time.
final class Mirror: Sendable {
    private struct Holding {
        var database: (any PrivateDatabase)?
        var epoch: UInt64?
    }
    private let open: @Sendable () async throws -> any PrivateDatabase
    private let lock = AsyncMutex()
    private let holding: Held

    /// `value` is touched only while `lock` is held.
    private final class Held: @unchecked Sendable {
        var value = Holding()
    }

    init(open: @escaping @Sendable () async throws -> any PrivateDatabase) {
        self.open = open
        self.holding = Held()
    }

    /// The engine's own view of a statement. Nothing is run.
    func describe(_ sql: String, schema: LogicalSchema) async throws -> StatementDescription {
        try await lock.withLock { try await current(schema).describe(sql) }
    }

    /// Runs a read on the logical schema and gives all its rows.
    func query(_ sql: String, values: [Value], schema: LogicalSchema) async throws -> WholeAnswer {
        try await lock.withLock {
            try await current(schema).wholeAnswer(ShardStatement(sql), values: values, byteLimit: .max)
        }
    }

    private func current(_ schema: LogicalSchema) async throws -> any PrivateDatabase {
        if let database = holding.value.database, holding.value.epoch == schema.topology.epoch { return database }
        let database = try await open()
        for statement in schema.statements { try await database.executeScript(statement) }
        holding.value = Holding(database: database, epoch: schema.topology.epoch)
        return database
    }
}

/// An answer that was read to its end.
struct WholeAnswer: Sendable {
    var columns: [ResultColumn]
    var batches: [RowBatch]
    var outcome: WriteOutcome
}

extension ShardConnection {
    /// Runs a statement and reads all its rows.
    /// - Throws: `.overBudget` when they take more than `byteLimit` bytes.
    func wholeAnswer(_ statement: ShardStatement, values: [Value], byteLimit: Int) async throws -> WholeAnswer {
        let start = try await query(statement, values: values, rowLimit: RowBatch.defaultRowLimit)
        var batches = start.batch.isEmpty ? [] : [start.batch]
        var bytes = start.batch.byteCount
        if let cursor = start.cursor {
            defer { cursor.close() }
            while true {
                let batch = try await cursor.next(RowBatch(columnCount: start.batch.columnCount))
                if batch.isEmpty { break }
                bytes += batch.byteCount
                guard bytes <= byteLimit else {
                    throw ShardError(
                        .overBudget, "the rows take more than \(byteLimit) bytes (maxStatementBytes)",
                        hint: "Read fewer rows in one statement, or raise the limit.")
                }
                batches.append(batch)
            }
        }
        return WholeAnswer(columns: start.columns, batches: batches, outcome: start.outcome)
    }
}
