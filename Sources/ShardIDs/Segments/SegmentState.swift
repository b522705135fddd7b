import Synchronization

/// What a generator of segments knows besides its two words; guarded by a lock, touched a few times a segment.
struct SegmentState: Sendable {
    var rule: StepRule
    /// What to reserve next; nil: the row's own step, the first time.
    var step: Int64?
    /// The segment the cursor is in, and the one after it.
    var current: Segment?
    var next: Segment?
    var isFetching = false
    /// The maximum that each store answered last, and the store to ask next.
    var maxima: [Int64]
    var source = 0
    /// Times by the monotonic clock, in nanoseconds.
    var fetchBegan: Int64?
    var installed: Int64 = 0
    var latency: Duration = .zero
    /// When the buffers ran dry; nil while they are not.
    var dryAt: Int64?
    var failures = 0
    var failure: IDError?
    /// Why nothing more is issued, ever.
    var stopped: IDError?
    /// Why no more segments come, while what is buffered is still good.
    var exhausted: IDError?
    var counts = SegmentCounts()
    let attempts: Int

    init(stores: Int, options: SegmentOptions) {
        rule = StepRule(
            targetTime: options.targetTime, prefetchShare: options.prefetchShare,
            minimum: options.minimumStep ?? 1, maximum: options.maximumStep)
        step = options.minimumStep
        maxima = Array(repeating: 0, count: stores)
        attempts = options.attempts
    }

    enum Outcome {
        case retry(isFetching: Bool)
        case wait
        case fail(IDError)
    }

    /// The cursor stands at the limit: opens the rest of the segment, or the next one, and says whether to fetch.
    mutating func limitReached(
        cursor: borrowing Atomic<Int64>, limit: borrowing Atomic<Int64>, now: Int64, tag: String
    ) -> (outcome: Outcome, begins: Bool) {
        if let stopped { return (.fail(stopped), false) }
        if let current, cursor.load(ordering: .relaxed) < current.end {
            let begins = next == nil && !isFetching && exhausted == nil
            isFetching = isFetching || begins
            // While a segment is being fetched, callers come by now and then.
            let reached = cursor.load(ordering: .relaxed)
            let pause = (current.end - reached) / current.stride / 8 * current.stride
            let isFar = isFetching && pause >= 1_024 * current.stride
            limit.store(isFar ? reached + pause : current.end, ordering: .releasing)
            return (.retry(isFetching: isFetching), begins)
        }
        if let segment = next {
            next = nil
            open(segment, cursor: cursor, limit: limit, now: now)
            return (.retry(isFetching: false), false)
        }
        if let exhausted { return (.fail(exhausted), false) }
        if dryAt == nil {
            dryAt = now
            counts.dry += current == nil ? 0 : 1
            growAfterDrought(now: now)
        }
        let begins = !isFetching
        isFetching = true
        // Who comes while the store is known to fail need not wait for what the others have waited for.
        if failures >= attempts, let failure { return (.fail(failure), begins) }
        return (.wait, begins)
    }

    /// Moves the cursor to a segment. The order of the stores is what ``SegmentGenerator`` relies on.
    mutating func open(
        _ segment: Segment, cursor: borrowing Atomic<Int64>, limit: borrowing Atomic<Int64>, now: Int64
    ) {
        current = segment
        installed = now
        dryAt = nil
        limit.store(.min, ordering: .relaxed)
        cursor.store(segment.first, ordering: .releasing)
        let trigger = segment.trigger(share: rule.prefetchShare)
        limit.store(trigger > segment.first ? trigger : segment.end, ordering: .releasing)
        counts.issued += segment.count
    }

    private mutating func growAfterDrought(now: Int64) {
        guard let current, let step else { return }
        self.step = rule.next(
            after: step, dryAfter: current.count, lasted: .nanoseconds(now - installed), latency: latency)
    }

    /// What to reserve now, after the time the last reservation lasted.
    mutating func beginFetch(now: Int64) -> Int64? {
        if let began = fetchBegan, let step, dryAt == nil {
            self.step = rule.next(after: step, lasted: .nanoseconds(now - began))
        }
        fetchBegan = now
        return step
    }
}

/// What a generator has done so far.
public struct SegmentCounts: Sendable, Hashable {
    /// Identifiers in the segments opened so far: those issued, and the rest of the present one.
    public var issued: Int64 = 0
    /// Segments fetched.
    public var fetched = 0
    /// How often both buffers were empty after the first segment.
    public var dry = 0
    /// Callers that had to wait for a segment, with those of the very first one.
    public var waits = 0
}
