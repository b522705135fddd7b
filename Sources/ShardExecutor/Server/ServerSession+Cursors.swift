import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// Cursors of SQL: the query is answered as any other when the cursor is declared, its rows are kept on the coordinator, and the
/// server's own cursor moves over them.
extension ServerSession {
    func cursor(
        _ other: OtherStatement, _ parsed: ParsedStatement, _ values: [Value], _ schema: LogicalSchema
    ) async throws -> Answer {
        if other.kind == "DECLARE" { return try await declare(other, values, schema) }
        // Prepared statements keep the columns of the cursor that had the name when they were prepared.
        cursorCount += 1
        let statement = ShardStatement("\(parsed.source.trimmingEnd()) /* \(cursorCount) */")
        let whole = try await withCoordinator {
            try await $0.wholeAnswer(
                statement, values: values, byteLimit: database.environment.limits.maxStatementBytes)
        }
        if other.kind == "CLOSE", own != nil { try await settleOwn() }
        return try await answer(whole, [], schema)
    }

    private func declare(_ other: OtherStatement, _ values: [Value], _ schema: LogicalSchema) async throws -> Answer {
        guard let parts = DeclaredCursor(other.text) else {
            throw ShardError(.statementNotModelled, "this form of DECLARE is not modelled on PostgreSQL shards")
        }
        let limit = database.environment.limits.maxStatementBytes
        guard transaction != nil || parts.isHeld else {
            // The server says why not.
            _ = try await withCoordinator {
                try await $0.wholeAnswer(ShardStatement(other.text), values: values, byteLimit: limit)
            }
            throw ShardError(
                .transactionState, "DECLARE CURSOR can only be used in transaction blocks", engineCode: "25P01")
        }
        guard !parts.isBinary else { throw ShardError(.statementNotModelled, "cursors with rows in binary form") }
        let query = try await parse(parts.query)
        guard case .select(let select) = query.statement else {
            throw ShardError(.statementNotModelled, "a cursor over what is no query")
        }
        guard select.locking.isEmpty else {
            throw ShardError(
                .statementNotModelled, "a cursor that locks rows", hint: "Lock them by a statement before.")
        }
        let plan = try await plan(query, schema)
        let connection = try await ownConnection(schema)
        if case .server(let server) = plan.action, case .coordinator = server.work {
            _ = try await connection.wholeAnswer(ShardStatement(other.text), values: values, byteLimit: limit)
            if parts.isHeld { try await settleOwn() }
            return Answer()
        }
        guard !plan.columns.isEmpty else {
            throw ShardError(.statementNotModelled, "a cursor over rows without columns")
        }
        let begins = transaction == nil
        if begins { try await connection.executeScript("BEGIN") }
        do {
            let shards = try await keep(plan, values, parts, on: connection, schema)
            if begins { try await connection.executeScript("COMMIT") }
            if parts.isHeld { try await settleOwn() }
            return Answer(rung: plan.rung, shards: shards)
        } catch {
            if begins {
                if connection.isInTransaction { try? await connection.executeScript("ROLLBACK") }
                try? await settleOwn()
            }
            throw error
        }
    }

    /// Keeps the query's rows on a connection whose transaction is open, and declares the cursor over them.
    private func keep(
        _ plan: Plan, _ values: [Value], _ parts: DeclaredCursor, on connection: any ServerConnection,
        _ schema: LogicalSchema
    ) async throws -> [String] {
        cursorCount += 1
        let table = "_shardkit_cursor_\(cursorCount)"
        let types = plan.columns.map { $0.declaredType ?? "text" }
        let definitions = types.enumerated().map { "c\($0.offset) \($0.element)" }.joined(separator: ", ")
        // A server would say what goes wrong with a row at the FETCH that wants it, and not before.
        try await transaction?.savepoint(Self.savepoint)
        let answer: Answer
        let batches: [RowBatch]
        do {
            answer = try await self.answer(
                CompiledPlan(plan: plan, topology: schema.topology), values: values, schema)
            batches = try await self.batches(answer)
        } catch let error as ShardError where error.engineCode != nil && transaction != nil {
            try await transaction?.rollback(to: Self.savepoint)
            try await transaction?.release(savepoint: Self.savepoint)
            throw ShardError(
                .statementNotModelled, "a cursor over a query that fails: \(error.message)",
                hint: "Run the query itself.")
        }
        try await transaction?.release(savepoint: Self.savepoint)
        try await connection.executeScript("CREATE TEMPORARY TABLE \(table) (\(definitions)) ON COMMIT DROP")
        let arrays = types.indices.map { "$\($0 + 1)::text[]" }.joined(separator: ", ")
        let names = types.indices.map { "c\($0)" }.joined(separator: ", ")
        let cells = types.enumerated().map { "u.c\($0.offset)::\($0.element)" }.joined(separator: ", ")
        let insertion = ShardStatement(
            "INSERT INTO pg_temp.\(table) SELECT \(cells) FROM unnest(\(arrays)) AS u(\(names))",
            parameterTypes: types.map { _ in 1009 })
        for batch in batches {
            var columns = types.map { _ in ServerArray() }
            for column in columns.indices { columns[column].append(batch, column: column) }
            _ = try await connection.execute(insertion, values: columns.map { .text($0.text) })
        }
        let items = plan.columns.enumerated().map { "c\($0.offset) AS \(ServerNames.quoted($0.element.name))" }
            .joined(separator: ", ")
        try await connection.executeScript("\(parts.head) SELECT \(items) FROM pg_temp.\(table)")
        return answer.shards
    }
}

extension ServerSession {
    private static var savepoint: String { "\"_shardkit_cursor\"" }

    private func batches(_ answer: Answer) async throws -> [RowBatch] {
        guard let rows = answer.rows else { return [] }
        var batches: [RowBatch] = []
        var bytes = 0
        do {
            while let batch = try await rows.next() {
                bytes += batch.byteCount
                guard bytes <= database.environment.limits.maxGatherBytes else {
                    throw ShardError(
                        .overBudget, "the rows of the cursor take more than maxGatherBytes",
                        hint: "Filter more, or raise the limit.")
                }
                batches.append(batch)
            }
        } catch {
            await rows.close()
            throw error
        }
        await rows.close()
        return batches
    }
}

/// The parts of `DECLARE name … CURSOR … FOR query`.
struct DeclaredCursor {
    /// Up to FOR.
    var head: String
    var query: String
    var isHeld: Bool
    var isBinary: Bool

    init?(_ text: String) {
        guard
            let match = text.firstMatch(
                of:
                    /(?is)^\s*declare\s+("(?:[^"]|"")+"|[^\s"]+)\s+([a-z\s]*?)cursor\b(?:\s+(with|without)\s+hold)?\s+for\s+(.+)$/
            )
        else { return nil }
        query = String(match.4).trimmingEnd()
        head = String(text[..<match.4.startIndex])
        isHeld = match.3?.lowercased() == "with"
        isBinary = match.2.lowercased().contains("binary")
    }
}

extension String {
    /// Without blanks and semicolons at the end.
    fileprivate func trimmingEnd() -> String {
        var text = self[...]
        while let last = text.last, last == ";" || last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
