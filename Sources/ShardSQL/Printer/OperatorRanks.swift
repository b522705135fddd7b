/// How tightly operators bind, for the one question a printer has: does an operand need parentheses?
///
/// Higher binds tighter; the numbers are the dialect's ``OperatorPrecedence``. Trees that a parser made never need
/// parentheses, since parentheses are nodes; trees that a rewriting made may.
struct OperatorRanks: Sendable {
    let table: OperatorPrecedence

    /// What needs no parentheses anywhere.
    static let primary: UInt8 = 100

    /// What the operands of LIKE (its pattern) and BETWEEN (its ends) must at least have.
    var matchOperand: UInt8 { table.match + 1 }

    func rank(of operator: BinaryOperator) -> UInt8 {
        switch `operator` {
        case .or: table.or
        case .and: table.and
        case .equal, .notEqual: table.equality
        case .less, .lessOrEqual, .greater, .greaterOrEqual: table.inequality
        case .is, .isNot, .isDistinctFrom, .isNotDistinctFrom: table.is
        case .bitAnd, .bitOr, .shiftLeft, .shiftRight: table.bit
        case .add, .subtract: table.additive
        case .multiply, .divide, .modulo: table.multiplicative
        case .power: table.power
        case .concatenate: table.concatenation
        case .jsonGet, .jsonGetText: table.arrow
        case .custom: table.custom
        }
    }

    func rank(of operator: UnaryExpression.Operator) -> UInt8 {
        switch `operator` {
        case .not: table.not
        case .minus, .plus: table.sign
        case .bitNot, .custom: table.prefix
        }
    }

    /// A quantified comparison ranks as its operator does.
    func rank(ofQuantified spelling: String) -> UInt8 {
        switch spelling {
        case "=", "==", "<>", "!=": return table.equality
        case "<", "<=", ">", ">=": return table.inequality
        default:
            let isWord = spelling.utf8.contains { ($0 | 0x20) &- 97 < 26 }
            return isWord && !spelling.asciiLowercased().hasPrefix("operator") ? table.match : table.custom
        }
    }

    /// The rank of an expression's outermost operator; ``primary`` where there is none.
    func rank(of expression: Expression) -> UInt8 {
        switch expression {
        case .binary(let node): rank(of: node.operator)
        case .unary(let node): rank(of: node.operator)
        case .isNull: table.is
        case .between, .inList, .match: table.match
        case .quantified(let node): rank(ofQuantified: node.spelling)
        case .collate: table.collate
        case .atTimeZone: table.atTimeZone
        case .cast(let node): node.usesDoubleColon ? table.postfix : Self.primary
        // A rewriting may make a negative number in one piece.
        case .literal(let node): node.text.utf8.first == UInt8(ascii: "-") ? table.sign : Self.primary
        case .parameter, .column, .function, .conditional, .exists, .subquery, .row, .parenthesized, .array,
            .subscripted, .field, .raise, .wildcard, .defaultValue, .verbatim:
            Self.primary
        }
    }

    /// Whether an operator refuses an operand of its own rank on its left (PostgreSQL's comparisons, LIKE, BETWEEN).
    func doesNotChain(_ rank: UInt8) -> Bool {
        !table.comparisonsChain && (rank == table.is || rank == table.equality || rank == table.match)
    }

    /// Whether the text of an expression ends in something that closes it (`)`, NULL), so that a following operator of
    /// the same rank cannot be drawn into it.
    private func isClosed(_ expression: Expression) -> Bool {
        if case .isNull = expression { return true }
        if case .inList = expression { return true }
        if case .quantified = expression { return true }
        return false
    }

    /// Whether the left operand of an operator of that rank needs parentheses.
    func needsParentheses(left operand: Expression, of rank: UInt8) -> Bool {
        let own = self.rank(of: operand)
        if own < rank { return true }
        if own == rank, doesNotChain(rank), !isClosed(operand) { return true }
        // A prefix operator at the operand's right end would draw the following operator into itself:
        // (a = NOT b) = c is not a = NOT b = c.
        return trailingPrefixRank(of: operand) < rank
    }

    /// Whether the right operand of an operator of that rank needs parentheses. A prefix operator there needs none:
    /// nothing else can take it.
    func needsParentheses(right operand: Expression, atLeast rank: UInt8) -> Bool {
        if case .unary = operand { return false }
        return self.rank(of: operand) < rank
    }

    /// Whether BETWEEN's low end, which stands before an AND, needs parentheses. PostgreSQL takes no NOT, IS NULL, IN,
    /// LIKE or BETWEEN there.
    func needsParentheses(low operand: Expression) -> Bool {
        let own = rank(of: operand)
        if own <= table.and { return true }
        if table.comparisonsChain { return false }
        if case .isNull = operand { return true }
        return own == table.not || own == table.match
    }

    /// The lowest rank of the prefix operators whose operand reaches the right end of an expression.
    private func trailingPrefixRank(of expression: Expression) -> UInt8 {
        var lowest = Self.primary
        var current = expression
        while true {
            switch current {
            case .unary(let node):
                lowest = min(lowest, rank(of: node.operator))
                current = node.operand
            case .binary(let node): current = node.right
            case .between(let node): current = node.high
            case .match(let node): current = node.escape ?? node.pattern
            case .atTimeZone(let node): current = node.zone
            case .literal, .parameter, .column, .isNull, .inList, .function, .cast, .collate, .conditional, .exists,
                .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .raise, .wildcard,
                .defaultValue, .verbatim:
                return lowest
            }
        }
    }
}
