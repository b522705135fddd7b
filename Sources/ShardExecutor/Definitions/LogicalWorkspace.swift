import ShardBackend
import ShardBase
import ShardCatalog
import ShardPlanner
import ShardValues

/// A private database with the logical schema on which a definition is tried first: the engine itself says whether it is
/// right, in its own words, and what the schema is afterwards.
///
/// Used by who holds the definition lock, so by one at a time.
final class LogicalWorkspace: Sendable {
    private let database: any PrivateDatabase
    /// The catalog whose schema it holds.
    let snapshot: CatalogSnapshot

    /// Makes one with the schema of a snapshot. O(number of objects).
    convenience init(_ snapshot: CatalogSnapshot, make: () throws -> any PrivateDatabase) async throws {
        self.init(try make(), snapshot)
        for text in snapshot.schemaTexts { try await database.executeScript(text) }
    }

    private init(_ database: any PrivateDatabase, _ snapshot: CatalogSnapshot) {
        self.database = database
        self.snapshot = snapshot
    }

    /// The same database, whose schema has become another's.
    func at(_ snapshot: CatalogSnapshot) -> LogicalWorkspace { LogicalWorkspace(database, snapshot) }

    /// Runs a definition inside a transaction that stays open until ``commit()`` or ``rollback()``, and reads the schema.
    func attempt(_ sql: String, _ settings: SessionSettings) async throws -> [SchemaText] {
        // The one setting that changes what a definition does to the schema's texts.
        let legacy = settings.values["legacy_alter_table"] ?? "0"
        try await database.executeScript("PRAGMA legacy_alter_table = \(legacy)")
        try await database.executeScript("BEGIN")
        do {
            try await database.executeScript(sql)
            return try await texts()
        } catch {
            try await rollback()
            throw error
        }
    }

    func commit() async throws { try await database.executeScript("COMMIT") }

    func rollback() async throws {
        if database.isInTransaction { try await database.executeScript("ROLLBACK") }
    }

    private static let master = ShardStatement(
        """
        SELECT type, name, tbl_name, sql FROM sqlite_master
        WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid
        """)
    private static let tableList = ShardStatement(
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('virtual', 'shadow')")
    private static let columns = ShardStatement(
        "SELECT name, type FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid")

    private func texts() async throws -> [SchemaText] {
        let rows = try await database.allRows(Self.master)
        var types: [String: String] = [:]
        if rows.contains(where: { $0[3].isText(startingWith: "CREATE VIRTUAL") }) {
            for row in try await database.allRows(Self.tableList) {
                if case .text(let name) = row[0], case .text(let type) = row[1] { types[name] = type }
            }
        }
        var result: [SchemaText] = []
        for row in rows {
            guard case .text(let type) = row[0], case .text(let name) = row[1], case .text(let table) = row[2],
                case .text(let sql) = row[3]
            else { throw ShardError(.internalError, "sqlite_master of the logical schema has an unknown shape") }
            if types[name] == "shadow" { continue }
            if types[name] == "virtual" {
                let columns = try await database.allRows(Self.columns, [.text(name)]).map { row in
                    SchemaText.VirtualColumn(name: row[0].textOrEmpty, declaredType: row[1].nonEmptyText)
                }
                result.append(
                    SchemaText(kind: .virtual, name: name, tableName: table, sql: sql, virtualColumns: columns))
                continue
            }
            guard let kind = SchemaText.Kind(rawValue: type) else {
                throw ShardError(.internalError, "sqlite_master of the logical schema lists a \(type)")
            }
            result.append(SchemaText(kind: kind, name: name, tableName: table, sql: sql))
        }
        return result
    }
}

extension ShardConnection {
    /// All rows of a small answer.
    func allRows(_ statement: ShardStatement, _ values: [Value] = []) async throws -> [[Value]] {
        let start = try await query(statement, values: values, rowLimit: RowBatch.defaultRowLimit)
        var rows = (0..<start.batch.rowCount).map { start.batch.row($0) }
        guard let cursor = start.cursor else { return rows }
        defer { cursor.close() }
        var batch = start.batch
        while true {
            batch = try await cursor.next(batch)
            if batch.isEmpty { return rows }
            for row in 0..<batch.rowCount { rows.append(batch.row(row)) }
        }
    }
}

extension Value {
    fileprivate func isText(startingWith prefix: String) -> Bool {
        if case .text(let text) = self { return text.uppercased().hasPrefix(prefix) }
        return false
    }
    fileprivate var nonEmptyText: String? {
        if case .text(let text) = self, !text.isEmpty { return text }
        return nil
    }
    fileprivate var textOrEmpty: String { nonEmptyText ?? "" }
}
