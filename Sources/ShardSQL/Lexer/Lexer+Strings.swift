extension Lexer {
    /// Behind a text quoted by `quote`, in which the quote stands doubled.
    func quoted(_ start: Int, by quote: UInt8, what: String) throws(SQLSyntaxError) -> Int {
        var at = start + 1
        while at < count {
            if bytes[at] == quote {
                if byte(at + 1) != quote { return at + 1 }
                at += 1
            }
            at += 1
        }
        throw SQLSyntaxError(.unterminated, "the \(what) that begins here never ends", offset: start)
    }

    /// Behind `x'…'`, which holds an even number of hexadecimal digits.
    func blob(_ start: Int) throws(SQLSyntaxError) -> Int {
        var at = start + 2
        while Self.isHexDigit(byte(at)) { at += 1 }
        guard byte(at) == 39, (at - start) % 2 == 0 else {
            throw SQLSyntaxError("a blob holds an even number of hexadecimal digits between its quotes", offset: start)
        }
        return at + 1
    }

    /// `E'…'`, `N'…'`, `B'…'`, `X'…'`, `U&'…'` and `U&"…"`; nil where the letter begins a plain word.
    mutating func prefixedString(
        _ first: UInt8, _ start: Int, _ tokens: inout [Token]
    ) throws(SQLSyntaxError) -> Int? {
        let next = byte(start + 1)
        let kind: Token.Kind
        var end: Int
        switch first | 0x20 {
        case UInt8(ascii: "e") where next == 39:
            kind = .escapeString
            end = try continued(try escaped(start + 1), escapes: true)
        case UInt8(ascii: "n") where next == 39:
            kind = .nationalString
            end = try continued(try quoted(start + 1, by: 39, what: "string"), escapes: false)
        case UInt8(ascii: "b") where next == 39, UInt8(ascii: "x") where next == 39:
            kind = .bits
            end = try continued(try quoted(start + 1, by: 39, what: "bit string"), escapes: false)
        case UInt8(ascii: "u") where next == 38 && byte(start + 2) == 39:
            kind = .unicodeString
            end = try continued(try quoted(start + 2, by: 39, what: "string"), escapes: false)
        case UInt8(ascii: "u") where next == 38 && byte(start + 2) == 34:
            kind = .unicodeQuoted
            end = try quoted(start + 2, by: 34, what: "quoted name")
        default: return nil
        }
        tokens.append(Token(kind, start, end))
        return end
    }

    /// Behind a string with backslash escapes, whose quote stands at `quote`.
    private func escaped(_ quote: Int) throws(SQLSyntaxError) -> Int {
        var at = quote + 1
        while at < count {
            switch bytes[at] {
            case 92: at += 2
            case 39 where byte(at + 1) == 39: at += 2
            case 39: return at + 1
            default: at += 1
            }
        }
        throw SQLSyntaxError(.unterminated, "the string that begins here never ends", offset: quote - 1)
    }

    /// Behind the further parts of a string: a string goes on where white space with a line's end leads to a quote.
    func continued(_ end: Int, escapes: Bool) throws(SQLSyntaxError) -> Int {
        var end = end
        while true {
            var at = end
            var sawLineEnd = false
            skip: while at < count {
                switch bytes[at] {
                case 10, 13:
                    sawLineEnd = true
                    at += 1
                case 9, 11, 12, 32: at += 1
                case 45 where byte(at + 1) == 45: at = lineEnd(at + 2)
                default: break skip
                }
            }
            guard sawLineEnd, byte(at) == 39 else { return end }
            end = escapes ? try escaped(at) : try quoted(at, by: 39, what: "string")
        }
    }

    /// Behind `$tag$…$tag$`; nil where no tag stands.
    func dollarString(_ start: Int) throws(SQLSyntaxError) -> Int? {
        var tagEnd = start + 1
        while tagEnd < count, Self.continuesWord(bytes[tagEnd]), bytes[tagEnd] != 36 { tagEnd += 1 }
        guard byte(tagEnd) == 36 else { return nil }
        let length = tagEnd + 1 - start
        var at = tagEnd + 1
        search: while at + length <= count {
            if bytes[at] == 36 {
                var matched = 1
                while matched < length, bytes[at + matched] == bytes[start + matched] { matched += 1 }
                if matched == length { return at + length }
                at += max(matched, 1)
                continue search
            }
            at += 1
        }
        throw SQLSyntaxError(.unterminated, "the dollar-quoted string that begins here never ends", offset: start)
    }

    func lineEnd(_ start: Int) -> Int {
        var at = start
        while at < count, bytes[at] != 10 { at += 1 }
        return at
    }

    /// Behind a `/* … */` comment.
    mutating func comment(_ start: Int) throws(SQLSyntaxError) -> Int {
        if byte(start + 2) == UInt8(ascii: "+") { hasHints = true }
        let nested = has(.nestedComments)
        var depth = 1
        var at = start + 2
        while at < count {
            if bytes[at] == 42, byte(at + 1) == 47 {
                at += 2
                depth -= 1
                if depth == 0 { return at }
            } else if nested, bytes[at] == 47, byte(at + 1) == 42 {
                at += 2
                depth += 1
            } else {
                at += 1
            }
        }
        if has(.openCommentIsSpace) { return count }
        throw SQLSyntaxError(.unterminated, "the comment that begins here never ends", offset: start)
    }
}
