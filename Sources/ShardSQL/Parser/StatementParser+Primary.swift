/// What stands by itself in an expression: literals, names, calls, parentheses.
extension StatementParser {
    mutating func primary() throws(SQLSyntaxError) -> Expression {
        let token = token
        switch token.kind {
        case .integer: return literal(.integer, token)
        case .real: return literal(.real, token)
        case .string:
            if has(.stringsAsNames), peek().kind == .dot { return try columnOrCall() }
            return literal(.string, token)
        case .escapeString:
            try checkBackslashEscapes(token)
            return literal(.string, token)
        case .nationalString, .dollarString: return literal(.string, token)
        case .unicodeString: return try unicodeString(token)
        case .blob: return literal(.blob, token)
        case .bits: return literal(.bits, token)
        case .parameter:
            let index = try parameterIndex(token)
            advance()
            return .parameter(Parameter(text: text(of: token), index: index, range: token.range))
        case .leftParenthesis: return try parenthesized()
        case .word: return token.keyword == .none ? try columnOrCall() : try wordPrimary(token)
        case .doubleQuoted, .backtickQuoted, .bracketQuoted, .unicodeQuoted: return try columnOrCall()
        default: throw unexpected("an expression")
        }
    }

    @inline(__always)
    private mutating func literal(_ kind: Literal.Kind, _ token: Token) -> Expression {
        advance()
        return .literal(Literal(kind, text: text(of: token), range: token.range))
    }

    /// A literal of a word, in canonical letters.
    private mutating func literal(_ kind: Literal.Kind, word: String, _ token: Token) -> Expression {
        advance()
        return .literal(Literal(kind, text: word, range: token.range))
    }

    private mutating func unicodeString(_ token: Token) throws(SQLSyntaxError) -> Expression {
        let first = position
        advance()
        var escape = UInt8(ascii: "\\")
        if take(word: "uescape") {
            let sign = self.token
            guard sign.kind == .string, sign.end - sign.start == 3 else { throw unexpected("a one-character string") }
            escape = bytes[Int(sign.start) + 1]
            if Lexer.isHexDigit(escape) || [39, 34, 43, 32, 9, 10].contains(escape) {
                throw unexpected("a string of one character that no escape holds")
            }
            advance()
        }
        try checkUnicodeEscapes(token, escape)
        return .literal(Literal(.string, text: written(from: first), range: range(from: token.start)))
    }

    private mutating func wordPrimary(_ token: Token) throws(SQLSyntaxError) -> Expression {
        switch token.keyword {
        case .none: return try columnOrCall()
        case .null: return literal(.null, word: "NULL", token)
        case .true where peek().kind == .dot && token.roles.contains(.name),
            .false where peek().kind == .dot && token.roles.contains(.name):
            return try columnOrCall()
        case .collation where has(.typedExpressions) && peek().keyword == .for:
            let first = position
            advance()
            advance()
            _ = try parenthesized()
            return .verbatim(
                VerbatimExpression(
                    text: written(from: first), kind: "COLLATION FOR", range: range(from: token.start)))
        case .true: return literal(.boolean, word: "TRUE", token)
        case .false: return literal(.boolean, word: "FALSE", token)
        case .current_date, .current_time, .current_timestamp, .localtime, .localtimestamp:
            let first = position
            advance()
            if has(.typedExpressions), at(.leftParenthesis), peek().kind == .integer { try skipGroup() }
            return .literal(
                Literal(.currentTime, text: written(from: first).uppercased(), range: range(from: token.start)))
        case .current_user, .session_user, .user, .current_role, .current_catalog, .system_user:
            return sessionWord(token)
        case .current_schema where peek().kind != .leftParenthesis && peek().kind != .dot: return sessionWord(token)
        case .case: return try caseExpression()
        case .cast: return try castExpression()
        case .exists where peek().kind == .leftParenthesis:
            advance()
            let select = try queryInParentheses()
            return .exists(ExistsExpression(select, range: range(from: token.start)))
        case .raise where has(.raise) && peek().kind == .leftParenthesis: return try raise()
        case .array where has(.typedExpressions): return try arrayExpression()
        case .row where has(.typedExpressions) && peek().kind == .leftParenthesis:
            advance()
            advance()
            let elements = at(.rightParenthesis) ? [] : try expressionList()
            try expect(.rightParenthesis, "\",\" or \")\"")
            return .row(RowExpression(elements, hasKeyword: true, range: range(from: token.start)))
        case .default where has(.extendedWrites):
            advance()
            return .defaultValue(token.range)
        case .interval, .time, .timestamp, .double, .char, .character, .bit, .national, .nchar, .varchar, .numeric,
            .decimal, .dec, .int, .integer, .smallint, .bigint, .real, .float, .boolean, .json:
            if has(.typedExpressions), let typed = try typedLiteral() { return typed }
            return try columnOrCall()
        case .extract, .overlay, .position, .substring, .trim, .treat, .normalize:
            if peek().kind == .leftParenthesis { return try specialFunction() }
            return try columnOrCall()
        case .xmlattributes, .xmlconcat, .xmlelement, .xmlexists, .xmlforest, .xmlnamespaces, .xmlparse, .xmlpi,
            .xmlroot, .xmlserialize, .json_array, .json_arrayagg, .json_exists, .json_object, .json_objectagg,
            .json_query, .json_scalar, .json_serialize, .json_value:
            if peek().kind == .leftParenthesis { return try verbatimFunction(token) }
            return try columnOrCall()
        default: return try columnOrCall()
        }
    }

