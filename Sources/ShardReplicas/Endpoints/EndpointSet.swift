public import ShardBase

/// The endpoints of one shard: an immutable value. A change at run time is another value, put in its place.
public struct EndpointSet: Sendable, Hashable {
    public let shard: String
    /// In the order of the configuration; a place in it is what an ``EndpointMask`` counts.
    public let endpoints: [Endpoint]
    private let masks: [EndpointTag: EndpointMask]

    /// As many places as a mask has.
    public static let maximumCount = 64

    /// - Throws: `.configuration` where there is none or more than 64, where two have one name, two are declared primary,
    ///   or a weight is out of range.
    public init(shard: String, _ endpoints: [Endpoint]) throws(ShardError) {
        guard !endpoints.isEmpty, endpoints.count <= Self.maximumCount else {
            throw ShardError(
                .configuration, "shard '\(shard)' has \(endpoints.count) endpoints, not 1 to \(Self.maximumCount)")
        }
        var names: Set<String> = []
        for endpoint in endpoints {
            guard !endpoint.name.isEmpty, names.insert(endpoint.name).inserted else {
                throw ShardError(
                    .configuration, "shard '\(shard)' has two endpoints of the name '\(endpoint.name)', or one without")
            }
            guard Endpoint.weights.contains(endpoint.weight) else {
                throw ShardError(
                    .configuration,
                    "the weight of '\(endpoint.name)' of shard '\(shard)' is \(endpoint.weight), not 0 to 1000")
            }
        }
        let primaries = endpoints.filter { $0.role == .primary }
        guard primaries.count <= 1 else {
            throw ShardError(
                .configuration,
                "shard '\(shard)' declares \(primaries.count) primaries: \(primaries.map(\.name).joined(separator: ", "))"
            )
        }
        self.shard = shard
        self.endpoints = endpoints
        var masks: [EndpointTag: EndpointMask] = [:]
        for (place, endpoint) in endpoints.enumerated() {
            for tag in endpoint.tags { masks[tag, default: []].insert(place) }
        }
        self.masks = masks
    }

    public func place(of name: String) -> Int? { endpoints.firstIndex { $0.name == name } }

    /// The places of those marked with a tag: one look-up.
    public func mask(tagged tag: EndpointTag) -> EndpointMask { masks[tag] ?? [] }

    /// The set with one endpoint changed, as tags and weights are at run time.
    ///
    /// - Throws: `.notFound` where there is none of the name; what the initialiser throws.
    public func changing(_ name: String, _ change: (inout Endpoint) -> Void) throws(ShardError) -> EndpointSet {
        guard let place = place(of: name) else {
            throw ShardError(.notFound, "shard '\(shard)' has no endpoint '\(name)'")
        }
        var endpoints = endpoints
        change(&endpoints[place])
        return try EndpointSet(shard: shard, endpoints)
    }
}
