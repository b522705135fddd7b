import Synchronization

/// Makes UUIDs of version 7 that grow strictly within this generator, without a lock and without waiting.
///
/// Source: RFC 9562, 5.7 and 6.2, method 1: 48 bits of milliseconds, then a counter of 12 bits in `rand_a`, then 62
/// random bits. More than 4,096 in a millisecond, or a clock that was set back, let the time run ahead of the clock, as
/// the RFC allows. Between processes uniqueness rests on the random bits.
public final class UUIDv7Generator: Sendable {
    private let clock: IDClock
    private let random: @Sendable () -> UInt64
    /// Milliseconds and counter of the last one, as one number that only grows.
    private let last = Atomic<UInt64>(0)
    private static let maximumTimestamp: UInt64 = 0xFFFF_FFFF_FFFF

    /// A generator.
    ///
    /// - Parameters:
    ///   - clock: default: the system's.
    ///   - random: uniform bits that nobody can predict; default: the operating system's.
    public init(clock: IDClock = .system, random: @escaping @Sendable () -> UInt64 = { RandomPool.shared.next() }) {
        self.clock = clock
        self.random = random
    }

    /// The next UUID.
    ///
    /// - Throws: ``IDError/Code/exhausted`` when the clock is past the year 10889, and
    ///   ``IDError/Code/clockBeforeEpoch`` when it is before 1970.
    public func next() throws(IDError) -> UUIDValue {
        // Exactly, not coarsely: the time is part of what is made, and the system's coarse clock may be 4 ms late.
        let now = clock.milliseconds
        guard now >= 0 else {
            throw IDError(
                .clockBeforeEpoch, "the clock says \(now) ms, before 1970", advice: "Set the clock right.")
        }
        let floor = UInt64(now) << 12
        var seen = last.load(ordering: .relaxed)
        while true {
            let next = Swift.max(seen + 1, floor)
            guard UInt64(now) <= Self.maximumTimestamp, next >> 12 <= Self.maximumTimestamp else {
                throw IDError(
                    .exhausted, "the 48 bits of milliseconds are used up",
                    advice: "Set the clock right: it is past 10889.")
            }
            let (exchanged, original) = last.weakCompareExchange(expected: seen, desired: next, ordering: .relaxed)
            if exchanged { return UUIDValue.v7(unixMilliseconds: next >> 12, counter: next & 0xFFF, random: random()) }
            seen = original
        }
    }
}
