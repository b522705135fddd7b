import ShardBase
@testable import ShardReplicas
import Synchronization
import Testing

/// Endpoints whose answers a test sets.
final class ScriptedProbe: EndpointProbe {
    private let answers = Mutex<[String: ProbeAnswer]>([:])
    let asked = Atomic<Int>(0)

    func set(_ name: String, _ answer: ProbeAnswer?) { answers.withLock { $0[name] = answer } }

    func probe(_ endpoint: Endpoint) async throws -> ProbeAnswer {
        asked.wrappingAdd(1, ordering: .relaxed)
        guard let answer = answers.withLock({ $0[endpoint.name] }) else { throw ShardError(.connectionLost, "gone") }
        return answer
    }
}

struct BoardTests {
    static func set(_ names: [String] = ["p", "a", "b"]) throws -> EndpointSet {
        try EndpointSet(shard: "s0", names.enumerated().map { Endpoint($1, role: $0 == 0 ? .primary : .replica) })
    }

    static var options: EndpointBoard.Options {
        var options = EndpointBoard.Options()
        options.seed = 1
        options.balancing = .roundRobin
        options.breaker.failuresToOpen = 2
        options.breaker.successesToClose = 1
        options.breaker.backOff = BackOff(base: .seconds(2), maximum: .seconds(2))
        return options
    }

    static func primary(_ offset: UInt64, timeline: UInt64 = 1) -> ProbeAnswer {
        ProbeAnswer(isInRecovery: false, position: Position(timeline: timeline, offset: offset))
    }

    static func replica(_ offset: UInt64?, timeline: UInt64 = 1) -> ProbeAnswer {
        ProbeAnswer(isInRecovery: true, position: offset.map { Position(timeline: timeline, offset: $0) })
    }

    /// A board with a primary and two replicas that have everything.
    static func healthy(_ clock: ManualClock) throws -> EndpointBoard {
        let board = EndpointBoard(try set(), options: options, clock: clock)
        board.report(primary(100), of: "p", askedAt: clock.monotonic)
        for name in ["a", "b"] { board.report(replica(100), of: name, askedAt: clock.monotonic) }
        return board
    }

    /// Where a plain read goes: the endpoint's name, "wait" or "await".
    static func go(
        _ board: EndpointBoard, _ request: ReadRequest = ReadRequest(), _ outcome: EndpointOutcome? = .answered
    )
        throws -> String
    {
        switch try board.choose(request) {
        case .begun(let lease):
            let name = lease.endpoint.name
            if let outcome { lease.end(outcome) }
            return name
        case .wait(let name): return "wait for \(name)"
        case .awaitPrimary: return "await"
        }
    }

    @Test("before the first probes nothing is served, and after them replicas serve in turn")
    func beginning() throws {
        let clock = ManualClock()
        let board = EndpointBoard(try Self.set(), options: Self.options, clock: clock)
        #expect(try Self.go(board) == "await")
        board.report(Self.replica(100), of: "a", askedAt: clock.monotonic)
        #expect(try Self.go(board) == "await", "its lag is unknown as long as no primary was asked")
        board.report(Self.primary(100), of: "p", askedAt: clock.monotonic)
        #expect(try Self.go(board) == "p", "the replica was asked before the primary")
        board.report(Self.replica(nil), of: "a", askedAt: clock.monotonic)
        #expect(try Self.go(board) == "p", "NULL is unknown")
        board.report(Self.replica(100), of: "a", askedAt: clock.monotonic)
        board.report(Self.replica(100), of: "b", askedAt: clock.monotonic)
        #expect(Set([try Self.go(board), try Self.go(board)]) == ["a", "b"])
        clock.advance(by: .seconds(6))
        #expect(try Self.go(board) == "p", "measured too long ago")
    }

