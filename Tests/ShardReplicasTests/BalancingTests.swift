import ShardBase
@testable import ShardReplicas
import Synchronization
import Testing

struct BalancingTests {
    static func standing(weights: [Int], names: [String]? = nil) throws -> ShardStanding {
        let set = try EndpointSet(
            shard: "s",
            weights.enumerated().map { place, weight in
                Endpoint(names?[place] ?? "replica \(place)", role: .replica, weight: weight)
            })
        return ShardStanding(endpoints: set, standings: weights.map { _ in EndpointStanding() }, primary: nil)
    }

    static func counts(_ balancer: Balancer, _ standing: ShardStanding, _ candidates: EndpointMask, turns: Int) -> [Int]
    {
        var counts = [Int](repeating: 0, count: standing.standings.count)
        for turn in 0..<turns {
            guard let place = balancer.pick(candidates, of: standing, hash: UInt64(turn), now: .seconds(1)) else {
                continue
            }
            counts[place] += 1
        }
        return counts
    }

    @Test("every policy picks candidates only, and nobody of nobody")
    func candidatesOnly() throws {
        let policies: [BalancingPolicy] = [
            .roundRobin, .random, .weighted, .leastInFlight, .consistentHash(of: .key), .latency,
            .custom { $0.candidates.first },
        ]
        try forAll(200) { generator in
            let count = Int.random(in: 1...64, using: &generator)
            let standing = try Self.standing(weights: (0..<count).map { _ in Int.random(in: 0...5, using: &generator) })
            var candidates = EndpointMask()
            for place in 0..<count where Bool.random(using: &generator) { candidates.insert(place) }
            for policy in policies {
                let balancer = Balancer(policy, seed: generator.next())
                for turn in 0..<8 {
                    let place = balancer.pick(
                        candidates, of: standing, hash: turn == 0 ? nil : generator.next(), now: .zero)
                    try require(place.map(candidates.contains) ?? candidates.isEmpty, "\(policy)")
                }
            }
        }
    }

