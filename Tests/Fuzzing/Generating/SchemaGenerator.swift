/// Makes a schema of one to five tables: keys of all kinds, constraints, indexes, views, and a declaration for each.
struct SchemaGenerator {
    private var dice: Dice
    private var schema = FuzzSchema()

    init(seed: UInt64) { dice = Dice(seed: seed) }

    mutating func make() -> FuzzSchema {
        for number in 0..<(1 + dice.below(5)) { schema.tables.append(table(number)) }
        for number in 0..<dice.below(3) { schema.views.append(view(number)) }
        schema.checksForeignKeys = schema.tables.contains { !$0.reference.isEmpty } && dice.chance(80)
        if dice.chance(25) { for number in 0..<(1 + dice.below(2)) { trigger(number) } }
        return schema
    }

    private mutating func table(_ number: Int) -> FuzzTable {
        var table = FuzzTable(name: dice.chance(8) ? "\"T \(number)é\"" : "t\(number)", columns: [])
        table.isStrict = dice.chance(15)
        key(of: &table)
        for name in ["a", "b", "c", "d", "e"].prefix(1 + dice.below(5)) {
            table.columns.append(column(name, isStrict: table.isStrict))
        }
        if dice.chance(15), let base = table.columns.last, !table.primaryKey.contains(base.name) {
            let isStored = dice.chance(50) ? " STORED" : ""
            var made = FuzzColumn(name: "g", type: dice.pick(["TEXT", "ANY", "INT"]), kind: .any, isGenerated: true)
            made.constraints =
                "AS (\(dice.pick(["\(base.name) || '!'", "typeof(\(base.name))", "upper(\(base.name))"])))\(isStored)"
            if table.isStrict { made.type = "ANY" } else if made.type == "ANY" { made.type = "" }
            table.columns.append(made)
        }
        declare(&table)
        if dice.chance(25) { refer(&table) }
        if dice.chance(15) {
            let free = table.columns.filter { !$0.isGenerated && !table.shardKey.contains($0.name) }
            if let other = free.last, !table.shardKey.isEmpty { table.uniques.append(table.shardKey + [other.name]) }
        }
        indexes(of: &table, number)
        return table
    }

    private mutating func key(of table: inout FuzzTable) {
        switch dice.below(10) {
        case 0, 1, 2, 3:
            table.columns.append(FuzzColumn(name: "id", type: "INTEGER", kind: .integer))
            table.primaryKey = ["id"]
            table.isRowIDKey = true
        case 4, 5:
            for name in ["k", "j"] { table.columns.append(keyColumn(name, table.isStrict)) }
            table.primaryKey = dice.chance(50) ? ["k", "j"] : ["j", "k"]
            table.isWithoutRowID = dice.chance(40)
        case 6, 7:
            table.columns.append(keyColumn(dice.pick(["id", "k"]), table.isStrict))
            table.primaryKey = [table.columns[0].name]
            table.isWithoutRowID = dice.chance(40)
        default:
            table.columns.append(keyColumn("k", table.isStrict))
        }
    }

    private mutating func keyColumn(_ name: String, _ isStrict: Bool) -> FuzzColumn {
        switch dice.below(6) {
        case 0, 1, 2: return FuzzColumn(name: name, type: "INT", kind: .integer)
        case 3: return FuzzColumn(name: name, type: "TEXT", kind: .text)
        case 4: return FuzzColumn(name: name, type: "TEXT", kind: .text, collation: dice.pick(["NOCASE", "RTRIM"]))
        default: return FuzzColumn(name: name, type: isStrict ? "ANY" : dice.pick(["", "NUMERIC", "REAL"]), kind: .any)
        }
    }

    private mutating func column(_ name: String, isStrict: Bool) -> FuzzColumn {
        var column: FuzzColumn
        switch dice.below(9) {
        case 0, 1: column = FuzzColumn(name: name, type: dice.pick(["INT", "INTEGER"]), kind: .integer)
        case 2: column = FuzzColumn(name: name, type: "REAL", kind: .real)
        case 3, 4: column = FuzzColumn(name: name, type: "TEXT", kind: .text)
        case 5:
            column = FuzzColumn(name: name, type: "TEXT", kind: .text, collation: dice.pick(["NOCASE", "RTRIM"]))
        case 6: column = FuzzColumn(name: name, type: isStrict ? "ANY" : "NUMERIC", kind: .any)
        default: column = FuzzColumn(name: name, type: isStrict ? "ANY" : dice.pick(["", "", "BLOB"]), kind: .any)
        }
        if dice.chance(12) {
            column.isNotNull = true
            column.constraints = "NOT NULL"
        }
        if dice.chance(15) || column.isNotNull {
            column.constraints += " DEFAULT " + (column.kind == .text ? "'d'" : "7")
        }
        if dice.chance(8) { column.constraints += " CHECK (\(column.name) IS NOT 13)" }
        if column.constraints.hasPrefix(" ") { column.constraints.removeFirst() }
        return column
    }

