import ShardBase
import ShardReplicas
import Synchronization

/// Choosing an endpoint, beside the least that could be written by hand for it: a turn through an array of flags, a count of
/// what is in flight. Three replicas, all healthy.
enum ReplicaBenchmarks {
    static func run() async throws {
        let count = 500_000
        for (name, policy) in [
            ("roundRobin", .roundRobin), ("random", .random), ("weighted", .weighted), ("leastInFlight", .leastInFlight),
            ("consistentHash", .consistentHash(of: .key)), ("latency", .latency),
        ] as [(String, BalancingPolicy)] {
            let board = try board(policy)
            let byHand = HandMadeRouter()
            var request = ReadRequest()
            var sum = 0
            _ = try await measure(
                "choose by \(name), and end", units: count, absolute: (200, 100),
                baseline: {
                    for _ in 0..<count {
                        let place = byHand.next()
                        sum &+= place
                        byHand.end(place)
                    }
                },
                subject: {
                    for index in 0..<count {
                        request.hash = UInt64(index)
                        try chooseAndEnd(board, request)
                    }
                })
            if sum == 0 { print("nothing was chosen") }
        }
        try await decisions()
        try await statistics()
    }

    private static func chooseAndEnd(_ board: EndpointBoard, _ request: ReadRequest) throws {
        switch try board.choose(request) {
        case .begun(let lease): lease.end(.answered)
        case .wait: fatalError("a healthy board makes a read wait")
        case .awaitPrimary: fatalError("a healthy board knows no primary")
        }
    }

    /// The pure decision with its pick, without clock and counters.
    static func decisions() async throws {
        let count = 500_000
        let standing = try board(.random).standing
        let balancer = Balancer(.roundRobin)
        let byHand = HandMadeRouter()
        var plain = ReadRequest()
        plain.maxLag = .seconds(10)
        var own = ReadRequest()
        own.level = .readYourWrites
        own.required = [Position(timeline: 1, offset: 90)]
        own.preference = [EndpointTag("zone", "eu")]
        for (name, request) in [("decide: maxLag", plain), ("decide: own writes, a tag preferred", own)] {
            let now = SystemClock().monotonic
            var sum = 0
            _ = try await measure(
                name, units: count, absolute: (100, 50),
                baseline: { for _ in 0..<count { sum &+= byHand.next() } },
                subject: {
                    for _ in 0..<count {
                        let decision = try standing.decide(request, now: now, measurementLifetime: .seconds(3600)) {
                            balancer.pick($0, of: standing, now: now)
                        }
                        if case .serve(let place) = decision { sum &+= place }
                    }
                })
            if sum == 0 { print("nothing was decided") }
        }
    }

    static func statistics() async throws {
        let count = 500_000
        let statistics = StatementStatistics()
        let byHand = Mutex([UInt64: Int]())
        _ = try await measure(
            "count a statement of 500 fingerprints", units: count, absolute: (200, 100),
            baseline: {
                for index in 0..<count { byHand.withLock { $0[UInt64(index % 500), default: 0] += 1 } }
            },
            subject: {
                for index in 0..<count {
                    statistics.record(UInt64(index % 500), duration: .microseconds(index & 1023), rows: 1, rung: 1) {
                        "SELECT ?"
                    }
                }
            })
        let gate = AdmissionGate("bench", limit: 8, queueLimit: 8)
        let slots = Mutex(0)
        _ = try await measure(
            "enter and leave a gate with room", units: count, absolute: (100, 50),
            baseline: {
                for _ in 0..<count {
                    slots.withLock { $0 += 1 }
                    slots.withLock { $0 -= 1 }
                }
            },
            subject: {
                for _ in 0..<count {
                    try await gate.enter()
                    gate.leave()
                }
            })
    }

    private static func board(_ policy: BalancingPolicy) throws -> EndpointBoard {
        var options = EndpointBoard.Options()
        options.balancing = policy
        options.measurementLifetime = .seconds(3600)
        let board = EndpointBoard(
            try EndpointSet(
                shard: "s0",
                [
                    Endpoint("p", role: .primary),
                    Endpoint("a", role: .replica, weight: 2, tags: [EndpointTag("zone", "eu")]),
                    Endpoint("b", role: .replica, tags: [EndpointTag("zone", "us")]),
                    Endpoint("c", role: .replica, tags: [EndpointTag("zone", "eu")]),
                ]), options: options)
        for (name, isInRecovery) in [("p", false), ("a", true), ("b", true), ("c", true)] {
            board.report(
                ProbeAnswer(isInRecovery: isInRecovery, position: Position(timeline: 1, offset: 100)), of: name,
                askedAt: SystemClock().monotonic)
        }
        return board
    }
}

private final class HandMadeRouter: Sendable {
    private let turn = Atomic<Int>(0)
    private let isHealthy = Mutex([true, true, true])
    private let inFlight = Atomic<Int>(0)

    @inline(never) func next() -> Int {
        let start = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        let place = isHealthy.withLock { flags in
            for step in 0..<3 where flags[(start + step) % 3] { return (start + step) % 3 }
            return 0
        }
        inFlight.wrappingAdd(1, ordering: .relaxed)
        return place
    }

    @inline(never) func end(_ place: Int) { inFlight.wrappingSubtract(1, ordering: .relaxed) }
}
