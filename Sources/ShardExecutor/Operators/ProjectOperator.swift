import ShardValues

/// Picks columns by position.
final class ProjectOperator: RowSource, @unchecked Sendable {
    // Unchecked: `rows` is touched by the one reader only.
    private let input: any RowSource
    private let columns: [Int]
    private var rows: RowBatch

    init(input: any RowSource, columns: [Int]) {
        self.input = input
        self.columns = columns
        rows = RowBatch(columnCount: input.columnCount)
    }

    var columnCount: Int { columns.count }
    var isAtEnd: Bool { input.isAtEnd }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        var output = recycled.reused(columnCount: columnCount)
        let storage = rows
        rows = RowBatch(columnCount: 0)
        rows = try await input.next(storage)
        for row in 0..<rows.rowCount {
            for column in columns { output.append(rows[row, column], from: rows) }
            output.endRow()
        }
        return output
    }

    func close() async { await input.close() }
}
