import CSQLite
import ShardBackend
import ShardBase
import ShardValues

/// One prepared statement: bind, step into a batch, reset. Used by one owner at a time.
final class PreparedStatement {
    /// Of the ``ShardStatement``.
    let id: UInt64
    let handle: OpaquePointer
    let database: OpaquePointer
    let parameterCount: Int
    let isReadOnly: Bool
    private(set) var columns: [ResultColumn] {
        didSet { columnCount = columns.count }
    }
    private(set) var columnCount = 0
    private var preparations: Int32 = 0
    /// A text or blob is bound.
    private var holdsBytes = false
    /// A cursor is reading it: it cannot be used for another run.
    var isBusy = false

    init(_ sql: String, id: UInt64, on database: OpaquePointer, isPersistent: Bool) throws(ShardError) {
        let flags = isPersistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
        var (code, made) = Self.compile(sql, flags, database)
        if code == SQLITE_ERROR {
            // The schema that the connection remembers may be older than the file's, and SQLite looks for a newer one only
            // where a name is unknown. Reading makes it look.
            let error = SQLiteFailure.error(code, database)
            guard sqlite3_exec(database, "SELECT 1 FROM sqlite_schema LIMIT 1", nil, nil, nil) == SQLITE_OK else {
                throw error
            }
            (code, made) = Self.compile(sql, flags, database)
        }
        guard code == SQLITE_OK else { throw SQLiteFailure.error(code, database) }
        guard let made else { throw ShardError(.syntax, "no statement") }
        self.id = id
        handle = made
        self.database = database
        parameterCount = Int(sqlite3_bind_parameter_count(made))
        isReadOnly = sqlite3_stmt_readonly(made) != 0
        columns = []
        describe()
    }

    deinit { sqlite3_finalize(handle) }

