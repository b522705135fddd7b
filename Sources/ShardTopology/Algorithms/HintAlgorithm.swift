public import ShardBase
public import ShardValues

/// The caller names the partition: rows carry no key. Reads without a hint go everywhere.
public struct HintAlgorithm: ShardingAlgorithm {
    public let partitionCount: Int
    public init(partitionCount: Int) { self.partitionCount = partitionCount }

    public var name: String { "hint" }

    public func partition(of key: [Value], types: [KeyType]) throws(ShardError) -> Int {
        throw ShardError(
            .shardKeyMissing, "the table is sharded by HINT and the statement names no partition",
            hint: "Name the partition in a hint.")
    }

    public var record: AlgorithmRecord { AlgorithmRecord(name: name) }
}
