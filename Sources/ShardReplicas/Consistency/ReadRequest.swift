/// How a read asks to be served.
public struct ReadRequest: Sendable {
    /// What happens where no replica may serve the read.
    public enum Fallback: Sendable, Hashable {
        case primary
        /// `.noReplica`: for reads that must never load the primary.
        case fail
    }

    /// Default: eventual.
    public var level: ConsistencyLevel = .eventual
    /// The greatest lag, when it was last measured. Default nil: any lag, as long as it is known.
    public var maxLag: Duration?
    public var hint: EndpointHint?
    /// Tags in the order of preference: the first that leaves a replica is taken, and if none does, any replica. Default: none.
    public var preference: [EndpointTag] = []
    /// What the read has to see.
    public var required: [Position] = []
    /// What the session has read of the shard before, if it must not fall behind that.
    public var seen: SessionReads.Seen?
    /// A moment of the board's clock: everything committed before it has to be visible. Unlike ``required`` it is not waited for,
    /// since only a probe of the primary behind it can tell. Default nil: none.
    public var notBefore: Duration?
    /// How long the read may wait for a replica to come to ``required``. Default: not at all.
    public var waitBound: Duration = .zero
    /// Default: the primary.
    public var fallback: Fallback = .primary
    /// For consistent hashing: the hash of the session or of the shard key. Nil: any endpoint will do.
    public var hash: UInt64?
    /// Endpoints that have failed for this statement already.
    public var excluded: [String] = []

    public init() {}

    /// What a session's level asks of a read of one shard.
    ///
    /// - Parameter monotonic: whether the session never sees less than it has seen. Default: true.
    public init(level: ConsistencyLevel, session: SessionReads, shard: String, monotonic: Bool = true) {
        self.level = level
        switch level {
        case .readYourWrites, .strong: required = session.written.required(of: shard)
        case .eventual, .bounded: break
        }
        if monotonic { seen = session.seen(of: shard) }
    }
}
