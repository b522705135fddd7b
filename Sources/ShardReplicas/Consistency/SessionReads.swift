/// What one session has written and seen: from it follow read-your-writes and monotonic reads.
///
/// A value of its session, used by one statement at a time. Grows with the shards that the session has touched.
public struct SessionReads: Sendable {
    /// What was last read of a shard, and where.
    public struct Seen: Sendable, Hashable {
        public var endpoint: String
        /// The timeline that the endpoint was in when it was chosen.
        public var timeline: UInt64
        /// When the read had ended.
        public var endedAt: Duration
        /// At or after what the read saw, where that is known: a position taken after the read. Nil: only the same endpoint
        /// is known to show as much, until a probe of it tells more.
        public var upTo: Position?

        public init(endpoint: String, timeline: UInt64, endedAt: Duration, upTo: Position? = nil) {
            self.endpoint = endpoint
            self.timeline = timeline
            self.endedAt = endedAt
            self.upTo = upTo
        }
    }

    /// Own writes, and those of tokens that were presented.
    public private(set) var written = ConsistencyToken()
    private var seen: [String: Seen] = [:]

    public init() {}

    /// A token that another session gave.
    public mutating func present(_ token: ConsistencyToken) { written.merge(token) }

    /// A write of this session.
    /// - Parameter position: at or after the commit: the primary's insert position taken after it.
    public mutating func wrote(_ position: Position, shard: String) { written.note(position, of: shard) }

    /// A read of this session has ended. It takes the place of the one before, because its endpoint was chosen for having
    /// what that one had shown.
    public mutating func read(_ shard: String, _ new: Seen) { seen[shard] = new }

    public func seen(of shard: String) -> Seen? { seen[shard] }
}
