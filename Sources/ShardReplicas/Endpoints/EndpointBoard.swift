public import ShardBase
import Synchronization

/// What is known of one shard's endpoints, kept up to date: takes in probes and the outcomes of statements, and answers where
/// the next statement goes.
///
/// A thin shell: the deciding is done by values (``ShardStanding``, ``CircuitBreaker``, ``FailoverTracker``, ``PositionLog``).
/// Choosing takes one short lock, and allocates nothing where a replica may serve the read at once.
public final class EndpointBoard: Sendable {
    public struct Options: Sendable {
        public var balancing: BalancingPolicy = .latency
        /// How old a measured lag may be and still count. Default: 5 s; three times the probes' interval at least.
        public var measurementLifetime: Duration = .seconds(5)
        /// By how much the clocks of the shard's servers may differ, and commits be out of the order of their time stamps. Where
        /// it is set, a commit's time stamp may bound the lag too, which helps while the primary cannot be asked. Default nil:
        /// time stamps are not believed.
        public var clockSkew: Duration?
        public var breaker = CircuitBreaker.Options()
        /// How long a primary has to be the only one after there were two. Default: 1 s.
        public var settling: Duration = .seconds(1)
        /// Of jitter and lots. Default: from the operating system.
        public var seed: UInt64 = .random(in: .min ... .max)

        public init() {}
    }

    private struct Entry {
        var breaker: CircuitBreaker
        var answer: ProbeAnswer?
        var askedAt: Duration = .zero
        var lag: Lag = .unknown
        let load = EndpointLoad()

        /// Whether a success has something to make up for.
        func noteFailures() {
            load.awaitsSuccess.store(breaker.state != .closed(failures: 0), ordering: .relaxed)
        }
    }

    private struct State {
        var entries: [String: Entry]
        var tracker: FailoverTracker
        var log = PositionLog()
        var generator: SeededGenerator
        var standing: ShardStanding
    }

    public let options: Options
    public let balancer: Balancer
    let clock: any ShardClock
    private let state: Mutex<State>
    /// Moves with every probe's report and every change of the set.
    let reports: Signal
    /// Moves when somebody waits for a report.
    let wishes: Signal

    public init(
        _ endpoints: EndpointSet, options: Options = Options(), clock: any ShardClock = SystemClock(),
        sleep: @escaping Sleep = { try await Task.sleep(for: $0) }
    ) {
        self.options = options
        self.clock = clock
        reports = Signal(sleep: sleep)
        wishes = Signal(sleep: sleep)
        var generator = SeededGenerator(seed: options.seed)
        balancer = Balancer(options.balancing, seed: generator.next())
        var entries: [String: Entry] = [:]
        for endpoint in endpoints.endpoints {
            entries[endpoint.name] = Entry(breaker: CircuitBreaker(options.breaker, generator: generator.fork()))
        }
        let loads = endpoints.endpoints.map { entries[$0.name]?.load ?? EndpointLoad() }
        state = Mutex(
            State(
                entries: entries, tracker: FailoverTracker(settling: options.settling), generator: generator,
                standing: ShardStanding(
                    endpoints: endpoints, standings: endpoints.endpoints.map { _ in EndpointStanding() }, primary: nil,
                    loads: loads, generations: loads.map { _ in 0 }, ring: HashRing(endpoints))))
    }

    /// What is known now.
    public var standing: ShardStanding { state.withLock { $0.standing } }

    /// What is known of who the primary is.
    public var verdict: FailoverTracker.Verdict { state.withLock { $0.tracker.verdict } }

    // MARK: What happens

    /// Puts other endpoints in the place of those there are. What is known of one that stays (by its name) stays known.
    public func replace(_ endpoints: EndpointSet) {
        let now = clock.monotonic
        state.withLock { state in
            var entries: [String: Entry] = [:]
            for endpoint in endpoints.endpoints {
                entries[endpoint.name] =
                    state.entries[endpoint.name]
                    ?? Entry(breaker: CircuitBreaker(options.breaker, generator: state.generator.fork()))
            }
            for name in state.entries.keys where entries[name] == nil { state.tracker.revoked(name, now: now) }
            state.entries = entries
            publish(&state, endpoints)
        }
        reports.changed()
    }

