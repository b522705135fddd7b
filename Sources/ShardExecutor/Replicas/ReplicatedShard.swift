public import ShardBackend
public import ShardBase
public import ShardReplicas
import ShardValues
import Synchronization

/// One shard on several servers: a primary and its replicas, each behind a pool of its own.
///
/// Which of them is the primary is found by asking them (``ShardReplicas/FailoverTracker``). Whoever asks for a connection without
/// saying what a read may miss is led to the primary; reads that say it go where ``ShardReplicas/EndpointBoard`` leads them.
///
/// What is known of a server is as old as its last probe, and a server may have been restarted since, with less than it had shown
/// before. A connection that is older than the probe shows that it was not; one that is younger asks again before it is
/// used. So no connection is ever lent on what was true of another life of its server.
public final class ReplicatedShard: ShardDatabase, Sendable {
    /// A server, with its pool.
    public struct Member: Sendable {
        public var endpoint: Endpoint
        /// For statements.
        public var database: any ShardDatabase
        /// For probes: a pool of one connection. A full pool is no sick server.
        public var probe: any ShardDatabase

        public init(_ endpoint: Endpoint, database: any ShardDatabase, probe: any ShardDatabase) {
            self.endpoint = endpoint
            self.database = database
            self.probe = probe
        }
    }

    public struct Options: Sendable {
        public var board = EndpointBoard.Options()
        public var probes = ProbeLoop.Options()
        /// How long a statement waits while no primary is known. Default: 10 s.
        public var failoverWait: Duration = .seconds(10)
        /// Statements under way on one endpoint. Default nil: as many as its pool has connections.
        public var limit: Int?
        /// Statements that may wait for their turn on one endpoint, where there is a ``limit``. Default: 1,000.
        public var queueLimit = 1000

        public init() {}
    }

    public let name: String
    public let board: EndpointBoard
    public let options: Options
    private let members: [String: Member]
    private let order: [Member]
    private let gates: [String: AdmissionGate]
    private let probe: ServerProbe
    private let clock = SystemClock()
    private let probing = Mutex<Task<Void, Never>?>(nil)
    /// The moment of the last change of the schema that this process has heard of: replicas have to show it. Nanoseconds.
    private let schemaMoment = Atomic<Int64>(.min)

    /// Begins to probe. ``close()`` ends that.
    ///
    /// - Parameter identity: see ``require(_:)``. Nil: of a database that is still to be made.
    /// - Throws: `.configuration` for endpoints that do not fit together.
    public init(
        name: String, _ members: [Member], identity: ShardIdentity?, options: Options = Options()
    ) throws(ShardError) {
        self.name = name
        self.options = options
        let endpoints = try EndpointSet(shard: name, members.map(\.endpoint))
        order = members
        self.members = Dictionary(uniqueKeysWithValues: members.map { ($0.endpoint.name, $0) })
        board = EndpointBoard(endpoints, options: options.board, clock: clock)
        var gates: [String: AdmissionGate] = [:]
        if let limit = options.limit {
            for member in members {
                gates[member.endpoint.name] = AdmissionGate(
                    "endpoint '\(member.endpoint.name)' of shard '\(name)'", limit: max(1, limit),
                    queueLimit: max(0, options.queueLimit))
            }
        }
        self.gates = gates
        probe = ServerProbe(members)
        if let identity { probe.require(identity) }
        let loop = ProbeLoop(board, probe: probe, options: options.probes)
        probing.withLock { $0 = Task { await loop.run() } }
    }

    /// Which database the endpoints have to be copies of; one that says something else is never used. Until this is said, they are
    /// not asked who they are.
    public func require(_ identity: ShardIdentity) { probe.require(identity) }

    // MARK: Connections

    /// Leads to the primary, whatever the purpose: who does not say what a read may miss gets all.
    ///
    /// - Throws: `.noPrimary` when none is found in time; what the pool throws.
    public func acquire(_ purpose: ConnectionPurpose, settings: SessionSettings) async throws -> any ShardConnection {
        var request = ReadRequest()
        request.level = .strong
        return try await acquire(request, settings: settings)
    }

