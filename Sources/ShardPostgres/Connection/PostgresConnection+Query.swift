import CLibPQ
public import ShardBackend
import ShardBase
public import ShardValues

extension PostgresConnection {
    /// Runs a statement and reads its first rows. Parameters are written `$1`, `$2`; their types are those that the server
    /// finds where they stand.
    public func query(
        _ statement: ShardStatement, values: [Value], rowLimit: Int
    ) async throws -> QueryStart {
        try await run(statement, types: statement.parameterTypes.map { PostgresType($0) }, rowLimit: rowLimit) {
            buffer, types in try buffer.fill(values, for: types)
        }
    }

    /// Runs a statement with PostgreSQL's own values.
    ///
    /// - Parameters:
    ///   - types: of the parameters, where they should not be what the server finds; `.unspecified` among them leaves one open.
    ///   - isSmall: the statement's form proves that few rows come (a key is given): they are then read at one go, which is a
    ///     little cheaper and holds them all in memory.
    public func query(
        _ statement: ShardStatement, parameters values: [PostgresValue] = [], types: [PostgresType] = [],
        rowLimit: Int = RowBatch.defaultRowLimit, isSmall: Bool = false
    ) async throws -> QueryStart {
        try await run(statement, types: types, rowLimit: rowLimit, isSmall: isSmall) { buffer, types in
            try buffer.fill(values, for: types)
        }
    }

    public func execute(_ statement: ShardStatement, values: [Value]) async throws -> WriteOutcome {
        try await outcome(of: query(statement, values: values, rowLimit: RowBatch.defaultRowLimit))
    }

    /// Runs a statement with PostgreSQL's own values to its end and drops its rows.
    public func execute(
        _ statement: ShardStatement, parameters: [PostgresValue], types: [PostgresType] = []
    ) async throws -> WriteOutcome {
        try await outcome(of: query(statement, parameters: parameters, types: types))
    }

    private func outcome(of start: QueryStart) async throws -> WriteOutcome {
        guard let cursor = start.cursor as? PostgresCursor else { return start.outcome }
        var batch = start.batch
        repeat { batch = try await cursor.next(batch) } while !batch.isEmpty
        return cursor.outcome
    }

    public func executeScript(_ sql: String) async throws {
        try await flushBegin()
        try await beginTurn()
        try await inFlight(context(of: StatementTraits(script: sql))) {
            guard PQsendQuery(handle, sql) != 0 else { throw PostgresFailure.lost(handle, .read) }
            await flush()
            var first: ShardError?
            while let result = await nextResult() {
                switch PQresultStatus(result) {
                case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: first = first ?? failure(result, sql: sql)
                case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                    first = first ?? refuseCopy()
                default: noteTag(result)
                }
                PQclear(result)
                if !isOpen { break }
            }
            await flight.end()
            if let first { throw first }
        }
    }

