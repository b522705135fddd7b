import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// Runs INSERT … VALUES: computes what must be computed once, makes keys, splits the rows by home, writes them as one
/// statement.
///
/// Row by row, in the user's order, go
/// - rows with made keys under OR IGNORE or ON CONFLICT: a row that is not inserted takes no number, and the next row
///   gets it;
/// - rows that broke a constraint together: so that the error is that of the first bad row, and `last_insert_rowid()`
///   that of the row before it, as in one database.
struct InsertRunner {
    /// Rows that are looked at one by one to find which constraint error comes first.
    static let replayLimit = 10_000

    let session: Session
    let schema: LogicalSchema
    let plan: InsertPlan
    /// The user's values and the plan's extras.
    let values: [Value]

    func run() async throws -> WriteResult {
        try refusePartialConflicts()
        let computed = try await compute()
        if plan.checksRowIDs {
            return try await session.withEveryWriter(to: plan.target.shards(of: schema.topology)) { writers in
                try await refuseTakenRowIDs(computed, writers)
                return try await insert(computed)
            }
        }
        return try await insert(computed)
    }

    private func insert(_ computed: [Int: Value]) async throws -> WriteResult {
        if needsRowByRow { return try await undoingKeys { try await rowByRow(computed, keys: nil) } }
        return try await undoingKeys {
            let keys = try await makeKeys(computed, rows: plan.rows.indices)
            do {
                return try await writeAll(computed, keys)
            } catch let error as ShardError where error.code == .constraint {
                guard mayReplay else {
                    // Rows before the bad one may have moved last_insert_rowid(); which, only the shards know.
                    if plan.rows.count > 1 { session.record(.unknown) }
                    throw error
                }
                if breaksMadeKeys(keys, error) {
                    // Another process may have used the numbers without reserving them: look again, once.
                    session.database.keySource.rowIDs.markStale(plan.table)
                    let fresh = try await makeKeys(computed, rows: plan.rows.indices)
                    if fresh != keys { return try await writeAll(computed, fresh) }
                }
                if plan.rows.count == 1 { throw error }
                return try await rowByRow(computed, keys: keys)
            }
        }
    }

    // MARK: Rules

    /// OR FAIL keeps the rows before the bad one: that is an order over all fragments.
    private func refusePartialConflicts() throws {
        guard plan.conflictAction == "FAIL", plan.rows.count > 1, isSpread else { return }
        throw ShardError(
            .conflictClauseAcrossShards,
            "INSERT OR FAIL of several rows into \(plan.table) would keep the rows before the bad one on every shard",
            hint: "Insert the rows one by one, or use OR ABORT.")
    }

    private var isSpread: Bool {
        switch plan.target {
        case .single: false
        case .broadcast: schema.topology.shards.count > 1
        case .sharded(let sharding, _): sharding.partitions.count > 1
        }
    }

    private var hasUpsert: Bool { plan.tail.hasPrefix(" ON CONFLICT") }

    private var madeRowIDs: GeneratedKey? {
        guard let key = plan.generated, case .rowID = key.kind else { return nil }
        return key
    }

    private var needsRowByRow: Bool {
        // Whether a row of a split table is left out, both its parts decide.
        if plan.cold != nil, plan.conflictAction == "IGNORE", plan.rows.count > 1 { return true }
        guard madeRowIDs != nil, plan.rows.count > 1, isSpread else { return false }
        return plan.conflictAction == "IGNORE" || hasUpsert
    }

    /// Not after OR ROLLBACK: the transaction is gone.
    private var mayReplay: Bool { plan.rows.count <= Self.replayLimit && plan.conflictAction != "ROLLBACK" }

    /// Whether the broken constraint is that of the made key, as far as its message tells.
    private func breaksMadeKeys(_ keys: [Value], _ error: ShardError) -> Bool {
        guard madeRowIDs != nil, keys.contains(where: { $0 != .null }),
            let table = schema.topology.table(named: plan.table)?.schema
        else { return false }
        let name = table.rowIDColumn.map { table.columns[$0].name } ?? "rowid"
        return error.message.hasSuffix(".\(name)")
    }

