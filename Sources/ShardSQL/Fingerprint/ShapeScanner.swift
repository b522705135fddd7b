/// The tokens of a text as its shape sees them: words, names in quotes, literals by kind, and single characters.
///
/// It splits texts where ``Lexer`` does, and leaves what is rare to the lexer's own functions, but it needs no token
/// array, no keywords, and knows operators character by character: which operator `<=` is does not matter to the shape
/// as long as two texts are compared character by character, too.
struct ShapeScanner {
    enum Kind: UInt8 {
        case end
        /// A keyword or a bare name.
        case word
        /// A name in quotes, the quotes included.
        case quotedName
        case integer, real, string, escapeString, dollarString, unicodeString, nationalString, blob, bits
        case parameter
        /// One character of an operator or of punctuation.
        case symbol
        /// `/*+ … */`
        case hint
        /// The text is not made of the dialect's tokens from here on.
        case invalid
    }

    struct Item {
        var kind: Kind
        var start: Int
        var end: Int
    }

    let base: UnsafePointer<UInt8>
    let count: Int
    let capabilities: UInt64
    var at = 0

    /// Fails for an empty text.
    init?(_ bytes: UnsafeBufferPointer<UInt8>, dialect: Dialect) {
        guard let base = bytes.baseAddress, bytes.count <= 1_000_000_000 else { return nil }
        self.base = base
        self.count = bytes.count
        self.capabilities = dialect.capabilities.rawValue
    }

    @inline(__always)
    private func has(_ capability: Dialect.Capabilities) -> Bool { capabilities & capability.rawValue != 0 }

    @inline(__always)
    private func byte(_ offset: Int) -> UInt8 { offset < count ? base[offset] : 0 }

    /// The next item; after the last one ``Kind/end``, and ``Kind/invalid`` where the lexer would throw.
    @inline(__always)
    mutating func next() -> Item {
        while at < count {
            let start = at
            let first = base[start]
            switch first {
            case 9, 10, 11, 12, 13, 32:
                at &+= 1
                continue
            case 65...90, 97...122, 95, 128...255:
                return word(start)
            case 48...57:
                var end = start &+ 1
                while end < count, base[end] &- 48 < 10 { end &+= 1 }
                at = end
                if end < count, base[end] == UInt8(ascii: ".") || Lexer.continuesWord(base[end]) {
                    return number(start)
                }
                return Item(kind: .integer, start: start, end: end)
            case 39:
                return string(start)
            case 40, 41, 44, 42, 61, 59, 43, 37, 60, 62, 38, 124, 126:
                at &+= 1
                return Item(kind: .symbol, start: start, end: at)
            default:
                guard let item = rare(start, first) else { continue }
                return item
            }
        }
        return Item(kind: .end, start: count, end: count)
    }

    @inline(__always)
    private mutating func word(_ start: Int) -> Item {
        var end = start &+ 1
        while end < count, Lexer.continuesWord(base[end]) { end &+= 1 }
        at = end
        if end &- start == 1, end < count, base[end] == 39 || base[end] == UInt8(ascii: "&") {
            return prefixed(start) ?? Item(kind: .word, start: start, end: end)
        }
        if start == 0, base[0] == 0xEF { return markedWord(end) }
        return Item(kind: .word, start: start, end: end)
    }

    /// A text that begins with a byte order mark.
    @inline(never)
    private mutating func markedWord(_ end: Int) -> Item {
        guard byte(1) == 0xBB, byte(2) == 0xBF else { return Item(kind: .word, start: 0, end: end) }
        at = 3
        return next(after: 3)
    }

    @inline(never)
    private mutating func next(after offset: Int) -> Item {
        at = offset
        return next()
    }

    @inline(__always)
    private mutating func string(_ start: Int) -> Item {
        var end = start &+ 1
        while end < count {
            if base[end] == 39 {
                end &+= 1
                if end >= count || base[end] != 39 {
                    at = end
                    if has(.prefixedStrings), end < count, base[end] <= 32 { return continued(start, end) }
                    return Item(kind: .string, start: start, end: end)
                }
            }
            end &+= 1
        }
        return invalid(start)
    }

    private func lexer() -> Lexer {
        Lexer(bytes: base, count: count, capabilities: Dialect.Capabilities(rawValue: capabilities))
    }

    private mutating func invalid(_ start: Int) -> Item {
        at = count
        return Item(kind: .invalid, start: start, end: count)
    }

    @inline(never)
    private mutating func continued(_ start: Int, _ end: Int) -> Item {
        guard let end = try? lexer().continued(end, escapes: false) else { return invalid(start) }
        at = end
        return Item(kind: .string, start: start, end: end)
    }

    @inline(never)
    private mutating func number(_ start: Int) -> Item {
        at = start
        var end = start
        guard let kind = try? lexer().number(&end) else { return invalid(start) }
        at = end
        return Item(kind: kind == .integer ? .integer : .real, start: start, end: end)
    }

