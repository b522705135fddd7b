import ShardBackend
import ShardTopology

/// Where a statement's connections come from: leased from the pools, or pinned by the session's transaction.
///
/// A statement asks once per shard, in ascending order of shards (so that statements that wait for connections wait in
/// one order), and gives each connection back exactly once.
protocol ConnectionProvider: Sendable {
    func connection(for shard: ShardIndex) async throws -> any ShardConnection
    func giveBack(_ connection: any ShardConnection, of shard: ShardIndex)

    /// The shard for statements that any shard can answer. One session should keep to one, so that what it reads of
    /// broadcast tables never goes back in time. Default: the first.
    var anyShard: ShardIndex { get }
}

extension ConnectionProvider {
    var anyShard: ShardIndex { 0 }
}