    /// A probe was answered.
    /// - Parameter askedAt: when the question was sent, by the board's clock.
    public func report(_ answer: ProbeAnswer, of name: String, askedAt: Duration) {
        let now = clock.monotonic
        state.withLock { state in
            // An answer that comes after that of a later question, or after the endpoint was taken away.
            guard var entry = state.entries[name], askedAt >= entry.askedAt else { return }
            state.tracker.answered(
                name, isInRecovery: answer.isInRecovery, timeline: answer.position?.timeline, now: now)
            if case .primary(name, timeline: _) = state.tracker.verdict, let position = answer.position {
                state.log.note(position, askedAt: askedAt)
            }
            entry.answer = answer
            entry.askedAt = askedAt
            entry.lag = answer.isInRecovery ? lag(answer, askedAt, state.log) : .unknown
            state.entries[name] = entry
            publish(&state, state.standing.endpoints)
        }
        reports.changed()
    }

    /// A probe failed or took too long: what was known is no longer.
    public func reportFailedProbe(of name: String, askedAt: Duration) {
        let now = clock.monotonic
        state.withLock { state in
            guard var entry = state.entries[name], askedAt >= entry.askedAt else { return }
            state.tracker.revoked(name, now: now)
            entry.answer = nil
            entry.askedAt = askedAt
            entry.lag = .unknown
            entry.breaker.fail(now: now)
            entry.noteFailures()
            state.entries[name] = entry
            publish(&state, state.standing.endpoints)
        }
        reports.changed()
    }

    /// A statement has found that what is known of an endpoint is no longer so: it is forgotten until the next probe, which is made
    /// soon. Unlike a failed probe this says nothing to its circuit breaker, which hears of the statement itself.
    public func doubt(_ name: String) {
        let now = clock.monotonic
        state.withLock { state in
            guard var entry = state.entries[name] else { return }
            state.tracker.revoked(name, now: now)
            entry.answer = nil
            // Answers to questions that were asked before are not heard.
            entry.askedAt = now
            entry.lag = .unknown
            state.entries[name] = entry
            publish(&state, state.standing.endpoints)
        }
        reports.changed()
        wishes.changed()
    }

    private func lag(_ answer: ProbeAnswer, _ askedAt: Duration, _ log: PositionLog) -> Lag {
        guard let position = answer.position else { return .unknown }
        let byPosition = log.lag(replayed: position, at: askedAt)
        guard let skew = options.clockSkew, let age = answer.replayAge, age >= .zero else { return byPosition }
        switch byPosition {
        case .unknown: return .measured(age + skew, at: askedAt)
        case .measured(let value, let at): return .measured(min(value, age + skew), at: at)
        }
    }

    /// Makes the standing anew from the entries.
    private func publish(_ state: inout State, _ endpoints: EndpointSet) {
        var primary: Int?
        if case .primary(let name, timeline: _) = state.tracker.verdict { primary = endpoints.place(of: name) }
        var standings: [EndpointStanding] = []
        var loads: [EndpointLoad] = []
        var generations: [UInt64] = []
        for (place, endpoint) in endpoints.endpoints.enumerated() {
            guard let entry = state.entries[endpoint.name] else { continue }
            let role: EndpointStanding.Role =
                place == primary ? .primary : entry.answer?.isInRecovery == true ? .replica : .unknown
            standings.append(
                EndpointStanding(
                    role: role, lag: entry.lag, position: entry.answer?.position,
                    lineage: entry.answer.flatMap { answer in
                        answer.position.map { Lineage(timeline: $0.timeline, forks: answer.forks) }
                    },
                    askedAt: entry.askedAt, refusesUntil: entry.breaker.refusesUntil))
            loads.append(entry.load)
            generations.append(entry.breaker.generation)
        }
        let old = state.standing
        state.standing = ShardStanding(
            endpoints: endpoints, standings: standings, primary: primary, loads: loads,
            generations: generations, ring: endpoints == old.endpoints ? old.ring : HashRing(endpoints))
    }

    // MARK: Choosing

