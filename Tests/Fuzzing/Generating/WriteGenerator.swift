/// Writes with one outcome whatever order the rows are met in: what cannot be so is left to the judge.
extension QueryGenerator {
    /// A write, and the table it writes.
    mutating func write() -> (statement: FuzzStatement, table: FuzzTable) {
        begin()
        isWriting = true
        defer { isWriting = false }
        let table = dice.pick(schema.tables)
        let sql: String
        switch dice.below(12) {
        case 0, 1, 2, 3: sql = insert(table)
        case 4: sql = insertQuery(table)
        case 5, 6, 7, 8: sql = update(table)
        default: sql = delete(table)
        }
        return (FuzzStatement(sql, drawn: values), table)
    }

    /// A row of the table as literals.
    mutating func row(_ table: FuzzTable, _ columns: [FuzzColumn]) -> String {
        "(" + columns.map { fieldValue($0, table) }.joined(separator: ", ") + ")"
    }

    private mutating func fieldValue(_ column: FuzzColumn, _ table: FuzzTable) -> String {
        // Not the highest number there is: behind it SQLite takes numbers by chance.
        if column.name == "id", table.isRowIDKey { return dice.chance(4) ? "NULL" : "\(dice.below(60))" }
        // A type that the column may not take, seldom.
        let kind: ValueKind = dice.chance(4) ? .any : column.kind
        if column.isNotNull || table.isWithoutRowID && table.primaryKey.contains(column.name), dice.chance(95) {
            return dice.chance(50) || column.kind == .any
                ? "\(dice.below(14))" : kind == .text ? "'t\(dice.below(9))'" : "\(dice.below(14))"
        }
        if table.isStrict, column.type == "INT" || column.type == "INTEGER", dice.chance(95) {
            return literal(.integer)
        }
        return literal(kind)
    }

    private mutating func returning(_ table: FuzzTable) -> String {
        guard dice.chance(22) else { return "" }
        return " RETURNING "
            + dice.pick(["*", dice.pick(table.columns).name, "\(dice.pick(table.columns).name) AS n, 1"])
    }

    private mutating func insert(_ table: FuzzTable) -> String {
        if dice.chance(3) { return "INSERT INTO \(table.name) DEFAULT VALUES" }
        var columns = table.writable
        if dice.chance(30) { columns = dice.some(columns, percent: 75) }
        if dice.chance(30) { columns.reverse() }
        var verb = dice.pick([
            "INSERT", "INSERT", "INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE", "REPLACE", "INSERT OR ABORT",
        ])
        // One database keeps the rows before a value of a wrong type.
        if table.isStrict, verb.hasSuffix("IGNORE") { verb = "INSERT" }
        let count = dice.chance(60) ? 1 : 2 + dice.below(3)
        let rows = (0..<count).map { _ in row(table, columns) }
        var sql =
            "\(verb) INTO \(table.name) (\(columns.map(\.name).joined(separator: ", "))) VALUES "
            + rows.joined(separator: ", ")
        if verb == "INSERT", dice.chance(30) { sql += upsert(table) }
        return sql + returning(table)
    }

    private mutating func upsert(_ table: FuzzTable) -> String {
        guard !table.primaryKey.isEmpty else { return " ON CONFLICT DO NOTHING" }
        let target = dice.chance(80) ? " (\(table.primaryKey.joined(separator: ", ")))" : ""
        let free = table.writable.filter { !table.primaryKey.contains($0.name) && !table.shardKey.contains($0.name) }
        guard !target.isEmpty, !free.isEmpty, dice.chance(70) else { return " ON CONFLICT\(target) DO NOTHING" }
        let set = dice.some(free).map { column in
            "\(column.name) = \(dice.pick(["excluded.\(column.name)", "\(table.name).\(column.name)", literal(column.kind)]))"
        }
        let condition = dice.chance(20) ? " WHERE excluded.\(dice.pick(table.columns).name) IS NOT NULL" : ""
        return " ON CONFLICT\(target) DO UPDATE SET \(set.joined(separator: ", "))\(condition)"
    }

