import ShardSQL
import ShardValues

/// Which collation and affinity an expression compares with, by SQLite's rules.
///
/// Collation: COLLATE written on the expression or in an operand of it wins (the leftmost); else a column's own, also
/// through CAST and unary plus; else none, which is BINARY.
struct ExpressionTypes {
    let scope: Scope

    /// Nil: no collation of its own.
    func collation(of expression: Expression) -> Collation? {
        if let explicit = explicitCollation(of: expression) { return explicit }
        switch expression.unparenthesized {
        case .column(let reference):
            if case .column(_, let column) = scope.resolve(reference) { return column.collation }
            return nil
        case .cast(let cast): return collation(of: cast.operand)
        case .unary(let unary):
            switch unary.operator {
            case .plus: return collation(of: unary.operand)
            case .minus, .not, .bitNot, .custom: return nil
            }
        case .subquery(let subquery):
            // The collation of the subquery's first column, which only its own scope knows: taken as unknown.
            return subquery.select.isPlainColumn ? .custom("of a subquery") : nil
        case .literal, .parameter, .binary, .isNull, .between, .inList, .match, .function, .collate, .conditional,
            .exists, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise,
            .wildcard, .defaultValue, .verbatim:
            return nil
        }
    }

    private func explicitCollation(of expression: Expression) -> Collation? {
        if case .collate(let collate) = expression { return Collation(named: collate.collation.name.text) }
        switch expression {
        case .subquery, .exists: return nil
        case .collate, .literal, .parameter, .column, .unary, .binary, .isNull, .between, .inList, .match, .function,
            .cast, .conditional, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone,
            .raise, .wildcard, .defaultValue, .verbatim:
            break
        }
        var found: Collation?
        expression.forEachChild { child in
            if found == nil { found = explicitCollation(of: child) }
        }
        return found
    }

    func affinity(of expression: Expression) -> Affinity? {
        switch expression.unparenthesized {
        case .column(let reference):
            if case .column(_, let column) = scope.resolve(reference) { return column.affinity }
            return nil
        case .cast(let cast): return Affinity(declaredType: cast.type.text)
        case .collate(let collate): return affinity(of: collate.operand)
        case .literal, .parameter, .unary, .binary, .isNull, .between, .inList, .match, .function, .conditional,
            .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone,
            .raise, .wildcard, .defaultValue, .verbatim:
            return nil
        }
    }
}

extension Collation {
    init(named name: String) {
        switch name.asciiLowercased() {
        case "binary": self = .binary
        case "nocase": self = .nocase
        case "rtrim": self = .rtrim
        case let other: self = .custom(other)
        }
    }
}

extension SelectStatement {
    /// Whether the only item is a plain column.
    var isPlainColumn: Bool {
        guard case .core(let core) = body, core.items.count == 1, case .expression(let item) = core.items[0].content
        else { return true }
        if case .column = item.unparenthesized { return true }
        return false
    }
}
