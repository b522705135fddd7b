import ShardBase

/// Random writes, and the queries between them, on tables split by column: every kind of key, constraints in either part.
struct SplitStatements {
    private var random: SeededGenerator

    /// Each with the columns that are not generated, the key's first.
    struct Table {
        var name: String
        var create: String
        var clause: String
        var key: [String]
        var hot: [String]
        var cold: [String]
        /// UNIQUE besides the primary key.
        var hasUnique = false

        var columns: [String] { key + hot + cold }
    }

    static let tables = [
        Table(
            name: "t1",
            create: """
                CREATE TABLE t1 (id INTEGER PRIMARY KEY, a TEXT, b TEXT NOT NULL DEFAULT 'd', c INT CHECK (c < 50), \
                e NUMERIC, f TEXT AS (b || '!'), g AS (a || '?') STORED, CHECK (length(b) < 6))
                """, clause: "SHARD BY HASH (id) COLD (b, c, f)", key: ["id"], hot: ["a", "e"], cold: ["b", "c"]),
        Table(
            name: "t2",
            create: """
                CREATE TABLE t2 (a TEXT NOT NULL DEFAULT 'x', c BLOB, k TEXT COLLATE NOCASE NOT NULL PRIMARY KEY, \
                b TEXT COLLATE RTRIM)
                """, clause: "SHARD BY HASH (k) INTO 5 PARTITIONS COLD (c)", key: ["k"], hot: ["a", "b"], cold: ["c"]),
        Table(
            name: "t3",
            create: """
                CREATE TABLE t3 (p INTEGER, q TEXT, a INT, b TEXT NOT NULL, c INT DEFAULT 7, PRIMARY KEY (q, p), \
                UNIQUE (p, a)) WITHOUT ROWID
                """, clause: "SHARD BY HASH (p) COLD (b, c)", key: ["p", "q"], hot: ["a"], cold: ["b", "c"],
            hasUnique: true),
        Table(
            name: "t4",
            create: """
                CREATE TABLE t4 (id INTEGER PRIMARY KEY AUTOINCREMENT, u TEXT UNIQUE, a INT, b TEXT, \
                c TEXT NOT NULL DEFAULT (upper('d')))
                """, clause: "SINGLE ON s1 COLD (b, c)", key: ["id"], hot: ["u", "a"], cold: ["b", "c"],
            hasUnique: true),
        Table(
            name: "t5", create: "CREATE TABLE t5 (id INT, a TEXT, b TEXT, PRIMARY KEY (id, a)) STRICT",
            clause: "SHARD BY HASH (id) COLD (b)", key: ["id", "a"], hot: [], cold: ["b"]),
    ]

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
    mutating func table() -> Table { pick(Self.tables) }

    // MARK: Values

    private mutating func value(_ column: String) -> String {
        switch column {
        case "id", "p": return chance(6) ? pick(["NULL", "'x'", "2.0"]) : "\(below(14))"
        case "k": return chance(4) ? "NULL" : "'\(pick(["a", "A", "b", "c", "D", "d", "e"]))'"
        case "q": return chance(4) ? "NULL" : "'\(pick(["m", "n", "o"]))'"
        case "a" where chance(80): return "'v\(below(6))'"
        default:
            return pick(["NULL", "\(below(60))", "'t\(below(6))'", "'longer\(below(3))'", "x'00ff'", "'Ab '", "1.5"])
        }
    }

    private mutating func predicate(_ table: Table, _ qualifier: String = "") -> String {
        let column = pick(table.columns)
        switch below(8) {
        case 0, 1, 2:
            return table.key.map { "\(qualifier)\($0) = \(value($0))" }.joined(separator: " AND ")
        case 3: return "\(qualifier)\(column) = \(value(column))"
        case 4: return "\(qualifier)\(column) IS \(pick(["", "NOT "]))NULL AND \(predicate(table, qualifier))"
        case 5: return "\(qualifier)\(pick(table.columns)) < \(qualifier)\(column)"
        case 6: return "(\(predicate(table, qualifier)) OR \(predicate(table, qualifier)))"
        default: return "\(qualifier)\(pick(table.key)) > \(value(pick(table.key)))"
        }
    }

    private mutating func returning(_ table: Table) -> String {
        guard chance(30) else { return "" }
        return " RETURNING "
            + pick([
                "*", table.key.joined(separator: ", "), pick(table.columns), "\(table.name).\(pick(table.columns)), 1",
            ])
    }

    // MARK: Writes

    mutating func write() -> String {
        let table = table()
        switch below(10) {
        case 0...3: return insert(table)
        case 4...7: return update(table)
        default: return delete(table)
        }
    }

