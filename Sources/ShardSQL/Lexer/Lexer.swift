/// Text to tokens, in one pass over UTF-8 bytes and without any allocation of its own.
///
/// White space and comments yield no token. The lexer decides by the dialect's capabilities only. The last token is
/// always ``Token/Kind/end``, unless an error is thrown: then the tokens before it stay in `tokens`.
public struct Lexer {
    let bytes: UnsafePointer<UInt8>
    let count: Int
    let capabilities: Dialect.Capabilities
    /// Whether a `/*+ … */` comment was seen.
    var hasHints = false

    /// Appends the text's tokens to `tokens`. Linear in the text's length.
    ///
    /// - Returns: Whether the text has a hint comment (`/*+ … */`).
    /// - Throws: Text that no token begins with, or a quote or comment that never ends.
    @discardableResult
    public static func tokenize(
        _ bytes: UnsafeBufferPointer<UInt8>, dialect: Dialect, into tokens: inout [Token]
    ) throws(SQLSyntaxError) -> Bool {
        guard bytes.count <= 1_000_000_000 else {
            throw SQLSyntaxError(.tooLong, "the text has \(bytes.count) bytes; the limit is 1000000000", offset: 0)
        }
        guard let base = bytes.baseAddress else {
            tokens.append(Token(.end, 0, 0))
            return false
        }
        var lexer = Lexer(bytes: base, count: bytes.count, capabilities: dialect.capabilities)
        try lexer.run(dialect.keywords, &tokens)
        return lexer.hasHints
    }

    /// The byte at an offset; 0 behind the end, which no token holds.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { offset < count ? bytes[offset] : 0 }

    @inline(__always)
    func has(_ capability: Dialect.Capabilities) -> Bool { capabilities.rawValue & capability.rawValue != 0 }

    /// Letters, digits, `_`, `$` and every byte of a character beyond ASCII.
    @inline(__always)
    static func continuesWord(_ byte: UInt8) -> Bool {
        if byte >= 128 { return true }
        let bits: UInt64 = byte < 64 ? 0x03FF_0010_0000_0000 : 0x07FF_FFFE_87FF_FFFE
        return (bits &>> UInt64(byte & 63)) & 1 != 0
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    @inline(__always)
    static func isHexDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 || (byte | 0x20) &- 97 < 6 }

    private mutating func run(_ keywords: KeywordTable, _ tokens: inout [Token]) throws(SQLSyntaxError) {
        var at = 0
        while at < count {
            let start = at
            let first = bytes[at]
            switch first {
            case 9, 10, 11, 12, 13, 32:
                at += 1
                continue
            case 65...90, 97...122, 95, 128...255:
                if first >= 98, has(.prefixedStrings), let end = try prefixedString(first, start, &tokens) {
                    at = end
                    continue
                }
                if first < 98 || first | 0x20 == UInt8(ascii: "x") {
                    if has(.prefixedStrings) {
                        if let end = try prefixedString(first, start, &tokens) {
                            at = end
                            continue
                        }
                    } else if first | 0x20 == UInt8(ascii: "x"), byte(at + 1) == UInt8(ascii: "'") {
                        at = try blob(start)
                        tokens.append(Token(.blob, start, at))
                        continue
                    }
                }
                if first == 0xEF, start == 0, byte(1) == 0xBB, byte(2) == 0xBF {
                    at = 3
                    continue
                }
                at += 1
                while at < count, Self.continuesWord(bytes[at]) { at += 1 }
                let (keyword, roles) = keywords.lookUp(bytes + start, at - start, available: count - start)
                tokens.append(Token(.word, start, at, keyword: keyword, roles: roles))
                continue
            case 48...57:
                let kind = try number(&at)
                tokens.append(Token(kind, start, at))
                continue
            case 39:
                at = try quoted(start, by: 39, what: "string")
                if has(.prefixedStrings) { at = try continued(at, escapes: false) }
                tokens.append(Token(.string, start, at))
                continue
            case 34:
                at = try quoted(start, by: 34, what: "quoted name")
                if at - start == 2, has(.customOperators) {
                    throw SQLSyntaxError("a quoted name is empty", offset: start)
                }
                tokens.append(Token(.doubleQuoted, start, at))
                continue
            case 44: single(.comma, &at, &tokens)
            case 40: single(.leftParenthesis, &at, &tokens)
            case 41: single(.rightParenthesis, &at, &tokens)
            case 59: single(.semicolon, &at, &tokens)
            case 46:
                if Self.isDigit(byte(at + 1)) {
                    let kind = try number(&at)
                    tokens.append(Token(kind, start, at))
                } else {
                    single(.dot, &at, &tokens)
                }
            case 45 where byte(at + 1) == 45:
                at = lineEnd(at + 2)
            case 47 where byte(at + 1) == 42 && (at + 2 < count || !has(.openCommentIsSpace)):
                at = try comment(at)
            case 96 where has(.backtickIdentifiers):
                at = try quoted(start, by: 96, what: "quoted name")
                tokens.append(Token(.backtickQuoted, start, at))
            case 91:
                if has(.bracketIdentifiers) {
                    while at < count, bytes[at] != 93 { at += 1 }
                    guard at < count else {
                        throw SQLSyntaxError(
                            .unterminated, "the quoted name that begins here never ends", offset: start)
                    }
                    at += 1
                    tokens.append(Token(.bracketQuoted, start, at))
                } else {
                    single(.leftBracket, &at, &tokens)
                }
            case 93: single(.rightBracket, &at, &tokens)
            case 58, 63, 64, 36, 35:
                try parameterOrOperator(first, &at, &tokens)
            default:
                try operatorToken(&at, &tokens)
            }
        }
        tokens.append(Token(.end, count, count))
    }

