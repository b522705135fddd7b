import ShardKit

/// Random tables, rows and statements for PostgreSQL, from a seed.
public struct RandomServerStatements {
    private var random: SplitMix

    public init(seed: UInt64) { random = SplitMix(state: seed) }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    // MARK: The schema

    enum Kind: CaseIterable { case integer, numeric, double, text, date, timestamp, boolean, uuid }

    struct Table {
        var name: String
        var key: [String]
        var columns: [(name: String, kind: Kind)]
    }

    static let tables: [Table] = [
        Table(
            name: "users", key: ["id"],
            columns: [
                ("id", .integer), ("name", .text), ("city", .text), ("age", .integer), ("score", .double),
                ("balance", .numeric), ("born", .date), ("seen", .timestamp), ("vip", .boolean),
            ]),
        Table(
            name: "orders", key: ["user_id", "no"],
            columns: [
                ("user_id", .integer), ("no", .integer), ("total", .numeric), ("note", .text), ("made", .timestamp),
                ("qty", .integer),
            ]),
        Table(
            name: "items", key: ["user_id", "no", "line"],
            columns: [
                ("user_id", .integer), ("no", .integer), ("line", .integer), ("sku", .uuid), ("price", .double),
            ]),
        Table(
            name: "events", key: ["tag"], columns: [("tag", .text), ("n", .integer), ("day", .date), ("ok", .boolean)]),
        Table(name: "cities", key: ["city"], columns: [("city", .text), ("country", .text), ("size", .integer)]),
        Table(name: "notes", key: ["no"], columns: [("no", .integer), ("body", .text), ("user_id", .integer)]),
    ]

    /// Definitions, each with its sharding clause.
    public static let definitions: [(sql: String, sharding: String)] = [
        (
            """
            CREATE TABLE users (id BIGINT PRIMARY KEY, name TEXT, city TEXT, age INTEGER, score DOUBLE PRECISION,
              balance NUMERIC(12, 2), born DATE, seen TIMESTAMPTZ, vip BOOLEAN)
            """, "SHARD BY HASH (id)"
        ),
        (
            """
            CREATE TABLE orders (user_id BIGINT, no INTEGER, total NUMERIC(12, 2), note TEXT, made TIMESTAMP, qty SMALLINT,
              PRIMARY KEY (user_id, no))
            """, "SHARD BY HASH (user_id) COLOCATE WITH users"
        ),
        (
            "CREATE TABLE items (user_id BIGINT, no INTEGER, line INTEGER, sku UUID, price REAL, PRIMARY KEY (user_id, no, line))",
            "SHARD BY HASH (user_id) COLOCATE WITH users"
        ),
        ("CREATE TABLE events (tag TEXT PRIMARY KEY, n BIGINT, day DATE, ok BOOLEAN)", "SHARD BY HASH (tag)"),
        ("CREATE TABLE cities (city TEXT PRIMARY KEY, country TEXT, size INTEGER)", "BROADCAST"),
        ("CREATE TABLE notes (no INTEGER PRIMARY KEY, body TEXT, user_id BIGINT)", "SINGLE"),
        (
            "CREATE VIEW rich AS SELECT id, name, city, balance FROM users WHERE balance > 20", ""
        ),
        (
            "CREATE VIEW spent AS SELECT user_id, sum(total) AS total, count(*) AS orders FROM orders GROUP BY user_id",
            ""
        ),
    ]

    // MARK: Values

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    mutating func literal(_ kind: Kind, nullable: Bool = true) -> String {
        if nullable, chance(8) { return "NULL" }
        switch kind {
        case .integer: return "\(Int.random(in: 0...12, using: &random))"
        case .numeric: return "\(Int.random(in: 0...60, using: &random)).\(pick(["00", "25", "50", "99"]))"
        case .double: return pick(["0", "0.5", "1.5", "2.25", "-3", "10", "'NaN'", "'Infinity'"])
        case .text:
            return "'" + pick(["ann", "bob", "Cy", "di", "Émile", "", "berlin", "rome", "oslo", "x y", "it''s"]) + "'"
        case .date:
            return "'" + pick(["2020-01-01", "1999-12-31", "2020-02-29", "infinity", "0044-03-15 BC", "12020-01-01"])
                + "'"
        case .timestamp:
            return "'"
                + pick([
                    "2020-01-01 10:00:00", "2020-01-01 10:00:00.5", "1970-01-01", "-infinity", "2024-10-27 01:30:00",
                ]) + "'"
        case .boolean: return pick(["true", "false"])
        case .uuid:
            return
                "'0000000\(Int.random(in: 0...3, using: &random))-0000-0000-0000-00000000000\(Int.random(in: 0...9, using: &random))'"
        }
    }

