/// Expressions with others inside: parentheses, CASE, CAST, ARRAY, RAISE, lists.
extension StatementParser {
    /// `(x)`, `(a, b)` or `(SELECT …)`.
    mutating func parenthesized() throws(SQLSyntaxError) -> Expression {
        let start = token.start
        let saved = stopsAtCollate
        stopsAtCollate = false
        defer { stopsAtCollate = saved }
        advance()
        if startsQuery(token) {
            let select = try selectStatement()
            try expect(.rightParenthesis, "\")\"")
            return .subquery(SubqueryExpression(select, range: range(from: start)))
        }
        let inner = token.start
        let first = try expression()
        if let query = query(continuedFrom: first) {
            let select = try selectStatement(continuing: query, inner)
            try expect(.rightParenthesis, "\")\"")
            return .subquery(SubqueryExpression(select, range: range(from: start)))
        }
        try grow()
        if at(.comma) {
            var elements = [first]
            while take(.comma) { elements.append(try expression()) }
            try expect(.rightParenthesis, "\",\" or \")\"")
            return .row(RowExpression(elements, range: range(from: start)))
        }
        try expect(.rightParenthesis, "\")\"")
        return .parenthesized(ParenthesizedExpression(first, range: range(from: start)))
    }

    /// The query that an expression taken so far is, in parentheses, where a set operator or ORDER BY goes on.
    func query(continuedFrom expression: Expression) -> SelectStatement? {
        guard has(.nestedSetOperands), continuesQuery() else { return nil }
        return query(in: expression)
    }

    /// The query that an expression is, in any number of parentheses.
    func query(in expression: Expression) -> SelectStatement? {
        switch expression {
        case .subquery(let subquery) where !subquery.isArray: return subquery.select
        case .parenthesized(let parenthesized):
            guard let inner = query(in: parenthesized.inner) else { return nil }
            return SelectStatement(body: .nested(inner), range: parenthesized.range)
        default: return nil
        }
    }

    /// `a, b, …`, at least one.
    mutating func expressionList() throws(SQLSyntaxError) -> [Expression] {
        var list = [try expression()]
        while take(.comma) { list.append(try expression()) }
        return list
    }

    /// `(a, b, …)`, also empty.
    mutating func expressionListInParentheses() throws(SQLSyntaxError) -> [Expression] {
        try expect(.leftParenthesis, "\"(\"")
        if take(.rightParenthesis) { return [] }
        let list = try expressionList()
        try expect(.rightParenthesis, "\",\" or \")\"")
        return list
    }

    mutating func caseExpression() throws(SQLSyntaxError) -> Expression {
        let start = token.start
        advance()
        let operand: Expression? = at(.when) ? nil : try expression()
        var branches: [CaseExpression.Branch] = []
        while take(.when) {
            let condition = try expression()
            try expect(.then)
            branches.append(CaseExpression.Branch(condition: condition, result: try expression()))
        }
        if branches.isEmpty { throw unexpected(.when) }
        let otherwise: Expression? = take(.else) ? try expression() : nil
        try expect(.end)
        try grow()
        return .conditional(
            CaseExpression(operand: operand, branches: branches, otherwise: otherwise, range: range(from: start)))
    }

    mutating func castExpression() throws(SQLSyntaxError) -> Expression {
        let start = token.start
        advance()
        try expect(.leftParenthesis, "\"(\"")
        let operand = try expression()
        try expect(.as)
        let type = try typeName()
        try expect(.rightParenthesis, "\")\"")
        try grow()
        return .cast(CastExpression(operand, type: type, range: range(from: start)))
    }

    /// `ARRAY[…]`, `ARRAY(SELECT …)`.
    mutating func arrayExpression() throws(SQLSyntaxError) -> Expression {
        let start = token.start
        advance()
        if at(.leftParenthesis) {
            let select = try queryInParentheses()
            return .subquery(SubqueryExpression(select, isArray: true, range: range(from: start)))
        }
        return try arrayElements(start)
    }

    private mutating func arrayElements(_ start: Int32) throws(SQLSyntaxError) -> Expression {
        try enter()
        try expect(.leftBracket, "\"[\"")
        var elements: [Expression] = []
        if !at(.rightBracket) {
            repeat {
                if at(.leftBracket) {
                    // An inner array without the word, as the dialect allows inside of one.
                    let inner = try arrayElements(token.start)
                    elements.append(inner)
                } else {
                    elements.append(try expression())
                }
            } while take(.comma)
        }
        try expect(.rightBracket, "\",\" or \"]\"")
        try grow()
        leave()
        return .array(ArrayExpression(elements, range: range(from: start)))
    }

    mutating func raise() throws(SQLSyntaxError) -> Expression {
        let start = token.start
        advance()
        advance()
        if take(.ignore) {
            try expect(.rightParenthesis, "\")\"")
            return .raise(RaiseExpression(action: "IGNORE", message: nil, range: range(from: start)))
        }
        guard at(.rollback) || at(.abort) || at(.fail) else { throw unexpected("IGNORE, ROLLBACK, ABORT or FAIL") }
        let action = text(of: token).uppercased()
        advance()
        try expect(.comma, "\",\"")
        let message = try expression()
        try expect(.rightParenthesis, "\")\"")
        return .raise(RaiseExpression(action: action, message: message, range: range(from: start)))
    }

    /// ORDER BY's terms, behind its words.
    mutating func orderingTerms() throws(SQLSyntaxError) -> [OrderingTerm] {
        var terms: [OrderingTerm] = []
        repeat {
            var term = OrderingTerm(try expression())
            if take(.asc) {
                term.direction = .ascending
            } else if take(.desc) {
                term.direction = .descending
            } else if has(.customOperators), take(.using) {
                term.direction = .using(try customOperator())
            }
            term.nulls = nullsOrder()
            terms.append(term)
        } while take(.comma)
        return terms
    }

    /// NULLS FIRST or NULLS LAST.
    mutating func nullsOrder() -> OrderingTerm.Nulls? {
        if take(.nulls, .first) { return .first }
        if take(.nulls, .last) { return .last }
        return nil
    }
}
