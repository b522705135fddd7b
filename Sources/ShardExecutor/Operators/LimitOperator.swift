import ShardValues

/// Skips `offset` rows and gives at most `count`; ends its input as soon as it has them.
///
/// Batches that lie inside the window pass through; those at its edges are copied in part.
final class LimitOperator: RowSource, @unchecked Sendable {
    // Unchecked: all state is touched by the one reader only.
    private let input: any RowSource
    private var toSkip: Int64
    /// Nil: all.
    private var left: Int64?
    private var hasEnded = false

    init(input: any RowSource, bounds: LimitBounds) {
        self.input = input
        toSkip = bounds.offset
        left = bounds.count
    }

    var columnCount: Int { input.columnCount }
    var isAtEnd: Bool { hasEnded || left == 0 || input.isAtEnd }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        var batch = recycled
        while !hasEnded, left != 0 {
            batch = try await input.next(batch)
            if batch.isEmpty { break }
            let count = Int64(batch.rowCount)
            if toSkip >= count {
                toSkip -= count
                continue
            }
            let first = Int(toSkip)
            toSkip = 0
            var end = batch.rowCount
            if let left, left < Int64(end - first) { end = first + Int(left) }
            if let known = left { left = known - Int64(end - first) }
            if first > 0 || end < batch.rowCount {
                var part = RowBatch(columnCount: batch.columnCount)
                for row in first..<end { part.append(row: row, of: batch) }
                batch = part
            }
            if left == 0 { await close() }
            return batch
        }
        await close()
        batch.removeAll()
        return batch
    }

    func close() async {
        hasEnded = true
        await input.close()
    }
}
