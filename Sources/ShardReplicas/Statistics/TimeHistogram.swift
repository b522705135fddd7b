/// How long things took, in 128 counters: four to each doubling, from 1 µs to more than an hour, so that a quantile is at most
/// a quarter too high.
///
/// Source: the log-linear buckets of HdrHistogram (Tene).
public struct TimeHistogram: Sendable, Hashable {
    static let bucketCount = 128
    private var counts = [UInt32](repeating: 0, count: bucketCount)
    public private(set) var count: Int = 0
    public private(set) var total: Duration = .zero
    public private(set) var longest: Duration = .zero

    public init() {}

    public mutating func add(_ duration: Duration) {
        let slot = Self.bucket(microseconds: UInt64(max(0, min(duration.attoseconds / 1_000_000_000_000, 1 << 62))))
        counts[slot] = counts[slot] == .max ? .max : counts[slot] + 1
        count += 1
        total += duration
        longest = max(longest, duration)
    }

    public mutating func merge(_ other: TimeHistogram) {
        for slot in counts.indices {
            let (sum, isOver) = counts[slot].addingReportingOverflow(other.counts[slot])
            counts[slot] = isOver ? .max : sum
        }
        count += other.count
        total += other.total
        longest = max(longest, other.longest)
    }

    public var mean: Duration { count == 0 ? .zero : total / count }

    /// A time that at least this share (0…1) took at most, and not more than the longest. Zero of an empty histogram.
    public func quantile(_ share: Double) -> Duration {
        let sum = counts.reduce(0) { $0 + Int($1) }
        if sum == 0 { return .zero }
        let rank = max(1, min(sum, Int((Double(sum) * share).rounded(.up))))
        var seen = 0
        for slot in counts.indices {
            seen += Int(counts[slot])
            if seen >= rank {
                return slot == Self.bucketCount - 1 ? longest : min(longest, .microseconds(Self.end(of: slot)))
            }
        }
        return longest
    }

    /// 0…3 µs have buckets of their own; from there on the two bits after the highest choose.
    static func bucket(microseconds: UInt64) -> Int {
        if microseconds < 4 { return Int(microseconds) }
        let exponent = 63 - microseconds.leadingZeroBitCount
        return min(bucketCount - 1, (exponent - 1) * 4 + Int(microseconds >> UInt64(exponent - 2) & 3))
    }

    /// The first whole microsecond after a bucket.
    static func end(of slot: Int) -> Int64 {
        if slot < 4 { return Int64(slot) + 1 }
        let exponent = slot / 4 + 1
        return (Int64(slot % 4) + 5) << Int64(exponent - 2)
    }
}
