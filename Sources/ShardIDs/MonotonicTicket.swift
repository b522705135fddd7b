import Synchronization

/// A word that only grows: a timestamp above a counter. The heart of both generators.
///
/// The next word is the larger of *last + 1* and *now with counter 0*, put in by compare-and-swap. So words never
/// repeat and never shrink, whatever the clock does; when the counter is used up, the carry borrows from the next
/// millisecond. How far the word may be ahead of the clock is the caller's rule.
struct MonotonicTicket: ~Copyable {
    private let last: Atomic<UInt64>
    private let counterBits: UInt64

    init(counterBits: Int, after last: UInt64 = 0) {
        self.last = Atomic(last)
        self.counterBits = UInt64(counterBits)
    }

    /// The last word given out.
    var current: UInt64 { last.load(ordering: .relaxed) }

    enum Outcome: Equatable {
        case word(UInt64)
        /// Taking one now would put it this many milliseconds ahead of the clock; nothing was taken.
        case ahead(UInt64)
        case exhausted
    }

    /// Takes the next word. `now` and `limit` are timestamps; lock-free.
    func take(now: UInt64, maximumAhead: UInt64, limit: UInt64) -> Outcome {
        guard now <= limit else { return .exhausted }
        let floor = now << counterBits
        var seen = last.load(ordering: .relaxed)
        while true {
            let next = max(seen + 1, floor)
            let timestamp = next >> counterBits
            if timestamp > limit { return .exhausted }
            if timestamp > now, timestamp - now > maximumAhead { return .ahead(timestamp - now) }
            let (exchanged, original) = last.weakCompareExchange(
                expected: seen, desired: next, ordering: .relaxed)
            if exchanged { return .word(next) }
            seen = original
        }
    }
}