    /// `x'…'`, `E'…'`, `U&"…"` and their kin; nil for a word that only stands before a quote or `&`.
    @inline(never)
    private mutating func prefixed(_ start: Int) -> Item? {
        var lexer = lexer()
        guard has(.prefixedStrings) else {
            guard base[start] | 0x20 == UInt8(ascii: "x"), byte(start + 1) == 39 else { return nil }
            guard let end = try? lexer.blob(start) else { return invalid(start) }
            at = end
            return Item(kind: .blob, start: start, end: end)
        }
        var tokens: [Token] = []
        do throws(SQLSyntaxError) {
            guard let end = try lexer.prefixedString(base[start], start, &tokens) else { return nil }
            at = end
            return Item(kind: Self.kind(of: tokens[0].kind), start: start, end: end)
        } catch {
            return invalid(start)
        }
    }

    private static func kind(of kind: Token.Kind) -> Kind {
        switch kind {
        case .escapeString: .escapeString
        case .unicodeString: .unicodeString
        case .nationalString: .nationalString
        case .bits: .bits
        case .unicodeQuoted: .quotedName
        case .blob: .blob
        case .end, .word, .doubleQuoted, .backtickQuoted, .bracketQuoted, .integer, .real, .string, .dollarString,
            .parameter, .comma, .dot, .semicolon, .leftParenthesis, .rightParenthesis, .leftBracket, .rightBracket,
            .colon, .doubleColon, .colonEqual, .equalGreater, .star, .plus, .minus, .slash, .percent, .caret, .equal,
            .doubleEqual, .notEqual, .bangEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .concatenate, .bitAnd,
            .bitOr, .bitNot, .shiftLeft, .shiftRight, .arrow, .doubleArrow, .customOperator:
            .invalid
        }
    }

    /// What is left; nil for a comment, which is skipped.
    @inline(never)
    private mutating func rare(_ start: Int, _ first: UInt8) -> Item? {
        switch first {
        case 45 where byte(start + 1) == 45:
            at = lexer().lineEnd(start + 2)
            return nil
        case 47 where byte(start + 1) == 42 && (start + 2 < count || !has(.openCommentIsSpace)):
            var lexer = lexer()
            guard let end = try? lexer.comment(start) else { return invalid(start) }
            at = end
            return byte(start + 2) == UInt8(ascii: "+") ? Item(kind: .hint, start: start, end: end) : nil
        case 46 where Lexer.isDigit(byte(start + 1)): return number(start)
        case 33 where has(.customOperators) || byte(start + 1) == 61: return symbol(start)
        case 34: return quotedName(start, by: 34)
        case 96 where has(.backtickIdentifiers): return quotedName(start, by: 96)
        case 91 where has(.bracketIdentifiers): return quotedName(start, by: 93)
        case 45, 46, 47, 91, 93: return symbol(start)
        case 58 where !has(.namedParameters): return symbol(start)
        case 35, 36, 58, 63, 64: return parameter(start)
        // The characters of PostgreSQL's operators that no case above has.
        case 94 where has(.customOperators), 96 where has(.customOperators): return symbol(start)
        default: return invalid(start)
        }
    }

    private mutating func symbol(_ start: Int) -> Item {
        at = start + 1
        return Item(kind: .symbol, start: start, end: at)
    }

    private mutating func quotedName(_ start: Int, by quote: UInt8) -> Item {
        var end = start + 1
        while end < count {
            if base[end] == quote {
                end += 1
                if quote == 93 || byte(end) != quote {
                    // PostgreSQL has no empty names.
                    if end - start == 2, has(.customOperators) { return invalid(start) }
                    at = end
                    return Item(kind: .quotedName, start: start, end: end)
                }
            }
            end += 1
        }
        return invalid(start)
    }

    /// `?3`, `:a`, `@a`, `$a`, `$1`, `$$…$$`; PostgreSQL's operator characters among them.
    private mutating func parameter(_ start: Int) -> Item {
        var end = start + 1
        if !has(.namedParameters) {
            guard base[start] == 36 else { return symbol(start) }
            if Lexer.isDigit(byte(end)) {
                while Lexer.isDigit(byte(end)) { end += 1 }
                guard end == count || !Lexer.continuesWord(base[end]) else { return invalid(start) }
                at = end
                return Item(kind: .parameter, start: start, end: end)
            }
            guard let closing = try? lexer().dollarString(start) else { return invalid(start) }
            at = closing
            return Item(kind: .dollarString, start: start, end: closing)
        }
        if base[start] == UInt8(ascii: "?") {
            while Lexer.isDigit(byte(end)) { end += 1 }
            at = end
            return Item(kind: .parameter, start: start, end: end)
        }
        var tokens: [Token] = []
        let rest = UnsafeBufferPointer(start: base + start, count: parameterEnd(start) - start)
        guard (try? Lexer.tokenize(rest, dialect: .sqlite, into: &tokens)) != nil, tokens[0].kind == .parameter else {
            return invalid(start)
        }
        at = start + Int(tokens[0].end)
        return Item(kind: .parameter, start: start, end: at)
    }

    /// An offset that no named parameter from `start` reaches beyond: its first blank.
    private func parameterEnd(_ start: Int) -> Int {
        var end = start + 1
        while end < count, Lexer.continuesWord(base[end]) { end += 1 }
        guard byte(end) == 58 || byte(end) == 40 else { return end }
        while end < count, base[end] > 32 { end += 1 }
        return end
    }
}
