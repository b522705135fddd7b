import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// Resolves a route with the bound values into places.
struct RouteResolver: Sendable {
    let route: Route
    /// The form proves one place: where no row can match, the first partition is asked all the same, since an aggregate
    /// without rows still answers one.
    let isSinglePlace: Bool

    init(_ route: Route, isSinglePlace: Bool = false) {
        self.isSinglePlace = isSinglePlace
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
            case .none:
                guard isSinglePlace, let first = sharding.partitions.first else { return .none }
                return .partition(0, first.shard)
            case .one(let partition): return .partition(partition, sharding.partitions[partition].shard)
            case .some, .all:
                let indices = set.indices(count: sharding.partitions.count)
                if indices.count == 1 { return .partition(indices[0], sharding.partitions[indices[0]].shard) }
                return indices.isEmpty ? .none : .partitions(indices)
            }
        }
    }
}

/// The short way of the point read: a one-column key compared with a parameter that is an integer.
///
/// It looks at one value and asks the algorithm once; the route's tables are not touched.
final class PointRoute: Sendable {
    private let algorithm: any ShardingAlgorithm
    private let parameter: Int
    /// By partition.
    private let shards: [ShardIndex]

    /// Nil where the route is of another form, or the column stores integers as something else.
    init?(_ resolver: RouteResolver) {
        guard case .partitions(let sharding, let condition) = resolver.route, sharding.keyTypes.count == 1,
            case .compare(column: 0, .equal, .parameter(let parameter)) = condition
        else { return nil }
        switch sharding.keyTypes[0].affinity {
        case .integer, .numeric, .blob: break
        case .real, .text: return nil
        }
        algorithm = sharding.algorithm
        self.parameter = parameter
        shards = sharding.partitions.map(\.shard)
    }

    /// Nil: the general way must look.
    func place(_ values: [Value]) -> (partition: Int, shard: ShardIndex)? {
        guard parameter < values.count, case .integer(let key) = values[parameter],
            let partition = algorithm.partition(ofInteger: key)
        else { return nil }
        return (partition, shards[partition])
    }
}
