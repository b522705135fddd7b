import ShardValues

/// Expressions of each kind of value, and conditions.
extension QueryGenerator {
    mutating func literal(_ kind: ValueKind) -> String {
        let value = dice.value(kind)
        guard binds, dice.chance(60) else { return value.sql }
        values.append(value)
        return "?\(values.count)"
    }

    /// A column of the kind where there is one.
    mutating func column(_ scope: QueryScope, _ kind: ValueKind) -> String {
        let fitting = scope.columns(kind)
        if !fitting.isEmpty { return dice.pick(fitting).sql }
        let all = scope.columns
        return all.isEmpty ? literal(kind) : dice.pick(all).sql
    }

    mutating func expression(_ kind: ValueKind, _ scope: QueryScope, _ depth: Int) -> String {
        if depth > 3 || dice.chance(25) { return dice.chance(75) ? column(scope, kind) : literal(kind) }
        if dice.chance(12) { return general(kind, scope, depth) }
        switch kind {
        case .integer: return integer(scope, depth + 1)
        case .real: return real(scope, depth + 1)
        case .text: return text(scope, depth + 1)
        case .any: return expression(dice.pick([.integer, .real, .text]), scope, depth)
        }
    }

    /// Forms that take any kind of value.
    private mutating func general(_ kind: ValueKind, _ scope: QueryScope, _ depth: Int) -> String {
        let next = depth + 1
        switch dice.below(11) {
        case 0:
            let otherwise = dice.chance(60) ? " ELSE \(expression(kind, scope, next))" : ""
            return "CASE WHEN \(condition(scope, next)) THEN \(expression(kind, scope, next))\(otherwise) END"
        case 1:
            return "CASE \(column(scope, .any)) WHEN \(literal(.any)) THEN \(expression(kind, scope, next)) "
                + "WHEN \(literal(.any)) THEN \(literal(kind)) ELSE \(expression(kind, scope, next)) END"
        case 2: return "coalesce(\(expression(kind, scope, next)), \(expression(kind, scope, next)), \(literal(kind)))"
        case 3: return "ifnull(\(expression(kind, scope, next)), \(literal(kind)))"
        case 4: return "nullif(\(expression(kind, scope, next)), \(literal(kind)))"
        case 5:
            return "iif(\(condition(scope, next)), \(expression(kind, scope, next)), \(expression(kind, scope, next)))"
        case 6:
            return "\(dice.pick(["min", "max"]))(\(expression(kind, scope, next)), \(expression(kind, scope, next)))"
        case 7: return "(\(expression(kind, scope, next)))"
        case 8:
            return
                "CAST(\(expression(.any, scope, next)) AS \(dice.pick(["INTEGER", "REAL", "TEXT", "NUMERIC", "BLOB"])))"
        default: return depth < 3 ? scalarSubquery(scope, depth) : column(scope, kind)
        }
    }

    private mutating func integer(_ scope: QueryScope, _ depth: Int) -> String {
        switch dice.below(14) {
        case 0, 1:
            "\(expression(.integer, scope, depth)) \(dice.pick(["+", "-"])) \(expression(.integer, scope, depth))"
        case 2: "\(expression(.integer, scope, depth)) \(dice.pick(["*", "/", "%"])) \(literal(.integer))"
        case 3: "(\(expression(.integer, scope, depth)) \(dice.pick(["&", "|", "<<", ">>"])) \(dice.below(5)))"
        case 4: "-\(column(scope, .integer))"
        case 5: "~\(column(scope, .integer))"
        case 6: "length(\(expression(.text, scope, depth)))"
        case 7: "instr(\(expression(.text, scope, depth)), \(literal(.text)))"
        case 8: "unicode(\(expression(.text, scope, depth)))"
        case 9: "json_array_length(json_array(\(expression(.integer, scope, depth)), 1))"
        case 10: "sign(\(expression(.integer, scope, depth)))"
        case 11: "(\(condition(scope, depth)))"
        case 12: "+\(column(scope, .integer))"
        default: "json_extract('{\"a\": [4, 5]}', '$.a[\(dice.below(3))]')"
        }
    }

