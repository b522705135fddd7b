import CSQLite
public import ShardBackend
import ShardBase

/// A private SQLite: no file, no sharing, gone with the object; it spills to a temporary file by itself.
///
/// `@unchecked Sendable`: as its superclass.
public final class SQLitePrivateDatabase: SQLiteConnection, PrivateDatabase, @unchecked Sendable {
    init(configuration: SQLiteConfiguration) throws(ShardError) {
        try super.init(
            // URIs, so that a file attached to it can be opened for reading only.
            path: "", flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI,
            configuration: configuration)
        // What is private needs no durability.
        for pragma in ["PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF"] {
            sqlite3_exec(handle, pragma, nil, nil, nil)
        }
        // A rollback journal in memory, since transactions are used on it.
        sqlite3_exec(handle, "PRAGMA journal_mode = MEMORY", nil, nil, nil)
    }

    private var watcher: RowWatcher?

    public func watch(_ tables: [WatchedTable]) throws {
        let watcher = RowWatcher(tables)
        watcher.attach(to: handle)
        self.watcher = watcher
    }

    public func endWatching() -> [RowChange] {
        watcher?.detach(from: handle)
        defer { watcher = nil }
        return watcher?.changes ?? []
    }

    public func setLastInsertRowID(_ id: Int64) { sqlite3_set_last_insert_rowid(handle, id) }

    public func describe(_ sql: String) throws -> StatementDescription {
        var made: OpaquePointer?
        var text = sql
        var consumed = 0
        let reads = ReadCollector()
        // The authorizer is asked for each column that a name turns out to be.
        sqlite3_set_authorizer(
            handle,
            { context, action, table, column, schema, _ in
                guard action == SQLITE_READ, let context, let table else { return SQLITE_OK }
                Unmanaged<ReadCollector>.fromOpaque(context).takeUnretainedValue().found.insert(
                    StatementDescription.Read(
                        schema: schema.map { String(cString: $0) } ?? "", table: String(cString: table),
                        column: column.map { String(cString: $0) } ?? ""))
                return SQLITE_OK
            }, Unmanaged.passUnretained(reads).toOpaque())
        defer { sqlite3_set_authorizer(handle, nil, nil) }
        let code = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters -> Int32 in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(
                    handle, characters.baseAddress, Int32(characters.count), 0, &made, &tail)
                if let tail, let base = characters.baseAddress { consumed = tail - base }
                return code
            }
        }
        defer { sqlite3_finalize(made) }
        guard code == SQLITE_OK else {
            var error = SQLiteFailure.error(code, handle)
            let offset = sqlite3_error_offset(handle)
            if offset >= 0 { error.place = ShardError.Place(offset: Int(offset), in: sql.utf8) }
            throw error
        }
        guard let made else { throw ShardError(.syntax, "no statement") }
        if sql.utf8.dropFirst(consumed).contains(where: { $0 > 0x20 && $0 != UInt8(ascii: ";") }) {
            // Comments may follow; another statement may not.
            var rest: OpaquePointer?
            let tail = String(decoding: sql.utf8.dropFirst(consumed), as: UTF8.self)
            let code = sqlite3_prepare_v3(handle, tail, -1, 0, &rest, nil)
            sqlite3_finalize(rest)
            if code != SQLITE_OK || rest != nil {
                throw ShardError(
                    .syntax, "there is more than one statement",
                    place: ShardError.Place(offset: consumed, in: sql.utf8))
            }
        }
        let columns = (0..<sqlite3_column_count(made)).map { index in
            ResultColumn(
                name: sqlite3_column_name(made, index).map { String(cString: $0) } ?? "",
                declaredType: sqlite3_column_decltype(made, index).map { String(cString: $0) })
        }
        let count = sqlite3_bind_parameter_count(made)
        var names: [Int: String] = [:]
        if count > 0 {
            for index in 1...count {
                if let name = sqlite3_bind_parameter_name(made, index) { names[Int(index)] = String(cString: name) }
            }
        }
        return StatementDescription(
            columns: columns, isReadOnly: sqlite3_stmt_readonly(made) != 0, parameterCount: Int(count),
            parameterNames: names, reads: reads.found)
    }

    /// What the authorizer of one preparation was asked for.
    private final class ReadCollector {
        var found: Set<StatementDescription.Read> = []
    }
}
