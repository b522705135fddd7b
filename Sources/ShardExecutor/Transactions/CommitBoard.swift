import ShardCatalog
import ShardTopology

/// Where commits over several shards are announced to the other processes with the database open; outlives the process that
/// announces, not the machine.
protocol CommitBoard: Sendable {
    typealias Announcement = EpochPage.Announcement

    /// Whether anything is announced. One atomic load.
    var hasPendingCommits: Bool { get }
    func pendingCommits(to shard: ShardIndex) -> [Announcement]
    var announcements: [Announcement] { get }
    /// Nil: there is no room now, or no other process would see it.
    func announce(_ owner: UInt64, shards: [ShardIndex]) -> Announcement?
    func reached(_ shard: ShardIndex, _ announcement: Announcement)
    /// Whether it has still to reach any.
    func hasShardsLeft(_ announcement: Announcement) -> Bool
    func retract(_ announcement: Announcement)
    /// Whether its process is gone.
    func isAbandoned(_ announcement: Announcement) -> Bool
    /// Nil while another process' commit is under way; else a count that is the same as long as none has begun.
    var quietCount: UInt64? { get }
    func holdCommits(for duration: Duration)
    var commitsAreHeld: Bool { get }
}

extension EpochPage: CommitBoard {}
