import ShardSQL
import ShardTopology

extension FragmentTemplate {
    /// The very text that a place is sent.
    ///
    /// - Parameter partition: whose tables fill the holes; nil where the place is a whole shard and there are none.
    public func text(partition: Int?) -> String {
        sql.render { number in
            switch tables[number] {
            case .fixed(let name): Identifier.quoted(name)
            case .spelled(let names): names.count == 1 ? names[0] : names[partition ?? 0]
            case .partitioned(let sharding): Identifier.quoted(sharding.partitions[partition ?? 0].physicalName)
            }
        }
    }
}
