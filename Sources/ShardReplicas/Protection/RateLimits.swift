public import ShardBase
import Synchronization

/// What a rate limit is set on.
public enum RateSubject: Sendable, Hashable {
    case label(String)
    case table(String)
    case fingerprint(UInt64)

    /// For messages.
    public var name: String {
        switch self {
        case .label(let label): "label '\(label)'"
        case .table(let table): "table '\(table)'"
        case .fingerprint(let fingerprint): "statement \(String(fingerprint, radix: 16))"
        }
    }
}

/// The rate limits of a configuration. There are as many as were configured, so memory is bounded; who has none costs one
/// look-up.
public final class RateLimits: Sendable {
    private let limiters: [RateSubject: Limiter]
    private let clock: any ShardClock

    private final class Limiter: Sendable {
        let state: Mutex<RateLimiter>
        init(_ limit: RateLimit) { state = Mutex(RateLimiter(limit)) }
    }

    public init(_ limits: [RateSubject: RateLimit], clock: any ShardClock = SystemClock()) {
        limiters = limits.mapValues { Limiter($0) }
        self.clock = clock
    }

    public var isEmpty: Bool { limiters.isEmpty }

    /// Asks for one statement.
    ///
    /// Every limit it falls under is asked in order, so that one that says no has been taken from none after it.
    ///
    /// - Returns: how long to wait before it may begin: more than zero for `leakyBucket` only.
    /// - Throws: `.rateLimited`, retryable, with the time when it may be allowed.
    public func take(_ subjects: some Sequence<RateSubject>) throws(ShardError) -> Duration {
        if limiters.isEmpty { return .zero }
        let now = clock.monotonic
        var wait: Duration = .zero
        for subject in subjects {
            guard let limiter = limiters[subject] else { continue }
            switch limiter.state.withLock({ $0.take(now: now) }) {
            case .allowed: break
            case .allowedAt(let moment): wait = max(wait, moment - now)
            case .denied(let moment):
                throw ShardError(
                    .rateLimited, "\(subject.name) is asked for more often than its rate limit allows",
                    hint: "It may be allowed again in \(moment - now).", isRetryable: true)
            }
        }
        return wait
    }
}