    @Test("a failed probe revokes what was known, of replicas and of the primary")
    func revoking() throws {
        let clock = ManualClock()
        let board = try Self.healthy(clock)
        board.reportFailedProbe(of: "a", askedAt: clock.monotonic)
        for _ in 0..<4 { #expect(try Self.go(board) == "b") }
        board.reportFailedProbe(of: "p", askedAt: clock.monotonic)
        #expect(try Self.go(board) == "b")
        #expect(try board.beginOnPrimary() == nil)
        // An answer to an older question that comes late is not believed.
        clock.advance(by: .seconds(1))
        board.reportFailedProbe(of: "p", askedAt: clock.monotonic)
        board.report(Self.primary(100), of: "p", askedAt: .zero)
        #expect(board.standing.primary == nil)
    }

    @Test("an endpoint that fails statements is left alone, tried once, and comes back")
    func breaking() throws {
        let clock = ManualClock()
        let board = try Self.healthy(clock)
        var onlyA = ReadRequest()
        onlyA.hint = .replica("a")
        onlyA.fallback = .fail
        for _ in 0..<2 { #expect(try Self.go(board, onlyA, .failed) == "a") }
        #expect(throws: ShardError.self) { try Self.go(board, onlyA) }
        for _ in 0..<4 { #expect(try Self.go(board) == "b") }
        clock.advance(by: .seconds(2))
        for name in ["a", "b"] { board.report(Self.replica(100), of: name, askedAt: clock.monotonic) }
        // The trial is under way: nobody else is let through until it has ended.
        guard case .begun(let trial) = try board.choose(onlyA) else { throw Failed(description: "no trial") }
        #expect(throws: ShardError.self) { try Self.go(board, onlyA) }
        #expect(board.snapshot().map(\.breaker) == [.closed, .open, .closed])
        trial.end(.answered)
        #expect(try Self.go(board, onlyA) == "a")
        #expect(board.snapshot().map(\.breaker) == [.closed, .closed, .closed])
        #expect(board.snapshot()[1].failed == 2)
    }

    @Test("success between failures is remembered, and a lease that is dropped leaves nothing behind")
    func counting() throws {
        let clock = ManualClock()
        let board = try Self.healthy(clock)
        var onlyA = ReadRequest()
        onlyA.hint = .replica("a")
        onlyA.fallback = .fail
        for _ in 0..<5 {
            _ = try Self.go(board, onlyA, .failed)
            _ = try Self.go(board, onlyA, .answered)
            _ = try Self.go(board, onlyA, nil)
        }
        #expect(try Self.go(board, onlyA) == "a")
        #expect(board.snapshot().allSatisfy { $0.inFlight == 0 })
    }

    @Test(
        "a promoted replica takes over without a restart, and what the token says of the old timeline is not forgotten")
    func failover() throws {
        let clock = ManualClock()
        let board = try Self.healthy(clock)
        clock.advance(by: .seconds(1))
        board.reportFailedProbe(of: "p", askedAt: clock.monotonic)
        #expect(board.standing.primary == nil)
        board.report(
            ProbeAnswer(
                isInRecovery: false, position: Position(timeline: 2, offset: 120),
                forks: [.init(timeline: 1, offset: 100)]),
            of: "a", askedAt: clock.monotonic)
        #expect(board.standing.primary == 1)
        board.report(
            ProbeAnswer(
                isInRecovery: true, position: Position(timeline: 2, offset: 120),
                forks: [.init(timeline: 1, offset: 100)]),
            of: "b", askedAt: clock.monotonic)
        #expect(try Self.go(board) == "b")
        func after(_ offset: UInt64) -> ReadRequest {
            var request = ReadRequest()
            request.level = .readYourWrites
            request.required = [Position(timeline: 1, offset: offset)]
            return request
        }
        #expect(try Self.go(board, after(100)) == "b")
        let error = #expect(throws: ShardError.self) { try Self.go(board, after(101)) }
        #expect(error?.code == .positionLost)
        // The old primary comes back: it is not written to.
        board.report(Self.primary(110), of: "p", askedAt: clock.monotonic)
        #expect(board.standing.primary == 1)
        #expect(board.snapshot()[0].role == .unknown)
    }

    @Test("a set is replaced while statements go on; what is known of those that stay is kept")
    func replacing() throws {
        let clock = ManualClock()
        let board = try Self.healthy(clock)
        guard case .begun(let lease) = try board.choose(ReadRequest()) else { throw Failed(description: "no lease") }
        let name = lease.endpoint.name
        board.replace(try Self.set(["p", "c", "b", "a"]))
        #expect(board.standing.standings.map(\.role) == [.primary, .unknown, .replica, .replica])
        #expect(board.snapshot().first { $0.endpoint.name == name }?.inFlight == 1)
        lease.end(.answered)
        #expect(board.snapshot().allSatisfy { $0.inFlight == 0 })
        board.replace(try Self.set(["x", "a"]))
        #expect(board.standing.primary == nil)
        #expect(try Self.go(board) == "a")
    }

    @Test("time stamps are believed only where the configuration says how far clocks may differ")
    func timeStamps() throws {
        let clock = ManualClock()
        var options = Self.options
        let answer = ProbeAnswer(
            isInRecovery: true, position: Position(timeline: 1, offset: 5), replayAge: .seconds(3))
        let strict = EndpointBoard(try Self.set(), options: options, clock: clock)
        strict.report(answer, of: "a", askedAt: .zero)
        #expect(strict.standing.standings[1].lag == .unknown)
        options.clockSkew = .seconds(1)
        let board = EndpointBoard(try Self.set(), options: options, clock: clock)
        board.report(answer, of: "a", askedAt: .zero)
        #expect(board.standing.standings[1].lag == .measured(.seconds(4), at: .zero))
    }

    @Test("a statement waits for a primary, and fails clearly when there is none in time", .timeLimit(.minutes(1)))
    func waitingForPrimary() async throws {
        let clock = ManualClock()
        let board = EndpointBoard(
            try Self.set(), options: Self.options, clock: clock,
            sleep: { limit in
                // Time passes only for those who wait for long.
                if limit < .seconds(1000) {
                    clock.advance(by: limit)
                } else {
                    try await Task.sleep(for: .seconds(3600))
                }
            })
        let error = await #expect(throws: ShardError.self) { try await board.primary(within: .seconds(3)) }
        #expect(error?.code == .noPrimary && error?.isRetryable == true)
        let waiters = (0..<20).map { _ in Task { try await board.primary(within: .seconds(5000)).name } }
        while board.reports.waiterCount < 20 { await Task.yield() }
        waiters[0].cancel()
        board.report(Self.replica(1), of: "a", askedAt: .zero)
        board.report(Self.primary(1), of: "p", askedAt: .zero)
        await #expect(throws: ShardError.self) { try await waiters[0].value }
        for waiter in waiters[1...] { #expect(try await waiter.value == "p") }
        #expect(board.reports.waiterCount == 0)
    }

    @Test("a read waits until a replica has replayed its write, with probes sooner than usual", .timeLimit(.minutes(1)))
    func waitingForPosition() async throws {
        let probe = ScriptedProbe()
        probe.set("p", Self.primary(100))
        probe.set("a", Self.replica(50))
        let board = EndpointBoard(try Self.set(["p", "a"]), options: Self.options)
        var options = ProbeLoop.Options()
        options.interval = .seconds(3600)
        options.awaitedInterval = .milliseconds(1)
        let loop = Task { [options] in await ProbeLoop(board, probe: probe, options: options).run() }
        defer { loop.cancel() }
        _ = try await board.primary(within: .seconds(30))
        while board.standing.standings[1].role != .replica { try await Task.sleep(for: .milliseconds(1)) }
        let wanted = Position(timeline: 1, offset: 100)
        #expect(try await !board.reached([wanted], on: "a", within: .milliseconds(20)))
        async let reached = board.reached([wanted], on: "a", within: .seconds(30))
        try await Task.sleep(for: .milliseconds(5))
        probe.set("a", Self.replica(100))
        #expect(try await reached)
        #expect(try await !board.reached([wanted], on: "nobody", within: .seconds(30)))
    }

    @Test("a probe that hangs counts as failed after its time", .timeLimit(.minutes(1)))
    func hangingProbe() async throws {
        struct Hanging: EndpointProbe {
            func probe(_ endpoint: Endpoint) async throws -> ProbeAnswer {
                try await Task.sleep(for: .seconds(3600))
                return BoardTests.primary(1)
            }
        }
        let clock = ManualClock()
        let board = try Self.healthy(clock)
        clock.advance(by: .milliseconds(1))
        var options = ProbeLoop.Options()
        options.timeout = .milliseconds(5)
        await ProbeLoop(board, probe: Hanging(), options: options).askOnce(board.standing.endpoints.endpoints[0])
        #expect(board.standing.primary == nil)
    }

    @Test(
        "many tasks choose, fail, probe and replace at once; in the end nothing is in flight", .timeLimit(.minutes(1)))
    func torture() async throws {
        let board = EndpointBoard(try Self.set(), options: Self.options)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var generator = SeededGenerator(seed: UInt64(task))
                    for turn in 0..<2000 {
                        switch Int.random(in: 0..<12, using: &generator) {
                        case 0: board.report(Self.primary(UInt64(turn)), of: "p", askedAt: board.clock.monotonic)
                        case 1: board.report(Self.replica(UInt64(turn)), of: "a", askedAt: board.clock.monotonic)
                        case 2: board.reportFailedProbe(of: "b", askedAt: board.clock.monotonic)
                        case 3:
                            if let set = try? Self.set(turn % 2 == 0 ? ["p", "a", "b"] : ["p", "b", "a", "c"]) {
                                board.replace(set)
                            }
                        default:
                            let outcome: EndpointOutcome? =
                                [.answered, .answered, .failed, .abandoned, nil].randomElement(
                                    using: &generator) ?? nil
                            _ = try? Self.go(board, ReadRequest(), outcome)
                        }
                    }
                }
            }
        }
        #expect(board.snapshot().allSatisfy { $0.inFlight == 0 })
    }
}
