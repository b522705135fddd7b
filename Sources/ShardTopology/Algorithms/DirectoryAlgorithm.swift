public import ShardBase
public import ShardValues

/// A routing table: key to partition, stored in the catalog; keys that it does not know go to the default, or are
/// refused. A change makes a new value.
public struct DirectoryAlgorithm: ShardingAlgorithm {
    /// Home by key, the key in its canonical form.
    public let entries: [Value: Int]
    public let defaultPartition: Int?
    public let partitionCount: Int

    /// Keys are brought into canonical form.
    public init(entries: [Value: Int], defaultPartition: Int?, partitionCount: Int, type: KeyType) {
        var canonical: [Value: Int] = [:]
        for (key, home) in entries { canonical[key.canonical(under: type.collation)] = home }
        self.init(canonical: canonical, defaultPartition: defaultPartition, partitionCount: partitionCount)
    }

    private init(canonical: [Value: Int], defaultPartition: Int?, partitionCount: Int) {
        entries = canonical
        self.defaultPartition = defaultPartition
        self.partitionCount = partitionCount
    }

    public var name: String { "directory" }

    public func partition(of key: [Value], types: [KeyType]) throws(ShardError) -> Int {
        if let home = entries[key[0].canonical(under: types[0].collation)] ?? defaultPartition { return home }
        throw ShardError(
            .valueRange, "the directory has no entry for the shard key",
            hint: "Add the key to a partition's list, or declare one with VALUES DEFAULT.")
    }

    public func partitions(matching domains: [KeyDomain], types: [KeyType]) -> PartitionSet {
        var result: Set<Int> = []
        if let defaultPartition { result.insert(defaultPartition) }
        for (key, home) in entries where domains[0].contains(key, collation: types[0].collation) {
            result.insert(home)
        }
        return PartitionSet(result, count: partitionCount)
    }

    /// The directory with one entry more, or another home for a key it knows. The rows are the caller's to move.
    public func assigning(_ key: Value, to partition: Int, type: KeyType) -> DirectoryAlgorithm {
        var changed = entries
        changed[type.affinity.apply(to: key).canonical(under: type.collation)] = partition
        return DirectoryAlgorithm(
            canonical: changed, defaultPartition: defaultPartition, partitionCount: partitionCount)
    }

    public var record: AlgorithmRecord {
        var lists: [[[Value]]] = Array(repeating: [], count: partitionCount)
        // In the order of keys, so that equal directories have equal records.
        for (key, home) in entries.sorted(by: { SQLiteOrder.compare($0.key, $1.key) < 0 }) { lists[home].append([key]) }
        return AlgorithmRecord(name: name, lists: lists, defaultPartition: defaultPartition)
    }
}
