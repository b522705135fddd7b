public import ShardBase

/// Keeps a herd of callers from connecting to an endpoint at once, as they would when it comes back: so many attempts at
/// one time, so many a second, and none while an attempt that failed is backed off from.
///
/// A pure machine: it is told the time and what happened.
public struct ConnectionPacer: Sendable {
    public struct Options: Sendable, Hashable {
        /// Attempts at one time. Default: 4.
        public var attemptsAtOnce = 4
        /// Attempts a second on average. Default: 20.
        public var attemptsPerSecond: Double = 20
        /// Attempts that may follow each other without waiting. Default: 10.
        public var burst = 10
        public var backOff = BackOff(base: .milliseconds(100), maximum: .seconds(15))

        public init() {}
    }

    public enum Answer: Sendable, Hashable {
        /// Connect, and say how it went.
        case connect
        /// Ask again at this moment.
        case notBefore(Duration)
        /// Ask again when an attempt has ended.
        case whenOneEnds
    }

    public let options: Options
    private var connecting = 0
    private var failures = 0
    private var quietUntil: Duration = .zero
    private var bucket: TokenBucket
    private var generator: SeededGenerator

    public init(_ options: Options = Options(), generator: SeededGenerator = SeededGenerator()) {
        self.options = options
        self.generator = generator
        bucket = TokenBucket(rate: options.attemptsPerSecond, burst: Double(options.burst))
    }

    public mutating func ask(now: Duration) -> Answer {
        if now < quietUntil { return .notBefore(quietUntil) }
        // After a failure one attempt finds out for all.
        guard connecting < (failures > 0 ? 1 : options.attemptsAtOnce) else { return .whenOneEnds }
        switch bucket.take(1, now: now) {
        case .allowed:
            connecting += 1
            return .connect
        case .allowedAt(let moment), .denied(let moment): return .notBefore(moment)
        }
    }

    public mutating func connected() {
        connecting -= 1
        failures = 0
        quietUntil = .zero
    }

    public mutating func failed(now: Duration) {
        connecting -= 1
        failures += 1
        quietUntil = now + options.backOff.wait(afterFailures: failures, using: &generator)
    }

    /// The attempt ended for a reason of its caller's.
    public mutating func abandoned() { connecting -= 1 }
}
