import ShardBase
import ShardPlanner
import ShardValues

extension Session {
    /// Answers within the session's statement timeout, if it has one.
    ///
    /// Not on the clock: transaction control, which has to come to its end, and definitions, whose journal is undone or
    /// finished as a whole.
    func answerInTime(
        _ compiled: CompiledPlan, values: [Value], schema: LogicalSchema, sql: String
    ) async throws -> Answer {
        try await inTime(compiled.plan) { try await self.answer(compiled, values: values, schema: schema, sql: sql) }
    }

    /// Runs work for a plan within the session's statement timeout.
    func inTime(_ plan: Plan, _ work: @escaping @Sendable () async throws -> Answer) async throws -> Answer {
        guard let limit = statementTimeout, let advice = plan.timeoutAdvice else { return try await work() }
        let budget = StatementBudget(
            limit,
            error: ShardError(
                .timeout, "the statement took longer than the \(Self.shown(limit)) it may take (statementTimeout)",
                hint: advice + ", or raise statementTimeout."))
        let answer = try await budget.spend { try await work() }
        answer.rows?.budget = budget
        return answer
    }

    private static func shown(_ limit: Duration) -> String {
        let (seconds, attoseconds) = limit.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}

extension Plan {
    /// What makes a statement of this kind faster; nil for what no timeout ends.
    fileprivate var timeoutAdvice: String? {
        switch action {
        case .query, .scalarsFirst:
            switch rung {
            case .fastPath, .route, .combine: "Filter by columns that an index has"
            case .merge: "Ask for one shard key's rows, filter by columns that an index has"
            }
        case .combine:
            "It gathers rows of several shards into one engine (EXPLAIN tells which): filter each table by its own "
                + "columns, join on the shard keys"
        case .write, .insert, .insertQuery, .combineWrite, .rehearsal:
            "Write fewer rows at a time, and end transactions that hold the shards' writers"
        case .catalogQuery, .privateStatement: "Narrow it down"
        case .server(let server): server.timeoutAdvice
        case .definition, .session, .showTopology, .explain: nil
        }
    }
}

extension ServerPlan {
    fileprivate var timeoutAdvice: String {
        switch work {
        case .combine:
            "It gathers rows of several shards on the coordinator (EXPLAIN tells which): filter each table by its own "
                + "columns, join on the shard keys"
        case .rehearse:
            "It gathers all rows of the tables on the coordinator (EXPLAIN tells which): write rows by their shard key"
        case .coordinator: "Narrow it down"
        case .finish: "Filter by columns that an index has, ask for fewer groups"
        case .write, .insert: "Write fewer rows at a time, and end transactions that hold the rows"
        }
    }
}
