public import ShardBase
public import ShardValues

/// Partitions by steps of time: the step's number mod the partitions, or, with starts, the last partition that has
/// started.
///
/// Keys are ISO 8601 texts (`2026-11-23`, `2026-11-23 10:00:00`, any offset from UTC ignored) or Unix seconds. NULL and
/// what is no time live in partition 0, with starts also what lies before the first.
public struct IntervalAlgorithm: ShardingAlgorithm {
    public enum Unit: String, Sendable, Hashable, Codable {
        case hour = "HOUR"
        case day = "DAY"
        case week = "WEEK"
        case month = "MONTH"
        case year = "YEAR"
    }

    public let unit: Unit
    /// Units a step.
    public let count: Int
    public let partitionCount: Int
    /// When each partition starts, ascending; empty: steps go round.
    public let starts: [Value]
    private let startTimes: [CivilTime]

    /// - Precondition: `starts` is empty or has one time per partition (see `time(of:)`), ascending.
    public init(unit: Unit, count: Int = 1, partitionCount: Int, starts: [Value] = []) {
        self.unit = unit
        self.count = max(1, count)
        self.partitionCount = partitionCount
        self.starts = starts
        startTimes = starts.compactMap(CivilTime.init)
        precondition(
            startTimes.count == starts.count && (starts.isEmpty || starts.count == partitionCount),
            "\(starts.count) starts for \(partitionCount) partitions")
    }

    public var name: String { "interval" }

    /// Whether a value is a time to this algorithm.
    public static func isTime(_ value: Value) -> Bool { CivilTime(value) != nil }

    public func partition(of key: [Value], types: [KeyType]) throws(ShardError) -> Int {
        guard let time = CivilTime(key[0]) else { return 0 }
        return home(ofStep: step(of: time))
    }

    /// The number of the step a time lies in: grows with time. With starts, the partition's own number.
    private func step(of time: CivilTime) -> Int {
        if !startTimes.isEmpty { return max(0, (startTimes.lastIndex { !(time < $0) } ?? 0)) }
        switch unit {
        case .hour: return CivilTime.floorDivide(time.days * 24 + time.hour, count)
        case .day: return CivilTime.floorDivide(time.days, count)
        // 1970-01-01 was a Thursday; weeks begin on Monday.
        case .week: return CivilTime.floorDivide(CivilTime.floorDivide(time.days + 3, 7), count)
        case .month: return CivilTime.floorDivide((time.year - 1970) * 12 + time.month - 1, count)
        case .year: return CivilTime.floorDivide(time.year - 1970, count)
        }
    }

    private func home(ofStep step: Int) -> Int {
        let rest = step % partitionCount
        return rest < 0 ? rest + partitionCount : rest
    }

    /// Texts order times as dates only (`2026-01-01T05` comes after `2026-01-01 07`), so a bound on texts is widened to
    /// its day. Numbers sort before texts: an interval without a lower bound, or with a number as its only bound, holds
    /// times of both kinds.
    public func partitions(matching domains: [KeyDomain], types: [KeyType]) -> PartitionSet {
        guard case .interval(let interval) = domains[0], let lower = interval.lower,
            let from = CivilTime(lower.value)
        else { return .all }
        let isText = lower.value.storageClass == .text
        var last: Int?
        if let upper = interval.upper, upper.value.storageClass == lower.value.storageClass {
            guard let through = CivilTime(upper.value) else { return .all }
            last = step(of: isText ? through.endOfDay : through)
        } else if isText {
            if interval.upper.map({ $0.value.storageClass != .blob }) ?? false { return .all }
            last = startTimes.isEmpty ? nil : partitionCount - 1
        }
        guard let last else { return .all }
        let first = step(of: isText ? from.startOfDay : from)
        // What is no time may lie in the interval, too.
        var result = [0]
        if first <= last {
            if last - first >= partitionCount - 1 { return .all }
            for step in first...last { result.append(home(ofStep: step)) }
        }
        return PartitionSet(result, count: partitionCount)
    }

    public var record: AlgorithmRecord { AlgorithmRecord(name: name, unit: unit, step: count, starts: starts) }
}