    private mutating func indexes(of table: inout FuzzTable, _ number: Int) {
        for index in 0..<dice.below(3) {
            let column = dice.pick(table.columns).name
            let what = dice.pick([column, column, "\(column) COLLATE NOCASE", "length(\(column))", "\(column) DESC"])
            let condition = dice.chance(20) ? " WHERE \(column) IS NOT NULL" : ""
            table.indexes.append("CREATE INDEX i\(number)_\(index) ON \(table.name) (\(what))\(condition)")
        }
    }

    // MARK: Declarations

    private mutating func declare(_ table: inout FuzzTable) {
        table.clauses = ["BROADCAST"]
        let candidates = table.primaryKey.isEmpty ? table.writable.map(\.name) : table.primaryKey
        table.shardKey = candidates.count > 1 && dice.chance(70) ? [dice.pick(candidates)] : candidates
        if table.primaryKey.isEmpty { table.shardKey = [dice.chance(60) ? candidates[0] : dice.pick(candidates)] }
        var clause: String
        switch dice.below(20) {
        case 0, 1: return
        case 2: clause = "SINGLE"
        case 3: clause = "SINGLE ON s0"
        default: clause = sharded(table)
        }
        if dice.chance(15) {
            let free = table.writable.filter { !candidates.contains($0.name) && !table.shardKey.contains($0.name) }
            if !free.isEmpty {
                let cold = dice.some(free).map(\.name).joined(separator: ", ")
                table.clauses.insert("\(clause) COLD (\(cold))", at: 0)
                table.clauses.insert(clause, at: 1)
                return
            }
        }
        table.clauses.insert(clause, at: 0)
    }

    private mutating func sharded(_ table: FuzzTable) -> String {
        let key = table.shardKey.joined(separator: ", ")
        let first = table.column(table.shardKey[0])
        if table.shardKey.count == 1, let first {
            let likes = schema.tables.filter { other in
                other.clauses[0].hasPrefix("SHARD BY HASH") && !other.clauses[0].contains("COLOCATE")
                    && other.shardKey.count == 1
                    && other.column(other.shardKey[0]).map { $0.kind == first.kind && $0.collation == first.collation }
                        ?? false
            }
            if !likes.isEmpty, dice.chance(65) {
                return "SHARD BY HASH (\(key)) COLOCATE WITH \(dice.pick(likes).name)"
            }
            switch (dice.below(10), first.kind) {
            case (0, .integer): return "SHARD BY MOD (\(key))"
            case (1, .integer), (1, .real):
                return "SHARD BY RANGE (\(key)) (PARTITION p0 VALUES LESS THAN (4), PARTITION p1 VALUES LESS THAN (9), "
                    + "PARTITION p2 VALUES LESS THAN (MAXVALUE))"
            case (1, .text), (2, .text):
                return
                    "SHARD BY RANGE (\(key)) (PARTITION p0 VALUES LESS THAN ('a'), PARTITION p1 VALUES LESS THAN ('t2'), "
                    + "PARTITION p2 VALUES LESS THAN (MAXVALUE))"
            case (3, .integer):
                return "SHARD BY LIST (\(key)) (PARTITION p0 VALUES IN (1, 2, 3), PARTITION p1 VALUES IN (5, NULL, 7), "
                    + "PARTITION p2 DEFAULT)"
            case (3, .text):
                return
                    "SHARD BY LIST (\(key)) (PARTITION p0 VALUES IN ('b', 't1'), PARTITION p1 VALUES IN ('t2', '5'), "
                    + "PARTITION p2 DEFAULT)"
            default: break
            }
        }
        return "SHARD BY HASH (\(key))" + (dice.chance(40) ? " INTO \(2 + dice.below(7)) PARTITIONS" : "")
    }

    // MARK: Tables that follow one another

