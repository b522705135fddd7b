public import ShardTopology

/// Where a logical table's pieces stand: every (shard, physical name) of it.
extension LogicalTable {
    /// One piece of a table on a shard: a partition, a copy, or all of it.
    public struct PhysicalPiece: Sendable, Hashable {
        public var shard: ShardIndex
        /// The partition's number; nil for broadcast and single tables.
        public var partition: Int?
        public var name: String
    }

    /// All pieces: by partition, else by shard.
    public func physicalPieces(shardCount: Int) -> [PhysicalPiece] {
        switch placement {
        case .broadcast:
            (0..<shardCount).map { PhysicalPiece(shard: $0, partition: nil, name: schema.name) }
        case .single(let shard): [PhysicalPiece(shard: shard, partition: nil, name: schema.name)]
        case .sharded(let sharding):
            sharding.partitions.enumerated().map {
                PhysicalPiece(shard: $1.shard, partition: $0, name: $1.physicalName)
            }
        }
    }

    /// The physical name of an index on a piece: the logical one, with the partition's number where the piece has a name of
    /// its own.
    public func physicalIndexName(_ index: String, on piece: PhysicalPiece) -> String {
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
