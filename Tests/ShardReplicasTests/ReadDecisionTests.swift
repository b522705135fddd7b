import ShardBase
@testable import ShardReplicas
import Testing

struct ReadDecisionTests {
    /// A primary p and replicas a, b, c, all healthy and 1 s behind at 100 s.
    static func standing(_ change: (inout [EndpointStanding]) -> Void = { _ in }, primary: Int? = 0) throws
        -> ShardStanding
    {
        let set = try EndpointSet(
            shard: "s0",
            [
                Endpoint("p", role: .primary),
                Endpoint("a", role: .replica, tags: [EndpointTag("zone", "eu")]),
                Endpoint("b", role: .replica, tags: [EndpointTag("zone", "us")]),
                Endpoint("c", role: .replica, weight: 0, tags: [EndpointTag("zone", "eu")]),
            ])
        var standings = (0..<4).map { place in
            EndpointStanding(
                role: place == 0 ? .primary : .replica,
                lag: place == 0 ? .unknown : .measured(.seconds(1), at: .seconds(100)),
                position: Position(timeline: 1, offset: place == 0 ? 1000 : 900), lineage: Lineage(timeline: 1),
                askedAt: .seconds(100))
        }
        change(&standings)
        return ShardStanding(endpoints: set, standings: standings, primary: primary)
    }

    static func decide(_ standing: ShardStanding, _ request: ReadRequest, at: Duration = .seconds(100)) throws
        -> ReadDecision
    {
        try standing.decide(request, now: at, measurementLifetime: .seconds(5)) { $0.first }
    }

    static func request(_ change: (inout ReadRequest) -> Void) -> ReadRequest {
        var request = ReadRequest()
        change(&request)
        return request
    }

