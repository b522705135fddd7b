import ShardBackend
import ShardBase
public import ShardReplicas
import ShardTopology
import Synchronization

/// What one session's reads may miss, and what it has written and seen: where its shards have replicas.
public final class SessionReading: Sendable {
    /// A write whose place in its shard's history is asked for when somebody wants to know.
    private struct Unplaced {
        var endpoint: String
        var timeline: UInt64
        /// When its connection was given back.
        var at: Duration
    }

    private struct State {
        var options: ReadOptions
        var label: String?
        var reads = SessionReads()
        var unplaced: [ShardIndex: [Unplaced]] = [:]
    }

    let splitting: ReadSplitting
    private let owner: UInt64
    private let state: Mutex<State>

    init(_ splitting: ReadSplitting, owner: UInt64) {
        self.splitting = splitting
        self.owner = owner
        state = Mutex(State(options: ReadOptions()))
    }

    /// What the session says; the configuration says the rest.
    public var options: ReadOptions {
        get { state.withLock { $0.options } }
        set { state.withLock { $0.options = newValue } }
    }

    /// What the session's statements are called in the configuration, unless they say it themselves.
    public var label: String? {
        get { state.withLock { $0.label } }
        set { state.withLock { $0.label = newValue } }
    }

    /// Becomes another session: what was written and seen is nobody's any more.
    public func forget() {
        state.withLock { state in
            state.reads = SessionReads()
            state.unplaced = [:]
        }
    }

    // MARK: Tokens

    /// How far the shards had come when the session last wrote, and what was presented to it. One round trip for each shard that was
    /// written since it was last asked, unless a probe has told in the meantime.
    public func token() async throws -> ConsistencyToken {
        try await place(nil)
        return state.withLock { $0.reads.written }
    }

    /// The session's reads have to see what a token tells of.
    public func present(_ token: ConsistencyToken) { state.withLock { $0.reads.present(token) } }

    /// Finds out how far the shards had come behind the session's writes.
    ///
    /// - Parameter shard: nil: all.
    private func place(_ shard: ShardIndex?) async throws {
        let open = state.withLock { state in
            state.unplaced.filter { shard == nil || $0.key == shard }
        }
        for (index, writes) in open {
            guard let database = splitting.shards[index] else { continue }
            for write in writes {
                let position = try await position(of: write, database)
                state.withLock { state in
                    state.reads.wrote(position, shard: database.name)
                    state.unplaced[index]?.removeAll { $0.timeline == write.timeline && $0.at == write.at }
                    if state.unplaced[index]?.isEmpty ?? false { state.unplaced[index] = nil }
                }
            }
        }
    }

    /// A place at or after a write.
    private func position(of write: Unplaced, _ database: ReplicatedShard) async throws -> Position {
        let standing = database.board.standing
        if let place = standing.endpoints.place(of: write.endpoint) {
            let known = standing.standings[place]
            // Asked later than the write had ended.
            if known.askedAt >= write.at, let position = known.position, position.timeline == write.timeline {
                return position
            }
        }
        let position = try await database.position()
        if position.timeline == write.timeline { return position }
        // There was a failover behind the write, and nobody can say any more how far that timeline had come then: the
        // write counts as the last there was in it, so that it is never taken for one that has survived.
        return Position(timeline: write.timeline, offset: .max)
    }

    // MARK: Statements

    /// A connection to the primary may have written, and goes back.
    func wrote(_ connection: any ShardConnection, of shard: ShardIndex) {
        guard let own = connection as? EndpointConnection else { return }
        let now = SystemClock().monotonic
        state.withLock { state in
            let write = Unplaced(endpoint: own.endpoint, timeline: own.timeline, at: now)
            var writes = state.unplaced[shard] ?? []
            // A later one in the same timeline stands for those before it.
            writes.removeAll { $0.timeline == own.timeline }
            state.unplaced[shard] = writes + [write]
        }
    }

    /// A connection that something was read by goes back.
    func saw(_ connection: any ShardConnection, of shard: ShardIndex) {
        if let seen = seen(by: connection) { note(seen, of: shard) }
    }

    func seen(by connection: any ShardConnection) -> SessionReads.Seen? {
        (connection as? EndpointConnection).map {
            .init(endpoint: $0.endpoint, timeline: $0.timeline, endedAt: SystemClock().monotonic)
        }
    }

    func note(_ seen: SessionReads.Seen, of shard: ShardIndex) {
        guard let database = splitting.shards[shard] else { return }
        state.withLock { $0.reads.read(database.name, seen) }
    }

    /// What a read of a shard asks.
    func request(_ hints: ReadHints, shard: ShardIndex, name: String) async throws -> ReadRequest {
        let options = try options(hints)
        if options.level == .readYourWrites, hints.endpoint != .primary { try await place(shard) }
        let reads = state.withLock { $0.reads }
        var request = ReadRequest(options, session: reads, shard: name)
        request.hint = hints.endpoint
        request.hash = owner
        return request
    }

    /// What the statement says, else the session, else the configuration.
    ///
    /// - Throws: `.configuration` where a replica is asked for a strong read.
    func options(_ hints: ReadHints) throws(ShardError) -> ReadOptions {
        var options = hints.options.over(self.options).over(splitting.options)
        guard hints.asksForReplica else { return options }
        if options.level == .strong {
            throw ShardError(
                .configuration, "a strong read goes to the primary, and the hint names replicas",
                hint: "Add a level to the hint: /*+ replica consistency=readYourWrites */.")
        }
        if options.level == nil { options.level = .eventual }
        return options
    }

    func request(shard: ShardIndex, name: String) async throws -> ReadRequest {
        try await request(ReadHints(), shard: shard, name: name)
    }

    func label(_ hints: ReadHints) -> String? { hints.label ?? label }
}
