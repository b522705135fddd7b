/// A random logical schema and how it is sharded.
struct FuzzSchema {
    var tables: [FuzzTable] = []
    var views: [FuzzView] = []
    /// CREATE TRIGGER statements.
    var triggers: [String] = []
    /// PRAGMA foreign_keys.
    var checksForeignKeys = false

    /// Whether a write may change other tables than its own.
    var spreadsWrites: Bool { !triggers.isEmpty || checksForeignKeys }
}

struct FuzzColumn {
    var name: String
    /// As it is declared; empty: none.
    var type: String
    var kind: ValueKind
    var collation: String?
    /// Behind the type: NOT NULL, DEFAULT, CHECK, a generated column's expression.
    var constraints = ""
    var isNotNull = false
    var isGenerated = false

    /// What decides comparisons with the column.
    var comparing: String { ([type] + (collation.map { ["COLLATE \($0)"] } ?? [])).joined(separator: " ") }

    var definition: String {
        [name, comparing, constraints].filter { !$0.isEmpty }.joined(separator: " ")
    }
}

struct FuzzTable {
    /// As SQL text.
    var name: String
    var columns: [FuzzColumn]
    var primaryKey: [String] = []
    /// `INTEGER PRIMARY KEY`: the rowid itself.
    var isRowIDKey = false
    var isWithoutRowID = false
    var isStrict = false
    var uniques: [[String]] = []
    /// A FOREIGN KEY clause; empty: none.
    var reference = ""
    /// CREATE INDEX statements.
    var indexes: [String] = []
    /// Sharding clauses; one that is refused gives way to the next.
    var clauses: [String] = []
    /// What rows are placed by; the primary key of tables that are whole somewhere.
    var shardKey: [String] = []

    func column(_ name: String) -> FuzzColumn? { columns.first { $0.name == name } }
    var writable: [FuzzColumn] { columns.filter { !$0.isGenerated } }

    /// CREATE TABLE as one plain database takes it.
    var createSQL: String {
        var parts = columns.map { column in
            column.definition + (isRowIDKey && column.name == primaryKey[0] ? " PRIMARY KEY" : "")
        }
        if !isRowIDKey, !primaryKey.isEmpty { parts.append("PRIMARY KEY (\(primaryKey.joined(separator: ", ")))") }
        for unique in uniques { parts.append("UNIQUE (\(unique.joined(separator: ", ")))") }
        if !reference.isEmpty { parts.append(reference) }
        let options = [isWithoutRowID ? "WITHOUT ROWID" : nil, isStrict ? "STRICT" : nil].compactMap { $0 }
        return "CREATE TABLE \(name) (\(parts.joined(separator: ", ")))"
            + (options.isEmpty ? "" : " " + options.joined(separator: ", "))
    }

    /// A table of the same names, affinities and collations that keeps rows in the order of their insertion.
    var heapSQL: String {
        let parts = columns.map { column in
            // ANY of a STRICT table takes values as they are; elsewhere it is a number's type.
            let comparing = isStrict && column.type == "ANY" ? "BLOB" : column.comparing
            return "\(column.name) \(comparing)"
        }
        return "CREATE TABLE \(name) (\(parts.joined(separator: ", ")))"
    }
}

struct FuzzView {
    var name: String
    var columns: [FuzzColumn]
    var createSQL: String
}
