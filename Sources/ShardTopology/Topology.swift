public import ShardValues

/// Which rows live where: an immutable value with an epoch. A statement pins one; a change makes a new one.
public struct Topology: Sendable {
    /// Grows by one with every change of schema or placement.
    public var epoch: UInt64
    /// Shard names in order; the position is the ``ShardIndex``.
    public var shards: [String]
    /// Tables by ``key(for:)`` of their names.
    public var tables: [String: LogicalTable]
    /// Views by ``key(for:)`` of their names.
    public var views: [String: LogicalView]
    /// In the order in which they were made.
    public var indexes: [LogicalAttachment] = []
    public var triggers: [LogicalAttachment] = []

    public init(
        epoch: UInt64, shards: [String], tables: [String: LogicalTable] = [:], views: [String: LogicalView] = [:]
    ) {
        self.epoch = epoch
        self.shards = shards
        self.tables = tables
        self.views = views
    }

    public func table(named name: String) -> LogicalTable? { tables[Self.key(for: name)] }
    public func view(named name: String) -> LogicalView? { views[Self.key(for: name)] }

    /// A name as SQLite compares names: A to Z folded to a to z, every other character as it is.
    public static func key(for name: String) -> String {
        guard name.utf8.contains(where: { $0 &- 65 < 26 }) else { return name }
        return String(decoding: name.utf8.map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}

/// The position of a shard in ``Topology/shards``.
public typealias ShardIndex = Int

/// A logical table: its schema and where its rows live.
public struct LogicalTable: Sendable {
    public var schema: TableSchema
    public var placement: Placement
    /// The logical CREATE TABLE text without the sharding clause, as `sqlite_master` shows it.
    public var createSQL: String
    /// Ordinals of the columns that are kept apart, ascending; empty: the table is not split. See ``coldName(of:)``.
    public var coldColumns: [Int]

    public init(schema: TableSchema, placement: Placement, createSQL: String, coldColumns: [Int] = []) {
        self.schema = schema
        self.placement = placement
        self.createSQL = createSQL
        self.coldColumns = coldColumns
    }
}

/// An index or a trigger: what belongs to a table (or, a trigger, to a view).
public struct LogicalAttachment: Sendable, Hashable {
    public var name: String
    public var table: String
    public var createSQL: String
    public init(name: String, table: String, createSQL: String) {
        self.name = name
        self.table = table
        self.createSQL = createSQL
    }
}

public struct LogicalView: Sendable, Hashable, Codable {
    public var name: String
    public var createSQL: String
    public init(name: String, createSQL: String) {
        self.name = name
        self.createSQL = createSQL
    }
}

/// Where a table's rows live.
public enum Placement: Sendable {
    /// Each row in one partition, by its shard key.
    case sharded(Sharding)
    /// All rows on every shard.
    case broadcast
    /// All rows on one shard.
    case single(ShardIndex)
}

/// How a sharded table's rows spread over partitions.
public struct Sharding: Sendable {
    /// Column ordinals of the shard key in the table's schema, in key order.
    public var keyColumns: [Int]
    /// Affinity and collation per key column: values are brought under the affinity before they are hashed or
    /// compared, so that keys the column's own `=` calls equal have one home.
    public var keyTypes: [KeyType]
    public var algorithm: any ShardingAlgorithm
    /// The partitions in order; the position is the partition number.
    public var partitions: [Partition]
    /// Tables with equal groups are colocated: equal key values share a partition number, and equal partition
    /// numbers share a shard.
    public var group: String

    public init(
        keyColumns: [Int], keyTypes: [KeyType], algorithm: any ShardingAlgorithm, partitions: [Partition],
        group: String
    ) {
        self.keyColumns = keyColumns
        self.keyTypes = keyTypes
        self.algorithm = algorithm
        self.partitions = partitions
        self.group = group
    }
}

public struct KeyType: Sendable, Hashable, Codable {
    public var affinity: Affinity
    public var collation: Collation
    public init(affinity: Affinity, collation: Collation) {
        self.affinity = affinity
        self.collation = collation
    }
}

/// One horizontal piece of a table.
public struct Partition: Sendable, Hashable {
    public var shard: ShardIndex
    /// The physical table's name on the shard: the logical name, or `orders_3` when one shard holds several.
    public var physicalName: String
    /// The partition's declared name (RANGE and LIST), else nil.
    public var name: String?
    public init(shard: ShardIndex, physicalName: String, name: String? = nil) {
        self.shard = shard
        self.physicalName = physicalName
        self.name = name
    }
}
