import ShardValues

/// Makes queries over a schema: each kind of node of the grammar, with names that resolve.
struct QueryGenerator {
    let schema: FuzzSchema
    var dice: Dice
    /// Values bound so far.
    var values: [Value] = []
    /// Whether some literals are bound.
    var binds = false
    /// SQLite 3.40 answers (a, b) IN (SELECT …) one way by an index and another way without: a read can be asked of tables
    /// without indexes, a write cannot.
    var isWriting = false
    private var aliases = 0
    /// Common tables that can be named here.
    var commonTables: [FuzzView] = []

    /// What a query answers.
    struct Made {
        var sql: String
        /// Kinds of its columns; nil where a `*` leaves their number open.
        var kinds: [ValueKind]?
    }

    init(_ schema: FuzzSchema, seed: UInt64) {
        self.schema = schema
        dice = Dice(seed: seed)
    }

    /// A statement that reads.
    mutating func query() -> FuzzStatement {
        begin()
        let sql = statement(depth: 0).sql
        return FuzzStatement(sql, drawn: values)
    }

    mutating func begin() {
        values = []
        binds = dice.chance(50)
        aliases = 0
        commonTables = []
    }

    mutating func alias() -> String {
        aliases += 1
        return "x\(aliases)"
    }

    // MARK: Whole statements

    mutating func statement(depth: Int) -> Made {
        var prefix = ""
        let outer = commonTables
        defer { commonTables = outer }
        if dice.chance(depth == 0 ? 14 : 4) { prefix = with(depth) }
        switch dice.below(20) {
        case 0, 1, 2: return finished(prefix, compound(depth), depth)
        case 3: return finished(prefix, valuesClause(), depth)
        default: return finished(prefix, core(depth), depth)
        }
    }

    /// ORDER BY and LIMIT behind a body. Where rows are cut, all columns order them: rows that tie are alike.
    private mutating func finished(_ prefix: String, _ made: Made, _ depth: Int) -> Made {
        var sql = prefix + made.sql
        guard let kinds = made.kinds, !kinds.isEmpty else { return Made(sql: sql, kinds: made.kinds) }
        let isCut = dice.chance(depth == 0 ? 18 : 6)
        guard isCut || dice.chance(depth == 0 ? 35 : 5) else { return Made(sql: sql, kinds: kinds) }
        var positions = dice.shuffled(Array(1...kinds.count))
        if !isCut, dice.chance(40) { positions = Array(positions.prefix(1 + dice.below(2))) }
        let terms = positions.map { "\($0)\(direction())" }
        sql += " ORDER BY " + terms.joined(separator: ", ")
        if isCut { sql += " " + limit() }
        return Made(sql: sql, kinds: kinds)
    }

    mutating func direction() -> String {
        dice.pick(["", "", "", " ASC", " DESC", " DESC", " NULLS LAST", " DESC NULLS FIRST", " NULLS FIRST"])
    }

    private mutating func limit() -> String {
        switch dice.below(6) {
        case 0: "LIMIT \(number(dice.below(12))) OFFSET \(number(dice.below(6)))"
        case 1: "LIMIT \(number(dice.below(5))), \(number(dice.below(8)))"
        case 2: "LIMIT \(dice.pick(["-1", "0", "1", "2 + 1"])) OFFSET \(number(dice.below(4)))"
        default: "LIMIT \(number(dice.below(12)))"
        }
    }

    mutating func number(_ value: Int) -> String {
        guard binds, dice.chance(60) else { return "\(value)" }
        values.append(.integer(Int64(value)))
        return "?\(values.count)"
    }

    private mutating func valuesClause() -> Made {
        let width = 1 + dice.below(2)
        let rows = (0..<(1 + dice.below(3))).map { _ in
            "(" + (0..<width).map { _ in literal(.any) }.joined(separator: ", ") + ")"
        }
        return Made(sql: "VALUES " + rows.joined(separator: ", "), kinds: Array(repeating: .any, count: width))
    }

    private mutating func compound(_ depth: Int) -> Made {
        let kinds = (0..<(1 + dice.below(2))).map { _ in dice.pick(ValueKind.allCases) }
        var sql = arm(kinds, depth)
        for _ in 0..<(1 + dice.below(2)) {
            sql += " \(dice.pick(["UNION ALL", "UNION", "EXCEPT", "INTERSECT", "UNION ALL"])) " + arm(kinds, depth)
        }
        return Made(sql: sql, kinds: kinds)
    }

    private mutating func arm(_ kinds: [ValueKind], _ depth: Int) -> String {
        let (from, scope) = from(depth + 1)
        let items = kinds.map { dice.chance(75) ? column(scope, $0) : expression($0, scope, depth + 2) }
        var sql = "SELECT \(dice.chance(10) ? "DISTINCT " : "")\(items.joined(separator: ", ")) FROM \(from)"
        if dice.chance(60) { sql += " WHERE \(condition(scope, depth + 1))" }
        return sql
    }

