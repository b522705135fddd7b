public import ShardBase

/// A table's placement as the catalog stores it. See ``TableRecord``.
public struct PlacementRecord: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable { case sharded, broadcast, single }

    public struct PartitionRecord: Sendable, Hashable, Codable {
        public var shard: String
        /// Nil: the table's own name.
        public var physicalName: String?
        /// The declared name.
        public var name: String?
    }

    public var version = TableRecord.currentVersion
    public var kind: Kind
    /// Of a single table.
    public var shard: String?
    /// The rest: of a sharded one.
    public var group: String?
    public var keyColumns: [String]?
    public var algorithm: AlgorithmRecord?
    public var partitions: [PartitionRecord]?

    public init(_ table: LogicalTable, shards: [String]) {
        switch table.placement {
        case .broadcast: kind = .broadcast
        case .single(let index):
            kind = .single
            shard = shards[index]
        case .sharded(let sharding):
            kind = .sharded
            group = sharding.group
            keyColumns = sharding.keyColumns.map { table.schema.columns[$0].name }
            algorithm = sharding.algorithm.record
            partitions = sharding.partitions.map {
                PartitionRecord(
                    shard: shards[$0.shard],
                    physicalName: $0.physicalName == table.schema.name ? nil : $0.physicalName, name: $0.name)
            }
        }
    }

    /// The placement over a schema.
    /// - Throws: as ``TableRecord/table(shards:)``.
    public func placement(of schema: TableSchema, shards: [String]) throws(ShardError) -> Placement {
        guard version == TableRecord.currentVersion else {
            throw ShardError(
                .catalogVersion,
                "the catalog's placement of \(schema.name) has format \(version), "
                    + "this version reads \(TableRecord.currentVersion)")
        }
        switch kind {
        case .broadcast: return .broadcast
        case .single: return .single(try index(of: shard, schema, shards))
        case .sharded: return .sharded(try sharding(of: schema, shards))
        }
    }

    private func sharding(of schema: TableSchema, _ shards: [String]) throws(ShardError) -> Sharding {
        guard let keyColumns, let algorithm, let partitions, let group, !partitions.isEmpty else {
            throw ShardError(.corrupt, "the catalog's placement of \(schema.name) is incomplete")
        }
        var keys: [Int] = []
        for name in keyColumns {
            guard let column = schema.column(named: name) else {
                throw ShardError(.corrupt, "the catalog shards \(schema.name) by \(name), which is no column of it")
            }
            keys.append(column)
        }
        var placed: [Partition] = []
        for partition in partitions {
            placed.append(
                Partition(
                    shard: try index(of: partition.shard, schema, shards),
                    physicalName: partition.physicalName ?? schema.name, name: partition.name))
        }
        let types = keys.map { schema.keyType(of: $0) }
        return Sharding(
            keyColumns: keys, keyTypes: types,
            algorithm: try algorithm.algorithm(partitionCount: placed.count, types: types), partitions: placed,
            group: group)
    }

    private func index(of name: String?, _ schema: TableSchema, _ shards: [String]) throws(ShardError) -> ShardIndex {
        guard let name, let index = shards.firstIndex(of: name) else {
            throw ShardError(
                .corrupt, "the catalog puts \(schema.name) on the shard \(name ?? "without a name"), which there is not"
            )
        }
        return index
    }
}

extension TableSchema {
    /// Affinity and collation of a column, as a shard key's.
    func keyType(of column: Int) -> KeyType {
        KeyType(affinity: columns[column].affinity, collation: columns[column].collation)
    }
}
