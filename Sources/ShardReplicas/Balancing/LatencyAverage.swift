import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A moving average that jumps up with a slow answer and comes down slowly: an endpoint that has become slow is avoided at
/// once, and tried again when it has been left alone for a while.
///
/// Source: the peak-EWMA load metric of Twitter's Finagle. Two tasks that report at the same moment may lose one of the two
/// answers: it is a statistic.
final class LatencyAverage: Sendable {
    /// In how many nanoseconds an old answer's share falls to 1/e: 10 s.
    private static let decay = 1e10

    /// Nanoseconds, as bits of a Double.
    private let value = Atomic<UInt64>(0)
    /// The moment of the last answer in nanoseconds, as bits of a Double.
    private let stamp = Atomic<UInt64>(0)

    func observe(_ latency: Duration, now: Duration) {
        let latency = Self.nanoseconds(latency)
        let now = Self.nanoseconds(now)
        let old = Double(bitPattern: value.load(ordering: .relaxed))
        let new: Double
        if latency >= old {
            new = latency
        } else {
            let share = Self.share(after: now - Double(bitPattern: stamp.load(ordering: .relaxed)))
            new = old * share + latency * (1 - share)
        }
        value.store(new.bitPattern, ordering: .relaxed)
        stamp.store(now.bitPattern, ordering: .relaxed)
    }

    /// Nanoseconds as they count now: less with every second without an answer. 0: never answered.
    func current(now: Duration) -> Double {
        let value = Double(bitPattern: value.load(ordering: .relaxed))
        if value == 0 { return 0 }
        let age = Self.nanoseconds(now) - Double(bitPattern: stamp.load(ordering: .relaxed))
        return value * Self.share(after: age)
    }

    /// What is left of an old answer after some nanoseconds: e^-x, by its first two terms where they are exact to 10^-6.
    private static func share(after age: Double) -> Double {
        let x = max(0, age) / decay
        return x < 1e-3 ? 1 - x : exp(-x)
    }

    /// By halves: the conversion of 128 bits at once takes half a microsecond.
    static func nanoseconds(_ duration: Duration) -> Double {
        let attoseconds = duration.attoseconds
        let high = Double(Int64(truncatingIfNeeded: attoseconds >> 64))
        let low = Double(UInt64(truncatingIfNeeded: attoseconds))
        return (high * 18_446_744_073_709_551_616 + low) * 1e-9
    }
}
