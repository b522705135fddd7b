import CSQLite
public import ShardValues

/// The oracle: one plain SQLite in memory, through nothing but its C interface.
public final class PlainDatabase {
    private let handle: OpaquePointer

    public struct Failure: Error, CustomStringConvertible {
        public var message: String
        public var description: String { message }
    }

    public struct Result {
        public var columns: [String]
        public var rows: [[Value]]
        public var changes: Int64
    }

    public init() throws {
        var opened: OpaquePointer?
        guard sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil) == SQLITE_OK,
            let opened
        else { throw Failure(message: "cannot open the plain database") }
        handle = opened
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs the first statement of the text.
    public func run(_ sql: String, _ values: [Value] = []) throws -> Result {
        var made: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &made, nil) == SQLITE_OK else { throw failure() }
        defer { sqlite3_finalize(made) }
        guard let made else { return Result(columns: [], rows: [], changes: 0) }
        let transient = csqlite_transient()
        for (index, value) in values.enumerated() {
            let position = Int32(index + 1)
            switch value {
            case .null: sqlite3_bind_null(made, position)
            case .integer(let integer): sqlite3_bind_int64(made, position, integer)
            case .real(let real): sqlite3_bind_double(made, position, real)
            case .text(let text): sqlite3_bind_text(made, position, text, Int32(text.utf8.count), transient)
            case .malformedText(let bytes):
                bytes.withUnsafeBytes {
                    _ = sqlite3_bind_text(
                        made, position, $0.bindMemory(to: CChar.self).baseAddress, Int32($0.count), transient)
                }
            case .blob(let bytes):
                if bytes.isEmpty {
                    sqlite3_bind_zeroblob(made, position, 0)
                } else {
                    bytes.withUnsafeBytes {
                        _ = sqlite3_bind_blob(made, position, $0.baseAddress, Int32($0.count), transient)
                    }
                }
            }
        }
        let before = sqlite3_total_changes64(handle)
        let count = sqlite3_column_count(made)
        var rows: [[Value]] = []
        loop: while true {
            switch sqlite3_step(made) {
            case SQLITE_ROW: rows.append((0..<count).map { value(made, $0) })
            case SQLITE_DONE: break loop
            default: throw failure()
            }
        }
        let columns = (0..<count).map { String(cString: sqlite3_column_name(made, $0)) }
        let changed = sqlite3_total_changes64(handle) != before
        return Result(columns: columns, rows: rows, changes: changed ? sqlite3_changes64(handle) : 0)
    }

    public var lastInsertID: Int64 { sqlite3_last_insert_rowid(handle) }

    private func value(_ statement: OpaquePointer, _ column: Int32) -> Value {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            let base = sqlite3_column_text(statement, column)
            let bytes = Array(UnsafeBufferPointer(start: base, count: Int(sqlite3_column_bytes(statement, column))))
            return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .malformedText(bytes)
        case SQLITE_BLOB:
            let base = sqlite3_column_blob(statement, column)?.assumingMemoryBound(to: UInt8.self)
            return .blob(Array(UnsafeBufferPointer(start: base, count: Int(sqlite3_column_bytes(statement, column)))))
        default: return .null
        }
    }

    private func failure() -> Failure { Failure(message: String(cString: sqlite3_errmsg(handle))) }
}
