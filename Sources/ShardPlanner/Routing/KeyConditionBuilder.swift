import ShardSQL
import ShardTopology
import ShardValues

/// Turns predicates into what routing can use of them. The result is a superset: whatever it does not understand
/// restricts nothing.
struct KeyConditionBuilder {
    let scope: Scope
    let sharding: Sharding
    /// Per shard-key column: the columns that stand for it here.
    let keys: [Set<ColumnID>]
    /// Gives the operand of a constant expression (see ``Operands``).
    let operands: Operands

    /// What a predicate says of the key.
    ///
    /// `rejectsNullOnly`: the rows may be the NULL-supplied side of an outer join seen from above; then only
    /// predicates that no NULL satisfies restrict them. (Counter-example: `a LEFT JOIN b … WHERE b.k IS NULL` needs the
    /// partitions where b has rows, to know which a are unmatched.)
    func condition(_ predicate: Expression, rejectsNullOnly: Bool) -> KeyCondition {
        switch predicate.unparenthesized {
        case .binary(let binary):
            return condition(binary, rejectsNullOnly: rejectsNullOnly)
        case .between(let between):
            guard !between.isNegated, !between.isSymmetric, let key = keyIndex(between.operand),
                let low = operand(between.low, key), let high = operand(between.high, key)
            else { return .all }
            return .and([
                .compare(column: key, .greaterOrEqual, low), .compare(column: key, .lessOrEqual, high),
            ])
        case .inList(let inList):
            return condition(inList)
        case .isNull(let test):
            guard test.test == .null, !test.isNegated, !rejectsNullOnly, let key = keyIndex(test.operand) else {
                return .all
            }
            return .isNull(column: key)
        case .literal, .parameter, .column, .unary, .match, .function, .cast, .collate, .conditional, .exists,
            .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise,
            .wildcard, .defaultValue, .verbatim:
            return .all
        }
    }

    private func condition(_ binary: BinaryExpression, rejectsNullOnly: Bool) -> KeyCondition {
        switch binary.operator {
        case .and:
            return KeyConditionBuilder.conjunction([
                condition(binary.left, rejectsNullOnly: rejectsNullOnly),
                condition(binary.right, rejectsNullOnly: rejectsNullOnly),
            ])
        case .or:
            let left = condition(binary.left, rejectsNullOnly: rejectsNullOnly)
            if left == .all { return .all }
            let right = condition(binary.right, rejectsNullOnly: rejectsNullOnly)
            if right == .all { return .all }
            return .or([left, right])
        case .equal:
            if case .row(let left) = binary.left.unparenthesized, case .row(let right) = binary.right.unparenthesized,
                left.elements.count == right.elements.count
            {
                return KeyConditionBuilder.conjunction(
                    zip(left.elements, right.elements).map { comparison($0, .equal, $1) })
            }
            return comparison(binary.left, .equal, binary.right)
        case .is, .isNotDistinctFrom:
            // k IS NULL spelled with a parameter or literal holds for supplied NULLs too.
            return rejectsNullOnly ? .all : comparison(binary.left, .is, binary.right)
        case .less: return comparison(binary.left, .less, binary.right)
        case .lessOrEqual: return comparison(binary.left, .lessOrEqual, binary.right)
        case .greater: return comparison(binary.left, .greater, binary.right)
        case .greaterOrEqual: return comparison(binary.left, .greaterOrEqual, binary.right)
        case .notEqual, .isNot, .isDistinctFrom, .bitAnd, .bitOr, .shiftLeft, .shiftRight, .add, .subtract,
            .multiply, .divide, .modulo, .power, .concatenate, .jsonGet, .jsonGetText, .custom:
            return .all
        }
    }

    private func comparison(_ left: Expression, _ comparison: KeyComparison, _ right: Expression) -> KeyCondition {
        if let key = keyIndex(left), let value = operand(right, key) {
            return .compare(column: key, comparison, value)
        }
        if let key = keyIndex(right), let value = operand(left, key) {
            return .compare(column: key, comparison.mirrored, value)
        }
        return .all
    }

    private func condition(_ inList: InExpression) -> KeyCondition {
        guard !inList.isNegated, case .list(let elements) = inList.source else { return .all }
        if case .row(let row) = inList.operand.unparenthesized {
            let columns = row.elements.map(keyIndex)
            var positions: [Int] = []
            for (position, column) in columns.enumerated() where column != nil { positions.append(position) }
            guard !positions.isEmpty else { return .all }
            var rows: [[KeyOperand]] = []
            for element in elements {
                guard case .row(let values) = element.unparenthesized, values.elements.count == columns.count else {
                    return .all
                }
                var operands: [KeyOperand] = []
                for position in positions {
                    guard let key = columns[position], let value = operand(values.elements[position], key) else {
                        return .all
                    }
                    operands.append(value)
                }
                rows.append(operands)
            }
            return .rowInList(columns: positions.compactMap { columns[$0] }, rows)
        }
        guard let key = keyIndex(inList.operand) else { return .all }
        var values: [KeyOperand] = []
        for element in elements {
            guard let value = operand(element, key) else { return .all }
            values.append(value)
        }
        return .inList(column: key, values)
    }

    private func keyIndex(_ expression: Expression) -> Int? {
        guard let id = scope.columnID(of: expression) else { return nil }
        return keys.firstIndex { $0.contains(id) }
    }

    private func operand(_ expression: Expression, _ key: Int) -> KeyOperand? {
        operands.operand(expression, comparedWith: sharding.keyTypes[key].affinity)
    }

    static func conjunction(_ conditions: [KeyCondition]) -> KeyCondition {
        var parts: [KeyCondition] = []
        for condition in conditions {
            switch condition {
            case .all: continue
            case .none: return .none
            case .and(let inner): parts.append(contentsOf: inner)
            case .or, .compare, .inList, .isNull, .rowInList, .partitions: parts.append(condition)
            }
        }
        return parts.isEmpty ? .all : parts.count == 1 ? parts[0] : .and(parts)
    }

    static func disjunction(_ conditions: [KeyCondition]) -> KeyCondition {
        conditions.contains(.all) ? .all : conditions.count == 1 ? conditions[0] : .or(conditions)
    }

    /// The key's operands where the condition fixes every key column to one value by its form alone.
    static func place(in condition: KeyCondition, keyCount: Int) -> [KeyOperand]? {
        let parts: [KeyCondition]
        switch condition {
        case .and(let inner): parts = inner
        case .compare, .inList, .rowInList: parts = [condition]
        case .all, .none, .or, .isNull, .partitions: return nil
        }
        var operands: [KeyOperand?] = Array(repeating: nil, count: keyCount)
        for part in parts {
            switch part {
            case .compare(let column, .equal, let operand): operands[column] = operands[column] ?? operand
            case .inList(let column, let list): if list.count == 1 { operands[column] = operands[column] ?? list[0] }
            case .rowInList(let columns, let rows):
                if rows.count == 1 {
                    for (column, operand) in zip(columns, rows[0]) { operands[column] = operands[column] ?? operand }
                }
            case .compare(_, .is, _), .compare(_, .less, _), .compare(_, .lessOrEqual, _), .compare(_, .greater, _),
                .compare(_, .greaterOrEqual, _), .all, .none, .and, .or, .isNull, .partitions:
                continue
            }
        }
        let found = operands.compactMap { $0 }
        return found.count == keyCount && keyCount > 0 ? found : nil
    }
}

extension KeyComparison {
    /// The comparison with its sides exchanged.
    var mirrored: KeyComparison {
        switch self {
        case .equal: .equal
        case .is: .is
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }
}