    private static func compile(
        _ sql: String, _ flags: UInt32, _ database: OpaquePointer
    ) -> (code: Int32, made: OpaquePointer?) {
        var made: OpaquePointer?
        var text = sql
        let code = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                sqlite3_prepare_v3(database, characters.baseAddress, Int32(characters.count), flags, &made, nil)
            }
        }
        return (code, made)
    }

    private func describe() { columns = describedColumns() }

    private func describedColumns() -> [ResultColumn] {
        (0..<sqlite3_column_count(handle)).map { index in
            ResultColumn(
                name: sqlite3_column_name(handle, index).map { String(cString: $0) } ?? "",
                declaredType: sqlite3_column_decltype(handle, index).map { String(cString: $0) })
        }
    }

    /// A statement that was prepared again because the schema changed may have other columns.
    func refreshColumns() {
        let now = sqlite3_stmt_status(handle, Int32(SQLITE_STMTSTATUS_REPREPARE), 0)
        if now != preparations {
            preparations = now
            describe()
        }
    }

    func bind(_ values: [Value]) throws(ShardError) {
        let count = min(values.count, parameterCount)
        var code = SQLITE_OK
        for index in 0..<count {
            let position = Int32(index + 1)
            switch values[index] {
            case .null: code = sqlite3_bind_null(handle, position)
            case .integer(let integer): code = sqlite3_bind_int64(handle, position, integer)
            case .real(let real): code = sqlite3_bind_double(handle, position, real)
            case .text(var text):
                holdsBytes = true
                code = text.withUTF8 { bindText($0, position) }
            case .malformedText(let bytes):
                holdsBytes = true
                code = bytes.withUnsafeBufferPointer { bindText($0, position) }
            case .blob(let bytes):
                holdsBytes = true
                code = bytes.withUnsafeBufferPointer { buffer in
                    guard let base = buffer.baseAddress, !buffer.isEmpty else {
                        return sqlite3_bind_zeroblob(handle, position, 0)
                    }
                    return sqlite3_bind_blob64(handle, position, base, UInt64(buffer.count), csqlite_transient())
                }
            }
            if code != SQLITE_OK { throw SQLiteFailure.error(code, database) }
        }
        if count < parameterCount {
            for position in count..<parameterCount { sqlite3_bind_null(handle, Int32(position + 1)) }
        }
    }

    /// Runs the statement to its end with the cells of rows as its parameters. Texts and blobs are not copied: they are
    /// bound no longer than this call takes.
    func run(binding rows: Range<Int>, of batch: borrowing RowBatch) throws(ShardError) {
        let code = batch.withStorage { cells, bytes -> Int32 in
            let width = batch.columnCount
            let first = rows.lowerBound * width
            let count = min(rows.count * width, parameterCount)
            for index in 0..<count {
                let code = bind(cells[first + index], bytes, Int32(index + 1))
                if code != SQLITE_OK { return code }
            }
            if count < parameterCount {
                for position in count..<parameterCount { sqlite3_bind_null(handle, Int32(position + 1)) }
            }
            var code = sqlite3_step(handle)
            while code == SQLITE_ROW { code = sqlite3_step(handle) }
            return code == SQLITE_DONE ? SQLITE_OK : code
        }
        let failure = code == SQLITE_OK ? nil : SQLiteFailure.error(code, database)
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        if let failure { throw failure }
    }

    @inline(__always)
    private func bind(_ cell: Cell, _ bytes: UnsafeBufferPointer<UInt8>, _ position: Int32) -> Int32 {
        switch cell.kind {
        case .null: return sqlite3_bind_null(handle, position)
        case .integer: return sqlite3_bind_int64(handle, position, cell.integerValue)
        case .real: return sqlite3_bind_double(handle, position, cell.realValue)
        case .text:
            let range = cell.byteRange
            guard let base = bytes.baseAddress, !range.isEmpty else {
                return sqlite3_bind_text64(handle, position, "", 0, csqlite_transient(), UInt8(SQLITE_UTF8))
            }
            return sqlite3_bind_text64(
                handle, position, UnsafeRawPointer(base + range.lowerBound).assumingMemoryBound(to: CChar.self),
                UInt64(range.count), nil, UInt8(SQLITE_UTF8))
        case .blob:
            let range = cell.byteRange
            guard let base = bytes.baseAddress, !range.isEmpty else {
                return sqlite3_bind_zeroblob(handle, position, 0)
            }
            return sqlite3_bind_blob64(handle, position, base + range.lowerBound, UInt64(range.count), nil)
        }
    }

    private func bindText(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int32) -> Int32 {
        guard let base = bytes.baseAddress else {
            return sqlite3_bind_text64(handle, position, "", 0, csqlite_transient(), UInt8(SQLITE_UTF8))
        }
        return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
            sqlite3_bind_text64(handle, position, $0, UInt64(bytes.count), csqlite_transient(), UInt8(SQLITE_UTF8))
        }
    }

    enum StepResult { case row, done, failed(Int32) }

    func step() -> StepResult {
        let code = sqlite3_step(handle)
        return code == SQLITE_ROW ? .row : code == SQLITE_DONE ? .done : .failed(code)
    }

    /// Copies the current row's cells into the batch.
    func copyRow(into batch: inout RowBatch) {
        let count = batch.columnCount
        for index in 0..<Int32(count) {
            // One look-up for each cell: the accessors by column lock and check each time. The value is safe to read, as
            // nobody else uses the connection meanwhile.
            let value = sqlite3_column_value(handle, index)
            switch sqlite3_value_type(value) {
            case SQLITE_INTEGER: batch.append(integer: sqlite3_value_int64(value))
            case SQLITE_FLOAT: batch.append(real: sqlite3_value_double(value))
            case SQLITE_TEXT:
                let base = sqlite3_value_text(value)
                batch.append(text: UnsafeBufferPointer(start: base, count: Int(sqlite3_value_bytes(value))))
            case SQLITE_BLOB:
                let base = sqlite3_value_blob(value)
                let size = Int(sqlite3_value_bytes(value))
                batch.append(
                    blob: UnsafeBufferPointer(start: base?.assumingMemoryBound(to: UInt8.self), count: size))
            default: batch.appendNull()
            }
        }
        batch.endRow()
    }

    func reset() {
        sqlite3_reset(handle)
    }

    /// Forgets bound texts, so that large ones do not stay in the cache.
    func clear() { if parameterCount > 0 && holdsBytes { sqlite3_clear_bindings(handle) } }
}