    @Test("a read goes to a replica whose lag is known, and to the primary if there is none")
    func plain() throws {
        #expect(try Self.decide(Self.standing(), ReadRequest()) == .serve(1))
        let unknown = try Self.standing { standings in
            for place in 1...3 { standings[place].lag = .unknown }
        }
        #expect(try Self.decide(unknown, ReadRequest()) == .primary(0, .noReplica))
        // Measured six seconds ago: no longer known.
        #expect(try Self.decide(Self.standing(), ReadRequest(), at: .seconds(106)) == .primary(0, .noReplica))
        let error = #expect(throws: ShardError.self) {
            try Self.decide(unknown, Self.request { $0.fallback = .fail })
        }
        #expect(error?.code == .noReplica)
        #expect(error?.message.contains("'a' has an unknown lag") == true)
        let none = try Self.standing(
            { standings in
                for place in standings.indices { standings[place].role = .unknown }
            }, primary: nil)
        #expect(try Self.decide(none, ReadRequest()) == .awaitPrimary)
    }

    @Test("levels: strong asks the primary; bounded counts the time since the measurement, maxLag does not")
    func levels() throws {
        let standing = try Self.standing()
        #expect(try Self.decide(standing, Self.request { $0.level = .strong }) == .primary(0, .strong))
        let bounded = Self.request { $0.level = .bounded(staleness: .seconds(3)) }
        #expect(try Self.decide(standing, bounded, at: .seconds(102)) == .serve(1))
        #expect(try Self.decide(standing, bounded, at: .milliseconds(102_001)) == .primary(0, .noReplica))
        let maxLag = Self.request { $0.maxLag = .seconds(1) }
        #expect(try Self.decide(standing, maxLag, at: .seconds(104)) == .serve(1))
        #expect(try Self.decide(standing, Self.request { $0.maxLag = .milliseconds(999) }) == .primary(0, .noReplica))
    }

    @Test("read-your-writes: a replica that has come so far, else a wait where one is allowed, else the primary")
    func readYourWrites() throws {
        let standing = try Self.standing { $0[2].position?.offset = 950 }
        func required(_ offset: UInt64, wait: Duration = .zero) -> ReadRequest {
            var session = SessionReads()
            session.wrote(Position(timeline: 1, offset: offset), shard: "s0")
            var request = ReadRequest(level: .readYourWrites, session: session, shard: "s0")
            request.waitBound = wait
            return request
        }
        #expect(try Self.decide(standing, required(900)) == .serve(1))
        #expect(try Self.decide(standing, required(950)) == .serve(2))
        #expect(try Self.decide(standing, required(960)) == .primary(0, .noReplica))
        #expect(try Self.decide(standing, required(960, wait: .seconds(1))) == .wait(1))
        #expect(standing.awaited(by: required(960)) == [Position(timeline: 1, offset: 960)])
    }

    @Test("a write that a failover has lost is said to be lost, by replicas and primary alike")
    func failover() throws {
        let promoted = Lineage(timeline: 2, forks: [.init(timeline: 1, offset: 800)])
        let standing = try Self.standing { standings in
            for place in 0..<4 {
                standings[place].lineage = promoted
                standings[place].position?.timeline = 2
            }
        }
        func required(_ timeline: UInt64, _ offset: UInt64) -> ReadRequest {
            Self.request {
                $0.level = .readYourWrites
                $0.required = [Position(timeline: timeline, offset: offset)]
                $0.waitBound = .seconds(1)
            }
        }
        #expect(try Self.decide(standing, required(1, 800)) == .serve(1))
        #expect(throws: ShardError.self) { try Self.decide(standing, required(1, 801)) }
        #expect(throws: ShardError.self) { try Self.decide(standing, required(0, 1)) }
        // A timeline that is newer than all that is known: what is known of the primary is old.
        #expect(
            try Self.decide(standing, Self.request { $0.required = [Position(timeline: 3, offset: 1)] })
                == .awaitPrimary)
    }

    @Test("monotonic reads: the same endpoint again, or one that is known to show as much")
    func monotonic() throws {
        let standing = try Self.standing { standings in
            standings[1].position?.offset = 950
            standings[1].askedAt = .seconds(100)
        }
        func seen(_ endpoint: String, endedAt: Duration, upTo: Position? = nil, timeline: UInt64 = 1) -> ReadRequest {
            Self.request { $0.seen = .init(endpoint: endpoint, timeline: timeline, endedAt: endedAt, upTo: upTo) }
        }
        // Read of b after its last probe: nobody else is known to have as much.
        #expect(try Self.decide(standing, seen("b", endedAt: .seconds(101))) == .serve(2))
        // A probe after the read says how far b was: a has that.
        #expect(try Self.decide(standing, seen("b", endedAt: .seconds(99))) == .serve(1))
        #expect(try Self.decide(standing, seen("a", endedAt: .seconds(99))) == .serve(1))
        #expect(
            try Self.decide(standing, seen("b", endedAt: .seconds(101), upTo: Position(timeline: 1, offset: 950)))
                == .serve(1))
        #expect(
            try Self.decide(standing, seen("p", endedAt: .seconds(101))) == .primary(0, .noReplica))
        // Somebody who is gone, in the primary's history: the primary is ahead of all who follow it.
        #expect(try Self.decide(standing, seen("x", endedAt: .seconds(101))) == .primary(0, .noReplica))
        #expect(throws: ShardError.self) { try Self.decide(standing, seen("x", endedAt: .seconds(101), timeline: 0)) }
    }

    @Test("tags are preferred, hints are obeyed, weight 0 serves only by name, and who failed before does not")
    func tagsAndHints() throws {
        let standing = try Self.standing()
        #expect(try Self.decide(standing, Self.request { $0.preference = [EndpointTag("zone", "us")] }) == .serve(2))
        #expect(
            try Self.decide(
                standing, Self.request { $0.preference = [EndpointTag("zone", "mars"), EndpointTag("zone", "us")] })
                == .serve(2))
        #expect(try Self.decide(standing, Self.request { $0.preference = [EndpointTag("zone", "mars")] }) == .serve(1))
        #expect(try Self.decide(standing, Self.request { $0.hint = .primary }) == .primary(0, .hint))
        #expect(try Self.decide(standing, Self.request { $0.hint = .replica("c") }) == .serve(3))
        #expect(try Self.decide(standing, Self.request { $0.hint = .tag(EndpointTag("zone", "us")) }) == .serve(2))
        #expect(
            try Self.decide(standing, Self.request { $0.hint = .tag(EndpointTag("zone", "mars")) })
                == .primary(0, .noReplica))
        #expect(throws: ShardError.self) { try Self.decide(standing, Self.request { $0.hint = .replica("x") }) }
        #expect(try Self.decide(standing, Self.request { $0.excluded = ["a"] }) == .serve(2))
        let open = try Self.standing { $0[1].refusesUntil = .seconds(101) }
        #expect(try Self.decide(open, ReadRequest()) == .serve(2))
        #expect(try Self.decide(open, ReadRequest(), at: .seconds(101)) == .serve(1))
    }

    @Test(
        "a query's options lie over its session's, and those over the configuration's; without a level the primary is read"
    )
    func options() {
        let configuration = ReadOptions(level: .eventual, maxLag: .seconds(9), waitBound: .seconds(1))
        let query = ReadOptions(level: .readYourWrites, maxLag: .seconds(2))
        var session = SessionReads()
        session.present(ConsistencyToken(shard: "s0", Position(timeline: 1, offset: 5)))
        session.read("s0", .init(endpoint: "a", timeline: 1, endedAt: .zero))
        let options = query.over(ReadOptions(fallback: .fail, isMonotonic: false)).over(configuration)
        let request = ReadRequest(options, session: session, shard: "s0")
        #expect(request.level == .readYourWrites && request.maxLag == .seconds(2) && request.waitBound == .seconds(1))
        #expect(request.fallback == .fail && request.seen == nil)
        #expect(request.required == [Position(timeline: 1, offset: 5)])
        #expect(ReadRequest(configuration, session: session, shard: "s0").required.isEmpty)
        #expect(ReadRequest(ReadOptions(), session: session, shard: "s0").level == .strong)
        #expect(ReadRequest(ReadOptions(), session: session, shard: "s0").seen?.endpoint == "a")
    }

    /// The law, on random standings: whatever is decided, what is served satisfies what was asked.
    @Test("no decision serves a read from an endpoint that does not satisfy it")
    func decisionsSatisfy() throws {
        try forAll(4000) { generator in
            func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &generator) == 0 }
            let now = Duration.seconds(100)
            let standing = try Self.standing(
                { standings in
                    for place in standings.indices {
                        let timeline = UInt64.random(in: 1...2, using: &generator)
                        let offset = UInt64.random(in: 0...20, using: &generator)
                        standings[place].position = Position(timeline: timeline, offset: offset)
                        standings[place].lineage = Lineage(
                            timeline: timeline,
                            forks: timeline == 2 && chance(2) ? [.init(timeline: 1, offset: 10)] : [])
                        standings[place].askedAt = .seconds(Int.random(in: 90...100, using: &generator))
                        if place > 0 {
                            standings[place].lag =
                                chance(4)
                                ? .unknown
                                : .measured(
                                    .seconds(Int.random(in: 0...4, using: &generator)), at: standings[place].askedAt)
                            if chance(5) { standings[place].role = .unknown }
                        }
                        if chance(5) {
                            standings[place].refusesUntil = .seconds(Int.random(in: 99...101, using: &generator))
                        }
                    }
                }, primary: chance(5) ? nil : 0)
            var request = ReadRequest()
            request.level =
                [.eventual, .bounded(staleness: .seconds(4)), .readYourWrites, .strong].randomElement(
                    using: &generator) ?? .eventual
            if chance(3) { request.maxLag = .seconds(2) }
            if chance(2) {
                request.required = [
                    Position(
                        timeline: UInt64.random(in: 1...2, using: &generator),
                        offset: UInt64.random(in: 0...20, using: &generator))
                ]
            }
            if chance(3) { request.waitBound = .seconds(1) }
            if chance(3) { request.fallback = .fail }
            let decision: ReadDecision
            do {
                decision = try Self.decide(standing, request)
            } catch let error as ShardError {
                try require([.noReplica, .positionLost].contains(error.code))
                return
            }
            switch decision {
            case .serve(let place):
                let known = standing.standings[place]
                try require(known.role == .replica && request.level != .strong)
                guard case .measured(let value, let at) = known.lag else { throw Failed(description: "unknown lag") }
                try require(now - at <= .seconds(5) && value <= request.maxLag ?? value)
                if case .bounded(let staleness) = request.level { try require(now - at + value <= staleness) }
                try require(known.refusesUntil ?? .zero <= now)
                for position in request.required { try require(known.reach(position) == .reached) }
            case .wait(let place):
                try require(request.waitBound > .zero)
                try require(request.required.contains { standing.standings[place].reach($0) == .behind })
            case .primary(let place, _):
                try require(place == standing.primary)
                for position in request.required {
                    let lineage = standing.standings[place].lineage
                    try require(lineage?.reach(position, from: .max) == .reached)
                }
                try require(request.fallback == .primary || request.level == .strong)
            case .awaitPrimary: try require(standing.primary == nil || !request.required.isEmpty)
            }
        }
    }
}
