import ShardExecutor
public import ShardValues
import Synchronization

/// A batch and what it is an answer's, handed on as one reference.
@usableFromInline final class BatchBox: @unchecked Sendable {
    // Unchecked: it belongs to one reader at a time, who hands it on when it is done with it. For the same reason its
    // accesses are not checked for overlaps.
    @exclusivity(unchecked) @usableFromInline var batch: RowBatch
    let header: ColumnHeader
    /// The point read that fills it, of one plan.
    let short: ShortRead?

    init(_ header: ColumnHeader, _ short: ShortRead? = nil) {
        self.header = header
        self.short = short
        batch = RowBatch(columnCount: header.count)
    }

    convenience init(_ short: ShortRead) { self.init(ColumnHeader(short.columns), short) }
}

/// The box of the last answer that was read, for the next one of the same plan: a keyed read then allocates no batch, and
/// touches few reference counts.
final class SpareBatch: Sendable {
    private let box = Mutex<BatchBox?>(nil)

    /// The spare box, if there is one.
    func take() -> BatchBox? { box.withLock { $0.take() } }

    func giveBack(_ done: BatchBox) {
        var done: BatchBox? = done
        // What was there is freed outside of the lock.
        box.withLock { swap(&$0, &done) }
    }
}
