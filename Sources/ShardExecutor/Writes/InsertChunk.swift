import ShardTopology
import ShardValues

/// One statement of a split INSERT: some rows of one fragment.
struct InsertChunk: Sendable {
    var sql: String
    var values: [Value]
    /// The rows' numbers in the user's statement, in the order of the text.
    var rows: [Int]
    /// The same rows' cold part, of a table split by column.
    var cold: Cold?

    struct Cold: Sendable {
        var sql: String
        var values: [Value]
    }
}

/// The rows that go to one partition (or, for whole tables, one shard), as statements within the engine's limits.
struct InsertFragment: Sendable {
    var shard: ShardIndex
    /// Nil for broadcast and single tables.
    var partition: Int?
    var chunks: [InsertChunk]
}
