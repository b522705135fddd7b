import ShardBase
public import ShardValues

/// Puts rows into a table through the normal insert path: many rows a statement, many statements a transaction.
public struct RowLoader {
    private let session: DatabaseSession
    private let table: String
    private let columns: [String]
    private let rowsPerTransaction: Int
    private let rowsPerStatement: Int
    private let full: SessionStatement
    private var values: [Value] = []
    private var pendingRows = 0
    /// Rows sent, also those whose transaction is open.
    public private(set) var loaded: Int64 = 0
    /// Rows that stay whatever comes.
    public private(set) var committed: Int64 = 0

    /// - Parameters:
    ///   - table: the name as it is, not quoted; the table has to exist.
    ///   - rowsPerTransaction: when to commit. Default 5,000.
    public init(
        session: DatabaseSession, table: String, columns: [String], rowsPerTransaction: Int = 5_000
    ) async throws {
        self.session = session
        self.table = table
        self.columns = columns
        self.rowsPerTransaction = rowsPerTransaction
        // Well below SQLite's 32,766 parameters; more rows a statement win nothing.
        rowsPerStatement = max(1, min(500, 16_000 / max(columns.count, 1)))
        full = try await session.prepare(Self.insert(table, columns, rows: rowsPerStatement))
    }

    /// Adds the rows of a batch.
    public mutating func add(_ batch: borrowing RowBatch) async throws {
        for row in 0..<batch.rowCount {
            for column in 0..<batch.columnCount { values.append(batch.value(row: row, column: column)) }
            try await rowAdded()
        }
    }

    /// Adds one row.
    public mutating func add(_ row: [Value]) async throws {
        values.append(contentsOf: row)
        try await rowAdded()
    }

    private mutating func rowAdded() async throws {
        pendingRows += 1
        if pendingRows == rowsPerStatement { try await send() }
    }

    private mutating func send() async throws {
        guard pendingRows > 0 else { return }
        if !session.isInTransaction { try await session.execute("BEGIN") }
        if pendingRows == rowsPerStatement {
            try await full.execute(values)
        } else {
            try await session.execute(SQLText(Self.insert(table, columns, rows: pendingRows), values: values))
        }
        loaded += Int64(pendingRows)
        values.removeAll(keepingCapacity: true)
        pendingRows = 0
        if loaded - committed >= Int64(rowsPerTransaction) { try await commit() }
    }

    /// Sends what is left and commits.
    public mutating func finish() async throws {
        try await send()
        if session.isInTransaction { try await commit() }
    }

    private mutating func commit() async throws {
        try await session.execute("COMMIT")
        committed = loaded
    }

    private static func insert(_ table: String, _ columns: [String], rows: Int) -> String {
        let names = columns.map(SQLName.quoted).joined(separator: ", ")
        let row = "(" + Array(repeating: "?", count: columns.count).joined(separator: ", ") + ")"
        return "INSERT INTO \(SQLName.quoted(table)) (\(names)) VALUES "
            + Array(repeating: row, count: rows).joined(separator: ", ")
    }
}
