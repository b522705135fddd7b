import ShardTopology

/// Where the rows of a relation (a FROM item, a join, a subquery's answer) are.
enum Distribution {
    /// The same rows whichever shard is asked: only broadcast tables, constants or nothing.
    case anywhere
    /// In the logical schema only: `sqlite_master`, pragma functions.
    case catalog
    /// Whole on one shard.
    case shard(ShardIndex)
    /// Each row in exactly one partition of a colocation group.
    case partitioned(Partitioned)
}

/// A relation whose every row stems from exactly one partition, and is found there by the partition alone.
struct Partitioned {
    var sharding: Sharding
    /// Per shard-key column: columns of the relation that in every row equal the key value that placed the row.
    /// Empty where the relation does not show it. Grouping by these keeps groups inside a partition.
    var anchors: [Set<ColumnID>]
    /// Per shard-key column: columns which, where they are not NULL, equal the key value that placed the row. A join
    /// by equality with these stays inside a partition.
    var links: [Set<ColumnID>]
    /// Which partitions can hold rows of the relation: a superset.
    var condition: KeyCondition
    /// The key's operands when the statement's form ties the whole relation to one partition.
    var place: [KeyOperand]?
    /// The answer is right only when it is computed at ``place`` and nowhere else. (Counter-example: each shard asked for
    /// `SELECT count(*) FROM t WHERE k = 5` answers a row, those without the key a 0.)
    var needsPlace = false

    var group: String { sharding.group }

    func isSamePlace(as other: Partitioned) -> Bool {
        group == other.group && place != nil && place == other.place
    }
}
