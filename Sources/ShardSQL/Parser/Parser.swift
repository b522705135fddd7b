/// Text to a tree: one statement, one expression, or a sharding clause.
///
/// Nothing a text holds makes it crash, hang or overflow the stack: time and memory are linear in the text, nesting is
/// bounded (``SQLSyntaxError/Kind/nestingTooDeep``).
public enum Parser {
    /// Parses exactly one statement. Semicolons behind it, and comments anywhere, are allowed.
    ///
    /// - Throws: ``SQLSyntaxError`` where the text is no statement of the dialect, holds none, or holds several.
    public static func parse(_ text: String, dialect: Dialect) throws(SQLSyntaxError) -> ParsedStatement {
        try run(text, dialect) { (parser, hints) throws(SQLSyntaxError) in
            if parser.token.kind == .end || parser.at(.semicolon) && parser.onlySemicolonsRemain() {
                throw SQLSyntaxError(.noStatement, "the text holds no statement", offset: 0)
            }
            let statement = try parser.statement()
            if !parser.onlySemicolonsRemain() {
                if parser.at(.semicolon) {
                    while parser.take(.semicolon) {}
                    throw SQLSyntaxError(
                        "another statement begins here; one is taken at a time", offset: Int(parser.token.start))
                }
                throw parser.unexpected("the end of the statement")
            }
            return ParsedStatement(
                statement: statement, source: text, parameterNames: parser.parameters.names, hints: hints)
        }
    }

    /// Parses one expression, to the text's end.
    public static func parseExpression(_ text: String, dialect: Dialect) throws(SQLSyntaxError) -> Expression {
        try run(text, dialect) { (parser, _) throws(SQLSyntaxError) in
            let expression = try parser.expression()
            guard parser.token.kind == .end else { throw parser.unexpected("the end of the expression") }
            return expression
        }
    }

    /// Parses a sharding clause alone, as configuration and command lines write it: `HASH (id)`,
    /// `SHARD BY LIST (c) …`, `BROADCAST`, `SINGLE ON s1`.
    public static func parseShardingClause(
        _ text: String, dialect: Dialect = .sqlite
    ) throws(SQLSyntaxError) -> ShardingClause {
        try run(text, dialect) { (parser, _) throws(SQLSyntaxError) in
            let clause = try parser.shardingClauseAlone()
            guard parser.token.kind == .end else { throw parser.unexpected("the end of the clause") }
            return clause
        }
    }

    /// Tokenizes a text and hands a parser over it to `body`, with the text's hints.
    private static func run<Result>(
        _ text: String, _ dialect: Dialect,
        _ body: (inout StatementParser, [String]) throws(SQLSyntaxError) -> Result
    ) throws(SQLSyntaxError) -> Result {
        var tokens: [Token] = []
        tokens.reserveCapacity(text.utf8.count / 3 + 8)
        var copy = text
        return try withBytes(&copy) { (bytes) throws(SQLSyntaxError) in
            let hasHints = try Lexer.tokenize(bytes, dialect: dialect, into: &tokens)
            return try withTokens(tokens) { (tokens) throws(SQLSyntaxError) in
                let hints = hasHints ? Self.hints(bytes, tokens) : []
                guard let base = tokens.baseAddress else { return try unreachable() }
                // An empty text has no bytes, and then no token looks at any.
                let start =
                    bytes.baseAddress ?? UnsafePointer(UnsafeRawPointer(base).assumingMemoryBound(to: UInt8.self))
                var parser = StatementParser(bytes: start, tokens: base, tokenCount: tokens.count, dialect: dialect)
                return try body(&parser, hints)
            }
        }
    }

    /// The lexer always yields the end token.
    private static func unreachable<Result>() throws(SQLSyntaxError) -> Result {
        preconditionFailure("a tokenized text has an end token")
    }

    private static func withBytes<Result>(
        _ text: inout String, _ body: (UnsafeBufferPointer<UInt8>) throws(SQLSyntaxError) -> Result
    ) throws(SQLSyntaxError) -> Result {
        var result: Swift.Result<Result, SQLSyntaxError>?
        text.withUTF8 { bytes in
            do throws(SQLSyntaxError) { result = .success(try body(bytes)) } catch { result = .failure(error) }
        }
        return try result!.get()
    }

    private static func withTokens<Result>(
        _ tokens: [Token], _ body: (UnsafeBufferPointer<Token>) throws(SQLSyntaxError) -> Result
    ) throws(SQLSyntaxError) -> Result {
        var result: Swift.Result<Result, SQLSyntaxError>?
        tokens.withUnsafeBufferPointer { tokens in
            do throws(SQLSyntaxError) { result = .success(try body(tokens)) } catch { result = .failure(error) }
        }
        return try result!.get()
    }

    /// The inner texts of `/*+ … */` comments: they stand between the tokens.
    private static func hints(_ bytes: UnsafeBufferPointer<UInt8>, _ tokens: UnsafeBufferPointer<Token>) -> [String] {
        var hints: [String] = []
        var gap = 0
        for token in tokens {
            var at = gap
            while at + 1 < Int(token.start) {
                if bytes[at] == 45, bytes[at + 1] == 45 {
                    while at < Int(token.start), bytes[at] != 10 { at += 1 }
                } else if bytes[at] == 47, bytes[at + 1] == 42 {
                    let isHint = at + 2 < Int(token.start) && bytes[at + 2] == 43
                    let start = at + (isHint ? 3 : 2)
                    at = start
                    while at + 1 < Int(token.start), !(bytes[at] == 42 && bytes[at + 1] == 47) { at += 1 }
                    if isHint {
                        let inner = String(decoding: bytes[start..<max(start, at)], as: UTF8.self)
                        hints.append(Self.trimmed(inner))
                    }
                    at += 2
                } else {
                    at += 1
                }
            }
            gap = Int(token.end)
        }
        return hints
    }

    private static func trimmed(_ text: String) -> String {
        let front = text.drop { $0.isWhitespace }
        guard let last = front.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(front[...last])
    }
}

extension StatementParser {
    func onlySemicolonsRemain() -> Bool {
        var index = position
        while tokens[index].kind == .semicolon { index += 1 }
        return tokens[index].kind == .end
    }
}
