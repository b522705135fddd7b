public import ShardPlanner

/// Everything one statement answered.
public struct StatementResult: Sendable {
    /// The columns; empty for statements without rows.
    public let header: ColumnHeader
    /// The rows, nil for statements that have none by their nature.
    public let rows: Rows?
    /// Rows inserted, updated or deleted; 0 for other statements.
    public let changes: Int64
    /// The rowid of the last row an INSERT inserted, nil for other statements.
    public let lastInsertID: Int64?
    /// How it was answered.
    public let rung: Rung
    /// Names of the shards asked, in order.
    public let shards: [String]
}

/// What a write did.
public struct WriteSummary: Sendable, Hashable {
    /// Rows inserted, updated or deleted.
    public let changes: Int64
    /// The rowid of the last row an INSERT inserted, nil for other statements.
    public let lastInsertID: Int64?
}

/// How a statement would be answered.
public struct Explanation: Sendable {
    public let rung: Rung
    /// Why this rung and these shards, one sentence each.
    public let reasons: [String]
    /// Logical names of the tables touched.
    public let tables: [String]
    /// The plan as text, one line per fact, indented by depth.
    public let lines: [String]
}
