public import ShardTopology
import ShardSQL

/// One object of the logical schema, as the logical `sqlite_master` lists it.
public struct CatalogObject: Sendable {
    public enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
        case table, index, view, trigger, virtual
    }
    public var kind: Kind
    public var name: String
    /// The table an index or trigger belongs to; a table's, view's or virtual table's own name.
    public var tableName: String
    /// The logical CREATE text, without sharding clauses.
    public var sql: String
    /// Schema and placement of a table or virtual table, nil for the others.
    public var table: LogicalTable?

    public init(kind: Kind, name: String, tableName: String, sql: String, table: LogicalTable? = nil) {
        self.kind = kind
        self.name = name
        self.tableName = tableName
        self.sql = sql
        self.table = table
    }
}

/// A shard as the catalog knows it. Its position in the list is its ``ShardTopology/ShardIndex``.
public struct CatalogShard: Sendable, Hashable, Codable {
    public var name: String
    /// Where the backend finds it: a path relative to the catalog's folder, or a URL.
    public var location: String
    /// Also stored on the shard itself.
    public var uuid: String

    public init(name: String, location: String, uuid: String) {
        self.name = name
        self.location = location
        self.uuid = uuid
    }
}

/// All of the catalog that statements depend on, as of one epoch: an immutable value.
public struct CatalogSnapshot: Sendable {
    public var topology: Topology
    public var shards: [CatalogShard]
    /// In the order of the logical `sqlite_master`.
    public var objects: [CatalogObject]

    public init(epoch: UInt64, shards: [CatalogShard], objects: [CatalogObject]) {
        self.shards = shards
        self.objects = objects
        var topology = Topology(epoch: epoch, shards: shards.map(\.name))
        for object in objects {
            switch object.kind {
            case .table, .virtual: topology.tables[object.name.asciiLowercased()] = object.table
            case .view:
                topology.views[object.name.asciiLowercased()] = LogicalView(name: object.name, createSQL: object.sql)
            case .index:
                topology.indexes.append(
                    LogicalAttachment(name: object.name, table: object.tableName, createSQL: object.sql))
            case .trigger:
                topology.triggers.append(
                    LogicalAttachment(name: object.name, table: object.tableName, createSQL: object.sql))
            }
        }
        self.topology = topology
    }

    public var epoch: UInt64 { topology.epoch }

    /// The texts that make the logical schema on an empty private database (the mirror), in order.
    public var schemaTexts: [String] { objects.map(\.sql) }

    /// The indexes of the logical schema: name and table.
    public var indexes: [(name: String, table: String)] {
        objects.filter { $0.kind == .index }.map { ($0.name, $0.tableName) }
    }
}
