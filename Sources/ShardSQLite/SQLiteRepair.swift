import CSQLite
import ShardBackend
import ShardBase
import ShardValues

/// A connection that puts rows where a decided transaction wants them: without triggers, foreign keys and checks, which have
/// done their work.
final class SQLiteRepair: SQLiteConnection, RepairConnection, @unchecked Sendable {
    override init(path: String, flags: Int32, configuration: SQLiteConfiguration) throws(ShardError) {
        try super.init(path: path, flags: flags, configuration: configuration)
        for option in [SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_FKEY] {
            _ = csqlite_db_config_int(handle, option, 0, nil)
        }
        sqlite3_exec(handle, "PRAGMA ignore_check_constraints = ON", nil, nil, nil)
        sqlite3_exec(handle, "PRAGMA synchronous = FULL", nil, nil, nil)
    }

    /// Rows that go make room before others come.
    func apply(_ log: RowLog) throws {
        for table in log.tables {
            let name = "main." + Self.quoted(table.name)
            let condition = table.keyColumns.enumerated().map { "\(Self.quoted($1)) = ?\($0 + 1)" }
                .joined(separator: " AND ")
            let delete = try PreparedStatement(
                "DELETE FROM \(name) WHERE \(condition)", id: 0, on: handle, isPersistent: false)
            for row in table.rows { _ = try rows(delete, row.key) }
            let places = table.columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
            let insert = try PreparedStatement(
                "INSERT INTO \(name) (\(table.columns.map(Self.quoted).joined(separator: ", "))) VALUES (\(places))",
                id: 0, on: handle, isPersistent: false)
            for case let values? in table.rows.map(\.values) { _ = try rows(insert, values) }
        }
        for sequence in log.sequences {
            let values: [Value] = [.text(sequence.table), .integer(sequence.value)]
            _ = try rows("UPDATE main.sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", values)
            _ = try rows(
                "INSERT INTO main.sqlite_sequence (name, seq) SELECT ?1, ?2 WHERE NOT EXISTS "
                    + "(SELECT 1 FROM main.sqlite_sequence WHERE name = ?1)", values)
        }
    }
}
