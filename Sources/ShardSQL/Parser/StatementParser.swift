/// The state of one parse: where it stands in the tokens, how deep, and the parameters met so far.
///
/// A recursive descent over an array of tokens. Aspects stand in the files beside this one. Invariants:
/// - `tokens[tokenCount - 1]` is the end token; `position` never passes it, so looking at the token is always safe.
/// - `depth` counts the calls that stand on the stack (expressions, queries, tables, statements) and is bounded by
///   ``depthLimit``: no text overflows the stack.
/// - `height` is at least the height of every expression tree built since the enclosing expression began, and is
///   bounded by ``heightLimit``: whoever walks the tree recursively does not overflow the stack either.
struct StatementParser {
    /// How many parsing calls may stand inside one another. A level of parentheses costs one or two.
    static let depthLimit = 200
    /// The deepest expression tree: SQLite's own default limit.
    static let heightLimit = 1000
    /// The longest chain of set operations or joins: twice what SQLite takes of the first.
    static let chainLimit = 1000

    let bytes: UnsafePointer<UInt8>
    let tokens: UnsafePointer<Token>
    let tokenCount: Int
    let capabilities: Dialect.Capabilities
    let precedence: OperatorPrecedence
    let maximumParameter: Int
    var position = 0
    var depth = 0
    var height = 0
    /// Inside a column's DEFAULT, where COLLATE begins the next constraint.
    var stopsAtCollate = false
    var parameters = ParameterNumbering()

    init(bytes: UnsafePointer<UInt8>, tokens: UnsafePointer<Token>, tokenCount: Int, dialect: Dialect) {
        self.bytes = bytes
        self.tokens = tokens
        self.tokenCount = tokenCount
        capabilities = dialect.capabilities
        precedence = dialect.precedence
        maximumParameter = dialect.maximumParameter
    }

    @inline(__always)
    func has(_ capability: Dialect.Capabilities) -> Bool { capabilities.rawValue & capability.rawValue != 0 }

    // MARK: Looking

    @inline(__always)
    var token: Token { tokens[position] }

    @inline(__always)
    func peek(_ distance: Int = 1) -> Token {
        let at = position &+ distance
        return tokens[at < tokenCount ? at : tokenCount &- 1]
    }

    @inline(__always)
    func at(_ kind: Token.Kind) -> Bool { tokens[position].kind == kind }

    @inline(__always)
    func at(_ keyword: Keyword) -> Bool { tokens[position].keyword == keyword }

    @inline(__always)
    func at(_ first: Keyword, _ second: Keyword) -> Bool {
        tokens[position].keyword == first && peek().keyword == second
    }

    /// Whether an unquoted word stands there, by its letters: for words too rare to be keywords.
    func at(word: StaticString, ahead: Int = 0) -> Bool {
        let token = peek(ahead)
        guard token.kind == .word, Int(token.end - token.start) == word.utf8CodeUnitCount else { return false }
        for index in 0..<word.utf8CodeUnitCount {
            let byte = bytes[Int(token.start) + index]
            let letter = word.utf8Start[index]
            if byte != letter && (byte | 0x20 != letter || byte &- 65 >= 26) { return false }
        }
        return true
    }

    // MARK: Taking

    @inline(__always)
    mutating func advance() { if position &+ 1 < tokenCount { position &+= 1 } }

    @inline(__always)
    mutating func take(_ kind: Token.Kind) -> Bool {
        if tokens[position].kind != kind { return false }
        advance()
        return true
    }

    @inline(__always)
    mutating func take(_ keyword: Keyword) -> Bool {
        if tokens[position].keyword != keyword { return false }
        advance()
        return true
    }

    mutating func take(_ first: Keyword, _ second: Keyword) -> Bool {
        guard at(first, second) else { return false }
        advance()
        advance()
        return true
    }

    mutating func take(word: StaticString) -> Bool {
        guard at(word: word) else { return false }
        advance()
        return true
    }

    @inline(__always)
    mutating func expect(_ kind: Token.Kind, _ what: StaticString) throws(SQLSyntaxError) {
        if tokens[position].kind != kind { throw unexpected(what) }
        advance()
    }

