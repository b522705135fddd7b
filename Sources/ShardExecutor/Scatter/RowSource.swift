public import ShardValues

/// Rows batch by batch, for one reader: what operators read and what they are.
public protocol RowSource: AnyObject, Sendable {
    var columnCount: Int { get }

    /// Refills a batch, whose storage is recycled; an empty batch is the end, and every later one is empty too.
    ///
    /// - Throws: what a shard or the operator finds wrong. Afterwards the source is closed.
    func next(_ recycled: consuming RowBatch) async throws -> RowBatch

    /// Ends the stream early or late; idempotent. When it returns, nothing runs any more and all connections are back.
    func close() async
}

/// No rows.
final class EmptySource: RowSource {
    let columnCount: Int

    init(columnCount: Int) { self.columnCount = columnCount }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        recycled.removeAll()
        return recycled
    }

    func close() async {}
}
