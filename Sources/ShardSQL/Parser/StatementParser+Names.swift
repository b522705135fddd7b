extension StatementParser {
    /// Whether a name of a column, table or other object stands there.
    @inline(__always)
    func atName(_ distance: Int = 0) -> Bool {
        let token = peek(distance)
        switch token.kind {
        case .word: return token.roles.contains(.name)
        case .doubleQuoted, .backtickQuoted, .bracketQuoted, .unicodeQuoted: return true
        case .string: return has(.stringsAsNames)
        default: return false
        }
    }

    /// A name of a column, table or other object.
    @inline(__always)
    mutating func name(_ what: StaticString) throws(SQLSyntaxError) -> Identifier {
        guard atName() else { throw unexpected(what) }
        return takeIdentifier()
    }

    /// A name after AS or a dot: every word of a dialect that says so.
    mutating func label(_ what: StaticString) throws(SQLSyntaxError) -> Identifier {
        if at(.word), token.roles.contains(.label) { return takeIdentifier() }
        return try name(what)
    }

    /// The token as an identifier, unquoted.
    @inline(__always)
    mutating func takeIdentifier() -> Identifier {
        let identifier = identifier(token)
        let isUnicode = token.kind == .unicodeQuoted
        advance()
        if isUnicode, at(word: "uescape"), peek().kind == .string {
            advance()
            advance()
        }
        return identifier
    }

    func identifier(_ token: Token) -> Identifier {
        let start = Int(token.start)
        let end = Int(token.end)
        switch token.kind {
        case .doubleQuoted: return Identifier(unquoted(start + 1, end - 1, 34), quote: .double, range: token.range)
        case .backtickQuoted: return Identifier(unquoted(start + 1, end - 1, 96), quote: .backtick, range: token.range)
        case .bracketQuoted: return Identifier(text(start + 1, end - 1), quote: .bracket, range: token.range)
        case .string: return Identifier(unquoted(start + 1, end - 1, 39), quote: .single, range: token.range)
        case .unicodeQuoted: return Identifier(unquoted(start + 3, end - 1, 34), quote: .double, range: token.range)
        default: return Identifier(text(start, end), range: token.range)
        }
    }

    /// The text between two offsets with doubled quotes made one.
    func unquoted(_ start: Int, _ end: Int, _ quote: UInt8) -> String {
        var hasQuote = false
        for index in start..<max(start, end) where bytes[index] == quote { hasQuote = true }
        if !hasQuote { return text(start, end) }
        var result: [UInt8] = []
        var at = start
        while at < end {
            result.append(bytes[at])
            at += bytes[at] == quote ? 2 : 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// `[schema.]name`, as many parts as are written (at most four).
    mutating func objectName(_ what: StaticString) throws(SQLSyntaxError) -> ObjectName {
        let start = token.start
        var parts = [try name(what)]
        while at(.dot) {
            advance()
            parts.append(try label("a name after the dot"))
            if parts.count > 4 { throw unexpected("the end of a name of four parts") }
        }
        if !has(.serverStatements), parts.count > 2 {
            throw SQLSyntaxError("the name of an object has at most two parts", offset: Int(start))
        }
        return ObjectName(parts, range: range(from: start))
    }

    /// `(a, b, …)`
    mutating func nameList(_ what: StaticString) throws(SQLSyntaxError) -> [Identifier] {
        try expect(.leftParenthesis, "\"(\"")
        var names = [try name(what)]
        while take(.comma) { names.append(try name(what)) }
        try expect(.rightParenthesis, "\",\" or \")\"")
        return names
    }

    mutating func nameListIfPresent(_ what: StaticString) throws(SQLSyntaxError) -> [Identifier] {
        at(.leftParenthesis) ? try nameList(what) : []
    }

    /// An alias without AS of a table or a select item (by `role`); nil where none stands.
    mutating func bareAlias(_ role: Token.Roles) -> Identifier? {
        let token = token
        switch token.kind {
        case .word:
            guard token.roles.contains(role) else { return nil }
            if token.keyword == .window, startsWindowClause() { return nil }
            if peek().keyword == .by, at(word: "shard") { return nil }
            return takeIdentifier()
        case .doubleQuoted, .backtickQuoted, .bracketQuoted, .unicodeQuoted: return takeIdentifier()
        case .string: return has(.stringsAsNames) ? takeIdentifier() : nil
        default: return nil
        }
    }

    /// Whether WINDOW begins a clause here: a name and AS follow. (SQLite's tokenizer decides the same way.)
    func startsWindowClause() -> Bool {
        guard at(.window) else { return false }
        let next = peek()
        let isName =
            next.kind == .word && (next.roles.contains(.name) || next.roles.contains(.function))
            || next.kind == .doubleQuoted || next.kind == .backtickQuoted || next.kind == .bracketQuoted
            || next.kind == .string
        return isName && peek(2).keyword == .as
    }
}