    mutating func core(_ depth: Int) -> Made {
        switch dice.below(10) {
        case 0, 1, 2: grouped(depth)
        case 3: windowed(depth)
        default: plain(depth)
        }
    }

    private mutating func plain(_ depth: Int) -> Made {
        if dice.chance(4) {
            let kinds = [dice.pick(ValueKind.allCases), .any]
            return Made(
                sql: "SELECT " + kinds.map { expression($0, QueryScope(), depth + 1) }.joined(separator: ", "),
                kinds: kinds)
        }
        let isKeyed = dice.chance(15)
        let (from, scope) = isKeyed ? oneTable() : from(depth)
        let isDistinct = dice.chance(18)
        var kinds: [ValueKind]? = (0..<(1 + dice.below(4))).map { _ in dice.pick(ValueKind.allCases) }
        var items = (kinds ?? []).map { dice.chance(70) ? column(scope, $0) : expression($0, scope, depth + 1) }
        if dice.chance(12) {
            items = [scope.sources.count > 1 && dice.chance(50) ? "\(scope.sources[0].alias).*" : "*"]
            kinds = scope.sources.count == 1 ? scope.sources[0].columns.map(\.kind) : nil
        } else if dice.chance(10) {
            items[0] += " AS n\(dice.below(3))"
        }
        if depth == 0, !isDistinct, dice.chance(4), let source = scope.sources.first, source.identity == ["id"] {
            items.append("\(source.alias).rowid")
            kinds?.append(.integer)
        }
        var sql =
            "SELECT \(isDistinct ? "DISTINCT " : dice.chance(3) ? "ALL " : "")\(items.joined(separator: ", ")) FROM \(from)"
        if isKeyed, let key = scope.keys.first {
            sql += " WHERE \(key.sql) = \(literal(key.kind))"
            if dice.chance(30) { sql += " AND \(condition(scope, depth + 1))" }
        } else if dice.chance(70) {
            sql += " WHERE \(condition(scope, depth))"
        }
        // Rows of one table told apart by its key may be cut whatever else is ordered by.
        if depth == 0, !isDistinct, scope.sources.count == 1, !scope.sources[0].identity.isEmpty, dice.chance(20) {
            var terms = scope.sources[0].identity.map { "\(scope.sources[0].alias).\($0)\(direction())" }
            if dice.chance(50) { terms.insert(expression(.any, scope, depth + 2) + direction(), at: 0) }
            // A constant there would be a position.
            if terms[0].first?.isNumber == true || terms[0].first == "?" || terms[0].first == "-" {
                terms.removeFirst()
            }
            sql += " ORDER BY " + terms.joined(separator: ", ") + " " + limit()
            return Made(sql: sql, kinds: nil)
        }
        return Made(sql: sql, kinds: kinds)
    }

    private mutating func oneTable() -> (String, QueryScope) {
        let table = dice.pick(schema.tables)
        let alias = alias()
        return ("\(table.name) \(alias)", QueryScope(sources: [source(table, alias)]))
    }

    // MARK: Common tables

    private mutating func with(_ depth: Int) -> String {
        if dice.chance(25) { return recursive(depth) }
        var texts: [String] = []
        for _ in 0..<(1 + dice.below(2)) {
            let name = "w" + alias()
            let kinds = (0..<(1 + dice.below(3))).map { _ in dice.pick(ValueKind.allCases) }
            let body = arm(kinds, depth + 1)
            let names = kinds.indices.map { "m\($0)" }
            let hint = dice.pick(["", "", "", "MATERIALIZED ", "NOT MATERIALIZED "])
            texts.append("\(name)(\(names.joined(separator: ", "))) AS \(hint)(\(body))")
            commonTables.append(
                FuzzView(
                    name: name,
                    columns: zip(names, kinds).map { FuzzColumn(name: $0, type: "", kind: $1) }, createSQL: ""))
        }
        return "WITH " + texts.joined(separator: ", ") + " "
    }

    private mutating func recursive(_ depth: Int) -> String {
        let name = "r" + alias()
        let body: String
        if dice.chance(50) {
            body =
                "SELECT \(number(dice.below(3))) UNION ALL SELECT m0 + 1 FROM \(name) WHERE m0 < \(number(2 + dice.below(8)))"
        } else {
            let (from, scope) = oneTable()
            let alias = scope.sources[0].alias
            let other = alias + "b"
            let far = column(scope, .any)
            let near = column(scope, .any).split(separator: ".")[1]
            let table = from.dropLast(alias.count)
            body =
                "SELECT \(column(scope, .any)) FROM \(from) WHERE \(condition(scope, 2)) UNION SELECT "
                + "\(other).\(far.split(separator: ".")[1]) FROM \(table)\(other) JOIN \(name) ON \(other).\(near) = \(name).m0"
        }
        commonTables.append(
            FuzzView(name: name, columns: [FuzzColumn(name: "m0", type: "", kind: .integer)], createSQL: ""))
        return "WITH RECURSIVE \(name)(m0) AS (\(body)) "
    }
}
