import Synchronization

/// Makes the identifiers of one tag out of segments that a store hands out.
///
/// ```swift
/// let orders = try SegmentGenerator(tag: "orders", stores: [store])
/// let id = try await orders.next()
/// ```
///
/// Identifiers of one generator grow, while there is one store; over several processes and stores they only grow
/// roughly, and a restart leaves a gap.
///
/// Drawing is lock-free: `cursor` is the next identifier, `limit` the first that may not be taken without asking. A
/// caller reads the cursor, then the limit, and moves the cursor by compare-and-swap. Since identifiers never come
/// twice, the swap proves that the segment did not change in between:
///
/// * the limit is closed (the least number) before the cursor moves to another segment, and opened after it, so whoever
///   sees the new cursor sees no limit of the old segment;
/// * whoever saw the old cursor and the new limit fails in the swap.
///
/// The limit first stands where the next segment should be fetched; reaching it costs one caller a lock, once a
/// segment.
public final class SegmentGenerator: Sendable {
    public let tag: String
    let stores: [any SegmentStore]
    let options: SegmentOptions
    let cursor = Atomic<Int64>(0)
    let limit = Atomic<Int64>(.min)
    let waiters = WaitList()
    let state: Mutex<SegmentState>
    private let stride: Int64

    /// A generator; the store is asked for the first time when the first identifier is wanted.
    ///
    /// - Parameters:
    ///   - tag: must exist in each store.
    ///   - stores: usually one. Several serve for availability: each counts on its own, their identifiers interleave
    ///     (with n stores, one has those that leave a certain remainder modulo n), and when one fails the next is
    ///     asked. All processes must name the same stores in the same order, for ever.
    ///   - options: see ``SegmentOptions``.
    /// - Throws: `badOption`.
    public init(tag: String, stores: [any SegmentStore], options: SegmentOptions = SegmentOptions()) throws(IDError) {
        try options.check()
        guard !stores.isEmpty, stores.count <= 1_000 else {
            throw IDError(
                .badOption, "\(stores.count) stores were given for \(tag)",
                advice: "Give one, or a few for availability.")
        }
        self.tag = tag
        self.stores = stores
        self.options = options
        stride = Int64(stores.count)
        state = Mutex(SegmentState(stores: stores.count, options: options))
    }

    /// The next identifier, or nil when the buffers are dry and a caller would have to wait for the store.
    ///
    /// Lock-free, about 6 ns; allocates nothing.
    ///
    /// - Throws: ``IDError`` when waiting would not help now.
    public func tryNext() throws(IDError) -> Int64? {
        let taken = take(1)
        if taken.count != 0 { return taken.first }
        if options.mode == .plainSequence { return nil }
        if case .block(let block, _) = try attempt(1) { return block[0] }
        return nil
    }

    /// Up to `count` identifiers at once, fewer at the end of a segment; none when the buffers are dry.
    public func tryNext(upTo count: Int) throws(IDError) -> IDBlock {
        guard count > 0 else { return block((0, 0)) }
        let taken = take(Int64(count))
        if taken.count != 0 { return block(taken) }
        if options.mode == .buffered, case .block(let block, _) = try attempt(Int64(count)) { return block }
        return block((0, 0))
    }

    @inline(__always)
    func take(_ wanted: Int64) -> (first: Int64, count: Int64) {
        var seen = cursor.load(ordering: .acquiring)
        while true {
            let bound = limit.load(ordering: .acquiring)
            guard seen < bound else { return (0, 0) }
            let count = wanted == 1 ? 1 : min(wanted, (bound &- seen) / stride)
            let (exchanged, original) = cursor.weakCompareExchange(
                expected: seen, desired: seen &+ count &* stride, successOrdering: .relaxed, failureOrdering: .acquiring
            )
            if exchanged { return (seen, count) }
            seen = original
        }
    }

    func block(_ taken: (first: Int64, count: Int64)) -> IDBlock {
        IDBlock(first: UInt64(bitPattern: taken.first), count: Int(taken.count), stride: UInt64(stride))
    }

    enum Attempt {
        /// Taken; whether a segment is still being fetched, and it would be kind to yield.
        case block(IDBlock, yields: Bool)
        /// A segment is being fetched.
        case wait
    }

    /// Minds the limit that was reached, and takes again.
    func attempt(_ wanted: Int64) throws(IDError) -> Attempt {
        var yields = false
        while true {
            let taken = take(wanted)
            if taken.count != 0 { return .block(block(taken), yields: yields) }
            let now = options.clock.monotonicNanoseconds
            let decision = state.withLock { $0.limitReached(cursor: cursor, limit: limit, now: now, tag: tag) }
            if decision.begins { beginFetching() }
            switch decision.outcome {
            case .retry(let isFetching): yields = isFetching
            case .wait: return .wait
            case .fail(let error): throw error
            }
        }
    }
}
