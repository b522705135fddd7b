import CSQLite
public import ShardBackend
import ShardBase
public import ShardValues
import Synchronization

/// One connection to one SQLite file.
///
/// `@unchecked Sendable`: a connection is used by one owner at a time (the pool leases it), and calls of an owner never overlap.
public class SQLiteConnection: ShardConnection, @unchecked Sendable {
    let handle: OpaquePointer
    let configuration: SQLiteConfiguration
    // Accesses are not checked for overlaps at run time: the owner's calls never overlap.
    @exclusivity(unchecked) private var statements: StatementCache
    private var openCursors: [ObjectIdentifier: SQLiteCursor] = [:]
    /// Leased for reading only.
    var isReader = false
    /// What the connection carries of the session's settings.
    @exclusivity(unchecked) var settings = SessionSettings.engineDefaults

    init(path: String, flags: Int32, configuration: SQLiteConfiguration) throws(ShardError) {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            let error = SQLiteFailure.error(code, opened)
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
        self.configuration = configuration
        statements = StatementCache(limit: configuration.statementCacheLimit)
        sqlite3_busy_timeout(opened, 0)
        csqlite_disable_bloom_filters(opened)
        // A cancelled task, or one that is over its statement's time, ends its statement in the middle of a long step.
        // The check runs in the thread of the task itself, every so many instructions of SQLite's machine, so that short
        // statements never meet it.
        sqlite3_progress_handler(
            opened, 10_000,
            { _ in
                if withUnsafeCurrentTask(body: { $0?.isCancelled ?? false }) { return 1 }
                return StatementBudget.current?.isOver ?? false ? 1 : 0
            }, nil)
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    // MARK: Statements

    func statement(_ statement: ShardStatement) throws(ShardError) -> PreparedStatement {
        if let known = statements[statement.id], !known.isBusy { return known }
        let made = try PreparedStatement(statement.sql, id: statement.id, on: handle, isPersistent: true)
        statements.keep(made)
        return made
    }

    /// A statement prepared before, as ``StatementCache/find(_:)``.
    func statement(_ id: UInt64) -> Unmanaged<PreparedStatement>? { statements.find(id) }

    public func query(
        _ statement: ShardStatement, values: [Value], rowLimit: Int
    ) async throws -> QueryStart {
        do throws(ShardError) {
            return try start(statement, values, rowLimit)
        } catch {
            return try await retry(statement, values, rowLimit, after: error)
        }
    }

    private func retry(
        _ statement: ShardStatement, _ values: [Value], _ rowLimit: Int, after first: ShardError
    ) async throws -> QueryStart {
        var delay = Backoff(configuration.busyTimeout)
        var error = first
        while true {
            try await delay.wait(for: error, isInTransaction: isInTransaction)
            do throws(ShardError) {
                return try start(statement, values, rowLimit)
            } catch let next {
                error = next
            }
        }
    }

    /// The whole of a short read without suspension.
    private func start(
        _ statement: ShardStatement, _ values: [Value], _ rowLimit: Int
    ) throws(ShardError) -> QueryStart {
        let prepared = try self.statement(statement)
        try prepared.bind(values)
        let before = prepared.isReadOnly ? 0 : sqlite3_total_changes64(handle)
        var batch = RowBatch(columnCount: prepared.columns.count)
        let isDone: Bool
        do throws(ShardError) {
            isDone = try fill(&batch, from: prepared, limit: rowLimit)
        } catch {
            prepared.reset()
            prepared.clear()
            throw error
        }
        prepared.refreshColumns()
        if isDone {
            prepared.reset()
            prepared.clear()
            return QueryStart(
                columns: prepared.columns, batch: batch, cursor: nil, outcome: outcome(prepared, before))
        }
        return QueryStart(columns: prepared.columns, batch: batch, cursor: open(prepared, changesBefore: before))
    }

    /// A cursor on the rows that are left of a statement that has been stepped.
    func open(_ prepared: PreparedStatement, changesBefore: Int64 = 0) -> SQLiteCursor {
        let cursor = SQLiteCursor(prepared, connection: self, changesBefore: changesBefore)
        openCursors[ObjectIdentifier(cursor)] = cursor
        return cursor
    }

    /// Steps until the batch is full (false) or the answer ends (true).
    func fill(_ batch: inout RowBatch, from prepared: PreparedStatement, limit: Int) throws(ShardError) -> Bool {
        let columns = batch.columnCount
        while batch.rowCount < limit && batch.payloadByteCount < RowBatch.defaultByteLimit {
            switch prepared.step() {
            case .row:
                if columns > 0 {
                    if batch.rowCount == 0, Int(sqlite3_data_count(prepared.handle)) != columns {
                        // The schema changed under a cached statement: its answer has another shape now.
                        prepared.refreshColumns()
                        batch = RowBatch(columnCount: prepared.columns.count)
                    }
                    prepared.copyRow(into: &batch)
                }
            case .done: return true
            case .failed(let code): throw failure(SQLiteFailure.error(code, handle))
            }
        }
        return false
    }

    func outcome(_ prepared: PreparedStatement, _ before: Int64) -> WriteOutcome {
        let id = sqlite3_last_insert_rowid(handle)
        if prepared.isReadOnly { return WriteOutcome(lastInsertID: id) }
        let total = sqlite3_total_changes64(handle) - before
        if total == 0 { return WriteOutcome(lastInsertID: id) }
        let changes = sqlite3_changes64(handle)
        return WriteOutcome(changes: changes, indirectChanges: total - changes, lastInsertID: id)
    }

    func ended(_ cursor: SQLiteCursor) { openCursors[ObjectIdentifier(cursor)] = nil }

    public func execute(_ statement: ShardStatement, values: [Value]) async throws -> WriteOutcome {
        let start = try await query(statement, values: values, rowLimit: RowBatch.defaultRowLimit)
        guard let cursor = start.cursor as? SQLiteCursor else { return start.outcome }
        var batch = start.batch
        repeat { batch = try await cursor.next(batch) } while !batch.isEmpty
        return cursor.outcome
    }

    public func execute(
        _ statement: ShardStatement, rows: Range<Int>, of batch: RowBatch
    ) async throws -> WriteOutcome {
        var delay = Backoff(configuration.busyTimeout)
        while true {
            do throws(ShardError) {
                return try runNow(statement, rows, batch)
            } catch {
                try await delay.wait(for: error, isInTransaction: isInTransaction)
            }
        }
    }

    private func runNow(
        _ statement: ShardStatement, _ rows: Range<Int>, _ batch: borrowing RowBatch
    ) throws(ShardError) -> WriteOutcome {
        let prepared = try self.statement(statement)
        let before = sqlite3_total_changes64(handle)
        do throws(ShardError) {
            try prepared.run(binding: rows, of: batch)
        } catch {
            throw failure(error)
        }
        return outcome(prepared, before)
    }

    public func executeScript(_ sql: String) async throws {
        var delay = Backoff(configuration.busyTimeout)
        while true {
            let code = sqlite3_exec(handle, sql, nil, nil, nil)
            if code == SQLITE_OK { return }
            try await delay.wait(for: failure(SQLiteFailure.error(code, handle)), isInTransaction: isInTransaction)
        }
    }

    private static let begin = ShardStatement("BEGIN")
    /// Reads the file's header: enough for the transaction to fix what it sees.
    private static let touch = ShardStatement("PRAGMA data_version")

    public func openSnapshot() async throws {
        _ = try await execute(Self.begin, values: [])
        _ = try await execute(Self.touch, values: [])
    }

    // MARK: Lease

    /// What is thrown in place of an engine's error; the same one, mostly.
    func failure(_ error: ShardError) -> ShardError { error }

    /// Makes the connection fit for the next owner.
    func finishLease() {
        if !openCursors.isEmpty {
            for cursor in openCursors.values { cursor.close() }
            openCursors.removeAll()
        }
        if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }

    /// Whether its settings are the engine's own.
    var carriesDefaults: Bool { settings.values.isEmpty }

    /// Makes the connection's settings those of the session.
    func carry(_ wanted: SessionSettings) throws(ShardError) {
        if settings.values.isEmpty && wanted.values.isEmpty || settings == wanted { return }
        for name in Set(settings.values.keys).union(wanted.values.keys) {
            let value = wanted.values[name]
            if settings.values[name] == value { continue }
            guard let text = value ?? SQLiteSettings.defaults[name] else { continue }
            let code = sqlite3_exec(handle, "PRAGMA \(name) = \(text)", nil, nil, nil)
            guard code == SQLITE_OK else { throw SQLiteFailure.error(code, handle) }
        }
        settings = wanted
    }
}

/// Session settings that connections can carry, with the engine's defaults.
enum SQLiteSettings {
    static let defaults: [String: String] = [
        "foreign_keys": "0", "defer_foreign_keys": "0", "case_sensitive_like": "0", "recursive_triggers": "0",
        "ignore_check_constraints": "0", "reverse_unordered_selects": "0", "read_uncommitted": "0",
        "automatic_index": "1", "cell_size_check": "0", "legacy_alter_table": "0", "query_only": "0",
        "trusted_schema": "1", "temp_store": "0",
    ]
}

/// Waits before a busy database is tried again: asynchronously, longer each time, with jitter, up to a limit.
struct Backoff {
    private let deadline: ContinuousClock.Instant
    private var next: Duration = .microseconds(200)

    init(_ limit: Duration) { deadline = .now + min(limit, LockWait.limit ?? limit) }

    /// Throws the error unless trying again may help.
    mutating func wait(for error: ShardError, isInTransaction: Bool) async throws {
        guard error.code == .busy, let code = error.engineCode.flatMap({ Int32($0) }) else {
            throw error
        }
        if error.engineCode == CommitRefusal.engineCode { throw error }
        // A read snapshot that is too old for writing stays too old; the whole transaction has to run again.
        if code == SQLITE_BUSY | (2 << 8) || code & 0xFF == SQLITE_LOCKED && isInTransaction { throw error }
        guard ContinuousClock.now < deadline else { throw error }
        let jitter = Double.random(in: 0.5...1.5)
        do {
            try await Task.sleep(for: next * jitter)
        } catch {
            throw ShardError.interrupted
        }
        next = min(next * 2, .milliseconds(20))
    }
}
