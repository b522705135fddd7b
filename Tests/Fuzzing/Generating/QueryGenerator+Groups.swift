/// Aggregates, groups and windows.
extension QueryGenerator {
    /// An aggregate whose value no order of the rows changes, but for the last digits of a sum.
    mutating func aggregate(_ scope: QueryScope, _ depth: Int) -> String {
        let number =
            dice.chance(70)
            ? column(scope, dice.pick([.integer, .real, .any])) : expression(.integer, scope, depth + 1)
        let any = dice.chance(70) ? column(scope, .any) : expression(.any, scope, depth + 1)
        let filter = dice.chance(12) ? " FILTER (WHERE \(condition(scope, depth + 2)))" : ""
        switch dice.below(15) {
        case 0, 1: return "count(*)\(filter)"
        case 2: return "count(\(any))\(filter)"
        case 3, 4: return "sum(\(number))\(filter)"
        case 5: return "avg(\(number))\(filter)"
        case 6: return "total(\(number))\(filter)"
        case 7, 8: return "min(\(any))\(filter)"
        case 9, 10: return "max(\(any))\(filter)"
        case 11: return "count(DISTINCT \(any))\(filter)"
        case 12: return "\(dice.pick(["sum", "avg", "total"]))(DISTINCT \(number))\(filter)"
        case 13: return "length(group_concat(\(column(scope, .text)), '-'))"
        default:
            return
                "json_array_length(json_group_array(\(column(scope, .integer))\(filter.isEmpty ? "" : ")\(filter)"))\(filter.isEmpty ? ")" : "")"
        }
    }

    mutating func grouped(_ depth: Int) -> Made {
        let (from, scope) = from(depth)
        let kinds = dice.chance(30) ? [] : (0..<(1 + dice.below(2))).map { _ in dice.pick(ValueKind.allCases) }
        let groups = kinds.map { kind -> String in
            if dice.chance(30), let key = scope.keys.first { return key.sql }
            return dice.chance(85) ? column(scope, kind) : expression(kind, scope, depth + 2)
        }
        var aggregates = (0..<(1 + dice.below(3))).map { _ in aggregate(scope, depth + 1) }
        if dice.chance(25), let last = aggregates.popLast() { aggregates.append(around(last, scope, depth)) }
        let isDistinct = dice.chance(8)
        var sql = "SELECT \(isDistinct ? "DISTINCT " : "")\((groups + aggregates).joined(separator: ", ")) FROM \(from)"
        if dice.chance(50) { sql += " WHERE \(condition(scope, depth + 1))" }
        if !groups.isEmpty {
            // A number would be a position, and a constant groups nothing.
            let isPlain = groups.allSatisfy { group in group.contains("x") }
            sql +=
                " GROUP BY "
                + (isPlain && dice.chance(75)
                    ? groups.joined(separator: ", ") : groups.indices.map { "\($0 + 1)" }.joined(separator: ", "))
        }
        if dice.chance(groups.isEmpty ? 6 : 30) {
            sql +=
                " HAVING \(aggregate(scope, depth + 1)) \(dice.pick([">", "<", "=", "<>", ">="])) \(literal(.integer))"
        }
        return Made(sql: sql, kinds: kinds + aggregates.map { _ in .real })
    }

    private mutating func around(_ aggregate: String, _ scope: QueryScope, _ depth: Int) -> String {
        switch dice.below(5) {
        case 0: "\(aggregate) + 1"
        case 1: "coalesce(\(aggregate), \(literal(.integer)))"
        case 2: "CASE WHEN count(*) > \(dice.below(4)) THEN \(aggregate) ELSE -1 END"
        case 3: "\(aggregate) IS NULL"
        default: "\(aggregate) \(dice.pick(["+", "*", "-"])) count(*)"
        }
    }

    mutating func windowed(_ depth: Int) -> Made {
        let (from, scope) = from(depth)
        let partition = scope.keys.isEmpty || dice.chance(40) ? column(scope, .any) : dice.pick(scope.keys).sql
        let identity =
            scope.sources.count == 1 ? scope.sources[0].identity.map { "\(scope.sources[0].alias).\($0)" } : []
        let isPartitioned = dice.chance(75)
        func window(_ order: String) -> String {
            (isPartitioned ? "PARTITION BY \(partition)\(order.isEmpty ? "" : " ")" : "") + order
        }
        var items = [column(scope, .any)]
        let calls = 1 + dice.below(2)
        for _ in 0..<calls {
            let order = "ORDER BY \(column(scope, .any))\(direction())"
            let number = column(scope, dice.pick([.integer, .real]))
            switch dice.below(identity.isEmpty ? 4 : 8) {
            case 0:
                items.append(
                    "\(dice.pick(["rank", "dense_rank", "percent_rank", "cume_dist"]))() OVER (\(window(order)))")
            case 1: items.append("\(dice.pick(["count", "min", "max", "total"]))(\(number)) OVER (\(window(order)))")
            case 2: items.append("sum(\(number)) FILTER (WHERE \(condition(scope, 3))) OVER (\(window("")))")
            case 3:
                let frame = dice.pick([
                    "RANGE UNBOUNDED PRECEDING", "GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW",
                    "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
                    "GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP",
                ])
                items.append("count(\(number)) OVER (\(window(order)) \(frame))")
            default:
                let total = "ORDER BY \(column(scope, .any))\(direction()), \(identity.joined(separator: ", "))"
                let call = dice.pick([
                    "row_number()", "lag(\(number))", "lead(\(number), 2, 0)", "first_value(\(number))",
                    "last_value(\(number))",
                    "nth_value(\(number), 2)", "ntile(3)", "sum(\(number))",
                ])
                let frame =
                    call.hasPrefix("sum")
                    ? dice.pick([
                        "", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS 2 PRECEDING",
                        " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES",
                    ]) : ""
                items.append("\(call) OVER (\(window(total))\(frame))")
            }
        }
        var sql: String
        let filter = dice.chance(40) ? " WHERE \(condition(scope, depth + 1))" : ""
        if dice.chance(15) {
            items = [items[0], "max(\(column(scope, .integer))) OVER w1", "count(*) OVER (w1)"]
            sql =
                "SELECT \(items.joined(separator: ", ")) FROM \(from)\(filter) WINDOW w1 AS (\(window("ORDER BY \(column(scope, .any))")))"
        } else {
            sql = "SELECT \(items.joined(separator: ", ")) FROM \(from)\(filter)"
        }
        return Made(sql: sql, kinds: items.map { _ in .integer })
    }
}
