import CSQLiteDirect

/// The baseline: what a C program does with the same file, no middleware between.
final class DirectSQLite {
    let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]

    init(path: String) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(path, &opened, flags, nil) == SQLITE_OK, let opened else {
            fatalError("cannot open \(path)")
        }
        handle = opened
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close(handle)
    }

    func execute(_ sql: String) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            fatalError(String(cString: sqlite3_errmsg(handle)))
        }
    }

    func prepare(_ sql: String) -> OpaquePointer {
        if let known = statements[sql] { return known }
        var made: OpaquePointer?
        guard sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil) == SQLITE_OK, let made
        else { fatalError(String(cString: sqlite3_errmsg(handle))) }
        statements[sql] = made
        return made
    }

    /// Prepared point read: bind, step, read two columns, reset.
    @inline(never) func pointRead(_ statement: OpaquePointer, key: Int64) -> Int {
        sqlite3_bind_int64(statement, 1, key)
        var sum = 0
        while sqlite3_step(statement) == SQLITE_ROW {
            sum &+= Int(sqlite3_column_int64(statement, 0))
            if sqlite3_column_text(statement, 1) != nil { sum &+= Int(sqlite3_column_bytes(statement, 1)) }
        }
        sqlite3_reset(statement)
        return sum
    }

    /// What a program does that puts the value into the text: prepare, step, finalize.
    @inline(never) func literalRead(_ sql: String) -> Int {
        var made: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &made, nil) == SQLITE_OK else { fatalError("prepare") }
        var sum = 0
        while sqlite3_step(made) == SQLITE_ROW {
            sum &+= Int(sqlite3_column_int64(made, 0))
            if sqlite3_column_text(made, 1) != nil { sum &+= Int(sqlite3_column_bytes(made, 1)) }
        }
        sqlite3_finalize(made)
        return sum
    }

    /// Parses and compiles a text.
    @inline(never) func compile(_ sql: String) {
        var made: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &made, nil) == SQLITE_OK else { fatalError("prepare") }
        sqlite3_finalize(made)
    }

    /// Reads all rows and columns of a query.
    @inline(never) func drain(_ sql: String) -> Int {
        let statement = prepare(sql)
        var rows = 0
        let columns = sqlite3_column_count(statement)
        while sqlite3_step(statement) == SQLITE_ROW {
            for column in 0..<columns { _ = sqlite3_column_value(statement, column) }
            rows += 1
        }
        sqlite3_reset(statement)
        return rows
    }
}