    /// Rowids that the rows bring, looked for in every partition: an error where one is taken, as one database has it.
    private func refuseTakenRowIDs(_ computed: [Int: Value], _ writers: ShardWriters) async throws {
        let brought = requests(computed, rows: plan.rows.indices).compactMap { request -> Value? in
            guard case .explicit(let value) = request else { return nil }
            return Affinity.integer.apply(to: value)
        }
        guard let table = schema.topology.table(named: plan.table), let name = table.schema.implicitRowIDName else {
            return
        }
        let taken = ShardError(
            .constraint, "UNIQUE constraint failed: \(plan.table).rowid", engineCode: "2579")
        if Set(brought).count < brought.count { throw taken }
        for piece in table.physicalPieces(shardCount: schema.topology.shards.count) {
            guard let connection = writers.connections[piece.shard] else { continue }
            for start in stride(from: 0, to: brought.count, by: 500) {
                let some = Array(brought[start..<min(start + 500, brought.count)])
                let list = some.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
                let found = try await connection.query(
                    session.database.texts.statement(
                        "SELECT 1 FROM \(Identifier.quoted(piece.name)) WHERE \(name) IN (\(list))"),
                    values: some, rowLimit: 1)
                found.cursor?.close()
                if !found.batch.isEmpty { throw taken }
            }
        }
    }

    // MARK: Values made before the rows are split

    /// Expressions whose values decide homes, keys, or copies: evaluated in one go on the private engine, in row order.
    private func compute() async throws -> [Int: Value] {
        let width = InsertSplitter.width(of: plan)
        var places: [Int] = []
        var texts: [String] = []
        for (row, content) in plan.rows.enumerated() {
            for (cell, source) in content.cells.enumerated() where mustCompute(source, cell: cell) {
                places.append(row * width + cell)
                texts.append(source.expressionText)
            }
        }
        if places.isEmpty { return [:] }
        let results = try await session.evaluate(texts, values: values)
        return Dictionary(uniqueKeysWithValues: zip(places, results))
    }

    private func mustCompute(_ source: InsertCell, cell: Int) -> Bool {
        let isVolatile: Bool
        switch source {
        case .literal, .parameter, .generate: return false
        case .expression: isVolatile = false
        case .volatile: isVolatile = true
        }
        if plan.generated?.cell == cell || plan.cold?.keyCells.contains(cell) == true { return true }
        switch plan.target {
        case .single: return false
        case .broadcast: return isVolatile && schema.topology.shards.count > 1
        case .sharded(_, let keyCells):
            return keyCells.contains { key in
                switch key {
                case .cell(let position), .cellOrDefault(let position, _): position == cell
                case .constant, .generated: false
                }
            }
        }
    }

    // MARK: Keys

    /// What each row says of the key.
    private func requests(_ computed: [Int: Value], rows: Range<Int>) -> [KeyRequest] {
        guard let key = plan.generated else { return [] }
        let width = InsertSplitter.width(of: plan)
        return rows.map { row -> KeyRequest in
            let value: Value
            if let known = computed[row * width + key.cell] {
                value = known
            } else {
                switch plan.rows[row].cells[key.cell] {
                case .literal(let literal, _): value = literal
                case .parameter(let index): value = values[index]
                case .generate, .expression, .volatile: value = .null
                }
            }
            return value == .null ? .generate : .explicit(value)
        }
    }

    /// One value per row: the made key, or `.null` where the row has its own. Empty when the plan makes none.
    private func makeKeys(_ computed: [Int: Value], rows: Range<Int>) async throws -> [Value] {
        guard let key = plan.generated else { return [] }
        return try await session.makeKeys(key, of: plan.table, requests(computed, rows: rows), schema)
    }

    /// What a failed or ignoring statement took from the counter goes back to it.
    private func undoingKeys(_ body: () async throws -> WriteResult) async throws -> WriteResult {
        do {
            let result = try await body()
            if plan.conflictAction != nil || hasUpsert { session.database.keySource.rowIDs.markStale(plan.table) }
            return result
        } catch {
            if !session.transaction.isOpen { session.keysEnded(isUndone: true) }
            if madeRowIDs != nil { session.database.keySource.rowIDs.markStale(plan.table) }
            throw error
        }
    }

    // MARK: Writing

    private func writeAll(_ computed: [Int: Value], _ keys: [Value]) async throws -> WriteResult {
        let splitter = InsertSplitter(plan: plan, values: values, computed: computed, generated: keys)
        let fragments = try splitter.fragments(of: plan.rows.indices, shardCount: schema.topology.shards.count)
        return try await write(fragments, splitter)
    }

    private func write(_ fragments: [InsertFragment], _ splitter: InsertSplitter) async throws -> WriteResult {
        let shards = Set(fragments.map(\.shard)).sorted()
        let isSplit = fragments.count > 1 || fragments.contains { $0.chunks.count > 1 } || plan.cold != nil
        return try await session.withWriters(shards, isSplit: isSplit) { writers in
            try await run(fragments, splitter, writers)
        }
    }

