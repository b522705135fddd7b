import Synchronization

/// Picks one of the endpoints that may serve a read.
///
/// Shared by all tasks. Nothing in it waits or allocates, but for an application's own closure.
public final class Balancer: Sendable {
    public let policy: BalancingPolicy
    private let turn = Atomic<UInt64>(0)
    /// SplitMix64's state: one atomic addition a draw.
    private let lot: Atomic<UInt64>
    private let smooth = Mutex(SmoothTurns())

    /// - Parameter seed: of the lots. Default: from the operating system.
    public init(_ policy: BalancingPolicy, seed: UInt64 = .random(in: .min ... .max)) {
        self.policy = policy
        lot = Atomic(seed)
    }

    /// One of the candidates. Nil where there are none, or where an application's closure gives none.
    public func pick(
        _ candidates: EndpointMask, of standing: ShardStanding, hash: UInt64? = nil, now: Duration
    ) -> Int? {
        guard let first = candidates.first else { return nil }
        switch policy {
        case .custom(let choose):
            return choose(BalancingChoice(standing: standing, candidates: candidates, hash: hash, now: now))
        case .roundRobin, .random, .weighted, .leastInFlight, .consistentHash, .latency:
            if candidates.count == 1 { return first }
        }
        switch policy {
        case .roundRobin:
            return weighed(turn.wrappingAdd(1, ordering: .relaxed).oldValue, candidates, standing, isLot: false)
        case .random: return weighed(draw(), candidates, standing, isLot: true)
        case .weighted: return smooth.withLock { $0.next(candidates, standing.weights) }
        case .leastInFlight: return leastInFlight(candidates, standing)
        case .consistentHash:
            guard let hash else { return candidates.place(ranked: Self.below(candidates.count, draw())) }
            return standing.ring.owner(of: hash, among: candidates)
        case .latency: return sooner(candidates, standing, now)
        case .custom: return nil
        }
    }

    /// By the number's place among the weights laid end to end.
    private func weighed(
        _ number: UInt64, _ candidates: EndpointMask, _ standing: ShardStanding, isLot: Bool
    ) -> Int? {
        func within(_ count: Int) -> Int { isLot ? Self.below(count, number) : Int(number % UInt64(count)) }
        if standing.hasUniformWeights { return candidates.place(ranked: within(candidates.count)) }
        var total = 0
        for place in candidates { total += standing.weights[place] }
        // All of weight 0: a hint has named them.
        if total == 0 { return candidates.place(ranked: within(candidates.count)) }
        var rest = within(total)
        for place in candidates {
            rest -= standing.weights[place]
            if rest < 0 { return place }
        }
        return candidates.first
    }

    private func leastInFlight(_ candidates: EndpointMask, _ standing: ShardStanding) -> Int? {
        // The look-around begins by lot, so that ties do not all go to the first.
        let start = Self.below(candidates.count, draw())
        var best: Int?
        var bestLoad = 0
        var bestWeight = 1
        func look(_ place: Int) {
            let load = standing.loads[place].inFlight.load(ordering: .relaxed) + 1
            let weight = max(1, standing.weights[place])
            if best == nil || load * bestWeight < bestLoad * weight {
                best = place
                bestLoad = load
                bestWeight = weight
            }
        }
        var rank = 0
        for place in candidates {
            if rank >= start { look(place) }
            rank += 1
        }
        rank = 0
        for place in candidates {
            if rank == start { break }
            look(place)
            rank += 1
        }
        return best
    }

    /// Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001: two by lot are nearly as good as
    /// all, and do not send everybody to the same one.
    private func sooner(_ candidates: EndpointMask, _ standing: ShardStanding, _ now: Duration) -> Int? {
        let number = draw()
        let rank = Self.below(candidates.count, number)
        var other = Self.below(candidates.count - 1, Mix64.finish(number))
        if other >= rank { other += 1 }
        let a = candidates.place(ranked: rank)
        let b = candidates.place(ranked: other)
        return cost(a, standing, now) <= cost(b, standing, now) ? a : b
    }

    private func cost(_ place: Int, _ standing: ShardStanding, _ now: Duration) -> Double {
        let load = Double(standing.loads[place].inFlight.load(ordering: .relaxed))
        let latency = standing.loads[place].latency.current(now: now)
        // Never answered: tried at once by one, and by others only when that one has its answer.
        if latency == 0 { return load == 0 ? 0 : .greatestFiniteMagnitude }
        return latency * (load + 1)
    }

    private func draw() -> UInt64 {
        Mix64.finish(lot.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue)
    }

    /// Evenly below a bound, from 64 random bits (Lemire's multiplication; the bias of 2^-58 is left).
    private static func below(_ bound: Int, _ bits: UInt64) -> Int {
        Int(bits.multipliedFullWidth(by: UInt64(bound)).high)
    }
}

/// Smooth weighted turns: each turn everybody gains their weight, whoever has most serves and pays the sum.
///
/// Source: nginx, ngx_http_upstream_round_robin.c (2012). Over any sum-of-weights turns with the same candidates each has
/// exactly its weight's turns.
struct SmoothTurns: Sendable {
    private var credits = [Int](repeating: 0, count: EndpointSet.maximumCount)
    private var candidates = EndpointMask()

    mutating func next(_ candidates: EndpointMask, _ weights: [Int]) -> Int? {
        // Others may serve than before: old credits would say whom to make up to for having been away.
        if candidates != self.candidates {
            for place in credits.indices { credits[place] = 0 }
            self.candidates = candidates
        }
        var total = 0
        var best: Int?
        for place in candidates {
            let weight = max(1, weights[place])
            credits[place] += weight
            total += weight
            if best.map({ credits[place] > credits[$0] }) ?? true { best = place }
        }
        if let best { credits[best] -= total }
        return best
    }
}