    private mutating func real(_ scope: QueryScope, _ depth: Int) -> String {
        switch dice.below(9) {
        case 0, 1, 2:
            "\(expression(.real, scope, depth)) \(dice.pick(["+", "-", "*", "/"])) \(expression(.integer, scope, depth))"
        case 3: "round(\(expression(.real, scope, depth)), \(dice.below(3)))"
        case 4: "\(dice.pick(["floor", "ceil", "trunc"]))(\(expression(.real, scope, depth)))"
        case 5: "sqrt(\(literal(.integer)) + \(dice.below(9)))"
        case 6: "pow(\(literal(.integer)), \(dice.below(3)))"
        case 7: "\(expression(.integer, scope, depth)) * 0.5"
        default: "CAST(\(expression(.integer, scope, depth)) AS REAL)"
        }
    }

    private mutating func text(_ scope: QueryScope, _ depth: Int) -> String {
        switch dice.below(13) {
        case 0, 1: "\(expression(.text, scope, depth)) || \(expression(.any, scope, depth))"
        case 2: "\(dice.pick(["upper", "lower", "trim", "ltrim", "rtrim"]))(\(expression(.text, scope, depth)))"
        case 3: "substr(\(expression(.text, scope, depth)), \(1 + dice.below(3)), \(dice.below(4)))"
        case 4: "replace(\(expression(.text, scope, depth)), 'a', \(literal(.text)))"
        case 5: "typeof(\(expression(.any, scope, depth)))"
        case 6: "hex(\(column(scope, .text)))"
        case 7: "quote(\(column(scope, .any)))"
        case 8: "json_array(\(expression(.integer, scope, depth)), \(expression(.text, scope, depth)))"
        case 9: "json_object('k', \(expression(.integer, scope, depth))) ->> '$.k'"
        case 10: "\(column(scope, .text)) COLLATE \(dice.pick(["NOCASE", "BINARY", "RTRIM"]))"
        case 11: "printf('%d-%s', \(expression(.integer, scope, depth)), \(expression(.text, scope, depth)))"
        default: "char(\(65 + dice.below(26)))"
        }
    }

    // MARK: Conditions

    mutating func condition(_ scope: QueryScope, _ depth: Int) -> String {
        switch dice.below(depth > 2 ? 9 : 16) {
        case 0, 1, 2: return keyCondition(scope)
        case 3: return comparison(scope, depth)
        case 4: return "\(column(scope, .any)) \(dice.pick(["IS NULL", "IS NOT NULL", "NOTNULL", "ISNULL"]))"
        case 5: return "\(column(scope, .any)) \(dice.pick(["IS", "IS NOT", "IS NOT DISTINCT FROM"])) \(literal(.any))"
        case 6: return like(scope)
        case 7:
            let kind = dice.pick(ValueKind.allCases)
            return "\(column(scope, kind)) \(dice.pick(["", "NOT "]))BETWEEN \(literal(kind)) AND \(literal(kind))"
        case 8: return rowComparison(scope)
        case 9, 10: return "(\(condition(scope, depth + 1)) AND \(condition(scope, depth + 1)))"
        case 11: return "(\(condition(scope, depth + 1)) OR \(condition(scope, depth + 1)))"
        case 12: return "NOT (\(condition(scope, depth + 1)))"
        case 13, 14: return subqueryCondition(scope, depth)
        default: return "\(expression(.any, scope, depth + 1)) \(dice.pick(["", "IS TRUE", "IS NOT FALSE"]))"
        }
    }

    /// What routing looks at: the shard key beside values.
    private mutating func keyCondition(_ scope: QueryScope) -> String {
        let keys = scope.keys
        guard !keys.isEmpty else { return "1" }
        let key = dice.pick(keys)
        switch dice.below(8) {
        case 0, 1: return "\(key.sql) = \(literal(key.kind))"
        case 2, 3:
            let list = (0..<(1 + dice.below(4))).map { _ in literal(key.kind) }.joined(separator: ", ")
            return "\(key.sql) \(dice.pick(["", "", "", "NOT "]))IN (\(list))"
        case 4: return "\(key.sql) \(dice.pick(["<", "<=", ">", ">=", "<>", "=="])) \(literal(key.kind))"
        case 5: return "\(key.sql) BETWEEN \(literal(key.kind)) AND \(literal(key.kind))"
        case 6: return "\(literal(key.kind)) = \(key.sql)"
        default: return "(\(key.sql) = \(literal(key.kind)) OR \(key.sql) = \(literal(key.kind)))"
        }
    }

