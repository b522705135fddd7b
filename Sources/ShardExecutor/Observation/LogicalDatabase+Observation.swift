public import ShardReplicas
import ShardValues

extension LogicalDatabase {
    /// What statements have done by fingerprint, those that took the most time together first; empty where they are not counted.
    public var statements: [StatementSummary] { observer?.statistics.snapshot() ?? [] }

    /// The last slow statements, from the oldest to the newest.
    public var slowStatements: [SlowStatement] { observer?.slow.snapshot() ?? [] }
}

extension TopologyRows {
    static let statementColumns = [
        ("fingerprint", "TEXT"), ("statement", "TEXT"), ("count", "INTEGER"), ("failures", "INTEGER"),
        ("rows", "INTEGER"), ("total_us", "INTEGER"), ("mean_us", "INTEGER"), ("p99_us", "INTEGER"),
        ("longest_us", "INTEGER"), ("fast_path", "INTEGER"), ("route", "INTEGER"), ("merge", "INTEGER"),
        ("combine", "INTEGER"), ("not_run", "INTEGER"),
    ]

    static func values(of statement: StatementSummary) -> [Value] {
        let digits = String(statement.fingerprint, radix: 16)
        let times = statement.times
        return [
            .text(String(repeating: "0", count: 16 - digits.count) + digits), .text(statement.text),
            .integer(Int64(statement.count)), .integer(Int64(statement.failures)), .integer(Int64(statement.rows)),
            .integer(microseconds(times.total)), .integer(microseconds(times.mean)),
            .integer(microseconds(times.quantile(0.99))), .integer(microseconds(times.longest)),
        ] + statement.rungs.map { .integer(Int64($0)) }
    }
}
