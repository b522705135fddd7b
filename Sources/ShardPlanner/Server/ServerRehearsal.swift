public import ShardTopology

/// A write that no shard can do alone: the coordinator runs the user's own text over all rows of the tables it names, and what
/// changed there, row by row, is done on the shards. The shards' tables are locked against other writers meanwhile.
public struct ServerRehearsalPlan: Sendable {
    public struct Table: Sendable {
        public var name: String
        /// Where its rows are: the table's name there as SQL text. No shard: any, since all have the same.
        public var sources: [(shard: ShardIndex?, name: String)]
        public var target: Target
        /// Columns that are stored as given: all but generated ones, in the table's order.
        public var columns: [String]
        /// Identity columns with what gives their next number, as SQL text.
        public var identities: [(column: String, next: String)]
        public var primaryKey: [String]
        /// Another table has a foreign key to it: rows must not leave it for another shard.
        public var isReferred: Bool
        /// It has a foreign key, or ``isReferred``: changes of several such tables are not checked together.
        public var hasForeignKeys: Bool
        /// Its types are written alike by all servers in binary form.
        public var isBinary: Bool
    }
    public enum Target: Sendable {
        /// By row: the key columns' names, and how they are stored.
        case sharded(Sharding, key: [(name: String, column: ServerKeyColumn)])
        case everyShard
        case shard(ShardIndex)
    }
    public var tables: [Table]
    /// CREATE TEMPORARY VIEW texts of the logical views in use, each after those it reads.
    public var views: [String]
    public var sql: String
    public var returnsRows: Bool
}
