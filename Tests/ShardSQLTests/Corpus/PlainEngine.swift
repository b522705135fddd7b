import CSQLite
import ShardSQL

/// One plain SQLite database in memory, to ask how the engine itself reads a text.
final class PlainEngine {
    /// What the engine makes of a text: its error, or the program it compiles it to.
    struct Understanding: Equatable {
        var message: String
        var program: [String]
        var names: [String] = []

        func difference(from other: Understanding) -> String {
            if message != other.message { return "\(message) / \(other.message)" }
            for (one, two) in zip(program, other.program) where one != two { return "\(one) / \(two)" }
            if names != other.names { return "\(names) / \(other.names)" }
            return "\(program.count) / \(other.program.count) opcodes"
        }
    }

    enum Failure: Error { case cannotOpen }

    private let database: OpaquePointer

    init() throws {
        var handle: OpaquePointer?
        guard sqlite3_open(":memory:", &handle) == SQLITE_OK, let handle else { throw Failure.cannotOpen }
        database = handle
    }

    deinit { sqlite3_close_v2(database) }

    private func prepared(_ sql: String) -> OpaquePointer? {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else { return nil }
        return statement
    }

    func understanding(of sql: String, _ node: Statement) -> Understanding {
        guard let statement = prepared(sql) else {
            return Understanding(message: String(cString: sqlite3_errmsg(database)), program: [])
        }
        defer { sqlite3_finalize(statement) }
        var understanding = Understanding(message: "", program: [])
        for index in 0..<sqlite3_column_count(statement) {
            understanding.names.append(sqlite3_column_name(statement, index).map { name(String(cString: $0)) } ?? "")
        }
        guard Self.isCompared(node), let explain = prepared("EXPLAIN " + sql) else { return understanding }
        defer { sqlite3_finalize(explain) }
        while sqlite3_step(explain) == SQLITE_ROW {
            let columns = (1..<7).map { sqlite3_column_text(explain, $0).map { String(cString: $0) } ?? "" }
            understanding.program.append(columns.joined(separator: " "))
        }
        return understanding
    }

    /// SQLite makes some names different by random numbers.
    private func name(_ name: String) -> String {
        let parts = name.split(separator: ":", maxSplits: 1)
        return parts.count == 2 && parts[1].allSatisfy(\.isNumber) ? "\(parts[0]):n" : name
    }

    /// The program of a definition holds its text.
    private static func isCompared(_ statement: Statement) -> Bool {
        switch statement {
        case .select, .insert, .update, .delete, .transaction, .drop, .other: true
        case .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .explain,
            .pragma, .setting, .showTopology:
            false
        }
    }

    /// Makes tables and columns that a text asks for and that nobody defined, so that it compiles.
    func provideTables(for sql: String) {
        for _ in 0..<24 {
            if let statement = prepared(sql) {
                sqlite3_finalize(statement)
                return
            }
            let message = String(cString: sqlite3_errmsg(database))
            if let name = message.rest(after: "no such table: ") {
                guard run("CREATE TABLE \(name) (a, b, c, d, x, y, z)") else { return }
            } else if let name = message.rest(after: "no such column: ") {
                let column = Identifier(String(name.split(separator: ".").last ?? ""), quote: .double).quoted
                var isAdded = false
                for table in tables() where run("ALTER TABLE \(table) ADD COLUMN \(column)") { isAdded = true }
                guard isAdded else { return }
            } else {
                return
            }
        }
    }

    private func run(_ sql: String) -> Bool { sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK }

    private func tables() -> [String] {
        guard let statement = prepared("SELECT name FROM sqlite_master WHERE type = 'table'") else { return [] }
        defer { sqlite3_finalize(statement) }
        var result: [String] = []
        while sqlite3_step(statement) == SQLITE_ROW, let text = sqlite3_column_text(statement, 0) {
            result.append(Identifier(String(cString: text), quote: .double).quoted)
        }
        return result
    }

    /// Runs a definition, so that later statements find their tables; one of the same name gives way.
    func define(_ sql: String, _ statement: Statement) {
        let drop: String
        switch statement {
        case .createTable(let node): drop = "DROP TABLE IF EXISTS \(node.name.quoted)"
        case .createView(let node): drop = "DROP VIEW IF EXISTS \(node.name.quoted)"
        case .createIndex(let node): drop = "DROP INDEX IF EXISTS \(node.name?.quoted ?? "none")"
        case .createTrigger(let node): drop = "DROP TRIGGER IF EXISTS \(node.name.quoted)"
        case .alterTable: drop = "SELECT 1"
        case .select, .insert, .update, .delete, .createVirtualTable, .drop, .transaction, .explain, .pragma, .setting,
            .showTopology, .other:
            return
        }
        sqlite3_exec(database, drop, nil, nil, nil)
        sqlite3_exec(database, sql, nil, nil, nil)
    }

    /// The first value of a query's first row, as SQLite holds it.
    func value(of sql: String) -> LiteralValue? {
        guard let statement = prepared(sql) else { return nil }
        defer { sqlite3_finalize(statement) }
        guard sqlite3_step(statement) == SQLITE_ROW else { return nil }
        switch sqlite3_column_type(statement, 0) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, 0))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, 0))
        case SQLITE_TEXT: return sqlite3_column_text(statement, 0).map { .text(String(cString: $0)) }
        case SQLITE_BLOB:
            let count = Int(sqlite3_column_bytes(statement, 0))
            guard let bytes = sqlite3_column_blob(statement, 0) else { return .blob([]) }
            return .blob(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
        default: return .null
        }
    }
}

extension String {
    fileprivate func rest(after prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}
