import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

extension ServerSession {
    /// What a write's fragments answered.
    struct Written {
        var changes: [Int64] = []
        /// By fragment.
        var rows: [[RowBatch]] = []
    }

    /// Runs the fragments of one write: all of them happen or none.
    func run(_ fragments: [Fragment], _ values: [Value]) async throws -> Written {
        if let transaction { return try await run(fragments, values, transaction) }
        if fragments.count == 1, let fragment = fragments.first {
            let shard = database.shards[fragment.shard]
            let connection = try await shard.acquire(.write, settings: settings.current)
            defer {
                reading?.wrote(connection, of: fragment.shard)
                shard.release(connection)
            }
            var written = Written()
            try await run(fragment, values, connection, &written)
            return written
        }
        let own = newTransaction()
        do {
            let written = try await run(fragments, values, own)
            guard try await own.commit() else {
                throw ShardError(.internalError, "a write that did not fail was rolled back")
            }
            return written
        } catch {
            let error = own.explained(error)
            await own.rollback()
            throw error
        }
    }

    private func run(
        _ fragments: [Fragment], _ values: [Value], _ transaction: ServerTransaction
    ) async throws -> Written {
        var written = Written()
        try transaction.willWrite(fragments.map(\.shard))
        for fragment in fragments {
            let connection = try await transaction.connection(for: fragment.shard)
            try await run(fragment, values, connection, &written)
        }
        return written
    }

    private func run(
        _ fragment: Fragment, _ values: [Value], _ connection: any ShardConnection, _ written: inout Written
    ) async throws {
        let start = try await connection.query(
            fragment.statement, values: values, rowLimit: RowBatch.defaultRowLimit)
        var batches = start.batch.isEmpty ? [] : [start.batch]
        var bytes = start.batch.byteCount
        var outcome = start.outcome
        if let cursor = start.cursor {
            while true {
                let batch = try await cursor.next(RowBatch(columnCount: start.batch.columnCount))
                if batch.isEmpty { break }
                bytes += batch.byteCount
                guard bytes <= database.environment.limits.maxStatementBytes else {
                    cursor.close()
                    throw ShardError(
                        .overBudget, "the rows of RETURNING take more than maxStatementBytes",
                        hint: "Write fewer rows in one statement, or raise the limit.")
                }
                batches.append(batch)
            }
            outcome = cursor.outcome
        }
        written.changes.append(outcome.changes)
        written.rows.append(batches)
    }

    /// UPDATE, DELETE, TRUNCATE.
    ///
    /// - Parameter countsOnce: each shard did the same to its own copy.
    func write(
        _ fragments: [Fragment], _ values: [Value], _ plan: Plan, _ schema: LogicalSchema, countsOnce: Bool,
        returnsRows: Bool
    ) async throws -> Answer {
        let written = try await run(fragments, values)
        let rows = countsOnce ? written.rows.first ?? [] : written.rows.flatMap { $0 }
        return Answer(
            columns: plan.columns,
            rows: returnsRows ? AnswerRows(columnCount: plan.columns.count, batches: rows) : nil,
            changes: countsOnce ? written.changes.first ?? 0 : written.changes.reduce(0, +), rung: plan.rung,
            shards: names(fragments, schema))
    }

    private func names(_ fragments: [Fragment], _ schema: LogicalSchema) -> [String] {
        Set(fragments.map(\.shard)).sorted().map { schema.topology.shards[$0] }
    }

    // MARK: INSERT

