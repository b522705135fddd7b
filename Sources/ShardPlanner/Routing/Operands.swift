import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Turns constant expressions into operands, collecting the extra values that a run must compute for them.
final class Operands {
    let dialect: Dialect
    let parameterCount: Int
    /// See ``Plan/extras``.
    private(set) var extras: [ExtraValue] = []
    /// How often an expression has been replaced by a parameter.
    private(set) var replacements = 0
    private var evaluated: [String: Int] = [:]

    init(dialect: Dialect, parameterCount: Int) {
        self.dialect = dialect
        self.parameterCount = parameterCount
    }

    /// The operand of a constant compared with a key column of an affinity, nil when the expression is not a constant
    /// or converts the column instead of itself.
    func operand(_ expression: Expression, comparedWith affinity: Affinity) -> KeyOperand? {
        switch expression.unparenthesized {
        case .literal(let literal):
            return literal.constant(dialect).map { .constant($0) } ?? evaluatedOperand(expression)
        case .parameter(let parameter):
            return .parameter(parameter.index)
        case .unary(let unary):
            if unary.operator == .minus, case .literal(let literal) = unary.operand.unparenthesized,
                let value = literal.constant(dialect)
            {
                switch value {
                case .integer(let integer): return .constant(.integer(0 &- integer))
                case .real(let real):
                    // -9223372036854775808 is written as minus a real that is out of the integers' range.
                    if literal.kind == .integer, real == 9_223_372_036_854_775_808 {
                        return .constant(.integer(.min))
                    }
                    return .constant(.real(-real))
                case .null, .text, .blob, .malformedText: return evaluatedOperand(expression)
                }
            }
            return evaluatedOperand(expression)
        case .cast(let cast):
            // CAST gives its value an affinity, which may convert the column: TEXT k = CAST('5' AS INTEGER) compares
            // numbers, and '05' is equal. Only a cast of the key's own kind leaves the column alone.
            guard Affinity(declaredType: cast.type.text).conversion == affinity.conversion else { return nil }
            return evaluatedOperand(expression)
        case .collate, .column, .row, .wildcard, .defaultValue, .raise:
            return nil
        case .binary, .isNull, .between, .inList, .match, .function, .conditional, .exists, .subquery,
            .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .verbatim:
            return evaluatedOperand(expression)
        }
    }

    private func evaluatedOperand(_ expression: Expression) -> KeyOperand? {
        let volatility = Volatility(of: expression)
        guard volatility.isConstant, !volatility.usesNow else { return nil }
        let sql = "SELECT " + SQLPrinter.print(expression, options: .init(dialect: dialect, parameterStyle: .numbered))
        return .parameter(parameterCount + extra(.evaluated(sql: sql), key: sql))
    }

    /// The index of an extra value, made once per key.
    func extra(_ value: ExtraValue, key: String) -> Int {
        if let index = evaluated[key] { return index }
        extras.append(value)
        evaluated[key] = extras.count - 1
        return extras.count - 1
    }

    /// The parameter expression that an extra value is bound to.
    func parameter(_ value: ExtraValue, key: String) -> Expression {
        replacements += 1
        let index = parameterCount + extra(value, key: key)
        return .parameter(Parameter(text: "?\(index + 1)", index: index))
    }

    /// A LIMIT or OFFSET operand.
    func limitOperand(_ expression: Expression) throws(PlanningRefusal) -> LimitOperand {
        switch operand(expression, comparedWith: .blob) {
        case .constant(.integer(let value)): return .constant(value)
        case .parameter(let index):
            return index < parameterCount ? .parameter(index) : .extra(index - parameterCount)
        case .constant, nil:
            let volatility = Volatility(of: expression)
            guard volatility.isConstant else {
                throw PlanningRefusal(
                    .limitAcrossShards, "a LIMIT or OFFSET that is not a constant cannot be applied across shards")
            }
            let sql =
                "SELECT " + SQLPrinter.print(expression, options: .init(dialect: dialect, parameterStyle: .numbered))
            return .extra(extra(.evaluated(sql: sql), key: sql))
        }
    }
}

extension Literal {
    /// The literal's value; nil for those that depend on the moment or on a type of the engine's.
    func constant(_ dialect: Dialect) -> Value? {
        switch value(dialect: dialect) {
        case .integer(let integer): .integer(integer)
        case .real(let real): .real(real)
        case .text(let text): .text(text)
        case .blob(let bytes): .blob(bytes)
        case .boolean(let boolean): .integer(boolean ? 1 : 0)
        case .null: .null
        case nil: nil
        }
    }
}