    /// Rows to begin with.
    public mutating func rows() -> [String] {
        var result: [String] = []
        for table in Self.tables {
            for number in 1...14 {
                let values = table.columns.map { column -> String in
                    if column.name == table.key.last, table.key.count > 1 { return "\(number)" }
                    if table.key == [column.name] {
                        return column.kind == .text ? "'\(pick(["k", "K", "é", "z"]))\(number)'" : "\(number)"
                    }
                    if table.key.contains(column.name) { return literal(column.kind, nullable: false) }
                    return literal(column.kind)
                }
                result.append(
                    "INSERT INTO \(table.name) VALUES (\(values.joined(separator: ", "))) ON CONFLICT DO NOTHING")
            }
        }
        // Cities that users live in.
        for city in ["berlin", "rome", "oslo"] {
            result.append(
                "INSERT INTO cities VALUES ('\(city)', 'c\(city.count)', \(city.count)) ON CONFLICT DO NOTHING")
        }
        return result
    }

    // MARK: Statements

    private struct Source {
        var alias: String
        var columns: [(name: String, kind: Kind)]
        var key: String?
    }

    /// A read.
    ///
    /// - Returns: with whether its answer is ordered, by all its columns.
    public mutating func read() -> (sql: String, isOrdered: Bool) {
        isOrdered = false
        let sql = query()
        return (sql, isOrdered)
    }

    private var isOrdered = false

    private mutating func query() -> String {
        var sources: [Source] = []
        let from = self.from(&sources, depth: 0)
        var text = ""
        let condition = chance(70) ? " WHERE " + self.condition(sources, depth: 0) : ""
        if chance(45) {
            text = grouped(sources, from + condition)
        } else {
            text = plain(sources, from + condition)
        }
        if chance(8) {
            var others: [Source] = []
            let other = self.from(&others, depth: 1)
            let column = self.column(others, .integer) ?? "1"
            let mine = self.column(sources, .integer) ?? "1"
            isOrdered = true
            let verb = pick(["UNION", "UNION ALL", "INTERSECT", "EXCEPT"])
            return "SELECT \(mine) FROM \(from)\(condition) \(verb) SELECT \(column) FROM \(other) ORDER BY 1"
        }
        return text
    }

    private mutating func from(_ sources: inout [Source], depth: Int) -> String {
        var text = source(&sources, depth: depth)
        var count = pick([0, 0, 0, 1, 1, 2])
        while count > 0 {
            count -= 1
            let start = sources.count
            let next = source(&sources, depth: depth)
            let kind = pick(["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", ","])
            if kind == "," {
                text += ", \(next)"
                continue
            }
            let left = sources[Int.random(in: 0..<start, using: &random)]
            let right = sources[start]
            var on = "true"
            if let one = left.key, let other = right.key, chance(75) {
                on = "\(left.alias).\(one) = \(right.alias).\(other)"
            } else if let one = column([left], .integer), let other = column([right], .integer) {
                on = "\(one) = \(other)"
            }
            if kind != "FULL JOIN", chance(25) { on += " AND " + comparison([left, right]) }
            if on == "true", kind == "FULL JOIN" { on = "1 = 1" }
            text += " \(kind) \(next) ON \(on)"
        }
        return text
    }

    private mutating func source(_ sources: inout [Source], depth: Int) -> String {
        let alias = "t\(depth)\(sources.count)"
        if chance(8) {
            sources.append(
                Source(
                    alias: alias, columns: [("id", .integer), ("name", .text), ("city", .text), ("balance", .numeric)],
                    key: "id"))
            return "rich \(alias)"
        }
        if chance(8) {
            sources.append(
                Source(
                    alias: alias, columns: [("user_id", .integer), ("total", .numeric), ("orders", .integer)],
                    key: "user_id"))
            return "spent AS \(alias)"
        }
        if depth == 0, chance(12) {
            var inner: [Source] = []
            let from = self.from(&inner, depth: depth + 1)
            let key = self.column(inner, .integer) ?? "1"
            if chance(50) {
                sources.append(Source(alias: alias, columns: [("k", .integer), ("n", .integer)], key: "k"))
                return "(SELECT \(key) AS k, count(*) AS n FROM \(from) GROUP BY \(key)) \(alias)"
            }
            let text = self.column(inner, .text) ?? "'x'"
            sources.append(Source(alias: alias, columns: [("k", .integer), ("w", .text)], key: "k"))
            let limit = chance(20) ? " ORDER BY 1, 2 LIMIT 5" : ""
            return "(SELECT \(pick(["", "DISTINCT "]))\(key) AS k, \(text) AS w FROM \(from)\(limit)) \(alias)"
        }
        let table = pick(Array(Self.tables.prefix(chance(80) ? 3 : 6)))
        let key =
            table.name == "events" || table.name == "cities"
            ? nil : table.columns.contains { $0.name == "user_id" } ? "user_id" : "id"
        sources.append(
            Source(alias: alias, columns: table.columns, key: table.name == "notes" ? "user_id" : key))
        return "\(table.name) \(alias)"
    }

