/// What an endpoint said when it was asked how it is.
///
/// PostgreSQL, one query on a connection kept for it:
/// - `isInRecovery`: `pg_is_in_recovery()`;
/// - `position` of a primary: `pg_current_wal_insert_lsn()`, in the timeline that the first eight digits of
///   `pg_walfile_name(pg_current_wal_insert_lsn())` say (`pg_control_checkpoint()` says the old one for a while after a
///   promotion); of a replica: `pg_last_wal_replay_lsn()`, NULL before anything was replayed;
/// - `forks`: the lines of `pg_wal/<timeline>.history`, where the role may read it.
///
/// SQLite: `position` is the incarnation and the commit counter; the file that is written says false, followers say true.
public struct ProbeAnswer: Sendable, Hashable {
    public var isInRecovery: Bool
    /// Nil: the server said NULL.
    public var position: Position?
    /// Where ancestors of the position's timeline were left, as far as is known.
    public var forks: [Lineage.Fork]
    /// How long ago the last replayed commit was made, by the two servers' clocks. Nil: NULL or not asked. It is believed only
    /// where the configuration says by how much those clocks may differ, and only as a bound.
    public var replayAge: Duration?

    public init(
        isInRecovery: Bool, position: Position?, forks: [Lineage.Fork] = [], replayAge: Duration? = nil
    ) {
        self.isInRecovery = isInRecovery
        self.position = position
        self.forks = forks
        self.replayAge = replayAge
    }
}

/// Asks an endpoint how it is: what a backend provides.
public protocol EndpointProbe: Sendable {
    /// One question on a connection of its own, never on one of the statements' pool: a full pool is not a sick server.
    ///
    /// - Throws: whatever keeps the answer away. The task is cancelled when it takes too long.
    func probe(_ endpoint: Endpoint) async throws -> ProbeAnswer
}
