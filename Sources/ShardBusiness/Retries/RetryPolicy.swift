/// How often and after which pauses something is tried that fails. Pure.
public struct RetryPolicy: Sendable, Hashable {
    /// Tries in all, the first included.
    public var maximumAttempts: Int
    /// The pause after the first failure; each further one is twice as long.
    public var first: Duration
    /// No pause is longer.
    public var longest: Duration

    /// - Parameters:
    ///   - maximumAttempts: default: 10.
    ///   - first: default: 100 ms.
    ///   - longest: default: 60 s.
    public init(
        maximumAttempts: Int = 10, first: Duration = .milliseconds(100), longest: Duration = .seconds(60)
    ) {
        self.maximumAttempts = maximumAttempts
        self.first = first
        self.longest = longest
    }

    /// The pause after a failed attempt, between half and all of the step's length, so that those that failed together do not
    /// come back together (Brooker: Exponential backoff and jitter, 2015: "equal jitter").
    ///
    /// - Parameters:
    ///   - attempts: made so far, from 1.
    ///   - jitter: from 0 to 1.
    public func pause(after attempts: Int, jitter: Double) -> Duration {
        let exponent = min(max(attempts - 1, 0), 40)
        let whole = min(
            Double(first.milliseconds) * Double(UInt64(1) << UInt64(exponent)), Double(longest.milliseconds))
        return .milliseconds(Int64(whole * (0.5 + 0.5 * min(max(jitter, 0), 1))))
    }
}
