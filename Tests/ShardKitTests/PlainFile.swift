import CSQLite
import ShardKit

/// A plain SQLite file, as another program has it.
final class PlainFile {
    private let handle: OpaquePointer

    init(_ path: String) throws {
        var opened: OpaquePointer?
        guard sqlite3_open(path, &opened) == SQLITE_OK, let opened else {
            throw ShardError(.inputOutput, "no plain database")
        }
        handle = opened
    }

    deinit { sqlite3_close_v2(handle) }

    func execute(_ sql: String) throws {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw ShardError(.engine, String(cString: sqlite3_errmsg(handle)))
        }
    }
}