    @Test("round robin and weighted turns share exactly by weight, weighted smoothly")
    func exactShares() throws {
        let standing = try Self.standing(weights: [5, 1, 0, 2])
        for policy in [BalancingPolicy.roundRobin, .weighted] {
            #expect(Self.counts(Balancer(policy, seed: 1), standing, [0, 1, 3], turns: 800) == [500, 100, 0, 200])
            #expect(Self.counts(Balancer(policy, seed: 1), standing, [1, 3], turns: 300) == [0, 100, 0, 200])
        }
        let smooth = Balancer(.weighted, seed: 1)
        let turns = (0..<8).compactMap { _ in smooth.pick([0, 1, 3], of: standing, now: .zero) }
        #expect(
            turns == [0, 3, 0, 1, 0, 3, 0, 0]
                || !zip(zip(turns, turns.dropFirst()), turns.dropFirst(2))
                    .contains { $0.0.0 == $0.1 && $0.0.1 == $0.1 && $0.1 != 0 }
        )
        let even = try Self.standing(weights: [1, 1, 1])
        #expect(Self.counts(Balancer(.roundRobin), even, [0, 1, 2], turns: 9) == [3, 3, 3])
    }

    @Test("by lot everyone has about the share of their weight")
    func randomShares() throws {
        let standing = try Self.standing(weights: [3, 1, 4])
        let counts = Self.counts(Balancer(.random, seed: 42), standing, [0, 1, 2], turns: 80_000)
        for (count, expected) in zip(counts, [30_000, 10_000, 40_000]) { #expect(abs(count - expected) < 800) }
    }

    @Test("least in flight takes who has least for its weight, and ties by lot")
    func leastInFlight() throws {
        let standing = try Self.standing(weights: [1, 4, 1])
        let balancer = Balancer(.leastInFlight, seed: 3)
        standing.loads[0].inFlight.store(1, ordering: .relaxed)
        standing.loads[1].inFlight.store(3, ordering: .relaxed)
        standing.loads[2].inFlight.store(2, ordering: .relaxed)
        #expect(balancer.pick([0, 1, 2], of: standing, now: .zero) == 1)
        #expect(balancer.pick([0, 2], of: standing, now: .zero) == 0)
        standing.loads[2].inFlight.store(1, ordering: .relaxed)
        #expect(Self.counts(balancer, standing, [0, 2], turns: 1000).allSatisfy { $0 < 700 })
    }

    @Test("latency prefers who answers sooner, forgets a bad answer in time, and tries who has never answered")
    func latency() throws {
        let standing = try Self.standing(weights: [1, 1])
        let balancer = Balancer(.latency, seed: 3)
        standing.loads[0].latency.observe(.milliseconds(1), now: .seconds(1))
        #expect(balancer.pick([0, 1], of: standing, now: .seconds(1)) == 1, "never tried")
        standing.loads[1].inFlight.store(1, ordering: .relaxed)
        #expect(balancer.pick([0, 1], of: standing, now: .seconds(1)) == 0, "being tried by another")
        standing.loads[1].inFlight.store(0, ordering: .relaxed)
        standing.loads[1].latency.observe(.milliseconds(50), now: .seconds(1))
        #expect(Self.counts(balancer, standing, [0, 1], turns: 100) == [100, 0])
        // 0 stays as it is by answering; 1 is forgiven.
        standing.loads[0].latency.observe(.milliseconds(1), now: .seconds(61))
        #expect(balancer.pick([0, 1], of: standing, now: .seconds(61)) == 1)
        let average = LatencyAverage()
        average.observe(.milliseconds(10), now: .zero)
        average.observe(.milliseconds(1), now: .milliseconds(1))
        #expect(average.current(now: .milliseconds(1)) > 9e6, "it comes down slowly")
        average.observe(.milliseconds(100), now: .milliseconds(2))
        #expect(average.current(now: .milliseconds(2)) > 99e6, "it goes up at once")
    }

    @Test("when one of n goes, its keys move and no others; about 1/n of all")
    func consistentHashing() throws {
        try forAll(20) { generator in
            let count = Int.random(in: 2...12, using: &generator)
            let salt = generator.next()
            let names = (0..<count).map { "replica \($0) of \(salt)" }
            let gone = Int.random(in: 0..<count, using: &generator)
            let all = HashRing(try Self.standing(weights: names.map { _ in 1 }, names: names).endpoints)
            var others = names
            others.remove(at: gone)
            let rest = HashRing(try Self.standing(weights: others.map { _ in 1 }, names: others).endpoints)
            let everybody = EndpointMask(first: count)
            var without = everybody
            without.remove(gone)
            var moved = 0
            let keys = 20_000
            for _ in 0..<keys {
                let hash = generator.next()
                guard let before = all.owner(of: hash, among: everybody),
                    let masked = all.owner(of: hash, among: without),
                    let after = rest.owner(of: hash, among: EndpointMask(first: count - 1))
                else { throw Failed(description: "no owner") }
                if before == gone { moved += 1 } else { try require(masked == before, "a key of another moved") }
                // Away for a while or gone for good: the keys go the same way.
                try require(names[masked] == others[after])
            }
            let share = Double(moved) / Double(keys) * Double(count)
            try require(share > 0.7 && share < 1.3, "\(share) of 1/\(count)")
        }
    }

    @Test("a key without a hash is served all the same, and an application's closure sees load and latency")
    func withoutHash() throws {
        let standing = try Self.standing(weights: [1, 1])
        #expect(Balancer(.consistentHash(of: .session)).pick([0, 1], of: standing, now: .zero) != nil)
        standing.loads[1].inFlight.store(7, ordering: .relaxed)
        standing.loads[1].latency.observe(.milliseconds(2), now: .zero)
        let balancer = Balancer(
            .custom { choice in
                choice.candidates.first { choice.inFlight($0) == 7 && choice.latency($0) == .milliseconds(2) }
            })
        #expect(balancer.pick([0, 1], of: standing, now: .zero) == 1)
    }

    @Test("sets with wrong names, weights, primaries or numbers are refused")
    func sets() throws {
        for wrong in [
            [], [Endpoint("a", role: .replica), Endpoint("a", role: .replica)], [Endpoint("", role: .replica)],
            [Endpoint("a", role: .replica, weight: -1)], [Endpoint("a", role: .replica, weight: 1001)],
            [Endpoint("a", role: .primary), Endpoint("b", role: .primary)],
            (0..<65).map { Endpoint("\($0)", role: .replica) },
        ] {
            #expect(throws: ShardError.self) { try EndpointSet(shard: "s", wrong) }
        }
        let set = try EndpointSet(shard: "s", [Endpoint("a", role: .primary)])
        #expect(
            try set.changing("a") { $0.tags = [EndpointTag("a", "b=c")] }.endpoints[0].tags == [
                EndpointTag(parsing: "a=b=c")
            ])
        #expect(throws: ShardError.self) { try set.changing("b") { $0.weight = 2 } }
        for wrong in ["", "a", "=a"] { #expect(throws: ShardError.self) { try EndpointTag(parsing: wrong) } }
        try forAll(200) { generator in
            let mask = EndpointMask(rawValue: generator.next())
            try require(Array(mask).count == mask.count && Array(mask).allSatisfy(mask.contains))
            for (rank, place) in mask.enumerated() { try require(mask.place(ranked: rank) == place) }
        }
    }
}
