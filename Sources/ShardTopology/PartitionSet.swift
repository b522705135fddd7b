/// What pruning hands on: none, one, some or all of a table's partitions.
public enum PartitionSet: Sendable, Hashable {
    case none
    case one(Int)
    /// At least two, not all, ascending.
    case some([Int])
    case all

    /// The set of the given partitions out of `count`, in any order, repeated or not.
    public init(_ partitions: some Sequence<Int>, count: Int) {
        let sorted = Set(partitions).sorted()
        switch sorted.count {
        case 0: self = .none
        case 1: self = .one(sorted[0])
        case count: self = .all
        default: self = .some(sorted)
        }
    }

    /// The partitions out of `count`, ascending.
    public func indices(count: Int) -> [Int] {
        switch self {
        case .none: []
        case .one(let index): [index]
        case .some(let indices): indices
        case .all: Array(0..<count)
        }
    }

    public func contains(_ partition: Int) -> Bool {
        switch self {
        case .none: false
        case .one(let index): index == partition
        case .some(let indices): indices.contains(partition)
        case .all: true
        }
    }

    public func union(_ other: PartitionSet, count: Int) -> PartitionSet {
        switch (self, other) {
        case (.all, _), (_, .all): .all
        case (.none, let set), (let set, .none): set
        case (.one, _), (.some, _): PartitionSet(indices(count: count) + other.indices(count: count), count: count)
        }
    }

    public func intersection(_ other: PartitionSet, count: Int) -> PartitionSet {
        switch (self, other) {
        case (.none, _), (_, .none): return .none
        case (.all, let set), (let set, .all): return set
        case (.one, _), (.some, _):
            return PartitionSet(indices(count: count).filter(other.contains), count: count)
        }
    }
}
