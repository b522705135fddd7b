/// The operators with a syntax of their own behind an operand: IS, IN, LIKE, BETWEEN, COLLATE, casts, subscripts …
extension StatementParser {
    /// - Parameters:
    ///   - token: The operator, where the parser stands.
    ///   - first: The index of the operand's first token.
    mutating func special(
        _ token: Token, _ left: Expression, _ first: Int, _ start: Int32
    ) throws(SQLSyntaxError) -> Expression {
        try grow()
        switch token.kind {
        case .doubleColon:
            advance()
            let type = try typeName()
            return .cast(CastExpression(left, type: type, usesDoubleColon: true, range: range(from: start)))
        case .leftBracket: return try subscripted(left, start)
        case .dot:
            advance()
            let field: Identifier? = take(.star) ? nil : try label("a field's name")
            return .field(FieldAccess(left, field: field, range: range(from: start)))
        default: break
        }
        switch token.keyword {
        case .is: return try isTest(left, first, start)
        case .isnull:
            advance()
            return .isNull(NullTest(left, isNegated: false, spelling: "ISNULL", range: range(from: start)))
        case .notnull:
            advance()
            return .isNull(NullTest(left, isNegated: true, spelling: "NOTNULL", range: range(from: start)))
        case .not:
            advance()
            if take(.null) {
                return .isNull(NullTest(left, isNegated: true, spelling: "NOT NULL", range: range(from: start)))
            }
            return try negatable(left, isNegated: true, start)
        case .collate:
            advance()
            let collation = try objectName("a collation's name")
            return .collate(CollateExpression(left, collation: collation, range: range(from: start)))
        case .at:
            advance()
            if take(word: "local") {
                return .verbatim(
                    VerbatimExpression(text: written(from: first), kind: "AT LOCAL", range: range(from: start)))
            }
            try expect(.time)
            try expect(.zone)
            let zone = try expression(above: precedence.atTimeZone + 1)
            return .atTimeZone(AtTimeZoneExpression(left, zone: zone, range: range(from: start)))
        case .operator:
            let spelling = try customOperator()
            if let quantifier = atQuantifier() { return try quantified(left, spelling, quantifier, start) }
            let right = try expression(above: precedence.custom + 1)
            return .binary(
                BinaryExpression(left, .custom(spelling), spelling: spelling, right, range: range(from: start)))
        case .overlaps:
            advance()
            let right = try expression(above: precedence.custom + 1)
            return .binary(
                BinaryExpression(left, .custom("OVERLAPS"), spelling: "OVERLAPS", right, range: range(from: start)))
        default: return try negatable(left, isNegated: false, start)
        }
    }

