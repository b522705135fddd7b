/// Makes UUIDs of version 7 that grow strictly within this generator, without a lock and without waiting.
///
/// More than 4,096 in a millisecond, or a clock that was set back, let the timestamps run ahead of the clock, as RFC
/// 9562 allows; uniqueness rests on 62 random bits besides.
public final class UUIDv7Generator: Sendable {
    private let clock: @Sendable () -> Int64
    private let random: @Sendable () -> UInt64
    private let ticket = MonotonicTicket(counterBits: 12)
    private static let maximumTimestamp: UInt64 = 0xFFFF_FFFF_FFFF

    /// A generator. `clock` gives milliseconds since 1970, `random` uniform bits (default: the system's generator).
    public init(
        clock: @escaping @Sendable () -> Int64,
        random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
    ) {
        self.clock = clock
        self.random = random
    }

    /// The next UUID.
    ///
    /// - Throws: ``SnowflakeError/exhausted`` when the clock is past the year 10889, and
    ///   ``SnowflakeError/beforeEpoch(unixMilliseconds:)`` when it is before 1970.
    public func next() throws(SnowflakeError) -> UUIDv7 {
        let now = clock()
        guard now >= 0 else { throw .beforeEpoch(unixMilliseconds: now) }
        switch ticket.take(now: UInt64(now), maximumAhead: .max, limit: Self.maximumTimestamp) {
        case .word(let word):
            return UUIDv7(unixMilliseconds: word >> 12, counter: word & 0xFFF, random: random())
        case .ahead, .exhausted: throw .exhausted
        }
    }
}
