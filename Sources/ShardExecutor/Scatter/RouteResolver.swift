import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// Resolves a route with the bound values into places.
///
/// A key that is one integer compared with `=` (the point read) goes past the general machinery: one look at the value, one hash.
struct RouteResolver: Sendable {
    let route: Route
    /// Set when the condition fixes a one-column hash key whose integers are stored as they are.
    private let point: Point?

    private struct Point: Sendable {
        let hash: HashAlgorithm
        let operand: KeyOperand
    }

    init(_ route: Route) {
        self.route = route
        point = Self.point(route)
    }

    /// Where one statement goes.
    enum Places: Sendable, Hashable {
        /// No partition can hold a matching row.
        case none
        case partition(Int, ShardIndex)
        case partitions([Int])
        case shard(ShardIndex)
        case anyShard
        case everyShard
    }

    /// - Parameter values: the run's, extras included.
    func places(_ values: [Value]) -> Places {
        switch route {
        case .anyShard: return .anyShard
        case .shard(let shard): return .shard(shard)
        case .everyShard: return .everyShard
        case .partitions(let sharding, let condition):
            if let point, let key = point.integer(values) {
                let partition = point.hash.partition(ofInteger: key)
                return .partition(partition, sharding.partitions[partition].shard)
            }
            let set = sharding.partitions(for: condition, values: values)
            switch set {
            case .none: return .none
            case .one(let partition): return .partition(partition, sharding.partitions[partition].shard)
            case .some, .all:
                let indices = set.indices(count: sharding.partitions.count)
                if indices.count == 1 { return .partition(indices[0], sharding.partitions[indices[0]].shard) }
                return indices.isEmpty ? .none : .partitions(indices)
            }
        }
    }

    private static func point(_ route: Route) -> Point? {
        guard case .partitions(let sharding, var condition) = route, sharding.keyColumns.count == 1,
            let hash = sharding.algorithm as? HashAlgorithm
        else { return nil }
        while case .and(let parts) = condition, parts.count == 1 { condition = parts[0] }
        guard case .compare(column: 0, .equal, let operand) = condition else { return nil }
        switch sharding.keyTypes[0].affinity {
        case .integer, .numeric, .blob: return Point(hash: hash, operand: operand)
        // Stored as another kind, which has its own hash beyond 2^53 (REAL) or everywhere (TEXT).
        case .real, .text: return nil
        }
    }
}

extension RouteResolver.Point {
    /// The key, when it is an integer.
    @inline(__always)
    fileprivate func integer(_ values: [Value]) -> Int64? {
        switch operand {
        case .constant(.integer(let key)): return key
        case .parameter(let index):
            guard index < values.count, case .integer(let key) = values[index] else { return nil }
            return key
        case .constant: return nil
        }
    }
}