    /// Leads a read to an endpoint that may serve it, the primary included.
    ///
    /// Where connecting fails, nothing was sent yet: a replica is left out, and for a primary the next one is waited for.
    ///
    /// - Throws: `.noPrimary`, `.noReplica`, `.positionLost`, `.overloaded`; what the pool throws.
    func acquire(_ request: ReadRequest, settings: SessionSettings) async throws -> EndpointConnection {
        var request = request
        if request.level != .strong { request.notBefore = knownSchemaMoment }
        let end = clock.monotonic + options.failoverWait
        while true {
            let seen = board.reportCount
            let name: String
            let isPrimary: Bool
            do {
                switch try board.choose(request) {
                case .begun(let lease):
                    name = lease.endpoint.name
                    isPrimary = lease.isPrimary
                    if let connection = try await connect(lease, settings) { return connection }
                case .wait(let replica):
                    let wanted = board.standing.awaited(by: request)
                    _ = try await board.reached(wanted, on: replica, within: request.waitBound)
                    request.waitBound = .zero
                    continue
                case .awaitPrimary:
                    guard clock.monotonic < end else { throw board.noPrimary(after: options.failoverWait) }
                    try await wait(seen, until: end)
                    continue
                }
            } catch let error as ShardError where error.code == .noPrimary && clock.monotonic < end {
                // Its circuit breaker is open; another may be found in the meantime.
                try await wait(seen, until: end)
                continue
            } catch let error as LostEndpoint {
                board.doubt(error.name)
                guard clock.monotonic < end else { throw error.error }
                if error.isPrimary {
                    try await wait(board.reportCount, until: end)
                } else {
                    request.excluded.append(error.name)
                }
                continue
            }
            // What was known of the server was of an earlier life.
            board.doubt(name)
            guard clock.monotonic < end else { throw Self.changing(name, self.name) }
            if isPrimary { try await wait(board.reportCount, until: end) }
        }
    }

    private func wait(_ seen: UInt64, until end: Duration) async throws {
        try await board.nextReport(after: seen, within: min(end - clock.monotonic, .milliseconds(200)))
    }

    /// A server that cannot be reached.
    private struct LostEndpoint: Error {
        var name: String
        var isPrimary: Bool
        var error: any Error
    }

    /// - Returns: nil where the server is not what it was known to be.
    private func connect(
        _ lease: consuming EndpointLease, _ settings: SessionSettings
    ) async throws -> EndpointConnection? {
        let name = lease.endpoint.name
        let isPrimary = lease.isPrimary
        guard let member = members[name] else {
            throw ShardError(.internalError, "the board chose an endpoint that shard \(self.name) does not have")
        }
        let gate = gates[name]
        let known = lease.known
        try await gate?.enter()
        do {
            let inner = try await member.database.acquire(isPrimary ? .write : .read, settings: settings)
            guard let server = inner as? any ServerConnection else {
                member.database.release(inner)
                throw ShardError(.internalError, "an endpoint of shard \(self.name) is no database server")
            }
            do {
                if server.openedAt > known.askedAt, try await !ServerProbe.confirms(known, isPrimary, server) {
                    member.database.release(inner)
                    gate?.leave()
                    lease.end(.abandoned)
                    return nil
                }
            } catch {
                member.database.release(inner)
                throw error
            }
            return EndpointConnection(server, of: member.database, lease, gate, clock)
        } catch {
            gate?.leave()
            let outcome = EndpointOutcome(of: error)
            lease.end(outcome)
            guard outcome == .failed else { throw error }
            throw LostEndpoint(name: name, isPrimary: isPrimary, error: error)
        }
    }

    private static func changing(_ name: String, _ shard: String) -> ShardError {
        ShardError(
            .noPrimary, "endpoint '\(name)' of shard '\(shard)' is not what it was a moment ago",
            hint: ErrorCode.noPrimary.advice, isRetryable: true)
    }

    public func release(_ connection: any ShardConnection) {
        // What this shard gives out is an EndpointConnection.
        let own = unsafeDowncast(connection, to: EndpointConnection.self)
        if own.isLost { board.doubt(own.endpoint) }
        own.giveBack()
    }

    /// How far the primary has come: at or after everything that was committed before.
    func position() async throws -> Position {
        let connection = try await acquire(.write, settings: .engineDefaults)
        defer { release(connection) }
        guard let server = connection as? any ServerConnection,
            let position = try await ServerProbe.ask(server).position
        else { throw ShardError(.noPrimary, "the primary of shard '\(name)' does not say how far it has come") }
        return position
    }

    // MARK: The rest of a shard

    public var pools: [PoolUsage] {
        order.flatMap { member in
            member.database.pools.map { usage in
                var usage = usage
                usage.name = member.endpoint.name
                return usage
            }
        }
    }

    public func schemaChanged() {
        schemaMoment.store(Int64(clamping: clock.monotonic.attoseconds / 1_000_000_000), ordering: .relaxed)
        for member in order { member.database.schemaChanged() }
    }

    private var knownSchemaMoment: Duration? {
        let moment = schemaMoment.load(ordering: .relaxed)
        return moment == .min ? nil : .nanoseconds(moment)
    }

    public var workExecutor: (any TaskExecutor)? { order.first?.database.workExecutor }

    public func close() async {
        let task = probing.withLock { task in
            defer { task = nil }
            return task
        }
        task?.cancel()
        await task?.value
        for member in order {
            await member.database.close()
            await member.probe.close()
        }
    }
}