    func insert(
        _ insert: ServerInsertPlan, _ values: [Value], _ plan: Plan, _ types: [UInt32], _ schema: LogicalSchema
    ) async throws -> Answer {
        var rows: [Row]
        switch insert.source {
        case .rows(let cells): rows = try await evaluated(cells, values, types)
        case .query(let query, let behind): rows = try await queried(query.plan, behind, values, types, schema)
        }
        guard !rows.isEmpty else {
            return Answer(
                columns: plan.columns,
                rows: insert.returnsRows ? AnswerRows(columnCount: plan.columns.count, batches: []) : nil,
                rung: plan.rung)
        }
        var places: [(shard: ShardIndex, partition: Int?, rows: [Int])] = []
        switch insert.target {
        case .shard(let shard): places = [(shard, nil, Array(rows.indices))]
        case .everyShard: places = schema.topology.shards.indices.map { ($0, nil, Array(rows.indices)) }
        case .sharded(let sharding, let key, let columns):
            var byPartition: [Int: [Int]] = [:]
            for (number, row) in rows.enumerated() {
                let keys = try zip(key, columns).map { position, column in
                    guard let position else { return Value.null }
                    guard let value = row.values[position] else {
                        throw ShardError(.internalError, "the shard key of a row is not known")
                    }
                    return try column.stored(value)
                }
                byPartition[try sharding.partition(of: keys), default: []].append(number)
            }
            places = byPartition.keys.sorted().map { (sharding.partitions[$0].shard, $0, byPartition[$0] ?? []) }
            places.sort { ($0.shard, $0.partition ?? 0) < ($1.shard, $1.partition ?? 0) }
        }
        let known = ServerValues.known(types)
        let fragments = places.map { place in
            let name = insert.names.count == 1 ? insert.names[0] : insert.names[place.partition ?? 0]
            let texts = place.rows.map { rows[$0].text }
            let body = texts == ["()"] ? " DEFAULT VALUES" : " VALUES " + texts.joined(separator: ", ")
            return Fragment(
                shard: place.shard, partition: place.partition,
                statement: ShardStatement(
                    "INSERT INTO \(name)\(insert.columns)\(body)\(insert.tail)", parameterTypes: known))
        }
        let key = insert.returnsEachRow ? Self.lastKey(insert.source, rows) : nil
        rows = []
        let written = try await run(fragments, values)
        var isEveryShard = false
        if case .everyShard = insert.target { isEveryShard = true }
        let answered =
            isEveryShard
            ? written.rows.first ?? []
            : ordered(written.rows, places.map(\.rows), width: plan.columns.count, insert.returnsEachRow)
        return Answer(
            columns: plan.columns,
            rows: insert.returnsRows ? AnswerRows(columnCount: plan.columns.count, batches: answered) : nil,
            changes: isEveryShard ? written.changes.first ?? 0 : written.changes.reduce(0, +), lastInsertID: key,
            rung: plan.rung, shards: names(fragments, schema))
    }

    /// The key that was made for the last row, where it is a number.
    private static func lastKey(_ source: ServerInsertPlan.Source, _ rows: [Row]) -> Int64? {
        func position(_ cells: [ServerInsertPlan.Cell]?) -> Int? {
            cells?.firstIndex { if case .generated = $0 { true } else { false } }
        }
        let found: Int?
        switch source {
        case .rows(let cells): found = position(cells.last)
        // They stand behind what the query gives.
        case .query(let query, let behind): found = position(behind).map { $0 + query.plan.columns.count }
        }
        guard let found, case .integer(let key)? = rows.last?.values[found] else { return nil }
        return key
    }

    /// One row, ready to be sent.
    struct Row {
        /// `(1, 'a', $2)`
        var text: String
        /// Values of key cells and of cells that were computed here, by position.
        var values: [Int: Value]

        init(cells: [String], values: [Int: Value]) {
            text = "(" + cells.joined(separator: ", ") + ")"
            self.values = values
        }
    }

    /// Rows with what has to be computed once for all shards.
    private func evaluated(
        _ rows: [[ServerInsertPlan.Cell]], _ values: [Value], _ types: [UInt32]
    ) async throws -> [Row] {
        var result: [Row] = []
        result.reserveCapacity(rows.count)
        var keys = KeySupply(database.keySource.generators, rows: rows.count)
        for row in rows { result.append(try await evaluated(row, texts: [], [:], values, types, &keys)) }
        return result
    }

    /// Keys that generators make, asked for in large pieces.
    private struct KeySupply {
        private let generators: any KeyGenerators
        /// Rows that are still to come, as far as is known.
        var rows: Int
        private var ready: [String: ArraySlice<Value>] = [:]

        init(_ generators: any KeyGenerators, rows: Int) {
            self.generators = generators
            self.rows = rows
        }

        mutating func next(_ name: String) async throws -> Value {
            if let key = ready[name]?.popFirst() { return key }
            var made = try await generators.keys(of: name, count: max(1, rows))[...]
            guard let key = made.popFirst() else {
                throw ShardError(.internalError, "generator \(name) gave no key")
            }
            ready[name] = made
            return key
        }
    }

