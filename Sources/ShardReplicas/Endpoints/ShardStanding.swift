/// The endpoints of one shard and what is known of each, at one moment: never changed, only replaced.
public final class ShardStanding: Sendable {
    public let endpoints: EndpointSet
    /// Place by place as in `endpoints`.
    public let standings: [EndpointStanding]
    /// Where writes go. Nil: none is known, or more than one says so.
    public let primary: Int?
    /// Counters that go on from one standing to the next.
    let loads: [EndpointLoad]
    /// The circuit breakers' generations.
    let generations: [UInt64]
    /// Those of weight 0.
    let unweighted: EndpointMask
    let weights: [Int]
    let hasUniformWeights: Bool
    let ring: HashRing

    /// - Precondition: as many standings as endpoints; the primary is one of them.
    public convenience init(endpoints: EndpointSet, standings: [EndpointStanding], primary: Int?) {
        self.init(
            endpoints: endpoints, standings: standings, primary: primary,
            loads: endpoints.endpoints.map { _ in EndpointLoad() }, generations: standings.map { _ in 0 },
            ring: HashRing(endpoints))
    }

    init(
        endpoints: EndpointSet, standings: [EndpointStanding], primary: Int?, loads: [EndpointLoad],
        generations: [UInt64], ring: HashRing
    ) {
        precondition(
            standings.count == endpoints.endpoints.count && loads.count == standings.count
                && generations.count == standings.count
                && primary.map(standings.indices.contains) != false,
            "\(standings.count) standings, \(loads.count) loads and primary \(primary ?? -1) of a set of "
                + "\(endpoints.endpoints.count)")
        self.endpoints = endpoints
        self.standings = standings
        self.primary = primary
        self.loads = loads
        self.generations = generations
        self.ring = ring
        weights = endpoints.endpoints.map(\.weight)
        hasUniformWeights = Set(weights).count == 1
        var unweighted = EndpointMask()
        for (place, weight) in weights.enumerated() where weight == 0 { unweighted.insert(place) }
        self.unweighted = unweighted
    }
}