    /// Where a read goes now. It has begun there: the lease ends it.
    ///
    /// - Throws: what ``ShardStanding/decide(_:now:measurementLifetime:pick:)`` throws.
    public func choose(_ request: ReadRequest) throws(ShardError) -> EndpointChoice {
        let standing = standing
        let now = clock.monotonic
        let hash = request.hash
        let decision = try standing.decide(
            request, now: now, measurementLifetime: options.measurementLifetime,
            pick: { balancer.pick($0, of: standing, hash: hash, now: now) })
        let place: Int
        switch decision {
        case .wait(let place): return .wait(standing.endpoints.endpoints[place].name)
        case .awaitPrimary: return .awaitPrimary
        case .serve(let replica): place = replica
        case .primary(let primary, _): place = primary
        }
        if let lease = begin(place, of: standing, now: now) { return .begun(lease) }
        return try chooseAgain(request, decision, place, standing)
    }

    /// A circuit breaker has said no: others were quicker to try it again.
    @inline(never)
    private func chooseAgain(
        _ request: ReadRequest, _ decision: ReadDecision, _ place: Int, _ standing: ShardStanding
    ) throws(ShardError) -> EndpointChoice {
        let name = standing.endpoints.endpoints[place].name
        if case .primary = decision {
            throw ShardError(
                .noPrimary,
                "the primary '\(name)' of shard '\(standing.endpoints.shard)' fails too often and is left alone for a while",
                hint: ErrorCode.noPrimary.advice, isRetryable: true)
        }
        var request = request
        request.excluded.append(name)
        return try choose(request)
    }

    /// Begins a statement on the primary: a write, or whatever else needs it. Nil: none is known now.
    ///
    /// - Throws: `.noPrimary` where its circuit breaker is open.
    public func beginOnPrimary() throws(ShardError) -> EndpointLease? {
        var request = ReadRequest()
        request.hint = .primary
        switch try choose(request) {
        case .begun(let lease): return lease
        case .wait: return nil
        case .awaitPrimary: return nil
        }
    }

    /// Nil where the circuit breaker does not let it through.
    private func begin(_ place: Int, of standing: ShardStanding, now: Duration) -> EndpointLease? {
        let load = standing.loads[place]
        var pass = CircuitBreaker.Pass(generation: standing.generations[place], isTrial: false)
        // A closed breaker needs no asking.
        if standing.standings[place].refusesUntil != nil {
            let name = standing.endpoints.endpoints[place].name
            let admitted = state.withLock { state -> CircuitBreaker.Pass? in
                guard var entry = state.entries.removeValue(forKey: name) else { return nil }
                defer { state.entries[name] = entry }
                return entry.breaker.admit(now: now)
            }
            guard let admitted else { return nil }
            pass = admitted
            state.withLock { publish(&$0, $0.standing.endpoints) }
        }
        load.inFlight.wrappingAdd(1, ordering: .relaxed)
        return EndpointLease(board: self, standing: standing, place: place, pass: pass, begunAt: now)
    }

    /// What the lease says of a statement that has ended.
    func end(_ lease: borrowing EndpointLease, _ outcome: EndpointOutcome, took time: Duration? = nil) {
        let now = clock.monotonic
        let load = lease.load
        load.inFlight.wrappingSubtract(1, ordering: .relaxed)
        switch outcome {
        case .answered:
            load.latency.observe(time ?? now - lease.begunAt, now: now)
            load.served.wrappingAdd(1, ordering: .relaxed)
            // The common case needs no lock: the breaker has no failure to forget.
            if !lease.pass.isTrial, !load.awaitsSuccess.load(ordering: .relaxed) { return }
        case .failed: load.failed.wrappingAdd(1, ordering: .relaxed)
        case .abandoned: if !lease.pass.isTrial { return }
        }
        let name = lease.endpoint.name
        let pass = lease.pass
        state.withLock { state in
            guard var entry = state.entries[name] else { return }
            let before = entry.breaker.refusesUntil
            switch outcome {
            case .answered: entry.breaker.succeeded(pass)
            case .failed: entry.breaker.failed(pass, now: now)
            case .abandoned: entry.breaker.abandoned(pass)
            }
            entry.noteFailures()
            let isChanged = entry.breaker.refusesUntil != before
            state.entries[name] = entry
            if isChanged { publish(&state, state.standing.endpoints) }
        }
    }
}
