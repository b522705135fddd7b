public import ShardBase
public import ShardValues

/// The caller names the partition: rows carry no key. Reads without a hint go everywhere.
public struct HintAlgorithm: ShardingAlgorithm {
    public let partitionCount: Int
    /// The partition that a statement's hint names. Not stored.
    public let chosen: Int?

    public init(partitionCount: Int, chosen: Int? = nil) {
        self.partitionCount = partitionCount
        self.chosen = chosen
    }

    public var name: String { "hint" }

    public func partition(of key: [Value], types: [KeyType]) throws(ShardError) -> Int {
        if let chosen { return chosen }
        throw ShardError(
            .shardKeyMissing, "the table is sharded by HINT and the statement names no partition",
            hint: "Begin the statement with /*+ partition(0) */ or /*+ shard(s0) */.")
    }

    public var record: AlgorithmRecord { AlgorithmRecord(name: name) }
}
