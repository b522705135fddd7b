import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// Resolves a route with the bound values into places.
struct RouteResolver: Sendable {
    let route: Route

    init(_ route: Route) {
        // A conjunction of one is that one: pruning has a short way for a single comparison.
        if case .partitions(let sharding, var condition) = route {
            while case .and(let parts) = condition, parts.count == 1 { condition = parts[0] }
            self.route = .partitions(sharding, condition)
        } else {
            self.route = route
        }
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
}