    @inline(__always)
    private func single(_ kind: Token.Kind, _ at: inout Int, _ tokens: inout [Token]) {
        tokens.append(Token(kind, at, at &+ 1))
        at &+= 1
    }

    /// `:`, `?`, `@`, `$` and `#`, which begin a parameter in one dialect and an operator or quote in another.
    private mutating func parameterOrOperator(
        _ first: UInt8, _ at: inout Int, _ tokens: inout [Token]
    ) throws(SQLSyntaxError) {
        let start = at
        if first == UInt8(ascii: "$"), !has(.namedParameters) {
            if has(.dollarNumberParameters), Self.isDigit(byte(at + 1)) {
                at += 2
                while Self.isDigit(byte(at)) { at += 1 }
                guard !Self.continuesWord(byte(at)) else { throw junk(start, at, after: "parameter") }
                tokens.append(Token(.parameter, start, at))
                return
            }
            if has(.dollarQuotedStrings), let end = try dollarString(start) {
                at = end
                tokens.append(Token(.dollarString, start, at))
                return
            }
            throw unrecognized(start)
        }
        if !has(.namedParameters) {
            if first != UInt8(ascii: ":") { return try operatorToken(&at, &tokens) }
            let next = byte(at + 1)
            if next == UInt8(ascii: ":") {
                at += 2
                tokens.append(Token(.doubleColon, start, at))
            } else if next == UInt8(ascii: "=") {
                at += 2
                tokens.append(Token(.colonEqual, start, at))
            } else {
                single(.colon, &at, &tokens)
            }
            return
        }
        at += 1
        if first == UInt8(ascii: "?") {
            while Self.isDigit(byte(at)) { at += 1 }
            tokens.append(Token(.parameter, start, at))
            return
        }
        var length = 0
        scan: while at < count {
            let next = bytes[at]
            if Self.continuesWord(next) {
                length += 1
                at += 1
            } else if next == UInt8(ascii: "("), length > 0 {
                // A Tcl array element, `$a(index)`, up to its parenthesis.
                while at < count, bytes[at] != 41, bytes[at] > 32 { at += 1 }
                guard byte(at) == 41 else { throw unrecognized(start) }
                at += 1
                break scan
            } else if next == UInt8(ascii: ":"), byte(at + 1) == UInt8(ascii: ":") {
                at += 2
            } else {
                break scan
            }
        }
        guard length > 0, first != UInt8(ascii: "#") else { throw unrecognized(start) }
        tokens.append(Token(.parameter, start, at))
    }

    func unrecognized(_ offset: Int) -> SQLSyntaxError {
        let byte = bytes[offset]
        if byte == 0 { return SQLSyntaxError("the text holds a zero byte", offset: offset) }
        return SQLSyntaxError(
            "no token begins with \(byte < 128 ? "\"\(Character(UnicodeScalar(byte)))\"" : "byte \(byte)")",
            offset: offset)
    }

    func junk(_ start: Int, _ at: Int, after what: String) -> SQLSyntaxError {
        var end = at
        while end < count, end - start < 40, Self.continuesWord(bytes[end]) { end += 1 }
        let text = String(decoding: UnsafeBufferPointer(start: bytes + start, count: end - start), as: UTF8.self)
        return SQLSyntaxError("the \(what) is followed by what is no part of it: \"\(text)\"", offset: start)
    }
}
