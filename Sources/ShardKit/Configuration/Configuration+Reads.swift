public import ShardReplicas

extension Configuration {
    /// A further server of a shard: a streaming replica of its database. Which of them is the primary is found by asking.
    public struct Replica: Sendable, Hashable {
        /// Unique in its shard, and not the shard's own name: that is what its first server is called.
        public var name: String
        /// A connection string, as a shard's.
        public var url: String
        /// How many times the reads of a replica of weight 1 it takes, 0…1,000; with 0 it is read from only where a hint names
        /// it. Default: 1.
        public var weight: Int
        /// What hints and preferences choose by. Default: none.
        public var tags: Set<EndpointTag>

        public init(name: String, url: String, weight: Int = 1, tags: Set<EndpointTag> = []) {
            self.name = name
            self.url = url
            self.weight = weight
            self.tags = tags
        }
    }

    /// How reads use replicas, where shards have some.
    ///
    /// ```yaml
    /// reads:
    ///   consistency: readYourWrites   # eventual, bounded(5s), readYourWrites, strong
    ///   wait: 200ms
    ///   prefer: [zone=eu]
    /// ```
    public struct Reads: Sendable {
        /// What reads may miss where neither the statement nor its session says it. Default: nothing (`strong`): replicas are
        /// asked for.
        public var options = ReadOptions()
        /// How reads are spread over the replicas that may serve them. Default: ``ShardReplicas/BalancingPolicy/latency``.
        public var balancing: BalancingPolicy = .latency
        public var probes = ProbeLoop.Options()
        /// How old a measured lag may be and still count. Default: 5 s.
        public var measurementLifetime: Duration = .seconds(5)
        /// By how much the servers' clocks may differ, where commits' time stamps are to be believed. Default nil: they are not.
        public var clockSkew: Duration?
        public var breaker = CircuitBreaker.Options()
        /// How long a statement waits while no primary is known. Default: 10 s.
        public var failoverWait: Duration = .seconds(10)
        /// Statements under way on one endpoint. Default nil: as many as ``Configuration/connections``.
        public var statements: Int?
        /// Statements that may wait where there is such a limit. Default: 1,000.
        public var queue = 1000
        /// For statements of labels that are not in ``labels``, and without one.
        public var policy = LabelPolicy()
        public var labels: [String: LabelPolicy] = [:]
        /// 128 secret bits with which tokens are signed. Default nil: damage is seen, forgery is not.
        public var tokenKey: (UInt64, UInt64)?

        public init() {}
    }
}

extension Configuration.Reads {
    /// A balancing policy's name in the configuration.
    public static let balancingNames = [
        "roundRobin", "random", "weighted", "leastInFlight", "consistentHash", "latency",
    ]

    static func balancing(named name: String) -> BalancingPolicy? {
        switch name.lowercased() {
        case "roundrobin": .roundRobin
        case "random": .random
        case "weighted": .weighted
        case "leastinflight": .leastInFlight
        case "consistenthash": .consistentHash(of: .session)
        case "latency": .latency
        default: nil
        }
    }
}
