import ShardBackend
import ShardValues

/// Puts batches of rows into a table of a private engine, many rows to a statement.
final class TableFiller {
    private let engine: any PrivateDatabase
    private let columnCount: Int
    private let rowsPerStatement: Int
    private let many: ShardStatement
    private let one: ShardStatement

    /// Parameters in one INSERT: well under every engine's limit, and enough that the statement's own cost is shared.
    private static let parameterLimit = 480

    /// - Parameter insertHead: `INSERT INTO table (columns)`.
    init(_ engine: any PrivateDatabase, insertHead: String, columnCount: Int) {
        self.engine = engine
        self.columnCount = columnCount
        rowsPerStatement = max(1, Self.parameterLimit / max(1, columnCount))
        many = ShardStatement(Self.text(insertHead, rows: rowsPerStatement, columnCount))
        one = ShardStatement(Self.text(insertHead, rows: 1, columnCount))
    }

    func fill(_ batch: RowBatch) async throws {
        var row = 0
        while row < batch.rowCount {
            let isMany = batch.rowCount - row >= rowsPerStatement
            let count = isMany ? rowsPerStatement : 1
            let rows = row..<(row + count)
            if batch.columnCount == columnCount {
                _ = try await engine.execute(isMany ? many : one, rows: rows, of: batch)
            } else {
                // Columns behind these are the merge's own.
                let values = rows.flatMap { row in (0..<columnCount).map { batch.value(row: row, column: $0) } }
                _ = try await engine.execute(isMany ? many : one, values: values)
            }
            row += count
        }
    }

    private static func text(_ head: String, rows: Int, _ columnCount: Int) -> String {
        head + " VALUES " + InsertTexts.rows(rows, width: columnCount)
    }
}
