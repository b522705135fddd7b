import ShardValues

/// Drops rows that are equal to the row before under the keys. The input is sorted so that equal rows are neighbours.
final class DistinctOperator: RowSource, @unchecked Sendable {
    // Unchecked: all state is touched by the one reader only.
    private let input: any RowSource
    private let comparator: RowComparator
    private var rows: RowBatch
    /// The last row given, when it stood in an earlier batch.
    private var carried: RowBatch

    init(input: any RowSource, comparator: RowComparator) {
        self.input = input
        self.comparator = comparator
        rows = RowBatch(columnCount: input.columnCount)
        carried = RowBatch(columnCount: input.columnCount)
    }

    var columnCount: Int { input.columnCount }
    var isAtEnd: Bool { input.isAtEnd }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        var output = recycled.reused(columnCount: columnCount)
        while output.isEmpty {
            let storage = rows
            rows = RowBatch(columnCount: columnCount)
            rows = try await input.next(storage)
            if rows.isEmpty { break }
            sweep(&output)
        }
        return output
    }

    private func sweep(_ output: inout RowBatch) {
        var last: Int?
        for row in 0..<rows.rowCount {
            let isNew: Bool
            if let last {
                isNew = comparator.compare(rows, last, rows, row) != 0
            } else {
                isNew = carried.isEmpty || comparator.compare(carried, 0, rows, row) != 0
            }
            guard isNew else { continue }
            output.append(row: row, of: rows)
            last = row
        }
        guard let last else { return }
        carried.removeAll()
        carried.append(row: last, of: rows)
    }

    func close() async { await input.close() }
}
