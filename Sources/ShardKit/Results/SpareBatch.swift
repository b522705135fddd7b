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
/// touches few reference counts. One exchange takes it and one gives it back.
final class SpareBatch: Sendable {
    /// An owned reference as its address; 0: none.
    private let box = Atomic<UInt>(0)

    /// The spare box, if there is one.
    @inline(__always)
    func take() -> BatchBox? { Self.owned(box.exchange(0, ordering: .acquiring)) }

    @inline(__always)
    func giveBack(_ done: consuming BatchBox) {
        let address = UInt(bitPattern: Unmanaged.passRetained(done).toOpaque())
        // Another reader may have given one back meanwhile; that one is freed.
        _ = Self.owned(box.exchange(address, ordering: .acquiringAndReleasing))
    }

    deinit { _ = take() }

    @inline(__always)
    private static func owned(_ address: UInt) -> BatchBox? {
        guard let pointer = UnsafeRawPointer(bitPattern: address) else { return nil }
        return Unmanaged<BatchBox>.fromOpaque(pointer).takeRetainedValue()
    }
}
