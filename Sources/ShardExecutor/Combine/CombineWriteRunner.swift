import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// Runs UPDATE and DELETE of rung 4: a private engine runs the statement over gathered rows and returns what it did to
/// which row; then each row is written where it lives. One transaction, which holds every writer from before the
/// gathering on, so that what was read is still so when it is written.
struct CombineWriteRunner {
    let session: Session
    let schema: LogicalSchema
    let compiled: CompiledPlan
    let plan: CombineWritePlan
    /// The run's, extras included.
    let values: [Value]

    func run() async throws -> WriteResult {
        defer { if plan.touchesRowIDs { session.touchedRowIDs(of: plan.table) } }
        return try await session.withEveryWriter(to: plan.home.shards(of: schema.topology)) { writers in
            let rows = try await gather()
            return try await write(rows, writers)
        }
    }

    /// What the private engine did, row by row.
    private func gather() async throws -> [RowBatch] {
        let environment = session.database.environment
        if plan.gathering.meetsTemporary {
            return try await SessionGathering(
                session: session, schema: schema, compiled: compiled, pieces: plan.gathering.pieces, values: values
            ).run(plan.gathering.sql, keeping: false).answer.batches
        }
        let started = try await CombineRunner(
            compiled: compiled, plan: plan.gathering, values: values, settings: session.transaction.settings,
            environment: environment
        ).start(session.transaction)
        var batches = [started.firstBatch]
        var bytes = started.firstBatch.byteCount
        guard let rest = started.rest else { return batches }
        while true {
            let batch = try await rest.next(RowBatch(columnCount: rest.columnCount))
            if batch.isEmpty { return batches }
            bytes += batch.byteCount
            guard bytes <= environment.limits.maxStatementBytes else {
                await rest.close()
                throw ShardError(
                    .overBudget,
                    "the rows to write to \(plan.table) take more than \(environment.limits.maxStatementBytes) bytes "
                        + "(maxStatementBytes)",
                    hint: "Write them in parts, or raise the limit.")
            }
            batches.append(batch)
        }
    }

    // MARK: Writing

    /// One row's write on one of the shards that have it.
    private struct RowWrite: ShardWork {
        var shard: ShardIndex
        var statement: ShardStatement
        var values: [Value]
        /// The row's number; copies of a broadcast row share it.
        var row: Int
    }

    private func write(_ batches: [RowBatch], _ writers: ShardWriters) async throws -> WriteResult {
        guard let template = compiled.statement else {
            throw ShardError(.internalError, "a plan that writes has no statement")
        }
        // Rows that move leave before any come, so that they meet none that leaves too.
        var leaving: [RowWrite] = []
        var staying: [RowWrite] = []
        var coming: [RowWrite] = []
        let move = plan.move.map { move in
            (
                RenderedTemplate(move.delete),
                [move.insert, move.coldInsert].compactMap { $0 }.map(RenderedTemplate.init), move.keyPositions
            )
        }
        let templates = [template, compiled.coldStatement].compactMap { $0 }
        var number = 0
        for batch in batches {
            for index in 0..<batch.rowCount {
                let row = batch.row(index)
                let values = Array(row.dropLast(plan.returnedCount))
                for (shard, partition) in try places(row) {
                    if let (delete, inserts, keyPositions) = move, let partition,
                        case .partition(let sharding, _) = plan.home
                    {
                        let home = try sharding.partition(of: keyPositions.map { row[$0] })
                        if home != partition {
                            leaving.append(
                                RowWrite(
                                    shard: shard, statement: try delete.statement(partition), values: values,
                                    row: number))
                            for insert in inserts {
                                coming.append(
                                    RowWrite(
                                        shard: sharding.partitions[home].shard, statement: try insert.statement(home),
                                        values: values, row: number))
                            }
                            continue
                        }
                    }
                    for template in templates {
                        staying.append(
                            RowWrite(
                                shard: shard, statement: try template.statement(partition), values: values,
                                row: number))
                    }
                }
                number += 1
            }
        }
        // A row that a conflict clause or a trigger kept as it was is not counted, nor returned.
        var changed = [Int64](repeating: 0, count: number)
        var indirect: Int64 = 0
        for (work, mustBeTaken) in [(leaving, false), (staying, false), (coming, true)] {
            let outcomes = try await writers.each(work, isLarge: work.count > 64) { row, connection in
                try await connection.execute(row.statement, values: row.values)
            }
            if mustBeTaken, let lost = zip(work, outcomes).first(where: { $1.changes == 0 })?.0 {
                throw ShardError(
                    .shardKeyUpdate,
                    "a row of \(plan.table) was not taken by shard \(schema.topology.shards[lost.shard]); nothing was changed",
                    hint: "A conflict clause of a constraint kept it out.")
            }
            for (write, outcome) in zip(work, outcomes) {
                changed[write.row] = max(changed[write.row], outcome.changes)
                if !plan.home.isEveryShard || write.shard == 0 { indirect += outcome.indirectChanges }
            }
        }
        var result = WriteResult(
            changes: changed.reduce(0, +), indirectChanges: indirect,
            shards: Set((leaving + staying + coming).map(\.shard)).sorted())
        if plan.returnsRows { result.batches = returned(batches, changed) }
        return result
    }

    private func places(_ row: [Value]) throws -> [(ShardIndex, partition: Int?)] {
        switch plan.home {
        case .single(let shard): return [(shard, nil)]
        case .everyShard: return schema.topology.shards.indices.map { ($0, nil) }
        case .only(let sharding): return [(sharding.partitions[0].shard, 0)]
        case .key(let sharding, let positions):
            let partition = try sharding.partition(of: positions.map { row[$0] })
            return [(sharding.partitions[partition].shard, partition)]
        case .partition(let sharding, let position):
            guard case .integer(let number) = row[position], sharding.partitions.indices.contains(Int(number)) else {
                throw ShardError(.internalError, "a gathered row of \(plan.table) has lost its partition")
            }
            return [(sharding.partitions[Int(number)].shard, Int(number))]
        }
    }

    /// RETURNING's columns of the rows that were changed.
    private func returned(_ batches: [RowBatch], _ changed: [Int64]) -> [RowBatch] {
        var number = 0
        return batches.map { batch in
            var result = RowBatch(columnCount: plan.returnedCount)
            for index in 0..<batch.rowCount {
                if changed[number] > 0 {
                    for column in (batch.columnCount - plan.returnedCount)..<batch.columnCount {
                        result.append(batch.value(row: index, column: column))
                    }
                    result.endRow()
                }
                number += 1
            }
            return result
        }
    }
}

extension CombineWritePlan.Home {
    /// The shards that rows can be on, ascending.
    func shards(of topology: Topology) -> [ShardIndex] {
        switch self {
        case .single(let shard): [shard]
        case .everyShard: Array(topology.shards.indices)
        case .key(let sharding, _), .partition(let sharding, _), .only(let sharding):
            Set(sharding.partitions.map(\.shard)).sorted()
        }
    }
}
