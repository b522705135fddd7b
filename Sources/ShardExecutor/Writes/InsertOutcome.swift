import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// What the fragments of an INSERT did, as one answer: changes, the last rowid, RETURNING's rows. Pure.
struct InsertOutcome {
    let plan: InsertPlan
    let schema: LogicalSchema
    let splitter: InsertSplitter
    let runs: [FragmentRun]

    func result() throws(ShardError) -> WriteResult {
        var result = WriteResult(shards: Set(runs.map(\.fragment.shard)).sorted())
        if case .broadcast = plan.target {
            guard let first = runs.first else { return result }
            guard runs.allSatisfy({ $0.changes == first.changes }) else {
                let counts = runs.map { "\(schema.topology.shards[$0.fragment.shard]): \($0.changes)" }
                throw ShardError(
                    .schemaDrift,
                    "the copies of \(plan.table) differ: one INSERT changed \(counts.joined(separator: ", ")) rows",
                    hint: "shardkit check tells which copy differs.")
            }
            for part in first.outcomes { result.count(part.outcome) }
            result.lastInsert = lastInsert([first])
            result.batches = first.outcomes.flatMap(\.batches)
            return result
        }
        for part in runs.flatMap(\.outcomes) { result.count(part.outcome) }
        result.lastInsert = lastInsert(runs)
        result.batches = returned()
        return result
    }

    // MARK: The last rowid

    /// The rowid of the last row inserted, in the order of the user's rows.
    ///
    /// A fragment's own last rowid is fresh when it inserted anything. Under OR IGNORE that is known by its changes;
    /// under ON CONFLICT DO UPDATE, which changes rows without inserting, by its difference from the connection's last
    /// rowid before. Where they are equal and a row of the statement has that rowid, nobody can tell: unknown.
    private func lastInsert(_ runs: [FragmentRun]) -> WriteResult.LastInsert {
        guard let table = schema.topology.table(named: plan.table), !table.schema.isWithoutRowID else {
            return .unchanged
        }
        var inserting: [FragmentRun] = []
        for run in runs where run.changes > 0 {
            if run.lastInsertBefore == lastID(run) {
                if mayHaveInserted(run) { return .unknown }
            } else {
                inserting.append(run)
            }
        }
        if inserting.isEmpty { return .unchanged }
        if plan.generated == nil, table.schema.rowIDColumn == nil, inserting.count > 1 || isSpread { return .unknown }
        let last = inserting.max { position(of: $0) < position(of: $1) }
        return last.map { .known(lastID($0)) } ?? .unchanged
    }

    /// Whether a row of the fragment may have the rowid that the connection had last.
    private func mayHaveInserted(_ run: FragmentRun) -> Bool {
        guard let key = plan.generated else { return true }
        let id = Value.integer(lastID(run))
        return run.fragment.chunks.flatMap(\.rows).contains { row in
            (try? splitter.value(row: row, cell: key.cell)).map { Affinity.integer.apply(to: $0) == id } ?? true
        }
    }

    private var isSpread: Bool {
        if case .sharded(let sharding, _) = plan.target { return sharding.partitions.count > 1 }
        return false
    }

    private func lastID(_ run: FragmentRun) -> Int64 {
        // Chunks that inserted nothing report an older number of the same connection, which is an earlier chunk's.
        run.outcomes.last { $0.outcome.changes > 0 }?.outcome.lastInsertID ?? 0
    }

    /// The number of the row that a fragment inserted last: by its rowid where rows may have been left out.
    private func position(of run: FragmentRun) -> Int {
        let rows = run.fragment.chunks.flatMap(\.rows)
        guard let last = rows.last else { return -1 }
        let mayLeaveOut = plan.conflictAction == "IGNORE" || plan.tail.hasPrefix(" ON CONFLICT")
        guard mayLeaveOut, let key = plan.generated else { return last }
        let id = lastID(run)
        return rows.last { row in
            guard let value = try? splitter.value(row: row, cell: key.cell) else { return false }
            return Affinity.integer.apply(to: value) == .integer(id)
        } ?? last
    }

    // MARK: RETURNING

    /// The rows in the order of the user's rows where each row gave one, else fragment after fragment.
    private func returned() -> [RowBatch] {
        guard plan.returnsRows else { return [] }
        let isWhole = runs.allSatisfy { run in
            zip(run.outcomes, run.fragment.chunks).allSatisfy { $0.rowCount == $1.rows.count }
        }
        guard isWhole, runs.count > 1, let columnCount = runs.first?.outcomes.first?.batches.first?.columnCount else {
            return runs.flatMap { $0.outcomes.flatMap(\.batches) }
        }
        var places: [(row: Int, batch: RowBatch, index: Int)] = []
        for run in runs {
            for (outcome, chunk) in zip(run.outcomes, run.fragment.chunks) {
                var row = 0
                for batch in outcome.batches {
                    for index in 0..<batch.rowCount {
                        places.append((chunk.rows[row], batch, index))
                        row += 1
                    }
                }
            }
        }
        places.sort { $0.row < $1.row }
        var ordered = RowBatch(columnCount: columnCount)
        for place in places { ordered.append(row: place.index, of: place.batch) }
        return [ordered]
    }
}
