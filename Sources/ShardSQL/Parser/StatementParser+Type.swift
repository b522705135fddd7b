extension StatementParser {
    /// A type's name with arguments, and with array bounds where the dialect has them.
    ///
    /// - Parameter isTrial: Only to see whether a literal follows: no bounds, and arguments are skipped unread.
    mutating func typeName(isTrial: Bool = false) throws(SQLSyntaxError) -> TypeName {
        has(.looseColumnDefinitions) ? try looseType() : try strictType(isTrial)
    }

    /// Any words and up to two signed numbers, or nothing at all.
    private mutating func looseType() throws(SQLSyntaxError) -> TypeName {
        let first = position
        while at(.word) ? token.roles.contains(.bareAlias) : atName() {
            if at(.generated), peek().keyword == .always || peek().keyword == .by { break }
            advance()
        }
        if position > first, take(.leftParenthesis) {
            try signedNumber()
            if take(.comma) { try signedNumber() }
            try expect(.rightParenthesis, "\")\"")
        }
        return TypeName(written(from: first))
    }

    private mutating func signedNumber() throws(SQLSyntaxError) {
        if !take(.plus) { _ = take(.minus) }
        guard at(Token.Kind.integer) || at(Token.Kind.real) else { throw unexpected("a number") }
        advance()
    }

    private mutating func strictType(_ isTrial: Bool) throws(SQLSyntaxError) -> TypeName {
        let first = position
        _ = take(.setof)
        switch token.keyword {
        case .double:
            advance()
            try expect(.precision)
        case .national:
            advance()
            guard at(.char) || at(.character) else { throw unexpected(.character) }
            advance()
            _ = take(.varying)
            try typeArguments(isTrial)
        case .char, .character, .nchar, .bit:
            advance()
            _ = take(.varying)
            try typeArguments(isTrial)
        case .time, .timestamp:
            advance()
            try typeArguments(isTrial)
            if at(.with) || at(.without), peek().keyword == .time {
                advance()
                advance()
                try expect(.zone)
            }
        case .interval:
            advance()
            if at(.leftParenthesis) { try typeArguments(isTrial) } else { try intervalFields() }
        case .int, .integer, .smallint, .bigint, .real, .boolean, .json: advance()
        case .float, .decimal, .dec, .numeric, .varchar:
            advance()
            try typeArguments(isTrial)
        default:
            guard at(.word) ? token.roles.contains(.function) : atName() else { throw unexpected("a type") }
            advance()
            while take(.dot) { _ = try label("a name after the dot") }
            if at(.percent), at(word: "type", ahead: 1) {
                advance()
                advance()
            }
            try typeArguments(isTrial)
        }
        if !isTrial {
            if take(.array) {
                if take(.leftBracket) {
                    try expect(Token.Kind.integer, "a number")
                    try expect(.rightBracket, "\"]\"")
                }
            } else {
                while take(.leftBracket) {
                    _ = take(Token.Kind.integer)
                    try expect(.rightBracket, "\"]\"")
                }
            }
        }
        return TypeName(written(from: first))
    }

    /// `(10, 2)` or any expressions: a type's modifiers.
    private mutating func typeArguments(_ isTrial: Bool) throws(SQLSyntaxError) {
        guard at(.leftParenthesis) else { return }
        if isTrial {
            // A literal's type has few modifiers: a long group is a call's arguments, which are not read twice.
            let first = position
            try skipGroup(atMost: 32)
            if position == first { throw unexpected("a type's modifiers") }
        } else {
            _ = try expressionListInParentheses()
        }
    }

    /// `YEAR TO MONTH`, `DAY`, `SECOND(3)` …
    mutating func intervalFields() throws(SQLSyntaxError) {
        func isField(_ keyword: Keyword) -> Bool {
            switch keyword {
            case .year, .month, .day, .hour, .minute, .second: true
            default: false
            }
        }
        guard isField(token.keyword) else { return }
        advance()
        if at(.to), isField(peek().keyword) {
            advance()
            advance()
        }
        if tokens[position - 1].keyword == .second, at(.leftParenthesis) { try skipGroup() }
    }

    /// Checks the escapes of a `U&'…'` string: four digits, `+` and six, a doubled sign; surrogates in pairs.
    func checkUnicodeEscapes(_ token: Token, _ escape: UInt8) throws(SQLSyntaxError) {
        var at = Int(token.start) + 3
        let end = Int(token.end) - 1
        var high = false
        while at < end {
            guard bytes[at] == escape else {
                if high { throw invalidEscape(at) }
                at += 1
                continue
            }
            if at + 1 < end, bytes[at + 1] == escape {
                at += 2
                continue
            }
            let isLong = at + 1 < end && bytes[at + 1] == 43
            let digits = isLong ? 6 : 4
            let first = at + (isLong ? 2 : 1)
            guard first + digits <= end else { throw invalidEscape(at) }
            var value: UInt32 = 0
            for index in first..<first + digits {
                guard let digit = Character(UnicodeScalar(bytes[index])).hexDigitValue else { throw invalidEscape(at) }
                value = value << 4 | UInt32(digit)
            }
            let isLow = value >= 0xDC00 && value < 0xE000
            guard value <= 0x10FFFF, isLow == high else { throw invalidEscape(at) }
            high = value >= 0xD800 && value < 0xDC00
            at = first + digits
        }
        if high { throw invalidEscape(end) }
    }

    /// Checks `\uXXXX` and `\UXXXXXXXX` of an `E'…'` string: all digits, surrogates in pairs, no value too large.
    func checkBackslashEscapes(_ token: Token) throws(SQLSyntaxError) {
        var at = Int(token.start) + 2
        let end = Int(token.end) - 1
        var high = false
        while at < end {
            guard bytes[at] == 92, at + 1 < end else {
                if high { throw invalidEscape(at) }
                at += 1
                continue
            }
            let digits = bytes[at + 1] == UInt8(ascii: "u") ? 4 : bytes[at + 1] == UInt8(ascii: "U") ? 8 : 0
            if digits == 0 {
                if high { throw invalidEscape(at) }
                at += 2
                continue
            }
            guard at + 2 + digits <= end else { throw invalidEscape(at) }
            var value: UInt32 = 0
            for index in at + 2..<at + 2 + digits {
                guard let digit = Character(UnicodeScalar(bytes[index])).hexDigitValue else { throw invalidEscape(at) }
                value = value << 4 | UInt32(digit)
            }
            let isLow = value >= 0xDC00 && value < 0xE000
            guard value <= 0x10FFFF, isLow == high else { throw invalidEscape(at) }
            high = value >= 0xD800 && value < 0xDC00
            at += 2 + digits
        }
        if high { throw invalidEscape(end) }
    }

    private func invalidEscape(_ offset: Int) -> SQLSyntaxError {
        SQLSyntaxError("the string holds a Unicode escape that is none", offset: offset)
    }
}
