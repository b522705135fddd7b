public import ShardBase
public import ShardValues

/// Partitions by upper bounds, each exclusive, compared column by column in SQLite's order under the columns'
/// collations. NULL is smaller than every value.
public struct RangeAlgorithm: ShardingAlgorithm {
    /// One upper bound per partition, ascending, one element per key column; a nil element is MAXVALUE.
    public let bounds: [[Value?]]

    public init(bounds: [[Value?]]) { self.bounds = bounds }

    public var name: String { "range" }
    public var partitionCount: Int { bounds.count }

    public func partition(of key: [Value], types: [KeyType]) throws(ShardError) -> Int {
        let home = firstBound { Self.isBelow(key, $0, types) }
        guard home < bounds.count else {
            throw ShardError(
                .valueRange, "no partition takes the shard key: it is not below the last bound",
                hint: "Add a partition, or end with VALUES LESS THAN (MAXVALUE).")
        }
        return home
    }

    /// The first partition whose bound satisfies a condition that, once true, stays true.
    private func firstBound(_ condition: ([Value?]) -> Bool) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if condition(bounds[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func isBelow(_ key: [Value], _ bound: [Value?], _ types: [KeyType]) -> Bool {
        for index in key.indices {
            guard let limit = bound[index] else { return true }
            let order = SQLiteOrder.compare(key[index], limit, collation: types[index].collation)
            if order != 0 { return order < 0 }
        }
        return false
    }

    /// Points of the leading columns, then at most one interval, make intervals of rows: `(1, 2, …)` to `(1, 9, …)`.
    public func partitions(matching domains: [KeyDomain], types: [KeyType]) -> PartitionSet {
        var prefixes: [[Value]] = [[]]
        var interval = KeyInterval()
        for domain in domains {
            if case .points(let points) = domain, prefixes.count * points.count <= 1024 {
                prefixes = prefixes.flatMap { prefix in points.map { prefix + [$0] } }
                continue
            }
            if case .interval(let found) = domain { interval = found }
            break
        }
        var result: Set<Int> = []
        for prefix in prefixes {
            let first = first(prefix, interval.lower, types)
            let last = last(prefix, interval.upper, types)
            if first <= last { result.formUnion(first...last) }
        }
        return PartitionSet(result, count: partitionCount)
    }

    /// The first partition that can hold keys beginning with the prefix and, after it, the lower bound.
    private func first(_ prefix: [Value], _ lower: KeyInterval.Bound?, _ types: [KeyType]) -> Int {
        let start = prefix + (lower.map { [$0.value] } ?? [])
        let isInclusive = lower?.isInclusive ?? true
        return firstBound { bound in
            for index in start.indices {
                guard let limit = bound[index] else { return true }
                let order = SQLiteOrder.compare(limit, start[index], collation: types[index].collation)
                if order != 0 { return order > 0 }
            }
            // The bound begins as the start does: keys below it exist only where further columns tell them apart.
            return isInclusive && start.count < types.count
        }
    }

    /// The last partition that can hold keys beginning with the prefix and, after it, the upper bound.
    private func last(_ prefix: [Value], _ upper: KeyInterval.Bound?, _ types: [KeyType]) -> Int {
        let end = prefix + (upper.map { [$0.value] } ?? [])
        let isInclusive = upper?.isInclusive ?? true
        // Partition p + 1 begins at the bound of p; the answer is the last p whose beginning is not beyond the end.
        return min(
            partitionCount - 1,
            firstBound { bound in
                for index in end.indices {
                    guard let limit = bound[index] else { return true }
                    let order = SQLiteOrder.compare(limit, end[index], collation: types[index].collation)
                    if order != 0 { return order > 0 }
                }
                return !isInclusive
            })
    }

    public var record: AlgorithmRecord { AlgorithmRecord(name: name, bounds: bounds) }
}
