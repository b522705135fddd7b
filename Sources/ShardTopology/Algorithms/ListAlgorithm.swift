public import ShardBase
public import ShardValues

/// Partitions by listed keys, with at most one default for all others. NULL may be listed.
public struct ListAlgorithm: ShardingAlgorithm {
    /// The keys of each partition, each one value per key column, as the columns store them.
    public let lists: [[[Value]]]
    public let defaultPartition: Int?
    private let index: KeyIndex

    /// Types as in the table's sharding; a key listed twice belongs to the first partition that lists it.
    public init(lists: [[[Value]]], defaultPartition: Int?, types: [KeyType]) {
        self.lists = lists
        self.defaultPartition = defaultPartition
        var index = KeyIndex()
        for (home, keys) in lists.enumerated() {
            for key in keys where index.home(of: key, types: types) == nil {
                _ = index.add(key, home: home, types: types)
            }
        }
        self.index = index
    }

    public var name: String { "list" }
    public var partitionCount: Int { lists.count }

    public func partition(of key: [Value], types: [KeyType]) throws(ShardError) -> Int {
        if let home = index.home(of: key, types: types) ?? defaultPartition { return home }
        throw ShardError(
            .valueRange, "no partition lists the shard key",
            hint: "Add the value to a partition, or declare one with VALUES DEFAULT.")
    }

    public func partitions(matching domains: [KeyDomain], types: [KeyType]) -> PartitionSet {
        var result: [Int] = defaultPartition.map { [$0] } ?? []
        for (home, keys) in lists.enumerated() {
            let holdsOne = keys.contains { key in
                key.indices.allSatisfy { domains[$0].contains(key[$0], collation: types[$0].collation) }
            }
            if holdsOne { result.append(home) }
        }
        return PartitionSet(result, count: partitionCount)
    }

    public var record: AlgorithmRecord {
        AlgorithmRecord(name: name, lists: lists, defaultPartition: defaultPartition)
    }
}