    private mutating func column(_ sources: [Source], _ kind: Kind) -> String? {
        let all = sources.flatMap { source in
            source.columns.filter { $0.kind == kind }.map { "\(source.alias).\($0.name)" }
        }
        return all.isEmpty ? nil : pick(all)
    }

    private mutating func anyColumn(_ sources: [Source]) -> (text: String, kind: Kind) {
        let source = pick(sources)
        let column = pick(source.columns)
        return ("\(source.alias).\(column.name)", column.kind)
    }

    private mutating func comparison(_ sources: [Source]) -> String {
        let (text, kind) = anyColumn(sources)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: return "\(text) IS \(pick(["", "NOT "]))NULL"
        case 1: return "\(text) IN (\(literal(kind)), \(literal(kind)), \(literal(kind)))"
        case 2: return "\(text) BETWEEN \(literal(kind)) AND \(literal(kind))"
        case 3:
            guard let other = column(sources, kind) else { return "\(text) IS NOT NULL" }
            return "\(text) \(pick(["=", "<", "<>"])) \(other)"
        default:
            return "\(text) \(pick(["=", "=", "<", ">", ">=", "<>", "IS DISTINCT FROM"])) \(literal(kind))"
        }
    }

    private mutating func condition(_ sources: [Source], depth: Int) -> String {
        var parts: [String] = []
        for _ in 0..<pick([1, 1, 2, 3]) {
            if depth == 0, chance(12) {
                var inner: [Source] = []
                let from = self.from(&inner, depth: depth + 1)
                let mine = pick(sources)
                var tie = "true"
                if let one = mine.key, let other = inner[0].key, chance(70) {
                    tie = "\(mine.alias).\(one) = \(inner[0].alias).\(other)"
                }
                switch Int.random(in: 0..<3, using: &random) {
                case 0:
                    parts.append(
                        "\(pick(["", "NOT "]))EXISTS (SELECT FROM \(from) WHERE \(tie) AND \(condition(inner, depth: 1)))"
                    )
                case 1:
                    let one = column(sources, .integer) ?? "1"
                    let other = column(inner, .integer) ?? "1"
                    parts.append("\(one) \(pick(["", "NOT "]))IN (SELECT \(other) FROM \(from) WHERE \(tie))")
                default:
                    let other = column(inner, .integer) ?? "1"
                    let one = column(sources, .integer) ?? "1"
                    parts.append(
                        "\(one) \(pick(["<", "=", ">="])) (SELECT \(pick(["max", "min", "count", "sum"]))(\(other)) FROM \(from) WHERE \(tie))"
                    )
                }
            } else if chance(15) {
                parts.append("(\(comparison(sources)) OR \(comparison(sources)))")
            } else {
                parts.append(comparison(sources))
            }
        }
        return parts.joined(separator: " AND ")
    }

    private mutating func value(_ sources: [Source]) -> String {
        let (text, kind) = anyColumn(sources)
        if chance(70) { return text }
        switch kind {
        case .integer: return "\(text) \(pick(["+", "*", "-"])) \(Int.random(in: 1...3, using: &random))"
        case .numeric: return "round(\(text), 1)"
        case .double: return "\(text) * 2"
        case .text: return pick(["upper(\(text))", "\(text) || '!'", "length(\(text))", "coalesce(\(text), '-')"])
        case .date: return "\(text) IS NULL"
        case .timestamp: return "date_trunc('day', \(text))"
        case .boolean: return "NOT \(text)"
        case .uuid: return "\(text)::text"
        }
    }

    /// ORDER BY all columns of the answer, in some order and direction; LIMIT only behind it.
    private mutating func tail(_ count: Int) -> String {
        guard chance(60) else { return "" }
        isOrdered = true
        var numbers = Array(1...count)
        numbers.shuffle(using: &random)
        let terms = numbers.map { "\($0)" + pick(["", "", " DESC", " ASC NULLS FIRST", " DESC NULLS LAST"]) }
        var text = " ORDER BY " + terms.joined(separator: ", ")
        if chance(40) { text += " LIMIT \(Int.random(in: 0...6, using: &random))" }
        if chance(20) { text += " OFFSET \(Int.random(in: 0...4, using: &random))" }
        return text
    }

    private mutating func plain(_ sources: [Source], _ rest: String) -> String {
        var items = (0..<pick([1, 2, 3, 4])).map { _ in value(sources) }
        if chance(15) {
            let (text, _) = anyColumn(sources)
            let window = pick([
                "PARTITION BY \(text) ORDER BY \(items.joined(separator: ", "))",
                "ORDER BY \(items.joined(separator: ", "))",
            ])
            items.append("\(pick(["count(*)", "rank()", "dense_rank()"])) OVER (\(window))")
        }
        let distinct = chance(20) ? "DISTINCT " : ""
        return "SELECT \(distinct)\(items.joined(separator: ", ")) FROM \(rest)\(tail(items.count))"
    }

    private mutating func aggregate(_ sources: [Source]) -> String {
        let filter = chance(10) ? " FILTER (WHERE \(comparison(sources)))" : ""
        let (text, kind) = anyColumn(sources)
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return "count(*)" + filter
        case 1: return "count(\(text))" + filter
        case 2: return "count(DISTINCT \(text))" + filter
        case 3, 4:
            let kinds: [Kind] = [.integer, .numeric, .double]
            guard let number = column(sources, pick(kinds)) else { return "count(*)" }
            return "\(pick(["sum", "avg", "max"]))(\(pick(["", "", "DISTINCT "]))\(number))" + filter
        case 5:
            guard kind != .uuid, kind != .boolean else { return "count(*)" }
            return "\(pick(["min", "max"]))(\(text))" + filter
        case 6:
            guard let flag = column(sources, .boolean) else { return "count(*)" }
            return "\(pick(["bool_and", "bool_or", "every"]))(\(flag))" + filter
        case 7:
            guard let flag = column(sources, .integer) else { return "count(*)" }
            return "\(pick(["bit_and", "bit_or", "bit_xor"]))(\(flag))" + filter
        default:
            guard kind == .text else { return "count(\(text)) + 1" }
            return "string_agg(\(text), ',' ORDER BY \(text))" + filter
        }
    }

    private mutating func grouped(_ sources: [Source], _ rest: String) -> String {
        var keys: [String] = []
        for _ in 0..<pick([0, 1, 1, 2]) {
            let value = self.value(sources)
            if !keys.contains(value) { keys.append(value) }
        }
        let items = keys + (0..<pick([1, 1, 2, 3])).map { _ in aggregate(sources) }
        var text = "SELECT \(items.joined(separator: ", ")) FROM \(rest)"
        if !keys.isEmpty {
            let all = keys.joined(separator: ", ")
            text +=
                " GROUP BY "
                + (chance(10)
                    ? "ROLLUP (\(all))"
                    : chance(20) ? "\((1...keys.count).map(String.init).joined(separator: ", "))" : all)
        }
        if chance(20) { text += " HAVING \(pick(["count(*) > 1", "count(*) < 4", "sum(1) >= 2"]))" }
        return text + tail(items.count)
    }

    /// A write, sometimes with RETURNING.
    public mutating func write() -> String {
        let table = pick(Self.tables)
        let source = Source(alias: table.name, columns: table.columns, key: table.key[0])
        func returning() -> String { " RETURNING *" }
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1:
            let rows = (0..<pick([1, 1, 2, 4])).map { _ in
                "("
                    + table.columns.map { literal($0.kind, nullable: !table.key.contains($0.name)) }.joined(
                        separator: ", ") + ")"
            }
            let conflict =
                rows.count == 1 && chance(30)
                ? " ON CONFLICT (\(table.key.joined(separator: ", "))) DO UPDATE SET \(table.columns.last?.name ?? "") = excluded.\(table.columns.last?.name ?? "")"
                : " ON CONFLICT DO NOTHING"
            let isUpdating = conflict.contains("UPDATE") && table.key.contains(table.columns.last?.name ?? "")
            return
                "INSERT INTO \(table.name) VALUES \(rows.joined(separator: ", "))\(isUpdating ? " ON CONFLICT DO NOTHING" : conflict)\(chance(30) ? returning() : "")"
        case 2, 3:
            let settable = table.columns.filter { !table.key.contains($0.name) }
            let column = pick(settable)
            let value = column.kind == .integer && chance(40) ? "\(column.name) + 1" : literal(column.kind)
            let rest = chance(80) ? " WHERE \(condition([source], depth: 1))" : ""
            return "UPDATE \(table.name) SET \(column.name) = \(value)\(rest)\(chance(30) ? returning() : "")"
        case 4:
            return
                "DELETE FROM \(table.name) WHERE \(condition([source], depth: 1)) AND \(comparison([source]))\(chance(30) ? returning() : "")"
        default:
            return
                "INSERT INTO events (tag, n) SELECT 'n' || id, count(*) FROM users WHERE \(condition([Source(alias: "users", columns: Self.tables[0].columns, key: "id")], depth: 1)) GROUP BY id ON CONFLICT DO NOTHING"
        }
    }
}
