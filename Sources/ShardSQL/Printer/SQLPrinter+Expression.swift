extension SQLPrinter {
    // The switch only dispatches, so that its stack frame stays small: expressions nest hundreds of levels deep.
    mutating func expression(_ expression: Expression) {
        switch expression {
        case .literal(let node): literal(node)
        case .parameter(let node): parameter(node)
        case .column(let node): column(node)
        case .unary(let node): unary(node)
        case .binary(let node): binary(node)
        case .isNull(let node): isNull(node)
        case .between(let node): between(node)
        case .inList(let node): inList(node)
        case .match(let node): match(node)
        case .function(let node): function(node)
        case .cast(let node): cast(node)
        case .collate(let node): collate(node)
        case .conditional(let node): conditional(node)
        case .exists(let node): subquery("EXISTS (", node.select)
        case .subquery(let node): subquery(node.isArray ? "ARRAY (" : "(", node.select)
        case .row(let node): row(node)
        case .parenthesized(let node): parenthesized(node.inner)
        case .quantified(let node): quantified(node)
        case .array(let node): array(node)
        case .subscripted(let node): subscripted(node)
        case .field(let node): field(node)
        case .atTimeZone(let node): atTimeZone(node)
        case .raise(let node): raise(node)
        case .wildcard(let node): wildcard(node)
        case .defaultValue: put("DEFAULT")
        case .verbatim(let node): putVerbatim(node.text)
        }
    }

    mutating func expressions(_ expressions: [Expression]) { list(expressions) { $0.expression($1) } }

    mutating func parenthesized(_ expression: Expression) {
        put("(")
        self.expression(expression)
        put(")")
    }

    /// An operand that an operator of `rank` follows.
    mutating func leftOperand(_ operand: Expression, of rank: UInt8) {
        if ranks.needsParentheses(left: operand, of: rank) { parenthesized(operand) } else { expression(operand) }
    }

    /// An operand after an operator, which must bind at least that tightly.
    mutating func rightOperand(_ operand: Expression, atLeast rank: UInt8) {
        if ranks.needsParentheses(right: operand, atLeast: rank) { parenthesized(operand) } else { expression(operand) }
    }

    private mutating func literal(_ node: Literal) {
        switch node.kind {
        case .null, .boolean, .currentTime: put(isCanonical ? node.text.asciiUppercased() : node.text)
        case .integer, .real, .string, .blob, .bits: put(node.text)
        case .typed: putVerbatim(node.text)
        }
    }

    private mutating func parameter(_ node: Parameter) {
        switch options.parameterStyle {
        case .asWritten: put(node.text)
        case .numbered:
            put(traits.parameterPrefix)
            put(String(node.index + 1))
        }
    }

    private mutating func column(_ node: ColumnReference) {
        if let target = unaliasedTarget, node.parts.count > 1, isQualified(by: target.name, node) {
            put(target.text)
            put(".")
            name(node.name)
            return
        }
        var isFirst = true
        for part in node.parts {
            if !isFirst { put(".") }
            isFirst = false
            // After a dot any word is a name.
            if part.quote == .none, !isCanonical, Identifier.isBareWord(part.text), node.parts.count > 1 {
                put(part.text)
            } else {
                name(part)
            }
        }
    }

    private func isQualified(by target: ObjectName, _ node: ColumnReference) -> Bool {
        node.table?.folded == target.name.folded
    }

    private mutating func unary(_ node: UnaryExpression) {
        let rank = ranks.rank(of: node.operator)
        switch node.operator {
        case .not: put("NOT ")
        case .minus: put("-")
        case .plus: put("+")
        case .bitNot: put("~")
        case .custom(let spelling):
            putVerbatim(spelling)
            put(" ")
            return rightOperand(node.operand, atLeast: rank)
        }
        let start = bytes.count
        let pieceCount = pieces.count
        rightOperand(node.operand, atLeast: rank)
        // Two signs in a row are a comment or another operator.
        if node.operator != .not, pieces.count == pieceCount, bytes.count > start, Self.signs.contains(bytes[start]) {
            bytes.insert(UInt8(ascii: " "), at: start)
        }
    }

    private static let signs: [UInt8] = [UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "~")]

    /// Long chains (`a AND b AND c …`) lean to the left: their spine is a loop, not a recursion.
    private mutating func binary(_ node: BinaryExpression) {
        var spine = [node]
        while case .binary(let left) = spine[spine.count - 1].left {
            let top = spine[spine.count - 1]
            if ranks.needsParentheses(left: top.left, of: ranks.rank(of: top.operator)) { break }
            spine.append(left)
        }
        let bottom = spine[spine.count - 1]
        leftOperand(bottom.left, of: ranks.rank(of: bottom.operator))
        for node in spine.reversed() {
            put(" ")
            operatorText(node)
            put(" ")
            if isSameChain(node.right, node.operator) {
                expression(node.right)
            } else if readsAsNegation(node) {
                parenthesized(node.right)
            } else {
                rightOperand(node.right, atLeast: ranks.rank(of: node.operator) + 1)
            }
        }
    }

    /// `a IS (NOT b)` is not `a IS NOT b`.
    private func readsAsNegation(_ node: BinaryExpression) -> Bool {
        guard node.operator == .is, case .unary(let right) = node.right else { return false }
        return right.operator == .not
    }

    /// Whether the right operand goes on a chain of AND, OR or `||`: parsers balance long chains, and for these the
    /// order of evaluation does not matter. (A `||` that a rewriting made may join types for which it does.)
    private func isSameChain(_ right: Expression, _ operator: BinaryOperator) -> Bool {
        guard case .binary(let inner) = right, inner.operator == `operator` else { return false }
        switch `operator` {
        case .and, .or: return true
        case .concatenate: return inner.range != .none
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .is, .isNot, .isDistinctFrom,
            .isNotDistinctFrom, .bitAnd, .bitOr, .shiftLeft, .shiftRight, .add, .subtract, .multiply, .divide, .modulo,
            .power, .jsonGet, .jsonGetText, .custom:
            return false
        }
    }

    private mutating func operatorText(_ node: BinaryExpression) {
        if case .custom = node.operator { return putVerbatim(node.spelling) }
        putVerbatim((isCanonical ? node.operator.canonicalSpelling : nil) ?? node.spelling.asciiUppercased())
    }

    private mutating func isNull(_ node: NullTest) {
        leftOperand(node.operand, of: ranks.table.is)
        put(" ")
        putVerbatim(isCanonical ? node.canonicalSpelling : node.spelling.asciiUppercased())
    }

    private mutating func between(_ node: BetweenExpression) {
        leftOperand(node.operand, of: ranks.table.match)
        put(node.isNegated ? " NOT BETWEEN " : " BETWEEN ")
        if node.isSymmetric { put("SYMMETRIC ") }
        bound(node.low)
        put(" AND ")
        rightOperand(node.high, atLeast: ranks.matchOperand)
    }

    private mutating func bound(_ low: Expression) {
        if ranks.needsParentheses(low: low) { parenthesized(low) } else { expression(low) }
    }

    private mutating func inList(_ node: InExpression) {
        leftOperand(node.operand, of: ranks.table.match)
        put(node.isNegated ? " NOT IN " : " IN ")
        switch node.source {
        case .list(let elements):
            put("(")
            expressions(elements)
            put(")")
        case .subquery(let select): subquery("(", select)
        case .table(let table, let arguments):
            guard let arguments else {
                objectName(table)
                return
            }
            name(table)
            put("(")
            expressions(arguments)
            put(")")
        }
    }

    private mutating func match(_ node: MatchExpression) {
        leftOperand(node.operand, of: ranks.table.match)
        put(node.isNegated ? " NOT " : " ")
        put(node.operator.rawValue)
        put(" ")
        guard let escape = node.escape else {
            rightOperand(node.pattern, atLeast: ranks.matchOperand)
            return
        }
        leftOperand(node.pattern, of: ranks.table.bit)
        put(" ESCAPE ")
        rightOperand(escape, atLeast: ranks.table.bit)
    }

    private mutating func cast(_ node: CastExpression) {
        if node.usesDoubleColon, !isCanonical {
            leftOperand(node.operand, of: ranks.table.postfix)
            put("::")
            putVerbatim(node.type.text)
        } else {
            put("CAST(")
            expression(node.operand)
            put(" AS ")
            putVerbatim(isCanonical ? node.type.text.asciiLowercased() : node.type.text)
            put(")")
        }
    }

    private mutating func collate(_ node: CollateExpression) {
        leftOperand(node.operand, of: ranks.table.collate)
        put(" COLLATE ")
        name(node.collation)
    }

    private mutating func conditional(_ node: CaseExpression) {
        put("CASE")
        if let operand = node.operand {
            put(" ")
            expression(operand)
        }
        for branch in node.branches {
            put(" WHEN ")
            expression(branch.condition)
            put(" THEN ")
            expression(branch.result)
        }
        if let otherwise = node.otherwise {
            put(" ELSE ")
            expression(otherwise)
        }
        put(" END")
    }

    mutating func subquery(_ opening: String, _ select: SelectStatement) {
        put(opening)
        nesting += 1
        self.select(select)
        nesting -= 1
        put(")")
    }

    private mutating func row(_ node: RowExpression) {
        put(node.hasKeyword ? "ROW(" : "(")
        expressions(node.elements)
        put(")")
    }

    private mutating func quantified(_ node: QuantifiedComparison) {
        leftOperand(node.operand, of: ranks.rank(ofQuantified: node.spelling))
        put(" ")
        putVerbatim(node.spelling)
        put(" ")
        put(node.quantifier.rawValue)
        switch node.source {
        case .subquery(let select): subquery(" (", select)
        case .array(let array):
            put(" (")
            expression(array)
            put(")")
        }
    }

    private mutating func array(_ node: ArrayExpression) {
        put("ARRAY")
        arrayElements(node)
    }

    /// Inner arrays go without the word, as one writes them.
    private mutating func arrayElements(_ node: ArrayExpression) {
        put("[")
        list(node.elements) { printer, element in
            if case .array(let inner) = element { printer.arrayElements(inner) } else { printer.expression(element) }
        }
        put("]")
    }

    private mutating func subscripted(_ node: SubscriptExpression) {
        if case .column = node.operand { expression(node.operand) } else { accessed(node.operand) }
        put("[")
        if let lower = node.lower { expression(lower) }
        if node.isSlice {
            put(":")
            if let upper = node.upper { expression(upper) }
        }
        put("]")
    }

    /// What `[…]` or `.field` may follow bare; anything else stands in parentheses.
    private mutating func accessed(_ operand: Expression) {
        switch operand {
        case .parameter, .parenthesized, .subscripted, .field: expression(operand)
        case .literal, .column, .unary, .binary, .isNull, .between, .inList, .match, .function, .cast, .collate,
            .conditional, .exists, .subquery, .row, .quantified, .array, .atTimeZone, .raise, .wildcard,
            .defaultValue, .verbatim:
            parenthesized(operand)
        }
    }

    private mutating func field(_ node: FieldAccess) {
        accessed(node.operand)
        put(".")
        if let field = node.field { name(field) } else { put("*") }
    }

    private mutating func atTimeZone(_ node: AtTimeZoneExpression) {
        leftOperand(node.operand, of: ranks.table.atTimeZone)
        put(" AT TIME ZONE ")
        rightOperand(node.zone, atLeast: ranks.table.atTimeZone + 1)
    }

    private mutating func raise(_ node: RaiseExpression) {
        put("RAISE(")
        put(node.action.asciiUppercased())
        if let message = node.message {
            put(", ")
            expression(message)
        }
        put(")")
    }

    mutating func wildcard(_ node: Wildcard) {
        if let qualifier = node.qualifier {
            if let target = unaliasedTarget, qualifier.name.folded == target.name.name.folded {
                put(target.text)
            } else {
                name(qualifier)
            }
            put(".")
        }
        put("*")
    }
}

extension String {
    /// Raises a–z and nothing else.
    func asciiUppercased() -> String {
        if !utf8.contains(where: { $0 &- 97 < 26 }) { return self }
        return String(decoding: utf8.map { $0 &- 97 < 26 ? $0 & 0xDF : $0 }, as: UTF8.self)
    }
}
