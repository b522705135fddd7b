import ShardBase
import ShardSQL
import ShardTopology

/// `/*+ partition(3) */` and `/*+ shard(s1) */`: the caller names where a statement goes. They count for tables sharded
/// by HINT and no others, since anywhere else they could hide rows.
struct PartitionHints {
    private var partition: Int?
    private var shard: String?

    init(_ hints: [String]) {
        for hint in hints {
            for word in hint.split(separator: ")") {
                let parts = word.split(separator: "(", maxSplits: 1)
                guard parts.count == 2 else { continue }
                let value = parts[1].filter { $0 != " " }
                switch parts[0].filter({ $0 != " " && $0 != "," }).lowercased() {
                case "partition": partition = Int(value)
                case "shard": shard = String(value)
                default: continue
                }
            }
        }
    }

    /// The partition named for a table sharded by HINT; nil for other tables, or when nothing is named.
    func partition(of sharding: Sharding, in topology: Topology) throws(PlanningRefusal) -> Int? {
        guard sharding.algorithm is HintAlgorithm else { return nil }
        if let partition {
            guard sharding.partitions.indices.contains(partition) else {
                throw PlanningRefusal(
                    .notFound, "there is no partition \(partition): the table has \(sharding.partitions.count)")
            }
            return partition
        }
        guard let shard else { return nil }
        let places = sharding.partitions.indices.filter {
            topology.shards[sharding.partitions[$0].shard].lowercased() == shard.lowercased()
        }
        guard places.count == 1 else {
            throw PlanningRefusal(
                .notFound, "the shard \(shard) has \(places.count) partitions of the table; a hint needs exactly one",
                hint: "Name the partition: /*+ partition(0) */.")
        }
        return places[0]
    }
}
