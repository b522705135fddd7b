/// Makes snowflakes for one worker: unique, strictly increasing, without a lock.
///
/// Two generators must never share a worker at the same time; there is no default worker. The clock is a closure
/// (milliseconds since 1970), so that tests hold it in their hand; it is read once for each identifier.
///
/// When a millisecond's sequence is used up, or the clock was set back, the next identifier would be *ahead* of the
/// clock. ``Pace`` says how far it may be; beyond that ``next()`` waits, and when the wait would be longer than
/// ``maximumWait`` it throws ``SnowflakeError/clockBehind(milliseconds:)`` instead.
public final class Snowflake: Sendable {
    /// How far identifiers may run ahead of the clock.
    public enum Pace: Sendable, Hashable {
        /// Never: at most 2^sequenceBits identifiers a millisecond, and their timestamps are true.
        case strict
        /// By this many milliseconds: bursts do not wait. After a crash, be sure that as much time passes before the
        /// same worker begins again.
        case runAhead(milliseconds: UInt64)
    }

    public let layout: SnowflakeLayout
    public let worker: UInt64
    public let pace: Pace
    /// The longest wait for the clock in milliseconds.
    public let maximumWait: UInt64
    private let clock: @Sendable () -> Int64
    private let ticket: MonotonicTicket

    /// A generator.
    ///
    /// - Parameters:
    ///   - worker: who makes them; within the layout's worker bits.
    ///   - pace: default: up to 10 ms ahead.
    ///   - maximumWait: default 5,000 ms; a clock set back by more is an error at the next identifier.
    ///   - after: an identifier that all new ones must exceed (a high-water mark kept from an earlier run), if any.
    ///   - clock: milliseconds since 1970.
    public init(
        worker: UInt64, layout: SnowflakeLayout = .standard, pace: Pace = .runAhead(milliseconds: 10),
        maximumWait: UInt64 = 5_000, after: Int64? = nil, clock: @escaping @Sendable () -> Int64
    ) throws(SnowflakeError) {
        guard worker <= layout.maximumWorker else {
            throw .workerOutOfRange(worker: worker, maximum: layout.maximumWorker)
        }
        self.layout = layout
        self.worker = worker
        self.pace = pace
        self.maximumWait = maximumWait
        self.clock = clock
        var last: UInt64 = 0
        if let after, after > 0 {
            let parts = layout.decompose(after)
            // The mark may be another worker's: the next millisecond is above it whoever made it.
            let timestamp = UInt64(parts.unixMilliseconds - layout.epoch)
            last = timestamp << UInt64(layout.sequenceBits) | layout.maximumSequence
        }
        ticket = MonotonicTicket(counterBits: layout.sequenceBits, after: last)
    }

    /// The next identifier, or nil when it would be too far ahead of the clock: wait a millisecond and try again.
    ///
    /// Lock-free; the cost is the clock's and one compare-and-swap.
    public func tryNext() throws(SnowflakeError) -> Int64? {
        switch try take() {
        case .word(let word): return identifier(word)
        case .ahead, .exhausted: return nil
        }
    }

    /// The next identifier; waits, suspended, while it would be too far ahead of the clock.
    ///
    /// - Throws: ``SnowflakeError``, or `CancellationError` when the task is cancelled while it waits.
    public func next() async throws -> Int64 {
        var waited: UInt64 = 0
        while true {
            switch try take() {
            case .word(let word): return identifier(word)
            case .exhausted: throw SnowflakeError.exhausted
            case .ahead(let ahead):
                let wait = ahead - allowance
                guard wait + waited <= maximumWait else { throw SnowflakeError.clockBehind(milliseconds: ahead) }
                try await Task.sleep(nanoseconds: min(wait, 50) * 1_000_000)
                waited += min(wait, 50)
            }
        }
    }

    private var allowance: UInt64 {
        switch pace {
        case .strict: 0
        case .runAhead(let milliseconds): milliseconds
        }
    }

    private func take() throws(SnowflakeError) -> MonotonicTicket.Outcome {
        let now = clock()
        guard now >= layout.epoch else { throw .beforeEpoch(unixMilliseconds: now) }
        let outcome = ticket.take(
            now: UInt64(now - layout.epoch), maximumAhead: allowance, limit: layout.maximumTimestamp)
        if case .exhausted = outcome { throw .exhausted }
        return outcome
    }

    private func identifier(_ word: UInt64) -> Int64 {
        layout.compose(
            timestamp: word >> UInt64(layout.sequenceBits), worker: worker, sequence: word & layout.maximumSequence)
    }
}