    /// A foreign key to an earlier table with one key column.
    private mutating func refer(_ table: inout FuzzTable) {
        let parents = schema.tables.filter { $0.primaryKey.count == 1 }
        guard !parents.isEmpty else { return }
        let parent = dice.pick(parents)
        let kind = parent.column(parent.primaryKey[0])?.kind
        // Rows that belong together mostly lie together.
        let candidates = table.writable.filter { $0.kind == kind && !$0.isNotNull }
        guard let column = dice.chance(70) ? candidates.first : candidates.last else { return }
        let action = dice.pick([
            "", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON UPDATE CASCADE",
            " ON DELETE CASCADE ON UPDATE CASCADE",
            " DEFERRABLE INITIALLY DEFERRED",
        ])
        table.reference = "FOREIGN KEY (\(column.name)) REFERENCES \(parent.name) (\(parent.primaryKey[0]))\(action)"
    }

    /// What a trigger does to another table is the same in whatever order its rows come.
    private mutating func trigger(_ number: Int) {
        let table = dice.pick(schema.tables)
        let others = schema.tables.filter { $0.name != table.name }
        guard let other = others.isEmpty ? nil : dice.pick(others) else { return }
        let event = dice.pick(["INSERT", "UPDATE", "DELETE", "UPDATE OF \(dice.pick(table.columns).name)"])
        let row = event == "DELETE" ? "old" : "new"
        let key = dice.chance(70) && !table.shardKey.isEmpty ? dice.pick(table.shardKey) : dice.pick(table.columns).name
        let place =
            dice.chance(70) && !other.shardKey.isEmpty ? dice.pick(other.shardKey) : dice.pick(other.columns).name
        let free = other.writable.filter { !other.primaryKey.contains($0.name) && !other.shardKey.contains($0.name) }
        var body: String
        switch dice.below(6) {
        case 0: body = "SELECT RAISE(IGNORE) WHERE \(row).\(key) = \(dice.below(14));"
        case 1: body = "SELECT RAISE(ABORT, 'no') WHERE \(row).\(key) = \(dice.below(14));"
        case 2: body = "DELETE FROM \(other.name) WHERE \(place) = \(row).\(key);"
        case 3:
            let keys = other.primaryKey.isEmpty ? other.writable.map(\.name) : other.primaryKey
            let values = keys.map { $0 == place ? "\(row).\(key)" : "\(dice.below(14))" }
            body =
                "INSERT OR IGNORE INTO \(other.name) (\(keys.joined(separator: ", "))) VALUES "
                + "(\(values.joined(separator: ", ")));"
        default:
            guard let column = free.isEmpty ? nil : dice.pick(free) else { return }
            body =
                "UPDATE \(other.name) SET \(column.name) = \(dice.value(column.kind).sql) WHERE \(place) = \(row).\(key);"
        }
        let condition = dice.chance(30) ? " WHEN \(row).\(key) IS NOT NULL" : ""
        schema.triggers.append(
            "CREATE TRIGGER r\(number) \(dice.pick(["AFTER", "BEFORE"])) \(event) ON \(table.name)\(condition) BEGIN \(body) END"
        )
    }

    // MARK: Views

    private mutating func view(_ number: Int) -> FuzzView {
        let table = dice.pick(schema.tables)
        let columns = dice.some(table.columns, percent: 70)
        let names = columns.map(\.name).joined(separator: ", ")
        let key = (table.shardKey.isEmpty ? table.columns[0].name : table.shardKey[0])
        switch dice.below(4) {
        case 0:
            return FuzzView(
                name: "v\(number)", columns: columns,
                createSQL:
                    "CREATE VIEW v\(number) AS SELECT \(names) FROM \(table.name) WHERE \(columns[0].name) IS NOT NULL")
        case 1:
            let keyColumn = table.column(key) ?? columns[0]
            let made = [keyColumn, FuzzColumn(name: "m", type: "", kind: .integer)]
            return FuzzView(
                name: "v\(number)", columns: made,
                createSQL: "CREATE VIEW v\(number) AS SELECT \(key), count(*) AS m FROM \(table.name) GROUP BY \(key)")
        case 2:
            return FuzzView(
                name: "v\(number)", columns: columns,
                createSQL:
                    "CREATE VIEW v\(number) AS SELECT \(names) FROM \(table.name) UNION ALL SELECT \(names) FROM \(table.name)"
            )
        default:
            return FuzzView(
                name: "v\(number)", columns: columns,
                createSQL: "CREATE VIEW v\(number) AS SELECT \(names) FROM \(table.name)")
        }
    }
}
