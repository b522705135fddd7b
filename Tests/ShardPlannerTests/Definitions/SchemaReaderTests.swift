import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues
import Testing

/// What the reader says of a table is compared with what SQLite itself says of it.
@Suite struct SchemaReaderTests {
    static let tables = [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b VARCHAR(40) UNIQUE, c)",
        "CREATE TABLE t (id INT PRIMARY KEY, a blob, b double precision, c NUMERIC(10, 2) DEFAULT 0)",
        "CREATE TABLE t (id integer PRIMARY KEY DESC, a)",
        "CREATE TABLE t (id INTEGER, a, PRIMARY KEY (id DESC))",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a FLOATING POINT)",
        "CREATE TABLE t (a, b, PRIMARY KEY (b, a)) WITHOUT ROWID",
        "CREATE TABLE t (a INTEGER, PRIMARY KEY (a)) WITHOUT ROWID",
        "CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT COLLATE RTRIM, UNIQUE (a, b), UNIQUE (b COLLATE NOCASE))",
        "CREATE TABLE t (a INT, b AS (a + 1), c INTEGER GENERATED ALWAYS AS (a * 2) STORED)",
        "CREATE TABLE t (a ANY, b INT NOT NULL, c TEXT, PRIMARY KEY (a, c)) STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b ANY) STRICT",
        "CREATE TABLE t (\"A b\" TEXT, 'c d' INTEGER, `e` REAL, [f g] CLOB, PRIMARY KEY (\"a B\"))",
        "CREATE TABLE t (a INTEGER DEFAULT -1, b TEXT DEFAULT 'x''y', c DEFAULT (1 + 2), d DEFAULT CURRENT_TIMESTAMP)",
        "CREATE TABLE t (a UNIQUE, b, UNIQUE (a), UNIQUE (b, a), CHECK (a > b))",
        "CREATE TABLE t (a CHARINT, b STRING, c POINT, d BLOBTEXT, e DECIMAL)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t (id) ON DELETE CASCADE, x)",
        "CREATE TABLE t (a INT, b INT, CONSTRAINT k PRIMARY KEY (a, b, a))",
    ]

    @Test("A table reads as SQLite itself reports it", arguments: tables)
    func agreesWithPragmas(sql: String) throws {
        let engine = LogicalSchema()
        try engine.run(sql)
        guard case .createTable(let create) = try Parser.parse(sql, dialect: .sqlite).statement else {
            Issue.record("not a table")
            return
        }
        let schema = SchemaReader(create: create).schema()
        let info = try engine.rows(
            "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo('t')")
        #expect(schema.columns.map(\.name) == info.map { $0[0] })
        #expect(schema.columns.map { ($0.declaredType ?? "").lowercased() } == info.map { ($0[1] ?? "").lowercased() })
        #expect(schema.columns.map(\.isGenerated) == info.map { $0[5] != "0" })
        for (index, row) in info.enumerated() where schema.rowIDColumn != index {
            #expect(schema.columns[index].isNotNull == (row[2] == "1"), "NOT NULL of \(row[0] ?? "")")
            #expect((schema.columns[index].defaultSQL == nil) == (row[3] == nil), "DEFAULT of \(row[0] ?? "")")
        }
        let key = info.enumerated().filter { $1[4] != "0" }.sorted { Int($0.1[4] ?? "") ?? 0 < Int($1.1[4] ?? "") ?? 0 }
        #expect(schema.primaryKey == key.map(\.offset))
        // The affinity is what a stored text becomes.
        if !create.isStrict, !create.isWithoutRowID, !info.contains(where: { $0[5] != "0" }), schema.rowIDColumn == nil
        {
            let places = schema.columns.indices.map { _ in "'5'" }.joined(separator: ", ")
            try? engine.run("INSERT OR IGNORE INTO t VALUES (\(places))")
            for (index, column) in schema.columns.enumerated() {
                let name = column.name.replacing("\"", with: "\"\"")
                guard let stored = try engine.rows("SELECT typeof(\"\(name)\") FROM t").first?[0] else { continue }
                let expected: String
                switch column.affinity {
                case .integer, .numeric: expected = "integer"
                case .real: expected = "real"
                case .text, .blob: expected = "text"
                }
                #expect(stored == expected, "affinity of column \(index)")
            }
        }
        // Unique keys are SQLite's automatic indexes that are not the primary key's.
        let unique = try engine.rows(
            "SELECT name FROM pragma_index_list('t') WHERE \"unique\" = 1 AND origin = 'u' ORDER BY seq DESC")
        var keys: [[Int]] = []
        for row in unique {
            let columns = try engine.rows("SELECT cid FROM pragma_index_info('\(row[0] ?? "")') ORDER BY seqno")
            keys.append(columns.compactMap { $0[0].flatMap { Int($0) } })
        }
        #expect(Set(schema.uniqueKeys) == Set(keys))
        // The alias is a column that has the rowid's value whatever it was given.
        if !create.isWithoutRowID {
            let isAlias = try rowIDColumn(engine, schema)
            #expect(schema.rowIDColumn == isAlias)
        }
    }

    /// SQLite says which column is the rowid by naming it where `rowid` is selected.
    private func rowIDColumn(_ engine: LogicalSchema, _ schema: TableSchema) throws -> Int? {
        let program = try engine.rows("EXPLAIN SELECT * FROM t")
        var column = -1
        for row in program {
            if row[1] == "Column" || row[1] == "Rowid" || row[1] == "Copy" || row[1] == "SCopy" { column += 1 }
            if row[1] == "Rowid" { return column }
        }
        return nil
    }

    @Test("Unique indexes count as keys, partial and expression ones do not")
    func uniqueIndexes() throws {
        let table = "CREATE TABLE t (a INT, b TEXT, c)"
        let indexes = [
            "CREATE UNIQUE INDEX i ON t (a, b)", "CREATE UNIQUE INDEX j ON t (b) WHERE a > 1",
            "CREATE UNIQUE INDEX k ON t (lower(b))", "CREATE INDEX l ON t (c)",
        ]
        guard case .createTable(let create) = try Parser.parse(table, dialect: .sqlite).statement else { return }
        let parsed = try indexes.map { sql -> CreateIndexStatement in
            guard case .createIndex(let index) = try Parser.parse(sql, dialect: .sqlite).statement else {
                throw LogicalSchema.Failure(description: "not an index")
            }
            return index
        }
        #expect(SchemaReader(create: create, indexes: parsed).schema().uniqueKeys == [[0, 1]])
    }
}