    private mutating func isTest(
        _ left: Expression, _ first: Int, _ start: Int32
    ) throws(SQLSyntaxError) -> Expression {
        advance()
        let isNegated = take(.not)
        if take(.distinct) {
            try expect(.from)
            let right = try expression(above: precedence.is + 1)
            return .binary(
                BinaryExpression(
                    left, isNegated ? .isNotDistinctFrom : .isDistinctFrom,
                    spelling: isNegated ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM", right,
                    range: range(from: start)))
        }
        if has(.isComparesValues) {
            let right = try expression(above: precedence.is + 1)
            if case .literal(let literal) = right, let test = Self.test(literal) {
                return nullTest(left, test, isNegated, start)
            }
            return .binary(
                BinaryExpression(
                    left, isNegated ? .isNot : .is, spelling: isNegated ? "IS NOT" : "IS", right,
                    range: range(from: start)))
        }
        if take(.null) { return nullTest(left, .null, isNegated, start) }
        if take(.true) { return nullTest(left, .isTrue, isNegated, start) }
        if take(.false) { return nullTest(left, .isFalse, isNegated, start) }
        if take(word: "unknown") { return nullTest(left, .unknown, isNegated, start) }
        let kind: String
        if take(word: "document") {
            kind = "IS DOCUMENT"
        } else if take(.json) {
            kind = "IS JSON"
            if at(word: "value") || at(word: "scalar") || at(word: "object") || at(.array) { advance() }
            if at(.with, .unique) || at(.without, .unique) {
                advance()
                advance()
                if at(word: "keys") { advance() }
            }
        } else {
            if at(word: "nfc") || at(word: "nfd") || at(word: "nfkc") || at(word: "nfkd") { advance() }
            if !take(word: "normalized") { throw unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM") }
            kind = "IS NORMALIZED"
        }
        return .verbatim(VerbatimExpression(text: written(from: first), kind: kind, range: range(from: start)))
    }

    private static func test(_ literal: Literal) -> NullTest.Test? {
        switch literal.kind {
        case .null: .null
        case .boolean: literal.text.utf8.count == 4 ? .isTrue : .isFalse
        default: nil
        }
    }

    private func nullTest(
        _ left: Expression, _ test: NullTest.Test, _ isNegated: Bool, _ start: Int32
    ) -> Expression {
        let word =
            switch test {
            case .null: "NULL"
            case .isTrue: "TRUE"
            case .isFalse: "FALSE"
            case .unknown: "UNKNOWN"
            }
        return .isNull(
            NullTest(
                left, test: test, isNegated: isNegated, spelling: isNegated ? "IS NOT \(word)" : "IS \(word)",
                range: range(from: start)))
    }

    /// IN, BETWEEN and the matches: what NOT may stand before.
    private mutating func negatable(
        _ left: Expression, isNegated: Bool, _ start: Int32
    ) throws(SQLSyntaxError) -> Expression {
        let keyword = token.keyword
        switch keyword {
        case .in:
            advance()
            let source = try inSource()
            return .inList(InExpression(left, isNegated: isNegated, source: source, range: range(from: start)))
        case .between:
            advance()
            let isSymmetric = take(.symmetric)
            if !isSymmetric { _ = take(.asymmetric) }
            let low = try expression(above: precedence.and + 1)
            try expect(.and)
            let high = try expression(above: precedence.match + 1)
            return .between(
                BetweenExpression(
                    left, isNegated: isNegated, isSymmetric: isSymmetric, low: low, high: high,
                    range: range(from: start)))
        case .like, .ilike, .glob, .regexp, .match, .similar: break
        default: throw unexpected("LIKE, IN or BETWEEN")
        }
        advance()
        let matching: MatchExpression.Operator
        switch keyword {
        case .ilike: matching = .ilike
        case .glob: matching = .glob
        case .regexp: matching = .regexp
        case .match: matching = .match
        case .similar:
            try expect(.to)
            matching = .similarTo
        default: matching = .like
        }
        if has(.typedExpressions), let quantifier = atQuantifier() {
            let spelling = isNegated ? "NOT \(matching.rawValue)" : matching.rawValue
            return try quantified(left, spelling, quantifier, start)
        }
        let pattern = try expression(above: precedence.match + 1)
        let escape: Expression? = take(.escape) ? try expression(above: precedence.match + 1) : nil
        return .match(
            MatchExpression(
                left, isNegated: isNegated, operator: matching, pattern: pattern, escape: escape,
                range: range(from: start)))
    }

    /// Behind IN: a list, a query, or a table.
    private mutating func inSource() throws(SQLSyntaxError) -> InExpression.Source {
        guard at(.leftParenthesis) else {
            guard has(.inTable) else { throw unexpected("\"(\"") }
            let name = try objectName("\"(\" or a table")
            return .table(name, arguments: at(.leftParenthesis) ? try expressionListInParentheses() : nil)
        }
        if has(.emptyIn), peek().kind == .rightParenthesis {
            advance()
            advance()
            return .list([])
        }
        if startsQuery(peek()) {
            advance()
            let select = try selectStatement()
            try expect(.rightParenthesis, "\")\"")
            return .subquery(select)
        }
        let saved = stopsAtCollate
        stopsAtCollate = false
        defer { stopsAtCollate = saved }
        advance()
        let inner = token.start
        var elements = [try expression()]
        if at(.rightParenthesis), let query = query(in: elements[0]) {
            // A query in several pairs of parentheses is still a query for both engines.
            let range = range(from: inner)
            advance()
            return .subquery(SelectStatement(body: .nested(query), range: range))
        }
        if let query = query(continuedFrom: elements[0]) {
            let select = try selectStatement(continuing: query, inner)
            try expect(.rightParenthesis, "\")\"")
            return .subquery(select)
        }
        while take(.comma) { elements.append(try expression()) }
        try expect(.rightParenthesis, "\",\" or \")\"")
        return .list(elements)
    }

    /// ANY, SOME or ALL before a parenthesis.
    func atQuantifier() -> QuantifiedComparison.Quantifier? {
        guard peek().kind == .leftParenthesis else { return nil }
        switch token.keyword {
        case .any: return .any
        case .some: return .some
        case .all: return .all
        default: return nil
        }
    }

    mutating func quantified(
        _ left: Expression, _ spelling: String, _ quantifier: QuantifiedComparison.Quantifier, _ start: Int32
    ) throws(SQLSyntaxError) -> Expression {
        advance()
        try expect(.leftParenthesis, "\"(\"")
        let source: QuantifiedComparison.Source
        if startsQuery(token) {
            source = .subquery(try selectStatement())
        } else {
            let inner = token.start
            let value = try expression()
            if let query = query(continuedFrom: value) {
                source = .subquery(try selectStatement(continuing: query, inner))
            } else if let query = query(in: value) {
                source = .subquery(SelectStatement(body: .nested(query), range: range(from: inner)))
            } else {
                source = .array(value)
            }
        }
        try expect(.rightParenthesis, "\")\"")
        try grow()
        return .quantified(
            QuantifiedComparison(
                left, spelling: spelling, quantifier: quantifier, source: source, range: range(from: start)))
    }

    /// `[i]`, `[low:high]`, with either bound left out.
    private mutating func subscripted(_ left: Expression, _ start: Int32) throws(SQLSyntaxError) -> Expression {
        advance()
        let lower: Expression? = at(.colon) ? nil : try expression()
        var upper: Expression?
        let isSlice = take(.colon)
        if isSlice, !at(.rightBracket) { upper = try expression() }
        try expect(.rightBracket, "\"]\"")
        return .subscripted(
            SubscriptExpression(left, lower: lower, isSlice: isSlice, upper: upper, range: range(from: start)))
    }
}