    /// CURRENT_USER and its kin, which depend on the session and have no parentheses.
    private mutating func sessionWord(_ token: Token) -> Expression {
        advance()
        let word = text(of: token).uppercased()
        return .verbatim(VerbatimExpression(text: word, kind: word, range: token.range))
    }

    /// XML and JSON constructors: recognised by their parentheses and kept as text.
    private mutating func verbatimFunction(_ token: Token) throws(SQLSyntaxError) -> Expression {
        let first = position
        advance()
        try skipGroup()
        if at(.filter), peek().kind == .leftParenthesis {
            advance()
            try skipGroup()
        }
        if at(.over) {
            advance()
            if at(.leftParenthesis) { try skipGroup() } else { _ = try name("a window's name") }
        }
        let kind = text(of: token).uppercased()
        return .verbatim(
            VerbatimExpression(text: try verbatim(from: first), kind: kind, range: range(from: token.start)))
    }

    /// `a`, `t.a`, `s.t.a`, `t.*`, `f(…)`, `type 'literal'`.
    mutating func columnOrCall() throws(SQLSyntaxError) -> Expression {
        let token = token
        let isWord = token.kind == .word
        let next = peek().kind
        if next == .leftParenthesis, !isWord || mayCall(token), token.kind != .string {
            return try functionCall(ObjectName([takeIdentifier()], range: token.range))
        }
        if isWord {
            let typed = has(.typedExpressions) && (next.isString || next == .dot)
            guard token.roles.contains(.name) || typed && token.roles.contains(.function) else {
                throw unexpected("an expression")
            }
        } else if !atName() {
            throw unexpected("an expression")
        }
        let first = takeIdentifier()
        if !at(.dot) {
            if has(.typedExpressions), at(stringAfterType: ()) { return typedLiteral(from: token.start) }
            return .column(ColumnReference([first], range: token.range))
        }
        var parts = [first]
        while at(.dot) {
            advance()
            if at(.star) {
                let qualifier = ObjectName(parts, range: range(from: token.start))
                advance()
                return .wildcard(Wildcard(qualifier: qualifier, range: range(from: token.start)))
            }
            parts.append(try label("a column's name"))
            if parts.count > 3, !has(.typedExpressions) || parts.count > 16 { throw unexpected("the end of a name") }
        }
        if has(.typedExpressions) {
            if at(.leftParenthesis) {
                return try functionCall(ObjectName(parts, range: range(from: token.start)))
            }
            if at(stringAfterType: ()) { return typedLiteral(from: token.start) }
        }
        return .column(ColumnReference(parts, range: range(from: token.start)))
    }

    /// Whether a word before a parenthesis may name a function.
    private func mayCall(_ token: Token) -> Bool {
        if token.roles.contains(.function) { return true }
        switch token.keyword {
        case .coalesce, .greatest, .least, .nullif, .grouping, .merge_action: return true
        case .bit, .char, .character, .numeric, .decimal, .dec, .varchar, .float, .nchar: return has(.typedExpressions)
        case .json, .time, .timestamp, .interval: return false
        default: return false
        }
    }

    @inline(__always)
    private func at(stringAfterType: Void) -> Bool { token.kind.isString }

    /// The literal whose type's name was taken and whose string stands here.
    mutating func typedLiteral(from start: Int32) -> Expression {
        advance()
        let written = writtenText(from: start)
        return .literal(Literal(.typed, text: written, range: range(from: start)))
    }

    /// `interval '1' day`, `timestamp with time zone '…'`; nil, with nothing taken, where no string follows the type.
    private mutating func typedLiteral() throws(SQLSyntaxError) -> Expression? {
        let first = position
        let start = token.start
        let isInterval = at(.interval)
        do throws(SQLSyntaxError) {
            _ = try typeName(isTrial: true)
        } catch {
            if error.isNestingTooDeep { throw error }
            position = first
            return nil
        }
        guard token.kind.isString else {
            position = first
            return nil
        }
        advance()
        if isInterval { try intervalFields() }
        return .literal(Literal(.typed, text: writtenText(from: start), range: range(from: start)))
    }

    /// The text of the tokens from the one that begins at a byte offset.
    private func writtenText(from start: Int32) -> String {
        var first = position
        while first > 0, tokens[first - 1].start >= start { first -= 1 }
        return written(from: first)
    }
}

extension Token.Kind {
    /// A string in any of its notations.
    var isString: Bool {
        switch self {
        case .string, .escapeString, .dollarString, .unicodeString, .nationalString: true
        default: false
        }
    }
}
