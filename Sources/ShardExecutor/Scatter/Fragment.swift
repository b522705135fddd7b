import ShardBackend
import ShardTopology

/// One piece of per-shard work: (shard, SQL, values); the values are those of the run.
struct Fragment: Sendable {
    var shard: ShardIndex
    /// Nil for what is whole on its shard.
    var partition: Int?
    var statement: ShardStatement
    /// The statement whose rows the middleware groups; the other one lets the engine do it.
    var rows: ShardStatement?
}
