public import ShardBase
public import ShardValues

/// Slots: slot = PostgreSQL's partition hash of the key mod the number of slots; the map from slot to partition is
/// stored, so growing moves slots and never rehashes rows. With the first map (slot mod partitions) and a number of
/// partitions that divides the slots, the partition is PostgreSQL's own of `PARTITION BY HASH`.
///
/// A key of NULLs alone has the hash 0 and with it slot 0.
public struct HashAlgorithm: ShardingAlgorithm {
    /// The number of slots unless told otherwise.
    public static let defaultSlotCount = 1024

    /// Slot to partition.
    public let slots: [Int]
    public let partitionCount: Int

    /// - Precondition: `slots` is not empty and names partitions below `partitionCount` only.
    public init(slots: [Int], partitionCount: Int) {
        precondition(
            !slots.isEmpty && slots.allSatisfy { $0 >= 0 && $0 < partitionCount },
            "\(slots.count) slots over \(partitionCount) partitions")
        self.slots = slots
        self.partitionCount = partitionCount
    }

    /// The first map: slot mod partitions.
    public init(partitionCount: Int, slotCount: Int = HashAlgorithm.defaultSlotCount) {
        self.init(slots: (0..<slotCount).map { $0 % partitionCount }, partitionCount: partitionCount)
    }

    public var name: String { "hash" }

    public func partition(of key: [Value], types: [KeyType]) throws(ShardError) -> Int {
        slots[slot(of: key, types: types)]
    }

    /// The slot of a key.
    public func slot(of key: [Value], types: [KeyType]) -> Int {
        var hash = KeyHash()
        for index in key.indices { hash.combine(key[index], collation: types[index].collation) }
        return slot(ofHash: hash.value)
    }

    /// About 5 ns, no allocation.
    public func partition(ofInteger key: Int64) -> Int? {
        slots[slot(ofHash: KeyHash.ofInteger(key))]
    }

    @inline(__always)
    private func slot(ofHash hash: UInt64) -> Int {
        // A division costs more than the hash; the default number of slots is a power of two.
        let count = UInt64(truncatingIfNeeded: slots.count)
        return Int(truncatingIfNeeded: count & (count &- 1) == 0 ? hash & (count &- 1) : hash % count)
    }

    public var record: AlgorithmRecord { AlgorithmRecord(name: name, slots: slots) }
}
