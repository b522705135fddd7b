/// A set of endpoints of one shard, by their places in its ``EndpointSet``: one machine word.
public struct EndpointMask: Sendable, Hashable {
    public var rawValue: UInt64

    @inlinable public init(rawValue: UInt64 = 0) { self.rawValue = rawValue }

    /// All of the first `count` places.
    /// - Precondition: 0…64.
    @inlinable public init(first count: Int) {
        precondition((0...64).contains(count), "a mask has 64 places, not \(count)")
        rawValue = count == 64 ? .max : (1 << UInt64(count)) - 1
    }

    @inlinable public var isEmpty: Bool { rawValue == 0 }
    @inlinable public var count: Int { rawValue.nonzeroBitCount }
    /// The first place in the set; nil of an empty one.
    @inlinable public var first: Int? { rawValue == 0 ? nil : rawValue.trailingZeroBitCount }

    @inlinable public func contains(_ place: Int) -> Bool { rawValue >> UInt64(place) & 1 == 1 }
    @inlinable public mutating func insert(_ place: Int) { rawValue |= 1 << UInt64(place) }
    @inlinable public mutating func remove(_ place: Int) { rawValue &= ~(1 << UInt64(place)) }
    @inlinable public func intersection(_ other: EndpointMask) -> EndpointMask {
        EndpointMask(rawValue: rawValue & other.rawValue)
    }
    @inlinable public func union(_ other: EndpointMask) -> EndpointMask {
        EndpointMask(rawValue: rawValue | other.rawValue)
    }
    @inlinable public func subtracting(_ other: EndpointMask) -> EndpointMask {
        EndpointMask(rawValue: rawValue & ~other.rawValue)
    }

    /// The place with this rank among those in the set, counted from 0.
    /// - Precondition: `rank < count`.
    @inlinable public func place(ranked rank: Int) -> Int {
        var rest = rawValue
        for _ in 0..<rank { rest &= rest &- 1 }
        return rest.trailingZeroBitCount
    }
}

extension EndpointMask: Sequence {
    /// From the first place to the last.
    public struct Iterator: IteratorProtocol {
        @usableFromInline var rest: UInt64
        @inlinable init(rest: UInt64) { self.rest = rest }
        @inlinable public mutating func next() -> Int? {
            if rest == 0 { return nil }
            defer { rest &= rest &- 1 }
            return rest.trailingZeroBitCount
        }
    }
    @inlinable public func makeIterator() -> Iterator { Iterator(rest: rawValue) }
}

extension EndpointMask: ExpressibleByArrayLiteral {
    public init(arrayLiteral places: Int...) {
        self.init()
        for place in places { insert(place) }
    }
}
