import ShardSQL
import ShardTopology

/// Where a logical table's pieces stand: every (shard, physical name) of it.
extension LogicalTable {
    /// One piece of a table on a shard.
    struct Piece {
        var shard: ShardIndex
        /// Nil for broadcast and single tables.
        var partition: Int?
        var name: String
    }

    /// All pieces, in shard order within partitions' order.
    func pieces(shardCount: Int) -> [Piece] {
        switch placement {
        case .broadcast:
            (0..<shardCount).map { Piece(shard: $0, partition: nil, name: schema.name) }
        case .single(let shard): [Piece(shard: shard, partition: nil, name: schema.name)]
        case .sharded(let sharding):
            sharding.partitions.enumerated().map { Piece(shard: $1.shard, partition: $0, name: $1.physicalName) }
        }
    }

    /// The physical name of an index on a piece: the logical one, with the suffix that the piece's own name has.
    func indexName(_ index: String, on piece: Piece) -> String {
        guard let partition = piece.partition, piece.name != schema.name else { return index }
        return "\(index)_\(partition)"
    }
}

extension Placement {
    /// The same placement under another table name: partitions' own names follow.
    func renamed(from old: String, to new: String) -> Placement {
        guard case .sharded(var sharding) = self else { return self }
        for index in sharding.partitions.indices {
            let name = sharding.partitions[index].physicalName
            if name.hasPrefix(old) { sharding.partitions[index].physicalName = new + name.dropFirst(old.count) }
        }
        return .sharded(sharding)
    }

    /// The same placement over a changed list of columns; `map` gives a column's new ordinal.
    func remapped(_ schema: TableSchema, _ map: (Int) -> Int?) -> Placement? {
        guard case .sharded(var sharding) = self else { return self }
        var keys: [Int] = []
        for key in sharding.keyColumns {
            guard let new = map(key) else { return nil }
            keys.append(new)
        }
        sharding.keyColumns = keys
        return .sharded(sharding)
    }
}
