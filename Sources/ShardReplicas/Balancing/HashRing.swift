/// Consistent hashing: each endpoint owns many points of a ring, and a key belongs to the owner of the next point.
///
/// Where an endpoint goes, its keys go to the owners of the points that follow its own, and no other key moves; that is
/// about 1/n of them. Weights do not count.
///
/// Source: Karger et al., "Consistent Hashing and Random Trees", 1997. A look-up is a binary search: `O(log points)`, no
/// allocation.
struct HashRing: Sendable {
    /// Points an endpoint: shares differ by some 6 % (1/√256) at that.
    static let pointsPerEndpoint = 256

    /// Ascending.
    private let points: [UInt64]
    private let owners: [UInt8]

    /// Points follow from names alone, so every process has the same ring.
    init(_ endpoints: EndpointSet) {
        var all: [(point: UInt64, owner: UInt8)] = []
        all.reserveCapacity(endpoints.endpoints.count * Self.pointsPerEndpoint)
        for (place, endpoint) in endpoints.endpoints.enumerated() {
            var state = Mix64.hash(endpoint.name.utf8)
            for _ in 0..<Self.pointsPerEndpoint {
                state &+= 0x9E37_79B9_7F4A_7C15
                all.append((Mix64.finish(state), UInt8(place)))
            }
        }
        // Equal points of two endpoints: the smaller name has it in every process.
        all.sort {
            $0.point != $1.point
                ? $0.point < $1.point
                : endpoints.endpoints[Int($0.owner)].name < endpoints.endpoints[Int($1.owner)].name
        }
        points = all.map(\.point)
        owners = all.map(\.owner)
    }

    /// The owner of a key among some endpoints; nil of none.
    func owner(of hash: UInt64, among candidates: EndpointMask) -> Int? {
        guard !candidates.isEmpty, !points.isEmpty else { return nil }
        // Hashes of keys are even already where they come from KeyHash, and anything where an application makes them.
        let hash = Mix64.finish(hash)
        var low = 0
        var high = points.count
        while low < high {
            let middle = (low + high) / 2
            if points[middle] < hash { low = middle + 1 } else { high = middle }
        }
        for step in 0..<points.count {
            var place = low + step
            if place >= points.count { place -= points.count }
            if candidates.contains(Int(owners[place])) { return Int(owners[place]) }
        }
        return nil
    }
}

/// Sebastiano Vigna's SplitMix64 finaliser (public domain), and FNV-1a before it for texts.
enum Mix64 {
    static func finish(_ word: UInt64) -> UInt64 {
        var mixed = word
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return finish(hash)
    }
}
