public import ShardValues

/// What a statement says about a table's shard key, as far as routing can use it.
///
/// It is a superset by law: every row the statement needs satisfies it. What the planner cannot express becomes
/// ``all``. Column numbers are positions in the shard key (0 for the first shard-key column).
public indirect enum KeyCondition: Sendable, Hashable {
    /// Nothing is known: every partition.
    case all
    /// No row can satisfy it: a contradiction.
    case none
    case and([KeyCondition])
    case or([KeyCondition])
    case compare(column: Int, KeyComparison, KeyOperand)
    case inList(column: Int, [KeyOperand])
    case isNull(column: Int)
    /// `(k1, k2) IN ((…), (…))` over the columns given; each row has as many operands.
    case rowInList(columns: [Int], [[KeyOperand]])
    /// The caller names the partitions (a hint).
    case partitions([Int])
}

/// Comparisons under the column's own affinity and collation. `is` treats NULL as a value.
public enum KeyComparison: String, Sendable, Hashable { case equal, `is`, less, lessOrEqual, greater, greaterOrEqual }

/// A value known when the statement is bound.
public enum KeyOperand: Sendable, Hashable {
    case constant(Value)
    /// The statement's parameter by index from 0 into the bound values.
    case parameter(Int)
}
