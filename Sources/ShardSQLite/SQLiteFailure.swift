import CSQLite
import ShardBase

/// SQLite's result codes as errors of the catalogue, with SQLite's own words.
enum SQLiteFailure {

    static func error(_ code: Int32, _ database: OpaquePointer?) -> ShardError {
        let message = database.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? "out of memory"
        return error(code, message: message)
    }

    static func error(_ code: Int32, message: String) -> ShardError {
        let primary = code & 0xFF
        let kind: ErrorCode
        var retryable = false
        switch primary {
        case SQLITE_BUSY, SQLITE_LOCKED:
            kind = .busy
            retryable = true
        case SQLITE_CONSTRAINT: kind = .constraint
        case SQLITE_FULL: kind = .diskFull
        case SQLITE_CORRUPT, SQLITE_NOTADB: kind = .corrupt
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_PROTOCOL: kind = .inputOutput
        case SQLITE_READONLY, SQLITE_PERM: kind = .readOnly
        case SQLITE_NOMEM: kind = .outOfMemory
        case SQLITE_INTERRUPT: return .interrupted
        case SQLITE_MISMATCH: kind = .typeMismatch
        default: kind = .engine
        }
        return ShardError(kind, message, engineCode: String(code), isRetryable: retryable)
    }
}