    @inline(__always)
    mutating func expect(_ keyword: Keyword) throws(SQLSyntaxError) {
        if tokens[position].keyword != keyword { throw unexpected(keyword) }
        advance()
    }

    mutating func expect(word: StaticString) throws(SQLSyntaxError) {
        if !take(word: word) { throw unexpected(word) }
    }

    // MARK: Depth

    @inline(__always)
    mutating func enter() throws(SQLSyntaxError) {
        depth &+= 1
        if depth > Self.depthLimit { throw tooDeep() }
    }

    @inline(__always)
    mutating func leave() { depth &-= 1 }

    func tooDeep() -> SQLSyntaxError {
        SQLSyntaxError(
            .nestingTooDeep, "the statement is nested more deeply than \(Self.depthLimit) levels",
            offset: Int(token.start))
    }

    /// Counts one more node above the expressions built so far.
    @inline(__always)
    mutating func grow() throws(SQLSyntaxError) {
        height &+= 1
        if height > Self.heightLimit { throw tooHigh() }
    }

    func tooHigh() -> SQLSyntaxError {
        SQLSyntaxError(
            .nestingTooDeep, "an expression has more than \(Self.heightLimit) operators inside one another",
            offset: Int(token.start))
    }

    // MARK: Errors

    func unexpected(_ expected: StaticString) -> SQLSyntaxError { unexpected(expecting: "\(expected)") }

    func unexpected(_ keyword: Keyword) -> SQLSyntaxError { unexpected(expecting: keyword.word.uppercased()) }

    func unexpected(expecting expected: String) -> SQLSyntaxError {
        let token = token
        if token.kind == .end {
            return SQLSyntaxError("the statement ends where \(expected) is expected", offset: Int(token.start))
        }
        let written = text(of: token)
        let shown = written.count > 40 ? String(written.prefix(40)) + "…" : written
        return SQLSyntaxError(
            "unexpected \(token.kind == .doubleQuoted ? shown : "\"\(shown)\""); \(expected) is expected",
            offset: Int(token.start))
    }

    // MARK: Text and ranges

    @inline(__always)
    func text(of token: Token) -> String { text(Int(token.start), Int(token.end)) }

    @inline(__always)
    func text(_ start: Int, _ end: Int) -> String {
        String(decoding: UnsafeBufferPointer(start: bytes + start, count: end &- start), as: UTF8.self)
    }

    /// From a byte offset to the end of the token taken last.
    @inline(__always)
    func range(from start: Int32) -> SourceRange {
        SourceRange(start, position > 0 ? tokens[position &- 1].end : start)
    }

    /// The text of the tokens from an index up to `position`, one blank where they stand apart: no comments.
    func written(from first: Int) -> String { written(first, position) }

    func written(_ first: Int, _ end: Int) -> String {
        var result: [UInt8] = []
        for index in first..<max(first, end) {
            let token = tokens[index]
            if index > first, tokens[index - 1].end < token.start { result.append(32) }
            result.append(
                contentsOf: UnsafeBufferPointer(
                    start: bytes + Int(token.start), count: Int(token.end - token.start)))
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text of tokens that no expression was parsed from. Counts the parameters in them.
    mutating func verbatim(from first: Int) throws(SQLSyntaxError) -> String {
        for index in first..<max(first, position) where tokens[index].kind == .parameter {
            _ = try parameterIndex(tokens[index])
        }
        return written(from: first)
    }

    /// Skips a balanced group that begins here, parentheses or brackets.
    ///
    /// - Parameter limit: A group of more tokens is not skipped: the parser stays where it is.
    mutating func skipGroup(atMost limit: Int = .max) throws(SQLSyntaxError) {
        var open = 0
        let first = position
        repeat {
            if position - first > limit {
                position = first
                return
            }
            switch token.kind {
            case .leftParenthesis, .leftBracket: open += 1
            case .rightParenthesis, .rightBracket: open -= 1
            case .end: throw unexpected("a closing parenthesis")
            default: break
            }
            advance()
        } while open > 0
    }
}
