import ShardBase
import ShardExecutor
public import ShardValues

/// The rows of an answer as they come in: for one reader, once.
///
/// Rows travel in batches underneath, so that most calls of `next` return at once; shards are read no further than a
/// batch ahead. Reading to the end, an error or ``close()`` gives the connections back; so does dropping it.
///
/// ```swift
/// for try await (id, total) in rows.decode((Int64, Double).self) { … }
/// ```
public final class Rows: @unchecked Sendable {
    // Unchecked: one reader at a time by contract; nothing is shared between tasks. For the same reason the accesses to
    // its state are not checked for overlaps: none begins while another lasts.
    public var header: ColumnHeader { box.header }
    private let source: AnswerRows?
    private let lease: SessionLease?
    /// Where the batch's storage goes.
    private let spare: SpareBatch?
    @usableFromInline let box: BatchBox
    /// The next row of the box's batch.
    @exclusivity(unchecked) @usableFromInline var position = 0
    @exclusivity(unchecked) @usableFromInline var isClosed = false

    init(header: ColumnHeader, source: AnswerRows?, lease: SessionLease?) {
        self.source = source
        self.lease = lease
        self.spare = nil
        self.box = BatchBox(header)
        if source == nil {
            isClosed = true
            lease?.giveBack()
        }
    }

    /// The rows of a point read, read now; nil where a session has to do it.
    ///
    /// - Parameters:
    ///   - box: of the point read's plan.
    ///   - spare: where the box goes when the rows are let go of.
    init?(_ box: consuming BatchBox, _ values: [Value], from logical: LogicalDatabase, _ spare: SpareBatch) {
        guard let short = box.short else { return nil }
        switch short.read(values, from: logical, into: &box.batch) {
        case .unavailable: return nil
        case .whole:
            source = nil
            isClosed = true
        case .begun(let rest): source = rest
        }
        lease = nil
        self.spare = spare
        self.box = box
    }

    deinit {
        if let spare { spare.giveBack(box) }
        if !isClosed { abandon() }
    }

    /// Ends what nobody reads on.
    private func abandon() {
        guard let source else { return }
        let lease = lease
        Task {
            await source.close()
            lease?.giveBack()
        }
    }

    /// The next row; nil at the end.
    ///
    /// - Throws: ``ShardBase/ShardError`` of a shard or of the merge; the rows are closed then.
    public func next() async throws -> Row? {
        guard try await advance() else { return nil }
        defer { position += 1 }
        return Row(header: header, batch: box.batch, index: position)
    }

    /// The rows that are left of the current batch, or the next batch; nil at the end. The cheapest way to read much.
    public func nextBatch() async throws -> RowBatch? {
        precondition(position == 0 || position >= box.batch.rowCount, "rows of the batch were read one by one already")
        position = box.batch.rowCount
        guard try await advance() else { return nil }
        position = box.batch.rowCount
        return box.batch
    }

    /// Ends the answer early. Idempotent.
    public func close() async {
        position = box.batch.rowCount
        guard !isClosed else { return }
        isClosed = true
        await source?.close()
        lease?.giveBack()
    }

    /// All rows that are left. For answers that fit into memory.
    public func all() async throws -> [Row] {
        var rows: [Row] = []
        while let row = try await next() { rows.append(row) }
        return rows
    }

    /// The first row, if there is one; the rest is closed.
    public func first() async throws -> Row? {
        let row = try await next()
        await close()
        return row
    }

    /// Makes row `position` of the batch a row that was not read yet; false at the end.
    @inlinable func advance() async throws -> Bool {
        if position < box.batch.rowCount { return true }
        if isClosed { return false }
        return try await refill()
    }

    @usableFromInline func refill() async throws -> Bool {
        guard !isClosed, let source else { return false }
        var spent = RowBatch(columnCount: header.count)
        swap(&spent, &box.batch)
        spent.removeAll()
        position = 0
        do {
            if let next = try await source.next(recycling: spent) {
                box.batch = next
                return true
            }
        } catch {
            isClosed = true
            lease?.giveBack()
            throw error
        }
        isClosed = true
        lease?.giveBack()
        return false
    }
}

extension Rows: AsyncSequence {
    public struct AsyncIterator: AsyncIteratorProtocol {
        let rows: Rows
        public func next(isolation actor: isolated (any Actor)? = #isolation) async throws -> Row? {
            try await rows.next()
        }
    }
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rows: self) }
}
