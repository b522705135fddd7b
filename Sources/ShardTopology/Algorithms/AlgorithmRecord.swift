public import ShardBase
public import ShardValues

/// What the catalog stores of an algorithm: plain data; which parts are set depends on the name. Part of the record of
/// format 1 (see ``TableRecord``).
public struct AlgorithmRecord: Sendable, Hashable, Codable {
    public var name: String
    /// Hash: slot to partition; nil: ``slotCount`` slots, slot mod partitions.
    public var slots: [Int]?
    public var slotCount: Int?
    /// Range: upper bounds.
    public var bounds: [[Value?]]?
    /// List and directory: the keys of each partition.
    public var lists: [[[Value]]]?
    public var defaultPartition: Int?
    /// Interval: unit, units a step, starts.
    public var unit: IntervalAlgorithm.Unit?
    public var step: Int?
    public var starts: [Value]?

    public init(
        name: String, bounds: [[Value?]]? = nil, lists: [[[Value]]]? = nil, defaultPartition: Int? = nil,
        unit: IntervalAlgorithm.Unit? = nil, step: Int? = nil, starts: [Value]? = nil
    ) {
        self.name = name
        self.bounds = bounds
        self.lists = lists
        self.defaultPartition = defaultPartition
        self.unit = unit
        self.step = step
        self.starts = starts
    }

    /// The first map of slots is stored as its size alone.
    init(name: String, slots: [Int]) {
        self.init(name: name)
        let count = (slots.max() ?? 0) + 1
        if slots.indices.allSatisfy({ slots[$0] == $0 % count }) {
            slotCount = slots.count
        } else {
            self.slots = slots
        }
    }

    /// The algorithm again. An application's own is looked up in ``CustomAlgorithms``.
    /// - Throws: `.corrupt` where parts are missing or contradict one another, `.configuration` for an
    ///   application's algorithm that is not registered.
    public func algorithm(partitionCount: Int, types: [KeyType]) throws(ShardError) -> any ShardingAlgorithm {
        switch name {
        case "hash":
            if let slots, !slots.isEmpty, slots.allSatisfy({ $0 >= 0 && $0 < partitionCount }) {
                return HashAlgorithm(slots: slots, partitionCount: partitionCount)
            }
            if slots == nil, let slotCount, slotCount > 0 {
                return HashAlgorithm(partitionCount: partitionCount, slotCount: slotCount)
            }
        case "mod": return ModAlgorithm(partitionCount: partitionCount)
        case "hint": return HintAlgorithm(partitionCount: partitionCount)
        case "range":
            if let bounds, bounds.count == partitionCount, bounds.allSatisfy({ $0.count == types.count }) {
                return RangeAlgorithm(bounds: bounds)
            }
        case "list":
            if let lists, isSound(lists, partitionCount, types) {
                return ListAlgorithm(lists: lists, defaultPartition: defaultPartition, types: types)
            }
        case "directory":
            if let lists, types.count == 1, isSound(lists, partitionCount, types) {
                var entries: [Value: Int] = [:]
                for (home, keys) in lists.enumerated() { for key in keys { entries[key[0]] = home } }
                return DirectoryAlgorithm(
                    entries: entries, defaultPartition: defaultPartition, partitionCount: partitionCount,
                    type: types[0])
            }
        case "interval":
            let starts = starts ?? []
            if let unit, starts.allSatisfy(IntervalAlgorithm.isTime), starts.isEmpty || starts.count == partitionCount {
                return IntervalAlgorithm(unit: unit, count: step ?? 1, partitionCount: partitionCount, starts: starts)
            }
        default:
            if let custom = CustomAlgorithms.shared.algorithm(named: name, partitionCount: partitionCount) {
                return custom
            }
            throw ShardError(
                .configuration, "the sharding algorithm \(name) is not registered",
                hint: "Register it with CustomAlgorithms before the database is opened.")
        }
        throw ShardError(.corrupt, "the catalog's parameters of the \(name) algorithm cannot be read")
    }

    private func isSound(_ lists: [[[Value]]], _ partitionCount: Int, _ types: [KeyType]) -> Bool {
        lists.count == partitionCount && lists.allSatisfy { $0.allSatisfy { $0.count == types.count } }
            && defaultPartition.map { $0 >= 0 && $0 < partitionCount } ?? true
    }
}
