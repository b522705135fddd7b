extension StatementParser {
    /// A whole expression.
    @inline(__always)
    mutating func expression() throws(SQLSyntaxError) -> Expression { try expression(above: 1) }

    /// An expression of operators that bind at least as tightly as `minimum`: precedence climbing.
    ///
    /// Left-deep chains are built by the loop; right operands by recursion, whose depth is counted. A chain of AND, OR
    /// or `||` longer than ``OperatorChain/blockLength`` becomes a balanced tree: the operators are associative, and
    /// the printer writes it as the same flat text.
    mutating func expression(above minimum: UInt8) throws(SQLSyntaxError) -> Expression {
        try enter()
        let outerHeight = height
        height = 0
        let first = position
        let start = token.start
        var left = try operand()
        var chain: OperatorChain?
        /// Where `left` begins: behind the blocks of a long chain.
        var leftStart = start
        /// The rank of an operator that does not chain and was just applied.
        var blocked: UInt8 = 0
        while true {
            let token = token
            let rank = rank(token)
            if rank < minimum || rank == blocked { break }
            let kind = chainKind(token)
            if let open = chain, kind != open.kind {
                left = open.finish(left, range(from: leftStart), &height)
                leftStart = start
                chain = nil
            }
            guard let binary = binaryOperator(token) else {
                // IN ends in its parenthesis, so another match may follow it; LIKE and BETWEEN do not chain.
                let isIn = token.keyword == .in || token.keyword == .not && peek().keyword == .in
                left = try special(token, left, first, start)
                blocked = !precedence.comparisonsChain && rank == precedence.match && !isIn ? rank : 0
                continue
            }
            blocked = 0
            let spelling = spelling(token)
            advance()
            if kind == nil, has(.typedExpressions), let quantifier = atQuantifier() {
                left = try quantified(left, spelling, quantifier, start)
                continue
            }
            let right = try expression(above: rank &+ 1)
            try grow()
            let range = range(from: leftStart)
            left = .binary(BinaryExpression(left, binary, spelling: spelling, right, range: range))
            if let kind {
                if chain == nil { chain = OperatorChain(kind) }
                if chain!.add(left, range, &height) {
                    if chainKind(self.token) == kind {
                        advance()
                        leftStart = self.token.start
                        left = try expression(above: rank &+ 1)
                    } else {
                        left = chain!.takeLastBlock()
                    }
                }
            } else if !precedence.comparisonsChain, rank == precedence.equality {
                blocked = rank
            }
        }
        if let open = chain { left = open.finish(left, range(from: leftStart), &height) }
        if height < outerHeight { height = outerHeight }
        leave()
        return left
    }

    @inline(__always)
    private func chainKind(_ token: Token) -> OperatorChain.Kind? {
        if token.keyword == .and { return .and }
        if token.keyword == .or { return .or }
        return token.kind == .concatenate ? .concatenate : nil
    }

    /// How tightly a token behind an operand binds; 0 where the expression ends.
    @inline(__always)
    func rank(_ token: Token) -> UInt8 {
        switch token.kind {
        case .word: wordRank(token)
        case .equal, .doubleEqual, .notEqual, .bangEqual: precedence.equality
        case .less, .lessOrEqual, .greater, .greaterOrEqual: precedence.inequality
        case .plus, .minus: precedence.additive
        case .star, .slash, .percent: precedence.multiplicative
        case .caret: has(.customOperators) ? precedence.power : 0
        case .concatenate: precedence.concatenation
        case .bitAnd, .bitOr, .shiftLeft, .shiftRight: precedence.bit
        case .arrow, .doubleArrow: precedence.arrow
        case .customOperator: precedence.custom
        case .bitNot: has(.customOperators) ? precedence.custom : 0
        case .doubleColon: precedence.postfix
        case .leftBracket: has(.subscripts) ? precedence.postfix : 0
        case .dot: has(.typedExpressions) ? precedence.postfix : 0
        default: 0
        }
    }

    @inline(__always)
    private func wordRank(_ token: Token) -> UInt8 {
        switch token.keyword {
        case .and: precedence.and
        case .or: precedence.or
        case .is, .isnull, .notnull: precedence.is
        case .not: notRank()
        case .like, .ilike, .glob, .regexp, .in, .between: precedence.match
        case .match: has(.isComparesValues) ? precedence.match : 0
        case .similar: peek().keyword == .to ? precedence.match : 0
        case .collate: stopsAtCollate ? 0 : precedence.collate
        case .at:
            has(.typedExpressions) && (peek().keyword == .time || at(word: "local", ahead: 1))
                ? precedence.atTimeZone : 0
        case .operator: peek().kind == .leftParenthesis ? precedence.custom : 0
        case .overlaps: precedence.custom
        default: 0
        }
    }

    /// NOT behind an operand: only before the operators that it negates.
    private func notRank() -> UInt8 {
        switch peek().keyword {
        case .like, .ilike, .glob, .regexp, .in, .between: precedence.match
        case .match: has(.isComparesValues) ? precedence.match : 0
        case .similar: precedence.match
        case .null: has(.postfixNotNull) ? precedence.is : 0
        default: 0
        }
    }

    /// The operator between two operands that a token is; nil for those with a syntax of their own.
    @inline(__always)
    private func binaryOperator(_ token: Token) -> BinaryOperator? {
        switch token.kind {
        case .word: token.keyword == .and ? .and : token.keyword == .or ? .or : nil
        case .equal, .doubleEqual: .equal
        case .notEqual, .bangEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        case .plus: .add
        case .minus: .subtract
        case .star: .multiply
        case .slash: .divide
        case .percent: .modulo
        case .caret: .power
        case .concatenate: .concatenate
        case .bitAnd: .bitAnd
        case .bitOr: .bitOr
        case .shiftLeft: .shiftLeft
        case .shiftRight: .shiftRight
        case .arrow: .jsonGet
        case .doubleArrow: .jsonGetText
        case .customOperator, .bitNot: .custom(text(of: token))
        default: nil
        }
    }

    @inline(__always)
    private func spelling(_ token: Token) -> String {
        switch token.kind {
        case .word: token.keyword == .and ? "AND" : "OR"
        case .equal: "="
        default: text(of: token)
        }
    }

    /// An operand with its prefix operators.
    mutating func operand() throws(SQLSyntaxError) -> Expression {
        let token = token
        let prefix: UnaryExpression.Operator
        let rank: UInt8
        switch token.kind {
        case .minus: (prefix, rank) = (.minus, precedence.sign + 1)
        case .plus: (prefix, rank) = (.plus, precedence.sign + 1)
        case .bitNot: (prefix, rank) = (.bitNot, precedence.prefix + 1)
        case .customOperator: (prefix, rank) = (.custom(text(of: token)), precedence.prefix + 1)
        case .word where token.keyword == .not: (prefix, rank) = (.not, precedence.not)
        case .word where token.keyword == .operator && peek().kind == .leftParenthesis:
            let spelling = try customOperator()
            return try unary(.custom(spelling), precedence.prefix + 1, token.start)
        default: return try primary()
        }
        advance()
        return try unary(prefix, rank, token.start)
    }

    private mutating func unary(
        _ prefix: UnaryExpression.Operator, _ rank: UInt8, _ start: Int32
    ) throws(SQLSyntaxError) -> Expression {
        let operand = try expression(above: rank)
        try grow()
        return .unary(UnaryExpression(prefix, operand, range: range(from: start)))
    }

    /// `OPERATOR(schema.op)` or a custom operator's token, as text.
    mutating func customOperator() throws(SQLSyntaxError) -> String {
        let first = position
        if take(.operator) {
            try expect(.leftParenthesis, "\"(\"")
            while atName(), peek().kind == .dot {
                advance()
                advance()
            }
            guard isOperatorToken(token.kind) else { throw unexpected("an operator") }
            advance()
            try expect(.rightParenthesis, "\")\"")
            return written(from: first)
        }
        guard isOperatorToken(token.kind) else { throw unexpected("an operator") }
        advance()
        return written(from: first)
    }

    func isOperatorToken(_ kind: Token.Kind) -> Bool {
        kind == .customOperator
            || kind.rawValue >= Token.Kind.star.rawValue && kind.rawValue <= Token.Kind.doubleArrow.rawValue
    }
}
