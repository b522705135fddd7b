public import ShardBase

/// How long to leave something alone that has failed: longer after each failure, and never for all clients equally long.
///
/// "Equal jitter": half of the exponential time is kept and the other half drawn by lot. Source: Brooker, "Exponential Backoff
/// And Jitter", AWS architecture blog, 2015.
public struct BackOff: Sendable, Hashable {
    /// After the first failure. Default: 1 s.
    public var base: Duration
    /// At most. Default: 60 s.
    public var maximum: Duration

    public init(base: Duration = .seconds(1), maximum: Duration = .seconds(60)) {
        self.base = base
        self.maximum = maximum
    }

    /// The wait after this many failures in a row, from 1: between half of `base · 2^(failures-1)` and all of it, never more
    /// than ``maximum``.
    public func wait(afterFailures failures: Int, using generator: inout SeededGenerator) -> Duration {
        var whole = min(base, maximum)
        var left = failures - 1
        while left > 0, whole < maximum {
            whole = min(whole * 2, maximum)
            left -= 1
        }
        let share = Double(generator.next() >> 11) / Double(1 << 53)
        return whole / 2 + (whole / 2) * share
    }
}