    private mutating func comparison(_ scope: QueryScope, _ depth: Int) -> String {
        let kind = dice.pick(ValueKind.allCases)
        let collation = kind == .text && dice.chance(20) ? " COLLATE \(dice.pick(["NOCASE", "RTRIM"]))" : ""
        let right = dice.chance(50) ? literal(kind) : expression(kind, scope, depth + 1)
        return
            "\(expression(kind, scope, depth + 1)) \(dice.pick(["=", "<", ">", "<=", ">=", "<>", "!="])) \(right)\(collation)"
    }

    private mutating func like(_ scope: QueryScope) -> String {
        let not = dice.pick(["", "", "NOT "])
        switch dice.below(4) {
        case 0: return "\(column(scope, .text)) \(not)GLOB '\(dice.pick(["*a*", "[a-t]?", "?", "T*"]))'"
        case 1: return "\(column(scope, .text)) \(not)LIKE '%\\%%' ESCAPE '\\'"
        default: return "\(column(scope, .text)) \(not)LIKE '\(dice.pick(["%a%", "t_", "A%", "%1", "_"]))'"
        }
    }

    private mutating func rowComparison(_ scope: QueryScope) -> String {
        let kinds = [dice.pick(ValueKind.allCases), dice.pick(ValueKind.allCases)]
        let left = "(\(column(scope, kinds[0])), \(column(scope, kinds[1])))"
        if dice.chance(40) {
            let rows = (0..<(1 + dice.below(3))).map { _ in "(\(literal(kinds[0])), \(literal(kinds[1])))" }
            return "\(left) IN (VALUES \(rows.joined(separator: ", ")))"
        }
        return "\(left) \(dice.pick(["=", "<", ">=", "IS", "<>"])) (\(literal(kinds[0])), \(literal(kinds[1])))"
    }

    // MARK: Subqueries

    private mutating func subqueryCondition(_ scope: QueryScope, _ depth: Int) -> String {
        let not = dice.pick(["", "", "NOT "])
        let (from, inner) = from(depth + 2)
        let outerKey = scope.keys.isEmpty ? column(scope, .any) : dice.pick(scope.keys).sql
        let innerKey = inner.keys.isEmpty ? column(inner, .any) : dice.pick(inner.keys).sql
        let extra = dice.chance(40) ? " AND \(condition(inner, depth + 3))" : ""
        switch dice.below(7) {
        case 0, 1:
            return
                "\(not)EXISTS (SELECT \(dice.pick(["1", "*"])) FROM \(from) WHERE \(inner.equality(innerKey, outerKey, scope))\(extra))"
        case 2: return "\(outerKey) \(not)IN (SELECT \(innerKey) FROM \(from) WHERE 1\(extra))"
        case 3:
            let kind = dice.pick(ValueKind.allCases)
            return
                "\(column(scope, kind)) \(not)IN (SELECT \(column(inner, kind)) FROM \(from) WHERE \(column(inner, kind)) IS NOT NULL\(extra))"
        case 4 where !isWriting:
            return
                "(\(outerKey), \(column(scope, .any))) \(not)IN (SELECT \(innerKey), \(column(inner, .any)) FROM \(from))"
        case 5:
            return
                "\(column(scope, .any)) IN (SELECT \(column(inner, .any)) FROM \(from) ORDER BY 1\(direction()) LIMIT \(number(1 + dice.below(5))))"
        default: return "\(expression(.any, scope, 3)) \(dice.pick(["=", ">", "<"])) \(scalarSubquery(scope, depth))"
        }
    }

    private mutating func scalarSubquery(_ scope: QueryScope, _ depth: Int) -> String {
        let (from, inner) = from(depth + 2)
        let innerKey = inner.keys.isEmpty ? column(inner, .any) : dice.pick(inner.keys).sql
        let tie =
            !scope.sources.isEmpty && dice.chance(55)
            ? " WHERE "
                + inner.equality(innerKey, scope.keys.isEmpty ? column(scope, .any) : dice.pick(scope.keys).sql, scope)
            : ""
        if dice.chance(20) {
            return "(SELECT \(column(inner, .any)) FROM \(from)\(tie) ORDER BY 1\(direction()) LIMIT 1)"
        }
        return "(SELECT \(aggregate(inner, depth + 2)) FROM \(from)\(tie))"
    }
}
