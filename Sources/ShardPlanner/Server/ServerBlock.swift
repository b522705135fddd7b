import ShardSQL
import ShardTopology

/// What a query does with its tables' rows, as far as splitting it asks.
enum ServerBlock {
    case core(Core)
    /// A set operation, a query with WITH, VALUES: the references inside.
    case opaque([Int])

    /// One SELECT.
    struct Core {
        var source: Source?
        /// All references of the block, those of its subqueries included.
        var references: Range<Int> = 0..<0
        var isGrouped = false
        /// Plain columns among the groups; empty where there are grouping sets.
        var groups: Set<ServerSurvey.Node> = []
        /// What GROUP BY means, numbers and names of the answer's columns put as what they stand for; nil where that is not clear, or
        /// where there are grouping sets.
        var groupTerms: [Expression]?
        var hasAggregates = false
        /// What the block's own column references mean, by where they stand.
        var columns: [SourceRange: ServerSurvey.Node] = [:]
        /// By window function, the plain columns that it is partitioned by.
        var windows: [Set<ServerSurvey.Node>] = []
        /// Of DISTINCT: the plain columns of the answer; of DISTINCT ON: those of its list.
        var distinct: Set<ServerSurvey.Node>?
        var hasLimit = false

        /// Whether rows with another value in a column may as well be taken away before the block as after it.
        func separates(by node: ServerSurvey.Node) -> Bool {
            if hasLimit { return false }
            if isGrouped || hasAggregates, !groups.contains(node) { return false }
            if let distinct, !distinct.contains(node) { return false }
            return windows.allSatisfy { $0.contains(node) }
        }
    }

    /// What stands in FROM.
    indirect enum Source {
        case table(Int)
        case derived(ServerBlock)
        /// The references in its arguments.
        case function(Range<Int>)
        case commonTable
        case join(JoinExpression.Kind, Source, Source)
    }
}

/// A query that is right partition by partition: the answers over each partition of one table, put together, are the answer.
struct ServerSplit {
    /// The table reference whose partitions the others follow.
    var root: Int
    var sharding: Sharding
}

extension ServerSurvey {
    /// How the statement's query splits below its own grouping, DISTINCT, windows and LIMIT; nil: it does not, or not certainly.
    var split: ServerSplit? {
        guard case .core(let core) = block else { return nil }
        for reference in references { if case .shard = ServerPlace(reference.table) { return nil } }
        for root in references.indices {
            guard case .partitioned(let sharding) = ServerPlace(references[root].table),
                reaches(root, sharding, references.indices)
            else { continue }
            if let source = core.source, preserves(source) == .partitioned, holds(source, root) {
                return ServerSplit(root: root, sharding: sharding)
            }
        }
        return nil
    }

    /// Whether a set of columns holds the whole key by which the rows of a split are told apart.
    func holdKey(_ nodes: Set<Node>, of split: ServerSplit) -> Bool {
        split.sharding.keyColumns.allSatisfy { column in
            let key = Node(reference: split.root, column: column)
            return nodes.contains { $0 == key || reached(from: key).contains($0) && reached(from: $0).contains(key) }
        }
    }

    /// Whether all partitioned tables of a range follow the root: their rows with other keys cannot matter to a row of it.
    private func reaches(_ root: Int, _ sharding: Sharding, _ range: Range<Int>) -> Bool {
        let reached = sharding.keyColumns.map { self.reached(from: Node(reference: root, column: $0)) }
        return range.allSatisfy { index in
            guard index != root, case .partitioned(let other) = ServerPlace(references[index].table) else {
                return true
            }
            guard other.group == sharding.group, other.keyColumns.count == sharding.keyColumns.count else {
                return false
            }
            return zip(reached, other.keyColumns).allSatisfy { $0.contains(Node(reference: index, column: $1)) }
        }
    }

    private enum Preserved { case whole, partitioned, unclear }

    /// Whether a source over one partition each gives, put together, the source over all: no row is made on every shard.
    private func preserves(_ source: ServerBlock.Source) -> Preserved {
        switch source {
        case .table(let index):
            if case .partitioned = ServerPlace(references[index].table) { return .partitioned }
            return .whole
        case .commonTable: return .whole
        case .function(let range):
            let isWhole = range.allSatisfy {
                if case .partitioned = ServerPlace(references[$0].table) { return false }
                return true
            }
            return isWhole ? .whole : .unclear
        case .derived(let block): return preserves(block)
        case .join(let kind, let left, let right):
            switch (kind, preserves(left), preserves(right)) {
            case (_, .unclear, _), (_, _, .unclear): return .unclear
            case (_, .whole, .whole): return .whole
            case (.comma, _, _), (.inner, _, _), (.cross, _, _): return .partitioned
            case (.left, .partitioned, _), (.right, _, .partitioned): return .partitioned
            case (.left, .whole, .partitioned), (.right, .partitioned, .whole), (.full, _, _): return .unclear
            }
        }
    }

    private func preserves(_ block: ServerBlock) -> Preserved {
        switch block {
        case .opaque(let inside):
            let isWhole = inside.allSatisfy {
                if case .partitioned = ServerPlace(references[$0].table) { return false }
                return true
            }
            return isWhole ? .whole : .unclear
        case .core(let core):
            let hasPartitioned = core.references.contains {
                if case .partitioned = ServerPlace(references[$0].table) { return true }
                return false
            }
            guard hasPartitioned else { return .whole }
            guard let source = core.source, preserves(source) == .partitioned, !core.hasLimit else { return .unclear }
            // Groups, distinct rows and windows must not mix partitions: they hold the key of a table that all others follow.
            let needed =
                (core.isGrouped || core.hasAggregates ? [core.groups] : []) + core.windows
                + [core.distinct].compactMap { $0 }
            if needed.isEmpty { return .partitioned }
            for root in core.references {
                guard case .partitioned(let sharding) = ServerPlace(references[root].table), holds(source, root),
                    reaches(root, sharding, core.references)
                else { continue }
                let split = ServerSplit(root: root, sharding: sharding)
                if needed.allSatisfy({ holdKey($0, of: split) }) { return .partitioned }
            }
            return .unclear
        }
    }

    /// Whether a table stands in the source where none of its rows is replaced by NULLs.
    private func holds(_ source: ServerBlock.Source, _ root: Int) -> Bool {
        switch source {
        case .table(let index): return index == root
        case .commonTable, .function: return false
        case .derived(.core(let core)): return core.source.map { holds($0, root) } ?? false
        case .derived(.opaque): return false
        case .join(let kind, let left, let right):
            switch kind {
            case .comma, .inner, .cross: return holds(left, root) || holds(right, root)
            case .left: return holds(left, root)
            case .right: return holds(right, root)
            case .full: return false
            }
        }
    }
}
