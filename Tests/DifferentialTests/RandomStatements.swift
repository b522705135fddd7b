import ShardBase

/// Random statements over a small schema that has one table of each kind; seeded, so that a case can be made again.
///
/// `a` (key id) and `b` (key a_id, id) are colocated; `c` is broadcast; `d` has no key and six partitions; `e` is single.
struct RandomStatements {
    var random: SeededGenerator

    static let schema = [
        "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT, n NUMERIC, x, u TEXT COLLATE NOCASE) SHARD BY HASH (id)",
        "CREATE TABLE b (a_id INTEGER, id INTEGER, t TEXT, r REAL, x, PRIMARY KEY (a_id, id)) SHARD BY HASH (a_id) COLOCATE WITH a",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, t TEXT, x) BROADCAST",
        "CREATE TABLE d (k, v TEXT, w INTEGER) SHARD BY HASH (k) INTO 6 PARTITIONS",
        "CREATE TABLE e (id INTEGER PRIMARY KEY, t TEXT) SINGLE ON s1",
    ]
    /// The same, with columns of `a`, `b` and `e` kept apart.
    static let splitSchema = [
        "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT, n NUMERIC, x, u TEXT COLLATE NOCASE) SHARD BY HASH (id) COLD (x, t)",
        "CREATE TABLE b (a_id INTEGER NOT NULL, id INTEGER NOT NULL, t TEXT, r REAL, x, PRIMARY KEY (a_id, id)) "
            + "SHARD BY HASH (a_id) INTO 6 PARTITIONS COLD (t, r)",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, t TEXT, x) BROADCAST",
        "CREATE TABLE d (k, v TEXT, w INTEGER) SHARD BY HASH (k) INTO 6 PARTITIONS",
        "CREATE TABLE e (id INTEGER PRIMARY KEY, t TEXT) SINGLE ON s1 COLD (t)",
    ]
    /// The same, with TEMP tables and a TEMP view among them.
    static let temporarySchema = [
        schema[0], schema[1], "CREATE TEMP TABLE c (id INTEGER PRIMARY KEY, t TEXT, x)",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, hidden) BROADCAST", "CREATE TEMP TABLE d (k, v TEXT, w INTEGER)",
        "CREATE TEMP VIEW e AS SELECT id, t FROM a WHERE id NOT IN (SELECT id FROM c)",
    ]
    static let tables: [String: [String]] = [
        "a": ["id", "t", "n", "x", "u"], "b": ["a_id", "id", "t", "r", "x"], "c": ["id", "t", "x"],
        "d": ["k", "v", "w"], "e": ["id", "t"],
    ]
    static let keys: [String: String] = ["a": "id", "b": "a_id", "c": "id", "d": "k", "e": "id"]

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    // MARK: Data

    mutating func literal() -> String {
        switch below(12) {
        case 0: return "NULL"
        case 1, 2, 3, 4: return "\(below(12))"
        case 5: return "\(below(12)).0"
        case 6: return "\(below(30)).5"
        case 7: return "'\(below(12))'"
        case 8: return pick(["'a'", "'A'", "'b'", "'ab'", "'Ab '", "''", "'ß'"])
        case 9: return "-\(1 + below(5))"
        case 10: return pick(["x'00'", "x'6162'", "9007199254740993", "1e300", "-0.0"])
        default: return "'t\(below(6))'"
        }
    }

    mutating func inserts() -> [String] {
        var result: [String] = []
        for id in 1...24 where chance(85) {
            result.append("INSERT INTO a VALUES (\(id), \(literal()), \(literal()), \(literal()), \(literal()))")
        }
        for _ in 0..<50 {
            result.append(
                "INSERT OR IGNORE INTO b VALUES (\(below(26)), \(below(4)), \(literal()), \(literal()), \(literal()))")
        }
        for id in 1...8 { result.append("INSERT INTO c VALUES (\(id), \(literal()), \(literal()))") }
        for _ in 0..<40 { result.append("INSERT INTO d VALUES (\(literal()), \(literal()), \(below(9)))") }
        for id in 1...5 { result.append("INSERT INTO e VALUES (\(id), \(literal()))") }
        return result
    }

    // MARK: Queries

    struct Query {
        var sql: String
        /// Whether the whole order is decided by ORDER BY, so that rows compare one by one.
        var isOrdered: Bool
    }

    struct Scope {
        /// Alias and table.
        var sources: [(alias: String, table: String)]
        func columns() -> [String] {
            sources.flatMap { s in RandomStatements.tables[s.table]!.map { "\(s.alias).\($0)" } }
        }
    }

    mutating func column(_ scope: Scope) -> String { pick(scope.columns()) }

    mutating func scalar(_ scope: Scope, _ depth: Int = 0) -> String {
        switch below(depth > 1 ? 4 : 12) {
        case 0, 1, 2: return column(scope)
        case 3: return literal()
        case 4: return "\(scalar(scope, depth + 1)) + \(scalar(scope, depth + 1))"
        case 5: return "coalesce(\(scalar(scope, depth + 1)), \(literal()))"
        case 6: return "upper(\(scalar(scope, depth + 1)))"
        case 7: return "length(\(column(scope)))"
        case 8: return "CASE WHEN \(predicate(scope, depth + 1)) THEN \(scalar(scope, depth + 1)) ELSE \(literal()) END"
        case 9: return "typeof(\(column(scope)))"
        case 10: return "(\(column(scope)) || \(literal()))"
        default: return "abs(\(below(5)) - \(below(5)))"
        }
    }

    mutating func predicate(_ scope: Scope, _ depth: Int = 0) -> String {
        let key =
            scope.sources.isEmpty
            ? "1" : { s in "\(s.alias).\(Self.keys[s.table]!)" }(scope.sources[below(scope.sources.count)])
        switch below(depth > 1 ? 7 : 15) {
        case 0: return "\(key) = \(literal())"
        case 1: return "\(key) IN (\(literal()), \(literal()), \(literal()))"
        case 2: return "\(key) \(pick(["<", ">", "<=", ">=", "<>"])) \(literal())"
        case 3: return "\(column(scope)) = \(literal())"
        case 4: return "\(column(scope)) IS \(pick(["", "NOT "]))NULL"
        case 5: return "\(column(scope)) \(pick(["=", "<", ">", "IS", "IS NOT"])) \(column(scope))"
        case 6: return "\(key) BETWEEN \(below(8)) AND \(8 + below(10))"
        case 7, 8: return "(\(predicate(scope, depth + 1)) AND \(predicate(scope, depth + 1)))"
        case 9: return "(\(predicate(scope, depth + 1)) OR \(predicate(scope, depth + 1)))"
        case 10: return "NOT (\(predicate(scope, depth + 1)))"
        case 11: return "\(column(scope)) LIKE '%\(pick(["a", "1", "t"]))%'"
        case 12: return subqueryPredicate(scope, key)
        default: return "\(scalar(scope, depth + 1)) > \(scalar(scope, depth + 1))"
        }
    }

    private mutating func subqueryPredicate(_ scope: Scope, _ key: String) -> String {
        let table = pick(["a", "b", "c", "d"])
        let inner = Self.keys[table]!
        switch below(5) {
        case 0: return "\(key) \(pick(["", "NOT "]))IN (SELECT \(inner) FROM \(table) WHERE \(inner) > \(below(6)))"
        case 1: return "\(pick(["", "NOT "]))EXISTS (SELECT 1 FROM \(table) z WHERE z.\(inner) = \(key))"
        case 2:
            return
                "\(pick(["", "NOT "]))EXISTS (SELECT 1 FROM \(table) z WHERE z.\(inner) = \(key) AND z.\(pick(Self.tables[table]!)) IS NOT NULL)"
        case 3:
            return "(SELECT count(*) FROM \(table) z WHERE z.\(inner) = \(key)) \(pick(["=", ">", "<"])) \(below(3))"
        default: return "\(column(scope)) > (SELECT min(z.id) FROM c z)"
        }
    }

    private mutating func from() -> (String, Scope) {
        var scope = Scope(sources: [])
        let first = pick(["a", "a", "b", "b", "c", "d", "e"])
        scope.sources.append(("p", first))
        var text = "\(first) p"
        for alias in ["q", "r"] where chance(35) {
            let table = pick(["a", "b", "c", "d"])
            let kind = pick(["JOIN", "LEFT JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN"])
            let left = pick(scope.sources)
            text += " \(kind) \(table) \(alias)"
            scope.sources.append((alias, table))
            if kind != "CROSS JOIN" {
                var condition = "\(alias).\(Self.keys[table]!) = \(left.alias).\(Self.keys[left.table]!)"
                if chance(20) { condition = "\(column(scope)) = \(column(scope))" }
                if chance(25) { condition += " AND \(predicate(scope, 2))" }
                text += " ON \(condition)"
            }
        }
        return (text, scope)
    }

    private mutating func aggregate(_ scope: Scope) -> String {
        let argument = chance(70) ? column(scope) : scalar(scope, 1)
        switch below(10) {
        case 0, 1: return "count(*)"
        case 2: return "count(\(argument))"
        case 3: return "sum(\(argument))"
        case 4: return "avg(\(argument))"
        case 5: return "min(\(argument))"
        case 6: return "max(\(argument))"
        case 7: return "total(\(argument))"
        case 8: return "count(DISTINCT \(argument))"
        default: return "count(\(argument)) FILTER (WHERE \(predicate(scope, 2)))"
        }
    }

    mutating func query() -> Query {
        switch below(10) {
        case 0...3: return plain()
        case 4...6: return grouped()
        case 7: return derived()
        case 8: return compound()
        default: return common()
        }
    }

    private mutating func plain() -> Query {
        let (text, scope) = from()
        let isDistinct = chance(25)
        var items = (0..<(1 + below(3))).map { _ in chance(75) ? column(scope) : scalar(scope, 1) }
        if chance(10), !isDistinct { items = ["*"] }
        var sql = "SELECT \(isDistinct ? "DISTINCT " : "")\(items.joined(separator: ", ")) FROM \(text)"
        if chance(65) { sql += " WHERE \(predicate(scope))" }
        if chance(10), scope.sources.count == 1 {
            // One table: its primary key decides the whole order, so LIMIT has one answer.
            let order: [String: String] = ["a": "p.id", "b": "p.a_id, p.id", "c": "p.id", "e": "p.id"]
            if let key = order[scope.sources[0].table], !isDistinct {
                let lead = chance(50) ? "\(column(scope)) \(pick(["", "DESC", "ASC NULLS LAST"])), " : ""
                sql += " ORDER BY \(lead)\(key) LIMIT \(below(9)) OFFSET \(below(5))"
                return Query(sql: sql, isOrdered: true)
            }
        }
        if chance(30) { sql += " ORDER BY \(1 + below(items == ["*"] ? 1 : items.count)) \(pick(["", "DESC"]))" }
        return Query(sql: sql, isOrdered: false)
    }

    private mutating func grouped() -> Query {
        let (text, scope) = from()
        let groups = chance(30) ? [] : (0..<(1 + below(2))).map { _ in chance(85) ? column(scope) : scalar(scope, 1) }
        let aggregates = (0..<(1 + below(3))).map { _ in aggregate(scope) }
        var items = groups + aggregates
        if chance(25), let last = items.popLast() { items.append("(\(last)) + 1") }
        // NOCASE groups and numeric ones may show any of their equal spellings; typeof and bytes are left alone then.
        var sql = "SELECT \(items.joined(separator: ", ")) FROM \(text)"
        if chance(50) { sql += " WHERE \(predicate(scope))" }
        if !groups.isEmpty {
            sql += " GROUP BY \(groups.joined(separator: ", "))"
            if chance(30) { sql += " HAVING \(aggregate(scope)) \(pick([">", "<", "=", "<>"])) \(below(5))" }
        }
        if chance(30) { sql += " ORDER BY \(1 + below(items.count))" }
        return Query(sql: sql, isOrdered: false)
    }

    private mutating func derived() -> Query {
        let (text, scope) = from()
        let key = { s in "\(s.alias).\(Self.keys[s.table]!)" }(scope.sources[0])
        let inner: String
        switch below(4) {
        case 0: inner = "SELECT \(key) AS k, count(*) AS m FROM \(text) GROUP BY \(key)"
        case 1: inner = "SELECT \(key) AS k, \(column(scope)) AS m FROM \(text) WHERE \(predicate(scope))"
        case 2: inner = "SELECT DISTINCT \(key) AS k, \(scalar(scope, 1)) AS m FROM \(text)"
        default: inner = "SELECT \(column(scope)) AS k, max(\(column(scope))) AS m FROM \(text) GROUP BY 1"
        }
        switch below(4) {
        case 0: return Query(sql: "SELECT k, m FROM (\(inner)) WHERE k > \(below(6))", isOrdered: false)
        case 1: return Query(sql: "SELECT count(*), sum(m) FROM (\(inner)) AS i", isOrdered: false)
        case 2:
            return Query(
                sql: "SELECT a.id, i.m FROM a \(pick(["JOIN", "LEFT JOIN"])) (\(inner)) AS i ON i.k = a.id",
                isOrdered: false)
        default: return Query(sql: "SELECT m, count(*) FROM (\(inner)) GROUP BY m", isOrdered: false)
        }
    }

    private mutating func compound() -> Query {
        func arm(_ random: inout RandomStatements) -> String {
            let (text, scope) = random.from()
            var sql = "SELECT \(random.column(scope)), \(random.column(scope)) FROM \(text)"
            if random.chance(60) { sql += " WHERE \(random.predicate(scope))" }
            return sql
        }
        var sql = arm(&self) + " \(pick(["UNION ALL", "UNION", "EXCEPT", "INTERSECT", "UNION ALL"])) " + arm(&self)
        if chance(40) { sql += " ORDER BY \(1 + below(2))" }
        return Query(sql: sql, isOrdered: false)
    }

    private mutating func common() -> Query {
        let (text, scope) = from()
        let key = { s in "\(s.alias).\(Self.keys[s.table]!)" }(scope.sources[0])
        let with = "WITH w(k, m) AS (SELECT \(key), \(column(scope)) FROM \(text) WHERE \(predicate(scope)))"
        switch below(3) {
        case 0: return Query(sql: "\(with) SELECT * FROM w", isOrdered: false)
        case 1: return Query(sql: "\(with) SELECT b.id, w.m FROM b JOIN w ON w.k = b.a_id", isOrdered: false)
        default: return Query(sql: "\(with) SELECT count(*), count(m), min(m) FROM w", isOrdered: false)
        }
    }

    // MARK: Writes

    mutating func write() -> String {
        if chance(50) { return distantWrite() }
        let table = pick(["a", "b", "c", "d", "e"])
        let scope = Scope(sources: [(table, table)])
        let columns = Self.tables[table]!
        let free = columns.filter { $0 != Self.keys[table]! && $0 != "id" && $0 != "k" }
        switch below(8) {
        case 0, 1: return "UPDATE \(table) SET \(pick(free)) = \(scalar(scope, 1)) WHERE \(predicate(scope))"
        case 2: return "DELETE FROM \(table) WHERE \(predicate(scope)) AND \(predicate(scope))"
        case 3:
            let values = (0..<(1 + below(3))).map { _ in "(\(columns.map { _ in literal() }.joined(separator: ", ")))" }
            return
                "INSERT \(pick(["OR IGNORE ", "OR REPLACE ", ""]))INTO \(table) VALUES \(values.joined(separator: ", "))"
        case 4:
            return table == "d"
                ? "INSERT INTO d (v, w) VALUES (\(literal()), \(below(9)))"
                : "INSERT INTO \(table) (\(columns.filter { $0 != "id" }.joined(separator: ", "))) VALUES (\(columns.filter { $0 != "id" }.map { _ in literal() }.joined(separator: ", ")))"
        case 5:
            return "INSERT INTO d SELECT \(pick(["id", "t"])), t, 1 FROM \(pick(["a", "c"])) WHERE id > \(below(10))"
        case 6: return "INSERT INTO a (t, n) SELECT v, w FROM d WHERE w < \(below(4)) ORDER BY v, w, k"
        default:
            return
                "UPDATE b SET r = (SELECT n FROM a WHERE a.id = b.a_id) WHERE \(predicate(Scope(sources: [("b", "b")])))"
        }
    }

    /// A write that depends on rows elsewhere, or moves rows. Each has one outcome whatever the order of the rows is.
    private mutating func distantWrite() -> String {
        let far = 1000 * (1 + below(1_000_000))
        func on(_ table: String) -> Scope { Scope(sources: [(table, table)]) }
        let returning = chance(30) ? " RETURNING *" : ""
        switch below(14) {
        case 0: return "UPDATE a SET id = id + \(far) WHERE \(predicate(on("a"), 1))"
        case 1: return "UPDATE d SET k = \(literal()), w = w + 1 WHERE \(predicate(on("d"), 1))"
        case 2: return "UPDATE b SET a_id = a_id + \(far), x = \(literal()) WHERE \(predicate(on("b"), 1))"
        case 3: return "UPDATE d SET w = (SELECT count(*) FROM a WHERE a.t = d.v) WHERE k IN (SELECT n FROM a)"
        case 4: return "DELETE FROM d WHERE v NOT IN (SELECT t FROM c WHERE t IS NOT NULL) AND w = \(below(9))"
        case 5: return "DELETE FROM a WHERE id IN (SELECT id FROM a ORDER BY id DESC LIMIT \(below(3)))" + returning
        case 6: return "INSERT INTO d SELECT a.t, c.t, count(*) FROM a JOIN c ON a.t = c.t GROUP BY 1, 2"
        case 7: return "INSERT INTO a (id, t) SELECT max(id) + 1, 'q' FROM a" + returning
        case 8:
            return "INSERT INTO a VALUES ((SELECT max(id) + 1 FROM a), \(literal()), (SELECT count(*) FROM d), 1, 'u')"
        case 9:
            return "INSERT INTO a (id, t) SELECT id, t FROM c WHERE id < \(below(9)) "
                + "ON CONFLICT (id) DO UPDATE SET t = excluded.t, n = (SELECT count(*) FROM b)"
        case 10: return "UPDATE e SET t = (SELECT max(t) FROM a WHERE a.id > e.id)" + returning
        case 11: return "UPDATE c SET x = (SELECT count(*) FROM b WHERE b.id = c.id) WHERE \(predicate(on("c"), 1))"
        case 12: return "UPDATE a SET n = (SELECT sum(w) FROM d), x = (SELECT min(x) FROM c WHERE c.t = a.t)"
        default: return "UPDATE a SET u = (SELECT max(t) FROM e) WHERE EXISTS (SELECT 1 FROM b WHERE b.t = a.t)"
        }
    }
}
