import ShardBase
import ShardValues

/// The algorithm of a declaration: its parameters checked, its values brought under the key columns' affinities.
extension ShardingPlacer {
    func algorithm(_ types: [KeyType]) throws(ShardError) -> any ShardingAlgorithm {
        switch declaration.method {
        case .hash:
            var slots = HashAlgorithm.defaultSlotCount
            // With fewer slots than partitions some would stay empty for ever.
            while slots < partitionCount { slots *= 2 }
            return HashAlgorithm(partitionCount: partitionCount, slotCount: slots)
        case .mod:
            try requireOneColumn(types)
            guard types[0].affinity != .text else {
                throw refusal("SHARD BY MOD takes an integer column", hint: "Shard by HASH.")
            }
            return ModAlgorithm(partitionCount: partitionCount)
        case .hint: return HintAlgorithm(partitionCount: partitionCount)
        case .interval(let unit, let count, let partitions):
            try requireOneColumn(types)
            return try interval(unit, count, partitions)
        case .range(let partitions): return try range(partitions, types)
        case .list(let partitions):
            let (lists, fallback) = try lists(partitions, types)
            return ListAlgorithm(lists: lists, defaultPartition: fallback, types: types)
        case .directory(let partitions):
            try requireOneColumn(types)
            return try directory(partitions, types)
        case .custom(let name):
            guard let custom = CustomAlgorithms.shared.algorithm(named: name, partitionCount: partitionCount) else {
                throw ShardError(
                    .configuration, "the sharding algorithm \(name) is not registered",
                    hint: "Register it with CustomAlgorithms before the database is opened.")
            }
            return custom
        }
    }

    private func requireOneColumn(_ types: [KeyType]) throws(ShardError) {
        guard types.count == 1 else {
            throw refusal("SHARD BY \(declaration.method.name.uppercased()) takes exactly one column")
        }
    }

    private func interval(
        _ unit: IntervalAlgorithm.Unit, _ count: Int, _ partitions: [ShardingDeclaration.StartingPartition]
    ) throws(ShardError) -> any ShardingAlgorithm {
        guard count > 0 else { throw refusal("a step of \(count) \(unit.rawValue) is not positive") }
        var last: CivilTime?
        for partition in partitions {
            guard let time = CivilTime(partition.start) else {
                throw refusal(
                    "the start of \(partition.name) is no time",
                    hint: "Write it as '2026-01-31', '2026-01-31 12:00:00' or Unix seconds.")
            }
            if let last, !(last < time) {
                throw refusal("the start of \(partition.name) is not after the one before it")
            }
            last = time
        }
        return IntervalAlgorithm(
            unit: unit, count: count, partitionCount: partitions.isEmpty ? partitionCount : partitions.count,
            starts: partitions.map(\.start))
    }

    private func range(
        _ partitions: [ShardingDeclaration.RangePartition], _ types: [KeyType]
    ) throws(ShardError) -> any ShardingAlgorithm {
        guard !partitions.isEmpty else { throw refusal("SHARD BY RANGE lists its partitions") }
        var bounds: [[Value?]] = []
        for partition in partitions {
            guard partition.bound.count == types.count else {
                throw refusal(
                    "the bound of \(partition.name) has \(partition.bound.count) values for \(types.count) key columns")
            }
            var bound: [Value?] = []
            for (value, type) in zip(partition.bound, types) {
                if case .null? = value { throw refusal("the bound of \(partition.name) is NULL") }
                bound.append(value.map { type.affinity.apply(to: $0) })
            }
            if let last = bounds.last, !Self.isAscending(last, bound, types) {
                throw refusal("the bound of \(partition.name) is not above the one before it")
            }
            bounds.append(bound)
        }
        return RangeAlgorithm(bounds: bounds)
    }

    private static func isAscending(_ a: [Value?], _ b: [Value?], _ types: [KeyType]) -> Bool {
        for index in types.indices {
            guard let left = a[index] else { return false }
            guard let right = b[index] else { return true }
            let order = SQLiteOrder.compare(left, right, collation: types[index].collation)
            if order != 0 { return order < 0 }
        }
        return false
    }

    private func lists(
        _ partitions: [ShardingDeclaration.ListPartition], _ types: [KeyType]
    ) throws(ShardError) -> (lists: [[[Value]]], fallback: Int?) {
        guard !partitions.isEmpty else {
            throw refusal("SHARD BY \(declaration.method.name.uppercased()) lists its partitions")
        }
        var lists: [[[Value]]] = []
        var fallback: Int?
        var known = KeyIndex()
        for (home, partition) in partitions.enumerated() {
            if partition.keys == nil {
                if fallback != nil { throw refusal("two partitions are DEFAULT") }
                fallback = home
            }
            var list: [[Value]] = []
            for key in partition.keys ?? [] {
                guard key.count == types.count else {
                    throw refusal(
                        "a key of \(partition.name) has \(key.count) values for \(types.count) key columns")
                }
                let stored = zip(key, types).map { $1.affinity.apply(to: $0) }
                guard known.add(stored, home: home, types: types) else {
                    throw refusal("a key of \(partition.name) is listed twice")
                }
                list.append(stored)
            }
            lists.append(list)
        }
        return (lists, fallback)
    }

    /// Without a list, an empty directory over the partitions: entries come later, through the catalog.
    private func directory(
        _ partitions: [ShardingDeclaration.ListPartition], _ types: [KeyType]
    ) throws(ShardError) -> any ShardingAlgorithm {
        if partitions.isEmpty {
            return DirectoryAlgorithm(
                entries: [:], defaultPartition: nil, partitionCount: partitionCount, type: types[0])
        }
        let (lists, fallback) = try lists(partitions, types)
        var entries: [Value: Int] = [:]
        for (home, keys) in lists.enumerated() { for key in keys { entries[key[0]] = home } }
        return DirectoryAlgorithm(
            entries: entries, defaultPartition: fallback, partitionCount: partitions.count, type: types[0])
    }
}
