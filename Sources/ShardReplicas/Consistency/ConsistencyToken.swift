/// How far the shards had come when a write was done: what a session, in any process, shows to read that write.
///
/// A few positions per shard: one for each timeline that was written in. Positions of two timelines cannot replace each
/// other, since the later one does not say that the earlier write survived the failover between them.
///
/// Merging is a join: the order, the grouping and repetition of merges do not matter.
public struct ConsistencyToken: Sendable, Hashable {
    /// By shard, ascending by timeline, one a timeline.
    public private(set) var positions: [String: [Position]] = [:]

    public init() {}

    public init(shard: String, _ position: Position) {
        positions[shard] = [position]
    }

    public var isEmpty: Bool { positions.isEmpty }

    /// What a read of the shard has to see. Empty where the token says nothing of the shard.
    public func required(of shard: String) -> [Position] { positions[shard] ?? [] }

    /// Adds a write at a position of a shard. `O(timelines of the shard)`, one or two as a rule.
    public mutating func note(_ position: Position, of shard: String) {
        positions[shard, default: []].merge(position)
    }

    /// Everything that either token asks for.
    public mutating func merge(_ other: ConsistencyToken) {
        for (shard, theirs) in other.positions {
            for position in theirs { note(position, of: shard) }
        }
    }

    public func merging(_ other: ConsistencyToken) -> ConsistencyToken {
        var token = self
        token.merge(other)
        return token
    }
}

extension [Position] {
    /// Keeps the list ascending by timeline, with the farthest offset of each.
    mutating func merge(_ position: Position) {
        let place = firstIndex { $0.timeline >= position.timeline } ?? endIndex
        if place < endIndex, self[place].timeline == position.timeline {
            self[place].offset = Swift.max(self[place].offset, position.offset)
        } else {
            insert(position, at: place)
        }
    }
}
