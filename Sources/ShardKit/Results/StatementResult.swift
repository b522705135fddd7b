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
    /// The statement.
    public let sql: String
    /// Rung, reasons, shards with the very text each is sent, and the steps that make one answer of theirs.
    public let plan: PlanDescription

    public var rung: Rung { plan.rung }
    /// Why this rung and these shards, one sentence each.
    public var reasons: [String] { plan.reasons }
    /// Logical names of the tables touched.
    public var tables: [String] { plan.tables }

    /// The plan as text, one line per fact, indented by depth; texts that differ by a physical name only are shown once.
    public var lines: [String] { ExplainText.lines(of: plan) }

    /// The plan as text with the text of every shard and partition.
    public var verboseLines: [String] { ExplainText.lines(of: plan, isVerbose: true) }
}
