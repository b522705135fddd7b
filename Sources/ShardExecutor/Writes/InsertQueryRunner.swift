import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// Runs INSERT … SELECT whose rows have to be routed one by one: the query runs to its end, bounded in bytes, then the
/// rows are inserted in chunks; all in one transaction, so that nobody changes the source in between.
struct InsertQueryRunner {
    /// Rows per inner INSERT.
    static let chunkRows = 500

    let session: Session
    let schema: LogicalSchema
    let plan: InsertQueryPlan
    let query: CompiledPlan
    let values: [Value]

    func run() async throws -> WriteResult {
        try await session.withEveryWriter(to: plan.insert.target.shards(of: schema.topology)) { _ in
            try await readAndInsert()
        }
    }

    private func readAndInsert() async throws -> WriteResult {
        let batches = try await read()
        if let width = batches.first?.columnCount, width != plan.width {
            throw ShardError(
                .statementNotModelled,
                "the query gives \(width) columns, and \(plan.insert.table) takes \(plan.width): its generated columns take none",
                hint: "Name the columns on both sides.")
        }
        var result = WriteResult()
        var pending: [[Value]] = []
        for batch in batches {
            for row in 0..<batch.rowCount {
                pending.append(batch.row(row))
                if pending.count == Self.chunkRows {
                    try await insert(pending, into: &result)
                    pending.removeAll(keepingCapacity: true)
                }
            }
        }
        if !pending.isEmpty { try await insert(pending, into: &result) }
        return result
    }

    private func read() async throws -> [RowBatch] {
        let limit = session.database.environment.limits.maxStatementBytes
        let answer = try await session.answerRead(query, values: values, schema: schema)
        guard let rows = answer.rows else { return [] }
        var batches: [RowBatch] = []
        var bytes = 0
        while let batch = try await rows.next() {
            bytes += batch.byteCount
            guard bytes <= limit else {
                await rows.close()
                throw ShardError(
                    .overBudget,
                    "the rows to insert into \(plan.insert.table) take more than \(limit) bytes (maxStatementBytes)",
                    hint: "Insert them in parts, or raise the limit.")
            }
            batches.append(batch)
        }
        return batches
    }

    /// The plan's one row names the query's columns as parameters after the run's values; each row gets its own.
    private func insert(_ rows: [[Value]], into result: inout WriteResult) async throws {
        guard let template = plan.insert.rows.first else { return }
        let first = values.count
        let width = rows[0].count
        var chunk = plan.insert
        var bound = values
        chunk.rows = rows.enumerated().map { position, row in
            bound += row
            let cells = template.cells.map { cell -> InsertCell in
                guard case .parameter(let index) = cell, index >= first else { return cell }
                return .parameter(index + position * width)
            }
            return InsertRow(cells: cells, text: nil)
        }
        let one = try await InsertRunner(session: session, schema: schema, plan: chunk, values: bound).run()
        result.changes += one.changes
        result.indirectChanges += one.indirectChanges
        result.batches += one.batches
        if one.lastInsert != .unchanged { result.lastInsert = one.lastInsert }
        result.shards = Set(result.shards + one.shards).sorted()
    }
}

extension InsertPlan.Target {
    /// The shards that rows can go to, ascending.
    func shards(of topology: Topology) -> [ShardIndex] {
        switch self {
        case .single(let shard): [shard]
        case .broadcast: Array(topology.shards.indices)
        case .sharded(let sharding, _): Set(sharding.partitions.map(\.shard)).sorted()
        }
    }
}
