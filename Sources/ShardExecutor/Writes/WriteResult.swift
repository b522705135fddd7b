import ShardBackend
import ShardBase
import ShardTopology
import ShardValues

/// What a write did, over all its fragments.
struct WriteResult: Sendable {
    /// What becomes of the session's `last_insert_rowid()`.
    enum LastInsert: Sendable, Hashable {
        case unchanged
        case known(Int64)
        /// Rows were inserted whose rowid only a shard knows: asking for it is refused.
        case unknown
    }
    var changes: Int64 = 0
    /// By triggers and foreign keys' actions.
    var indirectChanges: Int64 = 0
    var lastInsert = LastInsert.unchanged
    /// RETURNING's rows.
    var batches: [RowBatch] = []
    var shards: [ShardIndex] = []

    mutating func count(_ outcome: WriteOutcome) {
        changes += outcome.changes
        indirectChanges += outcome.indirectChanges
    }
}

/// The answer of one statement to one fragment.
struct FragmentOutcome: Sendable {
    var outcome = WriteOutcome()
    var batches: [RowBatch] = []
    var rowCount: Int { batches.reduce(0) { $0 + $1.rowCount } }
}

extension ShardConnection {
    /// Runs a write to its end; with RETURNING its rows are kept, at most `byteLimit` bytes of them.
    func write(
        _ statement: ShardStatement, values: [Value], returnsRows: Bool, byteLimit: Int
    ) async throws -> FragmentOutcome {
        guard returnsRows else { return FragmentOutcome(outcome: try await execute(statement, values: values)) }
        let start = try await query(statement, values: values, rowLimit: RowBatch.defaultRowLimit)
        var result = FragmentOutcome(outcome: start.outcome)
        guard let cursor = start.cursor else {
            if !start.batch.isEmpty { result.batches.append(start.batch) }
            return result
        }
        defer { cursor.close() }
        result.batches.append(start.batch)
        var bytes = start.batch.byteCount
        while true {
            let batch = try await cursor.next(RowBatch(columnCount: start.batch.columnCount))
            if batch.isEmpty { break }
            bytes += batch.byteCount
            guard bytes <= byteLimit else {
                throw ShardError(
                    .overBudget, "the rows of RETURNING take more than \(byteLimit) bytes (maxStatementBytes)",
                    hint: "Write fewer rows in one statement, or raise the limit.")
            }
            result.batches.append(batch)
        }
        // The end of the rows is the end of the statement: now its changes are known.
        result.outcome = cursor.outcome
        return result
    }

    /// The rowid of the last row this connection inserted, for whichever session.
    func lastInsertID() async throws -> Int64 {
        try await query(WriteStatements.lastInsertID, values: [], rowLimit: 2).batch[0, 0].integerValue
    }
}

enum WriteStatements {
    static let lastInsertID = ShardStatement("SELECT last_insert_rowid()")
}
