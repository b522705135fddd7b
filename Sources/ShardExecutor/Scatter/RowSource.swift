public import ShardValues

/// Rows batch by batch, for one reader: what operators read and what they are.
public protocol RowSource: AnyObject, Sendable {
    var columnCount: Int { get }

    /// Whether it is known that no rows follow; false only means that asking will tell.
    var isAtEnd: Bool { get }

    /// Refills a batch, whose storage is recycled; an empty batch is the end, and every later one is empty too.
    ///
    /// - Throws: what a shard or the operator finds wrong. Afterwards the source is closed.
    func next(_ recycled: consuming RowBatch) async throws -> RowBatch

    /// Ends the stream early or late; idempotent. When it returns, nothing runs any more and all connections are back.
    func close() async
}

extension RowSource {
    public var isAtEnd: Bool { false }
}

extension RowBatch {
    /// The batch's storage for rows of a width.
    consuming func reused(columnCount: Int) -> RowBatch {
        self.prepare(columnCount: columnCount)
        return self
    }
}

/// No rows.
final class EmptySource: RowSource {
    let columnCount: Int

    init(columnCount: Int) { self.columnCount = columnCount }

    var isAtEnd: Bool { true }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        recycled.reused(columnCount: columnCount)
    }

    func close() async {}
}
