import CSQLite
public import ShardValues

/// One plain SQLite in memory: what it says is right.
public final class PlainEngine {
    private var database: OpaquePointer?
    private var statements: [String: OpaquePointer] = [:]

    public init() {
        let code = sqlite3_open(":memory:", &database)
        precondition(code == SQLITE_OK, "an in-memory database could not be opened: \(code)")
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close(database)
    }

    /// Runs one statement, kept prepared, and gives its rows.
    @discardableResult
    public func rows(_ sql: String, _ values: [Value] = []) -> [[Value]] {
        let statement = prepared(sql)
        for (index, value) in values.enumerated() { bind(value, Int32(index + 1), statement) }
        var rows: [[Value]] = []
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { break }
            precondition(code == SQLITE_ROW, "\(sql): \(String(cString: sqlite3_errmsg(database)))")
            rows.append((0..<sqlite3_column_count(statement)).map { column($0, statement) })
        }
        sqlite3_reset(statement)
        return rows
    }

    public func isTrue(_ sql: String, _ values: [Value] = []) -> Bool { rows(sql, values) == [[.integer(1)]] }

    private func prepared(_ sql: String) -> OpaquePointer? {
        if let known = statements[sql] { return known }
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v2(database, sql, -1, &statement, nil)
        precondition(code == SQLITE_OK, "\(sql): \(String(cString: sqlite3_errmsg(database)))")
        statements[sql] = statement
        return statement
    }

    private func bind(_ value: Value, _ index: Int32, _ statement: OpaquePointer?) {
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .integer(let integer): sqlite3_bind_int64(statement, index, integer)
        case .real(let real): sqlite3_bind_double(statement, index, real)
        case .text, .malformedText:
            value.withTextBytes { bytes in
                let empty: [CChar] = [0]
                empty.withUnsafeBufferPointer { nothing in
                    let start = bytes.baseAddress.map { UnsafeRawPointer($0) } ?? UnsafeRawPointer(nothing.baseAddress)
                    _ = sqlite3_bind_text(
                        statement, index, start?.assumingMemoryBound(to: CChar.self), Int32(bytes.count),
                        csqlite_transient())
                }
            }
        case .blob(let bytes):
            if bytes.isEmpty {
                sqlite3_bind_zeroblob(statement, index, 0)
            } else {
                sqlite3_bind_blob(statement, index, bytes, Int32(bytes.count), csqlite_transient())
            }
        }
    }

    private func column(_ index: Int32, _ statement: OpaquePointer?) -> Value {
        switch sqlite3_column_type(statement, index) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, index))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, index))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(statement, index)
            return .text(
                bytes: Array(
                    UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))))
        default:
            let start = sqlite3_column_blob(statement, index)?.assumingMemoryBound(to: UInt8.self)
            return .blob(
                Array(UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))))
        }
    }
}
