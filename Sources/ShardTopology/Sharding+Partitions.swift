public import ShardBase
public import ShardValues

extension Sharding {
    /// The home of a row by its key's values, as they are before the columns store them: the columns' affinities are
    /// applied first.
    /// - Throws: `.valueRange` when no partition takes the key; `.shardKeyMissing` when the table
    ///   is sharded by hint.
    public func partition(of key: [Value]) throws(ShardError) -> Int {
        if key.count == 1, case .integer(let integer) = key[0], let home = fastPartition(ofInteger: integer) {
            return home
        }
        guard key.count == keyTypes.count else {
            throw ShardError(
                .internalError, "a key of \(key.count) values was given for a shard key of \(keyTypes.count) columns")
        }
        for index in key.indices where !keyTypes[index].affinity.keeps(key[index]) {
            var stored = key
            for index in stored.indices { stored[index] = keyTypes[index].affinity.apply(to: stored[index]) }
            return try algorithm.partition(of: stored, types: keyTypes)
        }
        return try algorithm.partition(of: key, types: keyTypes)
    }

    /// The home of a row whose key is one integer. Under hash and mod nothing is allocated; a few nanoseconds.
    /// - Throws: as ``partition(of:)``.
    public func partition(ofInteger key: Int64) throws(ShardError) -> Int {
        if let home = fastPartition(ofInteger: key) { return home }
        return try partition(of: [.integer(key)])
    }

    /// Nil where the column stores something else than the integer, or the algorithm has no short way.
    @inline(__always)
    private func fastPartition(ofInteger key: Int64) -> Int? {
        guard keyTypes.count == 1 else { return nil }
        switch keyTypes[0].affinity {
        case .integer, .numeric, .blob: return algorithm.partition(ofInteger: key)
        case .text, .real: return nil
        }
    }

    /// The partitions that can hold rows satisfying a condition: a superset, by law.
    ///
    /// `values` are the bound ones; an operand beyond them is unknown and restricts nothing. Key equality under hash and
    /// mod costs tens of nanoseconds; other conditions grow with their number of operands.
    public func partitions(for condition: KeyCondition, values: [Value]) -> PartitionSet {
        if case .compare(0, .equal, let operand) = condition, keyTypes.count == 1 {
            switch operand {
            case .constant(.integer(let key)):
                if let home = fastPartition(ofInteger: key) { return .one(home) }
            case .parameter(let index):
                if index < values.count, case .integer(let key) = values[index],
                    let home = fastPartition(ofInteger: key)
                {
                    return .one(home)
                }
            case .constant: break
            }
        }
        if let key = wholeKey(condition, values) {
            // A key that no partition takes is in no row.
            guard let home = try? algorithm.partition(of: key, types: keyTypes) else { return .none }
            return .one(home)
        }
        return Pruning(sharding: self, values: values).partitions(condition)
    }

    /// The one key that a condition of plain equalities names, as comparisons see it; nil for any other condition.
    private func wholeKey(_ condition: KeyCondition, _ values: [Value]) -> [Value]? {
        switch condition {
        case .compare(0, .equal, let operand):
            guard keyTypes.count == 1, let value = known(operand, values) else { return nil }
            return [keyTypes[0].affinity.converted(forComparison: value)]
        case .and(let parts):
            guard parts.count == keyTypes.count else { return nil }
            var key = [Value](repeating: .null, count: parts.count)
            for part in parts {
                guard case .compare(let column, .equal, let operand) = part, key[column] == .null,
                    let value = known(operand, values)
                else { return nil }
                key[column] = keyTypes[column].affinity.converted(forComparison: value)
            }
            return key
        case .all, .none, .or, .compare, .inList, .isNull, .rowInList, .partitions: return nil
        }
    }

    /// An operand's value, where it is known and not NULL.
    private func known(_ operand: KeyOperand, _ values: [Value]) -> Value? {
        switch operand {
        case .constant(.null): return nil
        case .constant(let value): return value
        case .parameter(let index):
            guard index < values.count, values[index] != .null else { return nil }
            return values[index]
        }
    }
}