    public func openSnapshot() async throws {
        // The first statement, not BEGIN, takes the snapshot.
        try await executeScript("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
    }

    // MARK: One run

    private func run(
        _ statement: ShardStatement, types: [PostgresType], rowLimit: Int, isSmall: Bool = false,
        _ fill: (inout ParameterBuffer, [PostgresType]) throws -> Void
    ) async throws -> QueryStart {
        try await beginTurn()
        let known: PreparedStatement?
        if types.isEmpty, let near = statements.find(id: statement.id) {
            known = near
        } else {
            known = statements.find(PreparedStatement.Key(sql: statement.sql, types: types), id: statement.id)
        }
        guard let known else {
            // An error of preparing has to make the transaction fail, so that has to be there first.
            try await flushBegin()
            return try await start(prepare(statement, types), rowLimit, isSmall, fill)
        }
        // Run again alone it would run outside the transaction that it was to begin.
        let beginsTransaction = pendingBegin != nil
        do {
            return try await start(known, rowLimit, isSmall, fill)
        } catch let error as ShardError where isStale(error, known) && !beginsTransaction {
            return try await start(prepare(statement, types), rowLimit, isSmall, fill)
        }
    }

    /// Whether a prepared statement failed because it is not what it was: somebody deallocated it, or the tables changed under
    /// it. It is forgotten then. Returns whether it may be prepared anew and run at once: not where a transaction is lost.
    func isStale(_ error: ShardError, _ prepared: PreparedStatement) -> Bool {
        guard let state = error.engineCode, isOpen else { return false }
        switch state {
        case "26000":
            // Found out by DEALLOCATE or DISCARD that went by us; others are gone, too.
            statements.removeAll()
        case "0A000" where error.retry != .notRetryable:
            statements.remove(prepared)
        case _ where state.hasPrefix("42"), "22P02" where !prepared.parameterTypes.isEmpty,
            "22P03" where !prepared.parameterTypes.isEmpty:
            // A column's type changed: what was understood once is an error now, as is a value for a parameter of the old
            // type, and may be right when read anew.
            statements.remove(prepared)
        default: return false
        }
        return !isInTransaction
    }

    /// Sends a prepared statement and reads its first rows.
    private func start(
        _ prepared: PreparedStatement, _ rowLimit: Int, _ isSmall: Bool,
        _ fill: (inout ParameterBuffer, [PostgresType]) throws -> Void
    ) async throws -> QueryStart {
        try fill(&parameters, prepared.parameterTypes)
        let begin = pendingBegin
        pendingBegin = nil
        var context = context(of: prepared.traits)
        if begin != nil { context.isInTransaction = true }
        return try await inFlight(context) {
            if let begin {
                guard PQenterPipelineMode(handle) != 0,
                    PQsendQueryParams(handle, begin, 0, nil, nil, nil, nil, 0) != 0
                else { throw lostBeforeSending() }
                isInPipeline = true
            }
            let sent = parameters.withPointers { count, values, lengths, formats in
                PQsendQueryPrepared(handle, prepared.name, count, values, lengths, formats, prepared.isBinary ? 1 : 0)
            }
            guard sent != 0, begin == nil || PQpipelineSync(handle) != 0 else { throw lostBeforeSending() }
            if begin != nil { try await takeBegin() }
            if !isSmall { _ = clibpq_stream_rows(handle, 256) }
            await flush()
            var batch = RowBatch(columnCount: prepared.columns.count)
            var reader = AnswerReader(prepared)
            if try await reader.fill(&batch, limit: rowLimit, from: self) {
                return QueryStart(columns: prepared.columns, batch: batch, outcome: reader.outcome)
            }
            let cursor = PostgresCursor(reader, connection: self)
            stream = cursor
            return QueryStart(columns: prepared.columns, batch: batch, cursor: cursor)
        }
    }

    /// Sends a BEGIN with its statement and reads the BEGIN's result.
    private func takeBegin() async throws {
        await flush()
        var error: ShardError?
        while let result = await nextResult() {
            if PQresultStatus(result) != PGRES_COMMAND_OK { error = error ?? failure(result, sql: "") }
            PQclear(result)
        }
        guard let error else { return }
        // The statement behind it was not run.
        while isOpen, let result = await nextResult() { PQclear(result) }
        await leavePipeline()
        await flight.end()
        throw error
    }

    func lostBeforeSending() -> ShardError {
        markBroken()
        return PostgresFailure.lost(handle, .read)
    }

    /// What a command's tag says of it: DISCARD ALL and DEALLOCATE take prepared statements away.
    func noteTag(_ result: OpaquePointer) {
        guard let tag = PQcmdStatus(result), tag[0] == CChar(bitPattern: UInt8(ascii: "D")) else { return }
        let text = String(cString: tag)
        if text.hasPrefix("DISCARD ALL") || text.hasPrefix("DEALLOCATE") { statements.removeAll() }
    }

    /// COPY has calls of its own. The connection cannot be used after this.
    func refuseCopy() -> ShardError {
        markBroken()
        return ShardError(
            .statementNotModelled, "COPY from or to the client cannot be run as a statement",
            hint: "Use copyIn or copyOut.", engineCode: "0A000")
    }
}
