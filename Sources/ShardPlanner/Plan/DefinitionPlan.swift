public import ShardSQL

/// DDL. The executor runs `logicalSQL` on the logical schema first (the engine itself validates it and its
/// `sqlite_master` gives the new texts), then asks ``DefinitionPlanner`` for the shards' statements, journals them,
/// runs them and commits the catalog.
public struct DefinitionPlan: Sendable {
    public enum Kind: Sendable {
        case createTable(CreateTableStatement)
        /// CREATE TABLE … AS: the table is made as the logical schema made it, the query's rows are inserted.
        case createTableAs(CreateTableStatement, query: PlanBox)
        case createVirtualTable(CreateVirtualTableStatement)
        case createIndex(CreateIndexStatement)
        case createView(CreateViewStatement)
        case createTrigger(CreateTriggerStatement)
        case alterTable(AlterTableStatement)
        case drop(DropStatement)
        /// VACUUM, ANALYZE, REINDEX: on every shard, nothing changes in the catalog.
        case maintenance(OtherStatement)
    }
    public var kind: Kind
    /// The statement as the logical schema runs it: no sharding clause.
    public var logicalSQL: String
    public init(kind: Kind, logicalSQL: String) {
        self.kind = kind
        self.logicalSQL = logicalSQL
    }
}

/// State of the logical session.
public enum SessionAction: Sendable {
    case begin(mode: String?)
    case commit
    case rollback
    case savepoint(String)
    case release(String)
    case rollbackTo(String)
    /// A PRAGMA that is session state, read (nil) or set; the name is lower case.
    case setting(name: String, value: String?)
}