    private mutating func insert(_ table: Table) -> String {
        if chance(4) { return "INSERT INTO \(table.name) DEFAULT VALUES" }
        var columns = table.columns
        if chance(40) { columns = columns.filter { _ in chance(80) } }
        if columns.isEmpty { columns = table.key }
        if chance(50) { columns.reverse() }
        let verb = pick(["INSERT", "INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE", "REPLACE", "INSERT OR ABORT"])
        // One database keeps the rows before a value of a wrong type under OR IGNORE.
        if table.name == "t5", verb == "INSERT OR IGNORE" { return "DELETE FROM t5 WHERE \(predicate(table))" }
        let head = "\(verb) INTO \(table.name) (\(columns.joined(separator: ", ")))"
        if chance(8) {
            let other = self.table()
            return "\(head) SELECT \(columns.map { _ in pick(other.columns) }.joined(separator: ", ")) "
                + "FROM \(other.name) WHERE \(predicate(other)) ORDER BY \(other.key.joined(separator: ", "))"
        }
        let rows = (0..<(1 + below(4))).map { _ in
            "(\(columns.map { chance(10) ? "lower(\(value($0)))" : value($0) }.joined(separator: ", ")))"
        }
        var sql = "\(head) VALUES \(rows.joined(separator: ", "))"
        if verb == "INSERT", chance(35) { sql += upsert(table) }
        return sql + returning(table)
    }

    private mutating func upsert(_ table: Table) -> String {
        let target = chance(80) ? " (\(table.key.joined(separator: ", ")))" : ""
        if target.isEmpty || chance(30) { return " ON CONFLICT\(target) DO NOTHING" }
        let columns = (table.hot + table.cold).filter { _ in chance(50) }
        guard !columns.isEmpty else { return " ON CONFLICT\(target) DO NOTHING" }
        let set = columns.map { column in
            "\(column) = \(pick(["excluded.\(column)", "\(column) || 'x'", value(column)]))"
        }
        let condition = chance(20) ? " WHERE excluded.\(pick(table.columns)) IS NOT NULL" : ""
        return " ON CONFLICT\(target) DO UPDATE SET \(set.joined(separator: ", "))\(condition)"
    }

    private mutating func update(_ table: Table) -> String {
        var columns = (table.hot + table.cold).filter { _ in chance(45) }
        if chance(12) { columns.append(pick(table.key)) }
        if columns.isEmpty { columns = [pick(table.cold)] }
        let set = columns.map { column in
            let key = table.key.contains(column)
            let new = pick([
                value(column), value(column), key ? "\(column) + 20" : pick(table.columns),
                key ? "\(column) || 'z'" : "coalesce(\(column), '') || 'y'",
            ])
            return "\(column) = \(new)"
        }
        let verb = chance(12) ? pick(["UPDATE OR IGNORE", "UPDATE OR REPLACE", "UPDATE OR ABORT"]) : "UPDATE"
        if chance(20) {
            return "\(verb) \(table.name) AS z SET \(set.joined(separator: ", ")) WHERE \(predicate(table, "z."))"
        }
        let qualifier = chance(20) ? "\(table.name)." : ""
        let condition = chance(90) ? " WHERE \(predicate(table, qualifier))" : ""
        return "\(verb) \(table.name) SET \(set.joined(separator: ", "))\(condition)\(returning(table))"
    }

    private mutating func delete(_ table: Table) -> String {
        if chance(3) { return "DELETE FROM \(table.name)" }
        if chance(15) {
            let other = self.table()
            return "DELETE FROM \(table.name) WHERE \(pick(table.columns)) IN "
                + "(SELECT \(pick(other.columns)) FROM \(other.name)) AND \(predicate(table))"
        }
        return "DELETE FROM \(table.name) WHERE \(predicate(table))\(returning(table))"
    }

    // MARK: Queries

    mutating func query() -> String {
        let table = table()
        let items = pick([
            "*", "z.*", pick(table.columns), table.cold.joined(separator: ", "), "count(*)", "rowid, *", "z.rowid",
            "z.\(pick(table.columns)), count(*)", "max(\(pick(table.columns)))",
        ])
        var sql = "SELECT \(items) FROM \(table.name) z"
        if items.contains("rowid"), table.name == "t3" { return "SELECT c FROM t3 NATURAL JOIN (SELECT p FROM t3)" }
        // Which number a row without INTEGER PRIMARY KEY has is shown by other tests.
        if items.contains("rowid"), table.name == "t2" || table.name == "t5" {
            return "SELECT count(rowid), count(c) FROM t2 WHERE rowid > 0"
        }
        if chance(30) {
            let other = self.table()
            sql += pick([" JOIN", " LEFT JOIN"]) + " \(other.name) y ON y.\(other.key[0]) = z.\(table.key[0])"
            if items == "rowid, *" || !items.contains("z.") {
                sql = sql.replacing("SELECT \(items)", with: "SELECT z.*")
            }
        }
        if chance(60) { sql += " WHERE \(predicate(table, "z."))" }
        if items.hasSuffix(", count(*)"), sql.contains(", count(*)") {
            sql += " GROUP BY \(items.dropLast(", count(*)".count))"
        }
        return sql
    }
}
