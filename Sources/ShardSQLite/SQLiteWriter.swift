import CSQLite
import ShardBackend
import ShardBase
import ShardValues

/// The connection that writes a shard: it knows what its transaction changed, and asks before it commits.
final class SQLiteWriter: SQLiteConnection, RowLogging, @unchecked Sendable {
    private let recorder = RowLogRecorder()
    /// Nil: nobody wants to be asked.
    var commitGuard: (@Sendable () -> Bool)?
    private var isExempt = false
    /// Set where the guard said no.
    private var isRefused = false
    /// What `beginRowLog()` must know of the schema, by `PRAGMA schema_version`.
    private var known: (version: Int64, keyOrdinals: [String: [Int]])?

    override init(path: String, flags: Int32, configuration: SQLiteConfiguration) throws(ShardError) {
        try super.init(path: path, flags: flags, configuration: configuration)
        recorder.attach(to: handle)
        sqlite3_commit_hook(
            handle,
            { context in
                guard let context else { return 0 }
                let writer = Unmanaged<SQLiteWriter>.fromOpaque(context).takeUnretainedValue()
                guard !writer.isExempt, let mayCommit = writer.commitGuard, !mayCommit() else { return 0 }
                writer.isRefused = true
                return 1
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// An error of the guard's own in place of SQLite's for it.
    override func failure(_ error: ShardError) -> ShardError {
        guard isRefused else { return error }
        isRefused = false
        return ShardError(
            .busy, "database is locked",
            hint: "A transaction over several shards that another process left behind must be finished first.",
            engineCode: CommitRefusal.engineCode, isRetryable: true)
    }

    override func finishLease() {
        recorder.end()
        isExempt = false
        super.finishLease()
    }

    // MARK: Row logs

    func beginRowLog() throws {
        recorder.begin(keyOrdinals: try keyOrdinals())
    }

    var hasBrokenForeignKeys: Bool {
        var current: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(handle, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0)
        return current != 0
    }

    func exemptFromGuard() { isExempt = true }

    func rowLog() throws -> RowLog {
        guard recorder.isRecording else {
            throw ShardError(.internalError, "the rows of a transaction over several shards were not noted")
        }
        var log = RowLog()
        var names: Set<String> = []
        for touched in recorder.touched where !touched.name.hasPrefix("_shardkit_") {
            names.insert(touched.name)
            if let table = try rows(of: touched) { log.tables.append(table) }
        }
        log.sequences = try sequences().filter { names.contains($0.table) }
        return log
    }

    /// The WITHOUT ROWID tables.
    private func keyOrdinals() throws -> [String: [Int]] {
        let version = try rows("PRAGMA schema_version").first?.first?.integerValue ?? 0
        if let known, known.version == version { return known.keyOrdinals }
        var found: [String: [Int]] = [:]
        for row in try rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND wr") {
            guard case .text(let name) = row[0] else { continue }
            found[name] = try rows("SELECT cid FROM pragma_table_xinfo(?1) WHERE pk > 0 ORDER BY pk", [.text(name)])
                .map { Int($0[0].integerValue) }
        }
        known = (version, found)
        return found
    }

    private func rows(of touched: RowLogRecorder.Touched) throws -> RowLog.Table? {
        let columns = try rows("SELECT name, hidden, pk FROM pragma_table_xinfo(?1)", [.text(touched.name)])
        // A table that the transaction has dropped.
        if columns.isEmpty { return nil }
        func text(_ row: [Value]) -> String { if case .text(let text) = row[0] { text } else { "" } }
        let names = Set(columns.map { text($0).lowercased() })
        var stored = columns.filter { $0[1].integerValue == 0 }.map(text)
        let keys: [[Value]]
        let keyColumns: [String]
        if let ordinals = touched.keyOrdinals {
            keyColumns = ordinals.map { text(columns[$0]) }
            keys = Array(touched.keys)
        } else {
            guard let rowID = ["rowid", "_rowid_", "oid"].first(where: { !names.contains($0) }) else {
                throw ShardError(
                    .statementNotModelled,
                    "the columns of \(touched.name) hide every name of the rowid: its rows cannot be told apart in a commit over several shards",
                    hint: "Rename one of the columns rowid, _rowid_ and oid, or set commit: fast.")
            }
            keyColumns = [rowID]
            stored.insert(rowID, at: 0)
            keys = touched.rowIDs.sorted().map { [.integer($0)] }
        }
        let condition = keyColumns.enumerated().map { "\(Self.quoted($1)) = ?\($0 + 1)" }.joined(separator: " AND ")
        let select = try PreparedStatement(
            "SELECT \((keyColumns + stored).map(Self.quoted).joined(separator: ", ")) FROM main.\(Self.quoted(touched.name)) "
                + "WHERE \(condition)", id: 0, on: handle, isPersistent: false)
        var found: [RowLog.Row] = []
        // The hook may tell of one row under two keys that the table calls equal.
        var seen: Set<[Value]> = []
        for key in keys {
            guard let row = try rows(select, key).first else {
                found.append(RowLog.Row(key: key, values: nil))
                continue
            }
            let own = Array(row.prefix(keyColumns.count))
            if own != key { found.append(RowLog.Row(key: key, values: nil)) }
            if seen.insert(own).inserted {
                found.append(RowLog.Row(key: own, values: Array(row.dropFirst(keyColumns.count))))
            }
        }
        return RowLog.Table(name: touched.name, keyColumns: keyColumns, columns: stored, rows: found)
    }

    private func sequences() throws -> [RowLog.Sequence] {
        guard try !rows("SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_sequence'").isEmpty else { return [] }
        return try rows("SELECT name, seq FROM main.sqlite_sequence").compactMap { row in
            guard case .text(let table) = row[0], case .integer(let value) = row[1] else { return nil }
            return RowLog.Sequence(table: table, value: value)
        }
    }
}

extension SQLiteConnection {
    static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    /// All rows of a short query, at once.
    func rows(_ sql: String, _ values: [Value] = []) throws -> [[Value]] {
        try rows(try PreparedStatement(sql, id: 0, on: handle, isPersistent: false), values)
    }

    func rows(_ prepared: PreparedStatement, _ values: [Value]) throws -> [[Value]] {
        try prepared.bind(values)
        defer {
            prepared.reset()
            prepared.clear()
        }
        var batch = RowBatch(columnCount: prepared.columns.count)
        while try !fill(&batch, from: prepared, limit: .max) {}
        return (0..<batch.rowCount).map { batch.row($0) }
    }
}

extension Value {
    fileprivate var integerValue: Int64 { if case .integer(let integer) = self { integer } else { 0 } }
}