    private func evaluated(
        _ row: [ServerInsertPlan.Cell], texts: [String], _ known: [Int: Value], _ values: [Value], _ types: [UInt32],
        _ keys: inout KeySupply
    ) async throws -> Row {
        var texts = texts
        var computed = known
        var wanted: [(position: Int, text: String)] = []
        for cell in row {
            switch cell {
            case .text(let text): texts.append(text)
            case .key(let text, let operand):
                switch operand {
                case .constant(let value): computed[texts.count] = value
                case .parameter(let index): computed[texts.count] = index < values.count ? values[index] : .null
                }
                texts.append(text)
            case .evaluated(let text):
                wanted.append((texts.count, text))
                texts.append("")
            case .generated(let name):
                let key = try await keys.next(name)
                computed[texts.count] = key
                switch key {
                case .integer(let integer): texts.append(integer.description)
                case .text(let text): texts.append(ServerValues.quoted(text: text))
                case .null, .real, .blob, .malformedText:
                    throw ShardError(.internalError, "generator \(name) gave a key of another kind")
                }
            }
        }
        keys.rows -= 1
        if !wanted.isEmpty {
            let sql = "SELECT " + wanted.map(\.text).joined(separator: ", ")
            let (columns, row) = try await evaluateRow(sql, values, types)
            for (number, cell) in wanted.enumerated() {
                texts[cell.position] = ServerValues.literal(
                    row[number], typeID: columns[number].typeID, type: columns[number].declaredType)
                computed[cell.position] = row[number]
            }
        }
        return Row(cells: texts, values: computed)
    }

    private func evaluateRow(
        _ sql: String, _ values: [Value], _ types: [UInt32]
    ) async throws -> (columns: [PlanColumn], row: [Value]) {
        let columns = try await describe(sql).columns
        let rows = try await evaluate(sql, values: values, types: types)
        guard rows.count == 1, let row = rows.first, row.count == columns.count else {
            throw ShardError(
                .statementNotModelled, "a value of the INSERT is not one value but \(rows.count)",
                hint: "Use INSERT … SELECT.")
        }
        return (columns, row)
    }

    private func queried(
        _ plan: Plan, _ behind: [ServerInsertPlan.Cell], _ values: [Value], _ types: [UInt32], _ schema: LogicalSchema
    ) async throws -> [Row] {
        let answer = try await self.answer(
            CompiledPlan(plan: plan, topology: schema.topology), values: Array(values.prefix(plan.parameterCount)),
            schema)
        guard let rows = answer.rows else { return [] }
        var result: [Row] = []
        var bytes = 0
        var keys = KeySupply(database.keySource.generators, rows: 0)
        do {
            while let batch = try await rows.next() {
                bytes += batch.byteCount
                guard bytes <= database.environment.limits.maxStatementBytes else {
                    throw ShardError(
                        .overBudget, "the rows of INSERT … SELECT take more than maxStatementBytes",
                        hint: "Insert fewer rows in one statement, or raise the limit.")
                }
                keys.rows = batch.rowCount
                for number in 0..<batch.rowCount {
                    let row = batch.row(number)
                    let texts = zip(row, answer.columns).map {
                        ServerValues.literal($0, typeID: $1.typeID, type: $1.declaredType)
                    }
                    let known = Dictionary(uniqueKeysWithValues: row.enumerated().map { ($0.offset, $0.element) })
                    result.append(try await evaluated(behind, texts: texts, known, values, types, &keys))
                }
            }
        } catch {
            await rows.close()
            throw error
        }
        await rows.close()
        return result
    }

    /// RETURNING's rows in the order of the rows inserted, where each gave one.
    private func ordered(
        _ answers: [[RowBatch]], _ places: [[Int]], width: Int, _ isEach: Bool
    ) -> [RowBatch] {
        let all = answers.map { batches in batches.flatMap { batch in (0..<batch.rowCount).map { batch.row($0) } } }
        guard isEach, zip(all, places).allSatisfy({ $0.count == $1.count }) else { return answers.flatMap { $0 } }
        var byRow: [Int: [Value]] = [:]
        for (rows, numbers) in zip(all, places) {
            for (row, number) in zip(rows, numbers) { byRow[number] = row }
        }
        var batch = RowBatch(columnCount: width)
        for number in byRow.keys.sorted() {
            for value in byRow[number] ?? [] { batch.append(value) }
            batch.endRow()
        }
        return batch.isEmpty ? [] : [batch]
    }
}
