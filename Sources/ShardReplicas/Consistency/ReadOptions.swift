/// How reads are served, as said by one of the places that may say so: a query, its session, the configuration. Nil: it says
/// nothing.
public struct ReadOptions: Sendable, Hashable {
    public var level: ConsistencyLevel?
    public var maxLag: Duration?
    public var preference: [EndpointTag]?
    public var waitBound: Duration?
    public var fallback: ReadRequest.Fallback?
    /// Whether a session never sees less than it has seen.
    public var isMonotonic: Bool?

    public init(
        level: ConsistencyLevel? = nil, maxLag: Duration? = nil, preference: [EndpointTag]? = nil,
        waitBound: Duration? = nil, fallback: ReadRequest.Fallback? = nil, isMonotonic: Bool? = nil
    ) {
        self.level = level
        self.maxLag = maxLag
        self.preference = preference
        self.waitBound = waitBound
        self.fallback = fallback
        self.isMonotonic = isMonotonic
    }

    /// What this says, and where it says nothing, what another does: `query.over(session).over(configuration)`.
    public func over(_ other: ReadOptions) -> ReadOptions {
        ReadOptions(
            level: level ?? other.level, maxLag: maxLag ?? other.maxLag, preference: preference ?? other.preference,
            waitBound: waitBound ?? other.waitBound, fallback: fallback ?? other.fallback,
            isMonotonic: isMonotonic ?? other.isMonotonic)
    }
}

extension ReadRequest {
    /// What a session's read of one shard asks, by options of which the query's, the session's and the configuration's are laid over
    /// each other.
    ///
    /// Where nobody says a level, the read goes to the primary: reads on replicas are asked for, never a surprise.
    public init(_ options: ReadOptions, session: SessionReads, shard: String) {
        self.init(
            level: options.level ?? .strong, session: session, shard: shard, monotonic: options.isMonotonic ?? true)
        maxLag = options.maxLag
        preference = options.preference ?? []
        waitBound = options.waitBound ?? .zero
        fallback = options.fallback ?? .primary
    }
}
