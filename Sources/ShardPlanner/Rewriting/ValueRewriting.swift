import ShardSQL

/// Replaces what would differ from shard to shard by one value per run: session state (`changes()`), and, where a
/// statement runs in several places, the moment (`CURRENT_TIMESTAMP`, `date('now')`).
struct ValueRewriting {
    let operands: Operands
    /// Whether the moment is fixed too.
    let fixesMoment: Bool

    func replacement(for expression: Expression) -> Expression? {
        switch expression {
        case .function(let call):
            if call.arguments.isEmpty, let value = FunctionTraits.sessionState[call.foldedName] {
                return operands.parameter(value, key: call.foldedName)
            }
            guard fixesMoment, FunctionTraits.dateTime.contains(call.foldedName), call.dependsOnNow else { return nil }
            let now = operands.parameter(.now, key: "now")
            var copy = call
            let position = call.foldedName == "strftime" ? 1 : 0
            if copy.arguments.count > position {
                copy.arguments[position].value = now
            } else if copy.arguments.count == position {
                copy.arguments.append(FunctionArgument(now))
            } else {
                return nil
            }
            return .function(copy)
        case .literal(let literal):
            guard fixesMoment, literal.kind == .currentTime else { return nil }
            switch literal.text.asciiLowercased() {
            case "current_timestamp": return operands.parameter(.currentTimestamp, key: "current_timestamp")
            case "current_date": return operands.parameter(.currentDate, key: "current_date")
            case "current_time": return operands.parameter(.currentTime, key: "current_time")
            default: return nil
            }
        case .parameter, .column, .unary, .binary, .isNull, .between, .inList, .match, .cast, .collate, .conditional,
            .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone,
            .raise, .wildcard, .defaultValue, .verbatim:
            return nil
        }
    }

    func rewrite(_ statement: Statement) -> Statement {
        statement.mapped(includingSubqueries: true) { replacement(for: $0) }
    }
}
