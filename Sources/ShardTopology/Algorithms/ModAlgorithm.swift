public import ShardBase
public import ShardValues

/// partition = key mod partitions, for integer keys (negative ones too: the remainder is never negative). NULL lives in
/// partition 0; anything else is refused.
public struct ModAlgorithm: ShardingAlgorithm {
    public let partitionCount: Int
    public init(partitionCount: Int) { self.partitionCount = partitionCount }

    public var name: String { "mod" }

    public func partition(of key: [Value], types: [KeyType]) throws(ShardError) -> Int {
        switch key[0].canonical(under: .binary) {
        case .null: return 0
        case .integer(let integer): return home(of: integer)
        case .real, .text, .malformedText, .blob:
            throw ShardError(
                .valueRange, "the shard key is not an integer, so MOD has no partition for it",
                hint: "Store integers in the column, or shard the table BY HASH.")
        }
    }

    public func partition(ofInteger key: Int64) -> Int? { home(of: key) }

    private func home(of integer: Int64) -> Int {
        let rest = integer % Int64(partitionCount)
        return Int(rest < 0 ? rest + Int64(partitionCount) : rest)
    }

    /// A short interval of integers has few homes: rows hold nothing but integers and NULL.
    public func partitions(matching domains: [KeyDomain], types: [KeyType]) -> PartitionSet {
        guard case .interval(let interval) = domains[0],
            let lower = interval.lower.flatMap({ Self.integer($0.value, roundedUp: false) }),
            let upper = interval.upper.flatMap({ Self.integer($0.value, roundedUp: true) })
        else { return .all }
        if lower > upper { return .none }
        let (span, overflows) = upper.subtractingReportingOverflow(lower)
        if overflows || span >= Int64(partitionCount) - 1 { return .all }
        return PartitionSet((0...span).map { home(of: lower + $0) }, count: partitionCount)
    }

    /// The integer at or beyond a bound; nil where the bound is no number or far away.
    private static func integer(_ bound: Value, roundedUp: Bool) -> Int64? {
        switch bound {
        case .integer(let integer): integer
        case .real(let real):
            abs(real) < 9_007_199_254_740_992 ? Int64(real.rounded(roundedUp ? .up : .down)) : nil
        case .null, .text, .malformedText, .blob: nil
        }
    }

    public var record: AlgorithmRecord { AlgorithmRecord(name: name) }
}
