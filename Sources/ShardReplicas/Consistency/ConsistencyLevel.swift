/// What a read may miss.
public enum ConsistencyLevel: Sendable, Hashable {
    /// Any commit, as long as the replica's lag is known (and within `maxLag`, where one is set).
    case eventual
    /// Commits of the last `staleness` only: what the read sees is at most that old when the endpoint is chosen, also if
    /// replication stops at that moment. Stricter than `maxLag`, which bounds the lag when it was last measured.
    case bounded(staleness: Duration)
    /// Nothing that the session wrote, or that a token it presents tells of.
    case readYourWrites
    /// Nothing that was committed before: the read goes to the primary.
    case strong
}
