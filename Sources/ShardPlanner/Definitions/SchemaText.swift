public import ShardTopology

/// A row of the logical `sqlite_master`, as a private database with the logical schema shows it.
///
/// Left out are the engine's own objects: names that begin with `sqlite_`, and the tables a virtual table keeps its data
/// in.
public struct SchemaText: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable { case table, index, view, trigger, virtual }
    public var kind: Kind
    public var name: String
    public var tableName: String
    public var sql: String
    /// The visible columns of a virtual table, which its text does not tell: name and declared type.
    public var virtualColumns: [VirtualColumn]

    public struct VirtualColumn: Sendable, Hashable {
        public var name: String
        public var declaredType: String?
        public init(name: String, declaredType: String?) {
            self.name = name
            self.declaredType = declaredType
        }
    }

    public init(
        kind: Kind, name: String, tableName: String, sql: String, virtualColumns: [VirtualColumn] = []
    ) {
        self.kind = kind
        self.name = name
        self.tableName = tableName
        self.sql = sql
        self.virtualColumns = virtualColumns
    }
}

/// An object of the logical schema with what ShardKit knows of it.
public struct SchemaObject: Sendable {
    public var text: SchemaText
    /// Schema and placement of a table or virtual table.
    public var table: LogicalTable?

    public init(text: SchemaText, table: LogicalTable? = nil) {
        self.text = text
        self.table = table
    }
}

/// What a definition (DDL) does: what each shard runs, and the logical schema afterwards.
public struct DefinitionSteps: Sendable {
    /// Physical statements per shard, in shard order; shards without work are left out. All of a shard's run in one
    /// transaction.
    public var perShard: [(shard: ShardIndex, statements: [String])]
    /// The logical schema afterwards, in the order of the logical `sqlite_master`.
    public var objects: [SchemaObject]
    public var renamedTables: [(from: String, to: String)]
    public var droppedTables: [String]
    /// Nothing changes: `IF NOT EXISTS` of something that exists, `IF EXISTS` of something that does not.
    public var isNothing: Bool

    public init(
        perShard: [(shard: ShardIndex, statements: [String])] = [], objects: [SchemaObject],
        renamedTables: [(from: String, to: String)] = [], droppedTables: [String] = [], isNothing: Bool = false
    ) {
        self.perShard = perShard
        self.objects = objects
        self.renamedTables = renamedTables
        self.droppedTables = droppedTables
        self.isNothing = isNothing
    }

    /// One more statement for one shard.
    mutating func add(_ statement: String, on shard: ShardIndex) {
        if let known = perShard.firstIndex(where: { $0.shard == shard }) {
            perShard[known].statements.append(statement)
        } else {
            perShard.append((shard, [statement]))
            perShard.sort { $0.shard < $1.shard }
        }
    }
}