    private mutating func insertQuery(_ table: FuzzTable) -> String {
        var columns = table.writable
        if table.isRowIDKey, dice.chance(60) { columns.removeFirst() }
        if columns.isEmpty { columns = table.writable }
        let (from, scope) = from(1)
        let items = columns.map { column in
            column.name == "id" && table.isRowIDKey
                ? "\(self.column(scope, .integer)) + \(100 * (1 + dice.below(900)))" : self.column(scope, column.kind)
        }
        let verb = dice.pick(["INSERT", "INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE"])
        var sql =
            "\(verb) INTO \(table.name) (\(columns.map(\.name).joined(separator: ", "))) SELECT "
            + "\(dice.chance(30) ? "DISTINCT " : "")\(items.joined(separator: ", ")) FROM \(from)"
        sql += " WHERE \(condition(scope, 1))"
        sql += " ORDER BY " + items.indices.map { "\($0 + 1)" }.joined(separator: ", ") + " LIMIT \(1 + dice.below(6))"
        return sql
    }

    private mutating func update(_ table: FuzzTable) -> String {
        let scope = QueryScope(sources: [source(table, table.name)])
        var free = table.writable.filter { !table.primaryKey.contains($0.name) && !table.shardKey.contains($0.name) }
        if free.isEmpty || dice.chance(15) { free = table.writable }
        let verb = dice.chance(8) ? dice.pick(["UPDATE OR IGNORE", "UPDATE OR REPLACE", "UPDATE OR ABORT"]) : "UPDATE"
        var sets: [String] = []
        for column in dice.some(free, percent: 40) {
            sets.append("\(column.name) = " + (isUnique(column, table) ? movedKey(column) : newValue(column, scope)))
        }
        var sql = "\(verb) \(table.name) SET \(sets.joined(separator: ", "))"
        if dice.chance(12), let other = dice.pick(schema.tables.filter { $0.isRowIDKey }.map { Optional($0) } + [nil]) {
            // Its key finds one row at most.
            sql += " FROM \(other.name) AS o WHERE o.id = \(self.column(scope, .integer)) AND \(condition(scope, 1))"
            if dice.chance(60), let first = free.first, first.name != "id", let field = other.columns.last {
                sql =
                    "\(verb) \(table.name) SET \(first.name) = o.\(field.name) FROM \(other.name) AS o WHERE o.id = "
                    + "\(self.column(scope, .integer))"
            }
            return sql + returning(table)
        }
        if dice.chance(92) { sql += " WHERE \(condition(scope, 0))" }
        return sql + returning(table)
    }

    private func isUnique(_ column: FuzzColumn, _ table: FuzzTable) -> Bool {
        table.primaryKey.contains(column.name) || table.uniques.contains { $0.contains(column.name) }
    }

    /// Keys that do not meet one another on the way: whether they may is not settled (rows that change places).
    private mutating func movedKey(_ column: FuzzColumn) -> String {
        switch column.kind {
        case .integer, .real: "\(column.name) + \(1000 * (1 + dice.below(1_000_000)))"
        case .text: "\(column.name) || 'z\(dice.below(1_000_000))'"
        case .any: literal(.any)
        }
    }

    private mutating func newValue(_ column: FuzzColumn, _ scope: QueryScope) -> String {
        dice.chance(50) ? literal(column.kind) : expression(column.kind, scope, 2)
    }

    private mutating func delete(_ table: FuzzTable) -> String {
        let scope = QueryScope(sources: [source(table, table.name)])
        if dice.chance(2) { return "DELETE FROM \(table.name)" }
        return "DELETE FROM \(table.name) WHERE \(condition(scope, 0)) AND \(condition(scope, 1))" + returning(table)
    }
}
