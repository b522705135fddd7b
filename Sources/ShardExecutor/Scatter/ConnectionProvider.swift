import ShardBackend
import ShardTopology

/// Where a statement's connections come from: leased from the pools, or pinned by the session's transaction.
///
/// A statement asks once per shard, in ascending order of shards (so that statements that wait for connections wait in
/// one order), and gives each connection back exactly once.
protocol ConnectionProvider: Sendable {
    func connection(for shard: ShardIndex) async throws -> any ShardConnection

    /// Connections of several shards that see what this process has committed up to one moment: of no commit over several
    /// shards they see one half. Each is in a transaction, which its giving back ends.
    func snapshots(of shards: [ShardIndex]) async throws -> [any ShardConnection]

    /// Reads several shards as of one moment, to the end, before anybody in this process can commit over several shards:
    /// for short reads this costs less than ``snapshots(of:)``. The connections go back afterwards.
    func withMoment<Result>(
        of shards: [ShardIndex], _ body: ([any ShardConnection]) async throws -> Result
    ) async throws -> Result

    func giveBack(_ connection: any ShardConnection, of shard: ShardIndex)

    /// The shard for statements that any shard can answer. One session should keep to one, so that what it reads of
    /// broadcast tables never goes back in time. Default: the first.
    var anyShard: ShardIndex { get }
}

extension ConnectionProvider {
    var anyShard: ShardIndex { 0 }
}
