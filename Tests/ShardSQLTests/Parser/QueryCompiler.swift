import CSQLite

/// SQLite as a judge of how an expression reads: two texts that it compiles to the same program mean the same.
final class QueryCompiler {
    enum Failure: Error { case cannotOpen }

    private let database: OpaquePointer

    init() throws {
        var handle: OpaquePointer?
        guard sqlite3_open(":memory:", &handle) == SQLITE_OK, let handle else { throw Failure.cannotOpen }
        database = handle
    }

    deinit { sqlite3_close_v2(database) }

    /// Runs a text for what it defines; errors are the text's own business.
    func run(_ sql: String) { sqlite3_exec(database, sql, nil, nil, nil) }

    /// The opcodes of a query; nil where SQLite does not compile it.
    func program(_ query: String) -> [String]? {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, "EXPLAIN " + query, -1, &statement, nil) == SQLITE_OK else { return nil }
        defer { sqlite3_finalize(statement) }
        var program: [String] = []
        while sqlite3_step(statement) == SQLITE_ROW {
            let columns = (1..<7).map { sqlite3_column_text(statement, $0).map { String(cString: $0) } ?? "" }
            program.append(columns.joined(separator: " "))
        }
        return program
    }
}
