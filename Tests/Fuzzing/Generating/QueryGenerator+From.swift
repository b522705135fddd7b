/// What stands in FROM: tables, views, common tables, subqueries, table functions, and joins of all kinds.
extension QueryGenerator {
    mutating func from(_ depth: Int) -> (String, QueryScope) {
        var scope = QueryScope()
        var text = relation(depth, &scope)
        let limit = depth == 0 ? 3 : 2
        while scope.sources.count < limit, dice.chance(depth == 0 ? 45 : 22) {
            text = join(text, depth, &scope)
        }
        return (text, scope)
    }

    func source(_ table: FuzzTable, _ alias: String) -> QueryScope.Source {
        QueryScope.Source(
            alias: alias, columns: table.columns,
            keys: table.shardKey.isEmpty ? [table.columns[0].name] : table.shardKey,
            identity: table.isRowIDKey || table.isWithoutRowID ? table.primaryKey : [])
    }

    private mutating func relation(_ depth: Int, _ scope: inout QueryScope) -> String {
        let alias = alias()
        let `as` = dice.chance(20) ? "AS " : ""
        switch dice.below(24) {
        case ..<2 where !schema.views.isEmpty:
            let view = dice.pick(schema.views)
            scope.sources.append(.init(alias: alias, columns: view.columns, keys: [view.columns[0].name]))
            return "\(view.name) \(`as`)\(alias)"
        case 2..<4 where depth < 2:
            let made = derived(depth)
            let columns = made.kinds.indices.map { FuzzColumn(name: "m\($0)", type: "", kind: made.kinds[$0]) }
            scope.sources.append(.init(alias: alias, columns: columns, keys: ["m0"]))
            return "(\(made.sql)) \(`as`)\(alias)"
        case 4..<12 where !commonTables.isEmpty:
            let common = dice.pick(commonTables)
            scope.sources.append(.init(alias: alias, columns: common.columns, keys: [common.columns[0].name]))
            return "\(common.name) \(`as`)\(alias)"
        case 12 where dice.chance(40):
            scope.sources.append(
                .init(
                    alias: alias,
                    columns: [
                        FuzzColumn(name: "value", type: "", kind: .any),
                        FuzzColumn(name: "key", type: "", kind: .integer),
                    ], keys: ["value"]))
            return "json_each('\(dice.pick(["[1, 2, 3, \"a\"]", "[]", "[5, 7.5, null]"]))') \(`as`)\(alias)"
        default:
            let table = dice.pick(schema.tables)
            scope.sources.append(source(table, alias))
            let hint = dice.chance(3) ? " NOT INDEXED" : ""
            return "\(table.name) \(`as`)\(alias)\(hint)"
        }
    }

    /// A query in FROM with columns named m0, m1, ….
    private mutating func derived(_ depth: Int) -> (sql: String, kinds: [ValueKind]) {
        let (from, scope) = from(depth + 1)
        let key = scope.keys.isEmpty ? column(scope, .any) : dice.pick(scope.keys).sql
        let kind = scope.keys.first?.kind ?? .any
        let filter = dice.chance(50) ? " WHERE \(condition(scope, depth + 2))" : ""
        switch dice.below(6) {
        case 0: return ("SELECT \(key) AS m0, count(*) AS m1 FROM \(from)\(filter) GROUP BY \(key)", [kind, .integer])
        case 1:
            let value = dice.pick(ValueKind.allCases)
            return (
                "SELECT DISTINCT \(key) AS m0, \(expression(value, scope, depth + 2)) AS m1 FROM \(from)\(filter)",
                [kind, value]
            )
        case 2:
            return (
                "SELECT \(aggregate(scope, depth + 2)) AS m0, count(*) AS m1 FROM \(from)\(filter)", [.real, .integer]
            )
        case 3:
            return (
                "SELECT \(key) AS m0, \(column(scope, .any)) AS m1 FROM \(from)\(filter) "
                    + "ORDER BY 1\(direction()), 2 LIMIT \(number(1 + dice.below(8)))", [kind, .any]
            )
        case 4:
            return (
                "SELECT \(key) AS m0, rank() OVER (PARTITION BY \(key) ORDER BY \(column(scope, .any))) AS m1 FROM \(from)\(filter)",
                [kind, .integer]
            )
        default:
            let value = dice.pick(ValueKind.allCases)
            return (
                "SELECT \(key) AS m0, \(expression(value, scope, depth + 2)) AS m1 FROM \(from)\(filter)",
                [kind, value]
            )
        }
    }

    private mutating func join(_ left: String, _ depth: Int, _ scope: inout QueryScope) -> String {
        let before = scope
        let right = relation(depth + 1, &scope)
        guard let added = scope.sources.last else { return left }
        let common = added.columns.map(\.name).filter { name in
            before.sources.filter { source in source.columns.contains { $0.name == name } }.count == 1
        }
        let kind = dice.pick([
            "JOIN", "JOIN", "JOIN", "INNER JOIN", "LEFT JOIN", "LEFT JOIN", "LEFT OUTER JOIN", "RIGHT JOIN",
            "FULL JOIN",
            "FULL OUTER JOIN",
        ])
        switch dice.below(20) {
        case 0 where scope.sources.count == 2: return "\(left) CROSS JOIN \(right)"
        case 1 where scope.sources.count == 2: return "\(left), \(right)"
        case 2..<4 where !common.isEmpty:
            return "\(left) \(kind) \(right) USING (\(dice.some(common, percent: 40).joined(separator: ", ")))"
        case 4 where before.sources.count == 1 && !common.isEmpty: return "\(left) NATURAL \(kind) \(right)"
        default:
            let on = joinCondition(before, added, scope, depth)
            if dice.chance(8) { return "\(left) \(kind) (\(right)) ON \(on)" }
            return "\(left) \(kind) \(right) ON \(on)"
        }
    }

    private mutating func joinCondition(
        _ before: QueryScope, _ added: QueryScope.Source, _ scope: QueryScope, _ depth: Int
    ) -> String {
        let near = QueryScope(sources: [added])
        let far = QueryScope(sources: [dice.pick(before.sources)])
        var on: String
        if dice.chance(65), let key = near.keys.first, let other = far.keys.first {
            on = near.equality(key.sql, other.sql, far)
            if near.keys.count == 2, far.keys.count == 2, dice.chance(60) {
                on += " AND " + near.equality(near.keys[1].sql, far.keys[1].sql, far)
            }
        } else {
            let kind = dice.pick(ValueKind.allCases)
            let (one, two) = (column(near, kind), column(far, kind))
            on = near.equality(one, two, far, dice.pick(["=", "=", "=", "IS", "<"]))
        }
        if dice.chance(22) { on += " AND \(condition(scope, depth + 2))" }
        return on
    }
}
