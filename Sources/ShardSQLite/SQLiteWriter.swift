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
    /// What row logs must know of the schema.
    private var known: KnownSchema?
    private static let schemaVersion = ShardStatement("PRAGMA schema_version")

    private struct KnownSchema {
        /// `PRAGMA schema_version`.
        var version: Int64
        /// Of the WITHOUT ROWID tables.
        var keyOrdinals: [String: [Int]]
        /// Nil: no table counts.
        var sequences: PreparedStatement?
        var readers: [String: RowReader] = [:]
    }

    /// How a table's rows are read for the log.
    private struct RowReader {
        var keyColumns: [String]
        var columns: [String]
        /// One row by its key.
        var one: PreparedStatement
        /// Those of a range of rowids.
        var range: PreparedStatement?

        /// Of a row: the key's columns and the others.
        var width: Int32 { Int32(keyColumns.count + columns.count) }
    }

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
        recorder.begin(keyOrdinals: try schema().keyOrdinals)
    }

    var hasBrokenForeignKeys: Bool {
        var current: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(handle, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0)
        return current != 0
    }

    var isRowLogLarge: Bool { recorder.touched.contains { $0.count > 128 } }

    func exemptFromGuard() { isExempt = true }

    func rowLog() throws -> [UInt8]? {
        guard recorder.isRecording else {
            throw ShardError(.internalError, "the rows of a transaction over several shards were not noted")
        }
        var encoder = RowLogEncoder()
        var names: Set<String> = []
        _ = try schema()
        for touched in recorder.touched where !touched.name.hasPrefix("_shardkit_") {
            names.insert(touched.name)
            try encode(touched, &encoder)
        }
        if encoder.rowCount == 0 { return nil }
        for (table, value) in try sequences(try schema()) where names.contains(table) {
            encoder.sequence(table, value)
        }
        return encoder.finish()
    }

    // MARK: The schema

    /// What is known, if it is still so.
    private func schema() throws -> KnownSchema {
        let version = try rows(try statement(Self.schemaVersion), []).first?.first?.integerValue ?? 0
        if let known, known.version == version { return known }
        var ordinals: [String: [Int]] = [:]
        for row in try rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND wr") {
            guard case .text(let name) = row[0] else { continue }
            ordinals[name] = try rows("SELECT cid FROM pragma_table_xinfo(?1) WHERE pk > 0 ORDER BY pk", [.text(name)])
                .map { Int($0[0].integerValue) }
        }
        let counts = try !rows("SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_sequence'").isEmpty
        let made = KnownSchema(
            version: version, keyOrdinals: ordinals,
            sequences: counts ? try prepared("SELECT name, seq FROM main.sqlite_sequence") : nil)
        known = made
        return made
    }

    /// Nil: a table that the transaction has dropped.
    private func reader(_ touched: RowLogRecorder.Touched) throws -> RowReader? {
        if let reader = known?.readers[touched.name] { return reader }
        let columns = try rows("SELECT name, hidden FROM pragma_table_xinfo(?1)", [.text(touched.name)])
        if columns.isEmpty { return nil }
        func text(_ row: [Value]) -> String { if case .text(let text) = row[0] { text } else { "" } }
        let names = Set(columns.map { text($0).lowercased() })
        var stored = columns.filter { $0[1].integerValue == 0 }.map(text)
        let keyColumns: [String]
        if let ordinals = touched.keyOrdinals {
            keyColumns = ordinals.map { text(columns[$0]) }
        } else {
            guard let rowID = ["rowid", "_rowid_", "oid"].first(where: { !names.contains($0) }) else {
                throw ShardError(
                    .statementNotModelled,
                    "the columns of \(touched.name) hide every name of the rowid: its rows cannot be told apart in a commit over several shards",
                    hint: "Rename one of the columns rowid, _rowid_ and oid, or set commit: fast.")
            }
            keyColumns = [rowID]
            stored.insert(rowID, at: 0)
        }
        let select =
            "SELECT \((keyColumns + stored).map(Self.quoted).joined(separator: ", ")) FROM main.\(Self.quoted(touched.name)) "
        let condition = keyColumns.enumerated().map { "\(Self.quoted($1)) = ?\($0 + 1)" }.joined(separator: " AND ")
        let reader = RowReader(
            keyColumns: keyColumns, columns: stored, one: try prepared(select + "WHERE " + condition),
            range: touched.keyOrdinals == nil
                ? try prepared(select + "WHERE \(Self.quoted(keyColumns[0])) BETWEEN ?1 AND ?2 ORDER BY 1") : nil)
        known?.readers[touched.name] = reader
        return reader
    }

    private func prepared(_ sql: String) throws -> PreparedStatement {
        try PreparedStatement(sql, id: 0, on: handle, isPersistent: true)
    }

    // MARK: Rows

    private func encode(_ touched: RowLogRecorder.Touched, _ encoder: inout RowLogEncoder) throws {
        guard let reader = try reader(touched) else { return }
        encoder.beginTable(touched.name, keyColumns: reader.keyColumns, columns: reader.columns)
        if let range = reader.range {
            let rowIDs = touched.rowIDs()
            for rowID in rowIDs[try encodeRun(of: rowIDs, range, reader.width, &encoder)...] {
                sqlite3_bind_int64(reader.one.handle, 1, rowID)
                defer { sqlite3_reset(reader.one.handle) }
                switch reader.one.step() {
                case .row:
                    encoder.beginRow()
                    for column in 0..<reader.width { encoder.value(sqlite3_column_value(reader.one.handle, column)) }
                case .done:
                    encoder.beginGone()
                    encoder.integer(rowID)
                case .failed(let code): throw SQLiteFailure.error(code, handle)
                }
            }
            return
        }
        // The hook may tell of one row under two keys that the table calls equal.
        var seen: Set<[Value]> = []
        for key in touched.keys {
            guard let row = try rows(reader.one, key).first else {
                encoder.beginGone()
                for value in key { encoder.value(value) }
                continue
            }
            let own = Array(row.prefix(reader.keyColumns.count))
            if own != key {
                encoder.beginGone()
                for value in key { encoder.value(value) }
            }
            if seen.insert(own).inserted {
                encoder.beginRow()
                for value in row { encoder.value(value) }
            }
        }
    }

    /// New rows mostly lie beside one another: they are read in one go, as long as few others lie between them.
    ///
    /// - Returns: how many of the rowids are done.
    private func encodeRun(
        of rowIDs: [Int64], _ scan: PreparedStatement, _ width: Int32, _ encoder: inout RowLogEncoder
    ) throws -> Int {
        guard rowIDs.count > 8 else { return 0 }
        sqlite3_bind_int64(scan.handle, 1, rowIDs[0])
        sqlite3_bind_int64(scan.handle, 2, rowIDs[rowIDs.count - 1])
        defer { sqlite3_reset(scan.handle) }
        var done = 0
        var others = 0
        while true {
            switch scan.step() {
            case .failed(let code): throw SQLiteFailure.error(code, handle)
            case .done:
                for rowID in rowIDs[done...] {
                    encoder.beginGone()
                    encoder.integer(rowID)
                }
                return rowIDs.count
            case .row:
                let found = sqlite3_column_int64(scan.handle, 0)
                while done < rowIDs.count, rowIDs[done] < found {
                    encoder.beginGone()
                    encoder.integer(rowIDs[done])
                    done += 1
                }
                if done < rowIDs.count, rowIDs[done] == found {
                    encoder.beginRow()
                    for column in 0..<width { encoder.value(sqlite3_column_value(scan.handle, column)) }
                    done += 1
                } else {
                    others += 1
                    if others > 16 + 2 * done { return done }
                }
            }
        }
    }

    private func sequences(_ schema: KnownSchema) throws -> [(table: String, value: Int64)] {
        guard let sequences = schema.sequences else { return [] }
        return try rows(sequences, []).compactMap { row in
            guard case .text(let table) = row[0], case .integer(let value) = row[1] else { return nil }
            return (table, value)
        }
    }
}

extension RowLogEncoder {
    fileprivate mutating func value(_ value: OpaquePointer?) {
        switch sqlite3_value_type(value) {
        case SQLITE_INTEGER: integer(sqlite3_value_int64(value))
        case SQLITE_FLOAT: real(sqlite3_value_double(value))
        case SQLITE_TEXT:
            let base = sqlite3_value_text(value)
            text(bytes: UnsafeBufferPointer(start: base, count: Int(sqlite3_value_bytes(value))))
        case SQLITE_BLOB:
            let base = sqlite3_value_blob(value)
            blob(UnsafeRawBufferPointer(start: base, count: Int(sqlite3_value_bytes(value))))
        default: null()
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
