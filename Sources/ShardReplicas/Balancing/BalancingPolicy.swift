import Synchronization

/// How reads are spread over the replicas that may serve them.
public enum BalancingPolicy: Sendable {
    /// One after the other; an endpoint of weight 3 has three turns in a row.
    case roundRobin
    /// By lot, each as often as its weight says.
    case random
    /// In turn by weight, smoothly: weights 3 and 1 give a a b a, never a a a b. One lock a statement.
    case weighted
    /// Whoever has the fewest statements of this process in flight per weight; ties by lot.
    case leastInFlight
    /// The same endpoint for the same hash, as long as it may serve; weights do not count. A read without a hash (a scatter,
    /// a session without identity) is served by lot.
    case consistentHash(of: HashSubject)
    /// Of two drawn by lot the one that answers sooner: its moving average times one more than its statements in flight.
    /// Weights do not count.
    case latency
    /// The application's own.
    case custom(@Sendable (BalancingChoice) -> Int?)

    /// What the hash is of, for ``BalancingPolicy/consistentHash(of:)``.
    public enum HashSubject: String, Sendable, Hashable, CaseIterable { case session, key }
}

/// What a balancing closure may go by.
public struct BalancingChoice: Sendable {
    public let standing: ShardStanding
    /// Places of those that may serve the read; never empty.
    public let candidates: EndpointMask
    /// The request's hash, where it has one.
    public let hash: UInt64?
    /// Statements in flight, place by place. Only those of candidates need looking at.
    public func inFlight(_ place: Int) -> Int { standing.loads[place].inFlight.load(ordering: .relaxed) }
    /// The moving average of a place's answers. Nil: it has not answered yet.
    public func latency(_ place: Int) -> Duration? {
        let nanoseconds = standing.loads[place].latency.current(now: now)
        return nanoseconds == 0 ? nil : .nanoseconds(Int64(nanoseconds))
    }
    let now: Duration
}
