import ShardCatalog
import ShardTopology

/// Where commits over several shards are announced to the other processes with the database open; outlives the process that
/// announces, not the machine.
protocol CommitBoard: Sendable {
    typealias Announcement = EpochPage.Announcement

    /// Whether anything is announced. One atomic load.
    var hasPendingCommits: Bool { get }
    func pendingCommits(to shard: ShardIndex) -> [Announcement]
    /// Nil: there is no room now, or no other process would see it.
    func announce(_ owner: UInt64, shards: [ShardIndex]) -> Announcement?
    func reached(_ shard: ShardIndex, _ announcement: Announcement)
    /// Whether it has still to reach any.
    func hasShardsLeft(_ announcement: Announcement) -> Bool
    func retract(_ announcement: Announcement)
}

extension EpochPage: CommitBoard {}