    private func run(
        _ fragments: [InsertFragment], _ splitter: InsertSplitter, _ writers: ShardWriters
    ) async throws -> WriteResult {
        let texts = session.database.texts
        let byteLimit = session.database.environment.limits.maxStatementBytes
        let ran = try await writers.each(fragments, isLarge: plan.rows.count >= 64) { fragment, connection in
            let before = hasUpsert ? try await connection.lastInsertID() : nil
            var outcomes: [FragmentOutcome] = []
            for chunk in fragment.chunks {
                if chunk.cold != nil, plan.conflictAction == "IGNORE" {
                    outcomes.append(try await insertOrIgnore(chunk, connection))
                    continue
                }
                outcomes.append(
                    try await connection.write(
                        texts.statement(chunk.sql), values: chunk.values, returnsRows: plan.returnsRows,
                        byteLimit: byteLimit))
                if let cold = chunk.cold {
                    _ = try await connection.execute(texts.statement(cold.sql), values: cold.values)
                }
            }
            return FragmentRun(fragment: fragment, outcomes: outcomes, lastInsertBefore: before)
        }
        return try InsertOutcome(plan: plan, schema: schema, splitter: splitter, runs: ran).result()
    }

    /// One row of a split table under OR IGNORE: both its parts or none.
    private func insertOrIgnore(
        _ chunk: InsertChunk, _ connection: any ShardConnection
    ) async throws -> FragmentOutcome {
        let texts = session.database.texts
        _ = try await connection.execute(TransactionStatements.openRow, values: [])
        var outcome = try await connection.write(
            texts.statement(chunk.sql), values: chunk.values, returnsRows: plan.returnsRows,
            byteLimit: session.database.environment.limits.maxStatementBytes)
        // The cold part is tried also where the hot one left the row out: a value of a wrong type is an error all the same.
        if let cold = chunk.cold,
            try await connection.execute(texts.statement(cold.sql), values: cold.values).changes == 0
                || outcome.outcome.changes == 0
        {
            _ = try await connection.execute(TransactionStatements.undoRow, values: [])
            outcome = FragmentOutcome()
        }
        _ = try await connection.execute(TransactionStatements.closeRow, values: [])
        return outcome
    }

    /// The rows one after another in the user's order; without `keys` each row's key is made when its turn comes.
    private func rowByRow(_ computed: [Int: Value], keys: [Value]?) async throws -> WriteResult {
        let shards: [ShardIndex]
        switch plan.target {
        case .single(let shard): shards = [shard]
        case .broadcast: shards = Array(schema.topology.shards.indices)
        case .sharded(let sharding, _): shards = Set(sharding.partitions.map(\.shard)).sorted()
        }
        // SQLite does not take back last_insert_rowid(), also where a later row or the COMMIT fails.
        var reached = WriteResult.LastInsert.unchanged
        do {
            return try await rowByRow(computed, keys: keys, shards, &reached)
        } catch {
            session.record(reached)
            throw error
        }
    }

    private func rowByRow(
        _ computed: [Int: Value], keys: [Value]?, _ shards: [ShardIndex], _ reached: inout WriteResult.LastInsert
    ) async throws -> WriteResult {
        try await session.withWriters(shards, isSplit: true) { writers in
            var result = WriteResult()
            var generated = keys ?? [Value](repeating: .null, count: plan.rows.count)
            for row in plan.rows.indices {
                if keys == nil, !generated.isEmpty {
                    generated[row] = try await makeKeys(computed, rows: row..<(row + 1)).first ?? .null
                }
                let splitter = InsertSplitter(plan: plan, values: values, computed: computed, generated: generated)
                let fragments = try splitter.fragments(
                    of: row..<(row + 1), shardCount: schema.topology.shards.count)
                let one = try await run(fragments, splitter, writers)
                result.changes += one.changes
                result.indirectChanges += one.indirectChanges
                if one.lastInsert != .unchanged {
                    result.lastInsert = one.lastInsert
                    reached = one.lastInsert
                }
                result.batches += one.batches
                result.shards = Set(result.shards + one.shards).sorted()
                if keys == nil { session.database.keySource.rowIDs.markStale(plan.table) }
            }
            return result
        }
    }
}

/// A fragment after it ran.
struct FragmentRun: Sendable {
    var fragment: InsertFragment
    var outcomes: [FragmentOutcome]
    /// The connection's last rowid before, where it is needed to tell an insertion from an update.
    var lastInsertBefore: Int64?

    var changes: Int64 { outcomes.reduce(0) { $0 + $1.outcome.changes } }
}

extension InsertCell {
    fileprivate var expressionText: String {
        switch self {
        case .expression(let text), .volatile(let text), .literal(_, let text): text
        case .parameter(let index): "?\(index + 1)"
        case .generate: "NULL"
        }
    }
}
