public import ShardBase
public import ShardValues

/// From shard-key values to a partition: a plain value.
///
/// Keys come under the key columns' affinities. Laws, checked by property tests: every key that a column can store has
/// exactly one home or is refused with `.valueRange`; keys that the columns' `=` calls equal share it; pruning
/// is a superset.
public protocol ShardingAlgorithm: Sendable {
    /// `hash`, `mod`, `range`, `list`, `interval`, `directory`, `hint`, or an application's own.
    var name: String { get }
    var partitionCount: Int { get }

    /// The home of a key; one value per key column.
    /// - Throws: `.valueRange` when no partition takes the key.
    func partition(of key: [Value], types: [KeyType]) throws(ShardError) -> Int

    /// The home of a key of one integer that its column stores as it is, without allocating. Nil, the default: there is no
    /// short way.
    func partition(ofInteger key: Int64) -> Int?

    /// Partitions that can hold rows whose key columns lie in the domains (one per key column): a superset. Keys that are
    /// wholly given are not asked here. The default, for algorithms that keep no order, is all.
    func partitions(matching domains: [KeyDomain], types: [KeyType]) -> PartitionSet

    /// What the catalog stores of it. The default, the name and the number of partitions, is for algorithms that are found
    /// by name in ``CustomAlgorithms``.
    var record: AlgorithmRecord { get }
}

extension ShardingAlgorithm {
    public func partition(ofInteger key: Int64) -> Int? { nil }
    public func partitions(matching domains: [KeyDomain], types: [KeyType]) -> PartitionSet { .all }
    public var record: AlgorithmRecord { AlgorithmRecord(name: name) }
}
