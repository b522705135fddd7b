/// What a rate limit says to one who asks.
public enum RateVerdict: Sendable, Hashable {
    case allowed
    /// Allowed, and to be begun at this moment.
    case allowedAt(Duration)
    /// Not allowed; at this moment it may be, at the earliest.
    case denied(until: Duration)
}

/// A limit on how often something is done. All four are pure: they are told the time, and forgive a clock that stands still.
public enum RateLimit: Sendable, Hashable {
    /// `rate` a second on average, `burst` at once after a rest. The default kind.
    case tokenBucket(rate: Double, burst: Double)
    /// `rate` a second evenly: who comes early waits for their turn, in a queue of at most `queue` places.
    case leakyBucket(rate: Double, queue: Int)
    /// `count` in each window, windows laid end to end: up to twice `count` around a boundary.
    case fixedWindow(count: Int, window: Duration)
    /// Never more than `count` in any stretch of time as long as the window.
    case slidingWindow(count: Int, window: Duration)
}

/// One limit's state.
public struct RateLimiter: Sendable {
    private enum State: Sendable {
        case tokens(TokenBucket)
        case leaky(LeakyBucket)
        case fixed(FixedWindow)
        case sliding(SlidingWindow)
    }
    public let limit: RateLimit
    private var state: State

    /// - Precondition: rates, bursts, counts and windows are positive; a queue may be 0.
    public init(_ limit: RateLimit) {
        self.limit = limit
        switch limit {
        case .tokenBucket(let rate, let burst): state = .tokens(TokenBucket(rate: rate, burst: burst))
        case .leakyBucket(let rate, let queue): state = .leaky(LeakyBucket(rate: rate, queue: queue))
        case .fixedWindow(let count, let window): state = .fixed(FixedWindow(count: count, window: window))
        case .slidingWindow(let count, let window): state = .sliding(SlidingWindow(count: count, window: window))
        }
    }

    /// Asks for one.
    public mutating func take(now: Duration) -> RateVerdict {
        switch state {
        case .tokens(var bucket):
            defer { state = .tokens(bucket) }
            return bucket.take(1, now: now)
        case .leaky(var bucket):
            defer { state = .leaky(bucket) }
            return bucket.take(now: now)
        case .fixed(var window):
            defer { state = .fixed(window) }
            return window.take(now: now)
        case .sliding(var window):
            // Taken out and put back, so that its array stays its own.
            state = .fixed(FixedWindow(count: 1, window: .seconds(1)))
            defer { state = .sliding(window) }
            return window.take(now: now)
        }
    }
}

/// Tokens come in at a rate up to a burst; each use takes some. Source: Turner, "New directions in communications", 1986.
public struct TokenBucket: Sendable, Hashable {
    public let rate: Double
    public let burst: Double
    private var tokens: Double
    private var at: Duration = .zero

    public init(rate: Double, burst: Double) {
        precondition(rate > 0 && burst > 0, "a rate of \(rate) and a burst of \(burst) are not positive")
        self.rate = rate
        self.burst = burst
        tokens = burst
    }

    public mutating func take(_ count: Double, now: Duration) -> RateVerdict {
        if now > at {
            tokens = min(burst, tokens + LatencyAverage.nanoseconds(now - at) * 1e-9 * rate)
            at = now
        }
        // What was rounded away on the way must not deny the moment that was named.
        guard tokens >= count - 1e-9 else {
            return .denied(until: at + .nanoseconds(Int64(((count - tokens) / rate * 1e9).rounded(.up))))
        }
        tokens = max(0, tokens - count)
        return .allowed
    }
}

/// One turn each 1/rate seconds, and a queue in front. Source: the generic cell rate algorithm, ITU-T I.371, which keeps the
/// moment of the next turn and nothing else.
struct LeakyBucket: Sendable {
    private let interval: Duration
    private let queue: Int
    private var next: Duration = .zero

    init(rate: Double, queue: Int) {
        precondition(rate > 0 && queue >= 0, "a rate of \(rate) and a queue of \(queue) make no leaky bucket")
        interval = .nanoseconds(Int64((1e9 / rate).rounded(.up)))
        self.queue = queue
    }

    mutating func take(now: Duration) -> RateVerdict {
        if next <= now {
            next = now + interval
            return .allowed
        }
        let last = next - interval * queue
        if last > now { return .denied(until: last) }
        defer { next += interval }
        return .allowedAt(next)
    }
}

struct FixedWindow: Sendable {
    private let count: Int
    private let window: Duration
    private var begin: Duration = .zero
    private var used = 0

    init(count: Int, window: Duration) {
        precondition(count > 0 && window > .zero, "\(count) in \(window) is no limit")
        self.count = count
        self.window = window
    }

    mutating func take(now: Duration) -> RateVerdict {
        if now - begin >= window {
            let whole = Int64((now - begin).attoseconds / window.attoseconds)
            begin += .init(attoseconds: window.attoseconds * Int128(whole))
            used = 0
        }
        guard used < count else { return .denied(until: begin + window) }
        used += 1
        return .allowed
    }
}

/// Counts by sixteenths of the window. A sixteenth counts until its last moment has left the window, so the limit holds in
/// every stretch of time; what was used may come back up to a sixteenth late. Memory: 17 counters, whatever the count.
struct SlidingWindow: Sendable {
    private static let parts = 16
    private let count: Int
    private let part: Duration
    private var counts = [Int](repeating: 0, count: parts + 1)
    private var total = 0
    /// Which part, from the beginning of time, is the newest.
    private var newest: Int64 = 0

    init(count: Int, window: Duration) {
        precondition(count > 0 && window > .zero, "\(count) in \(window) is no limit")
        self.count = count
        // Rounded up: the parts together are never shorter than the window.
        part = .init(attoseconds: (window.attoseconds + Int128(Self.parts) - 1) / Int128(Self.parts))
    }

    mutating func take(now: Duration) -> RateVerdict {
        let current = Int64(now.attoseconds / part.attoseconds)
        if current > newest {
            for step in 1...min(current - newest, Int64(counts.count)) {
                let slot = Int((newest + step) % Int64(counts.count))
                total -= counts[slot]
                counts[slot] = 0
            }
            newest = current
        }
        guard total < count else {
            // The oldest part that holds anything leaves when the newest is as many parts on as there are counters.
            var oldest = newest - Int64(counts.count) + 1
            while counts[Int((oldest % Int64(counts.count) + Int64(counts.count)) % Int64(counts.count))] == 0 {
                oldest += 1
            }
            return .denied(until: .init(attoseconds: part.attoseconds * Int128(oldest + Int64(counts.count))))
        }
        counts[Int(newest % Int64(counts.count))] += 1
        total += 1
        return .allowed
    }
}
