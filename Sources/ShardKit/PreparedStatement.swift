import ShardBase
import ShardExecutor
public import ShardValues
import Synchronization

/// A statement of a ``ShardedDatabase`` that is planned once and run often, by many tasks at once, outside transactions.
///
/// Each run borrows a session that has the plan; a keyed read goes from here to its shard on the caller's thread. For
/// statements inside transactions see ``DatabaseSession/prepare(_:)``.
public final class PreparedStatement: Sendable {
    public let sql: String
    private let pool: SessionPool
    private let logical: LogicalDatabase
    private let state = Mutex(State())
    private let spare = SpareBatch()

    private struct State {
        var ready: [Planned] = []
        /// Its way past sessions, where it is a point read; of the plan made last.
        var short: ShortRead?
    }

    /// A session and its own plan of the statement.
    struct Planned: Sendable {
        var session: Session
        var statement: ShardExecutor.PreparedStatement
    }

    init(_ sql: String, of logical: LogicalDatabase, pool: SessionPool) {
        self.sql = sql
        self.logical = logical
        self.pool = pool
    }

    deinit {
        for planned in state.withLock({ $0.ready }) { pool.giveBack(planned.session) }
    }

    /// Runs it and gives its rows, streamed.
    public func query(_ values: [Value] = []) async throws -> Rows {
        if let box = spare.take() ?? short.map(BatchBox.init), let rows = Rows(box, values, from: logical, spare) {
            return rows
        }
        let planned = try await take()
        do {
            let answer = try await planned.statement.run(values)
            return Rows(header: ColumnHeader(answer), source: answer.rows, lease: .prepared(planned, self))
        } catch {
            giveBack(planned)
            throw error
        }
    }

    /// Runs it with the values of an interpolation's arguments: `statement.query(userID, day)`.
    public func query(_ values: any SQLValueConvertible...) async throws -> Rows {
        try await query(values.map(\.sqlValue))
    }

    /// The rows that fit into one batch, without a stream around them: the shortest way of a keyed read.
    ///
    /// - Throws: `.overBudget` when the answer is longer than a batch; use `query` then.
    public func batch(_ values: [Value]) async throws -> RowBatch {
        if let short, let batch = short.whole(values, logical) { return batch }
        let planned = try await take()
        defer { giveBack(planned) }
        let answer = try await planned.statement.run(values)
        guard let rows = answer.rows, let batch = try await rows.next() else {
            return RowBatch(columnCount: answer.columns.count)
        }
        if batch.rowCount >= RowBatch.defaultRowLimit, try await rows.next() != nil {
            await rows.close()
            throw ShardError(
                .overBudget, "the answer is longer than one batch (\(RowBatch.defaultRowLimit) rows)",
                hint: "Use query, which streams.")
        }
        return batch
    }

    /// Runs it to its end and drops its rows, if it has any.
    @discardableResult
    public func execute(_ values: [Value] = []) async throws -> WriteSummary {
        let planned = try await take()
        defer { giveBack(planned) }
        let answer = try await planned.statement.run(values)
        await answer.rows?.close()
        return WriteSummary(changes: answer.changes, lastInsertID: answer.lastInsertID)
    }

    /// Plans it now, so that its errors show before the first run.
    func warm() async throws { giveBack(try await take()) }

    private var short: ShortRead? { state.withLock { $0.short } }

    private func take() async throws -> Planned {
        if let planned = state.withLock({ $0.ready.popLast() }) {
            try pool.checkOpen()
            return planned
        }
        let session = try pool.take()
        do {
            let statement = try await session.prepare(sql)
            return Planned(session: session, statement: statement)
        } catch {
            pool.giveBack(session)
            throw error
        }
    }

    func giveBack(_ planned: Planned) {
        planned.session.reading?.forget()
        let short = planned.statement.short
        state.withLock {
            $0.ready.append(planned)
            $0.short = short
        }
    }
}

extension ShortRead {
    /// The answer in one batch; nil where it has to be asked for otherwise.
    fileprivate func whole(_ values: [Value], _ logical: LogicalDatabase) -> RowBatch? {
        var batch = RowBatch(columnCount: columns.count)
        switch read(values, from: logical, into: &batch) {
        case .whole: return batch
        case .unavailable: return nil
        case .begun(let rest):
            Task { await rest.close() }
            return nil
        }
    }
}
