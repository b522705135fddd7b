/// One spelling for operators that have several, for comparing expressions.
extension BinaryOperator {
    /// Nil where the spelling is the operator.
    var canonicalSpelling: String? {
        switch self {
        case .equal: "="
        case .notEqual: "<>"
        case .is: "IS"
        case .isNot: "IS NOT"
        case .isDistinctFrom: "IS DISTINCT FROM"
        case .isNotDistinctFrom: "IS NOT DISTINCT FROM"
        case .or, .and, .less, .lessOrEqual, .greater, .greaterOrEqual, .bitAnd, .bitOr, .shiftLeft, .shiftRight, .add,
            .subtract, .multiply, .divide, .modulo, .power, .concatenate, .jsonGet, .jsonGetText, .custom:
            nil
        }
    }
}

extension NullTest {
    var canonicalSpelling: String {
        let word =
            switch test {
            case .null: "NULL"
            case .isTrue: "TRUE"
            case .isFalse: "FALSE"
            case .unknown: "UNKNOWN"
            }
        return isNegated ? "IS NOT \(word)" : "IS \(word)"
    }
}
