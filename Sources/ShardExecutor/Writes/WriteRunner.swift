import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// Runs UPDATE, DELETE and pushed-down INSERT … SELECT: the same statement to each fragment, as one.
struct WriteRunner {
    let session: Session
    let schema: LogicalSchema
    let plan: WritePlan
    let fragments: [Fragment]
    /// Of a split table: what the cold part runs after each fragment's statement.
    let coldStatement: RenderedTemplate?
    let values: [Value]

    func run() async throws -> WriteResult {
        if plan.conflictAction == "FAIL", !plan.isSinglePlace {
            throw ShardError(
                .conflictClauseAcrossShards,
                "OR FAIL keeps the rows before the bad one: over several partitions of \(plan.table) there is no such order",
                hint: "Use OR ABORT, or write the rows of one shard key.")
        }
        if fragments.isEmpty { return WriteResult() }
        let shards = Set(fragments.map(\.shard)).sorted()
        defer { if plan.touchesRowIDs { session.touchedRowIDs(of: plan.table) } }
        return try await session.withWriters(shards, isSplit: fragments.count > 1 || coldStatement != nil) { writers in
            let byteLimit = session.database.environment.limits.maxStatementBytes
            let values = values
            let returnsRows = plan.returnsRows
            let cold = coldStatement
            let outcomes = try await writers.each(fragments, isLarge: true) { fragment, connection in
                let outcome = try await connection.write(
                    fragment.statement, values: values, returnsRows: returnsRows, byteLimit: byteLimit)
                if let cold {
                    _ = try await connection.execute(try cold.statement(fragment.partition), values: values)
                }
                return outcome
            }
            return try result(outcomes, shards)
        }
    }

    private func result(_ outcomes: [FragmentOutcome], _ shards: [ShardIndex]) throws -> WriteResult {
        var result = WriteResult(shards: shards)
        switch plan.route {
        case .everyShard:
            guard let first = outcomes.first else { return result }
            guard outcomes.allSatisfy({ $0.outcome.changes == first.outcome.changes }) else {
                let counts = zip(fragments, outcomes).map {
                    "\(schema.topology.shards[$0.shard]): \($1.outcome.changes)"
                }
                throw ShardError(
                    .schemaDrift,
                    "the copies of \(plan.table) differ: one statement changed \(counts.joined(separator: ", ")) rows",
                    hint: "shardkit check tells which copy differs.")
            }
            result.count(first.outcome)
            result.batches = first.batches
            result.lastInsert = lastInsert([first])
        case .partitions, .anyShard, .shard:
            for outcome in outcomes {
                result.count(outcome.outcome)
                result.batches += outcome.batches
            }
            result.lastInsert = lastInsert(outcomes)
        }
        return result
    }

    /// Rows of INSERT … SELECT have no order over the fragments: any fragment's last row may be the last. Taken is the
    /// highest, which is the last where the query's rows come in the order of their keys.
    private func lastInsert(_ outcomes: [FragmentOutcome]) -> WriteResult.LastInsert {
        guard plan.isInsert, let table = schema.topology.table(named: plan.table), !table.schema.isWithoutRowID,
            let last = outcomes.filter({ $0.outcome.changes > 0 }).map(\.outcome.lastInsertID).max()
        else { return .unchanged }
        if table.schema.rowIDColumn == nil, !plan.isSinglePlace { return .unknown }
        if case .sharded(let sharding) = table.placement, sharding.partitions.count > 1,
            table.schema.rowIDColumn == nil
        {
            return .unknown
        }
        return .known(last)
    }
}
