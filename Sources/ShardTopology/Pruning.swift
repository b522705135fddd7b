import ShardBase
import ShardValues

/// Evaluates a key condition with bound values into partitions.
///
/// Law: a row that satisfies the condition under SQLite's semantics is in one of the partitions. Operands are converted
/// as a comparison with the column converts them (TEXT k = 5 compares '5'; INTEGER k = 'abc' compares the text, which
/// a row may hold); values of other storage classes are ordered by class, so `k < 'abc'` lets every number through.
struct Pruning {
    let sharding: Sharding
    let values: [Value]

    /// Beyond so many combinations of candidate values a composite key is taken as unknown.
    private static let combinationLimit = 1024

    private var count: Int { sharding.partitions.count }

    func partitions(_ condition: KeyCondition) -> PartitionSet {
        switch condition {
        case .all: return .all
        case .none: return .none
        case .partitions(let list):
            return PartitionSet(list.filter { $0 >= 0 && $0 < count }, count: count)
        case .or(let parts):
            var result = PartitionSet.none
            for part in parts {
                result = result.union(partitions(part), count: count)
                if result == .all { break }
            }
            return result
        case .and(let parts): return conjunction(parts)
        case .compare, .inList, .isNull: return conjunction([condition])
        case .rowInList(let columns, let rows): return self.rows(columns, rows, within: [])
        }
    }

    /// Everything that a conjunction says of each column is drawn together before the algorithm is asked, so that
    /// `a = 1 AND b = 2` gives one home and `k >= 1 AND k < 5` one interval.
    private func conjunction(_ parts: [KeyCondition]) -> PartitionSet {
        var flat: [KeyCondition] = []
        flatten(parts, into: &flat)
        var domains = [KeyDomain](repeating: .any, count: sharding.keyTypes.count)
        var others: [KeyCondition] = []
        for part in flat {
            switch part {
            case .all, .and: continue
            case .none: return .none
            case .or, .partitions, .rowInList: others.append(part)
            case .isNull(let column): restrict(&domains[column], column, .points([.null]))
            case .inList(let column, let operands): restrict(&domains[column], column, listed(operands, column))
            case .compare(let column, let comparison, let operand):
                restrict(&domains[column], column, domain(column, comparison, operand))
            }
        }
        var result = homes(domains)
        for other in others {
            if result == .none { break }
            if case .rowInList(let columns, let rows) = other {
                result = result.intersection(self.rows(columns, rows, within: domains), count: count)
            } else {
                result = result.intersection(partitions(other), count: count)
            }
        }
        return result
    }

    private func flatten(_ parts: [KeyCondition], into flat: inout [KeyCondition]) {
        for part in parts {
            if case .and(let inner) = part { flatten(inner, into: &flat) } else { flat.append(part) }
        }
    }

    private func restrict(_ domain: inout KeyDomain, _ column: Int, _ other: KeyDomain) {
        domain = domain.intersection(other, collation: sharding.keyTypes[column].collation)
    }

    private func domain(_ column: Int, _ comparison: KeyComparison, _ operand: KeyOperand) -> KeyDomain {
        guard let bound = value(operand) else { return .any }
        if case .null = bound {
            // A comparison with NULL is never true, IS excepted.
            return .points(comparison == .is ? [.null] : [])
        }
        let value = sharding.keyTypes[column].affinity.converted(forComparison: bound)
        switch comparison {
        case .equal, .is: return .points([value])
        case .less: return .interval(KeyInterval(upper: .init(value, isInclusive: false)))
        case .lessOrEqual: return .interval(KeyInterval(upper: .init(value, isInclusive: true)))
        case .greater: return .interval(KeyInterval(lower: .init(value, isInclusive: false)))
        case .greaterOrEqual: return .interval(KeyInterval(lower: .init(value, isInclusive: true)))
        }
    }

    /// The values of a list; NULLs in it match nothing.
    private func listed(_ operands: [KeyOperand], _ column: Int) -> KeyDomain {
        var points: [Value] = []
        points.reserveCapacity(operands.count)
        for operand in operands {
            guard let bound = value(operand) else { return .any }
            if case .null = bound { continue }
            points.append(sharding.keyTypes[column].affinity.converted(forComparison: bound))
        }
        return .points(points)
    }

    /// A parameter without a value is nil: nothing is known of it.
    private func value(_ operand: KeyOperand) -> Value? {
        switch operand {
        case .constant(let value): return value
        case .parameter(let index):
            guard index < values.count else { return .none }
            return values[index]
        }
    }

    private func rows(_ columns: [Int], _ rows: [[KeyOperand]], within domains: [KeyDomain]) -> PartitionSet {
        let known = domains.isEmpty ? Array(repeating: KeyDomain.any, count: sharding.keyTypes.count) : domains
        var result = PartitionSet.none
        for row in rows {
            var restricted = known
            for (column, operand) in zip(columns, row) {
                restrict(&restricted[column], column, domain(column, .equal, operand))
            }
            result = result.union(homes(restricted), count: count)
            if result == .all { break }
        }
        return result
    }

    private func homes(_ domains: [KeyDomain]) -> PartitionSet {
        if domains.contains(where: \.isEmpty) { return .none }
        guard let keys = combinations(domains) else {
            return algorithm(domains)
        }
        var homes: Set<Int> = []
        for key in keys {
            // A key that no partition takes is in no row.
            guard let home = try? sharding.algorithm.partition(of: key, types: sharding.keyTypes) else { continue }
            homes.insert(home)
            if homes.count == count { break }
        }
        return PartitionSet(homes, count: count)
    }

    private func algorithm(_ domains: [KeyDomain]) -> PartitionSet {
        if domains.allSatisfy({ $0 == .any }) { return .all }
        return sharding.algorithm.partitions(matching: domains, types: sharding.keyTypes)
    }

    /// Every key that the domains allow, when they are finitely and reasonably many.
    private func combinations(_ domains: [KeyDomain]) -> [[Value]]? {
        guard !domains.isEmpty else { return nil }
        var keys: [[Value]] = [[]]
        for domain in domains {
            guard case .points(let points) = domain,
                domains.count == 1 || keys.count * points.count <= Self.combinationLimit
            else { return nil }
            keys = keys.flatMap { key in points.map { key + [$0] } }
        }
        return keys
    }
}
