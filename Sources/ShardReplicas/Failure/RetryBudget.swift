/// Keeps retries a small share of all statements, so that they never make an overload worse.
///
/// Each statement pays in a share of a retry, each retry takes out a whole one; a few a second are always there for quiet
/// times. Source: Finagle's RetryBudget.
public struct RetryBudget: Sendable, Hashable {
    /// Retries a statement. Default: 0.1.
    public let ratio: Double
    /// Retries a second that need no statements. Default: 1.
    public let perSecond: Double
    /// At most so many are saved up. Default: 100.
    public let capacity: Double
    private var balance: Double
    private var at: Duration = .zero

    public init(ratio: Double = 0.1, perSecond: Double = 1, capacity: Double = 100) {
        precondition(
            ratio >= 0 && perSecond >= 0 && capacity >= 1,
            "a retry budget of \(ratio) a statement, \(perSecond) a second and \(capacity) at most")
        self.ratio = ratio
        self.perSecond = perSecond
        self.capacity = capacity
        balance = min(capacity, perSecond * 10)
    }

    /// A statement, not a retry, has begun.
    public mutating func deposit() { balance = min(capacity, balance + ratio) }

    /// Takes out one retry; false where there is none.
    public mutating func withdraw(now: Duration) -> Bool {
        if now > at {
            balance = min(capacity, balance + LatencyAverage.nanoseconds(now - at) * 1e-9 * perSecond)
            at = now
        }
        guard balance >= 1 else { return false }
        balance -= 1
        return true
    }
}
