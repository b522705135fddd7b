import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// A query block's FROM and WHERE, understood: its names, what is equal in every row, where the rows are.
struct Relation {
    var scope: Scope
    var distribution: Distribution
    /// Equalities that hold in every row of the block.
    var classes: EqualityClasses
    /// Conditions that hold in every row of the block.
    var conjuncts: [Expression]

    /// Whether the expressions contain the whole shard key as plain columns: groups, windows and distinct rows by
    /// them never span partitions.
    func containsKey(_ expressions: [Expression]) -> Bool {
        contains(expressions.compactMap { scope.columnID(of: $0) })
    }

    /// Whether the output columns show the whole shard key.
    func showsKey(_ columns: [OutputColumn]) -> Bool { contains(columns.compactMap(\.origin)) }

    private func contains(_ ids: [ColumnID]) -> Bool {
        // Without key columns (HINT) nothing shows where a row is.
        guard case .partitioned(let partitioned) = distribution, !partitioned.anchors.isEmpty else { return false }
        return partitioned.anchors.allSatisfy { anchor in
            let all = classes.closure(anchor)
            return ids.contains { all.contains($0) }
        }
    }
}

/// One column of a subquery's answer.
struct OutputColumn {
    /// Folded; nil for an expression without alias.
    var name: String?
    var affinity: Affinity?
    var collation: Collation?
    var isNotNull: Bool
    /// The column it shows unchanged.
    var origin: ColumnID?
    /// See ``SourceColumn/isRowIDOfSubquery``.
    var isRowIDOfSubquery = false

    /// A set operation's column compares by the first arm's collation that has one.
    mutating func takeCollation(of next: OutputColumn) throws(PlanningRefusal) {
        guard collation == nil, let other = next.collation else { return }
        if isRowIDOfSubquery, other != .binary {
            throw PlanningRefusal(.collationAcrossShards, "a set operation may compare by \(other) or by bytes")
        }
        collation = other
    }
}

/// A whole subquery, understood from outside.
struct BlockResult {
    var columns: [OutputColumn]
    var distribution: Distribution
    /// Per shard-key column: ordinals of output columns that are anchors (see ``Partitioned/anchors``).
    var anchorColumns: [Set<Int>] = []
}

/// What a block sees of the blocks around it.
struct Environment {
    var scope: Scope?
    var classes = EqualityClasses()
    /// Conditions of enclosing blocks with the scope they are written in.
    var conjuncts: [(expression: Expression, scope: Scope)] = []
    /// The partitioned relations of enclosing blocks: a subquery tied to one of them by key equality runs where the
    /// outer row is.
    var outer: [Partitioned] = []
    var commonTables: [String: CommonTable] = [:]
}

/// A CTE in scope.
final class CommonTable {
    enum Kind {
        /// Understood anew at each reference, as a view is.
        case query(SelectStatement, Environment)
        /// The CTE's own name inside its recursive arms.
        case recursion([OutputColumn])
    }
    let kind: Kind
    /// Column names written after the CTE's name, folded.
    let columnNames: [String]

    init(_ kind: Kind, columnNames: [String]) {
        self.kind = kind
        self.columnNames = columnNames
    }
}
