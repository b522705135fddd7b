extension Lexer {
    /// An integer or a real number from `at`, which it moves behind it.
    ///
    /// Digits, `0x…`, and where the dialect has them `0o…`, `0b…` and `_` between digits; a fraction; an exponent. A
    /// letter right behind the number is an error in both dialects.
    func number(_ at: inout Int) throws(SQLSyntaxError) -> Token.Kind {
        let start = at
        let grouped = has(.groupedDigits)
        if bytes[at] == UInt8(ascii: "0") {
            let base = byte(at + 1) | 0x20
            if base == UInt8(ascii: "x"), Self.isHexDigit(byte(at + 2)) || grouped && byte(at + 2) == 95 {
                at += 2
                while Self.isHexDigit(byte(at)) || grouped && byte(at) == 95 { at += 1 }
                return try finish(.integer, start, at)
            }
            if grouped, base == UInt8(ascii: "o") || base == UInt8(ascii: "b"), byte(at + 1) > 64 {
                let limit: UInt8 = base == UInt8(ascii: "o") ? 8 : 2
                at += 2
                while byte(at) &- 48 < limit || byte(at) == 95 { at += 1 }
                guard at - start > 2 else { throw junk(start, at, after: "number") }
                return try finish(.integer, start, at)
            }
        }
        var kind = Token.Kind.integer
        digits(&at, grouped)
        if byte(at) == UInt8(ascii: "."), !(grouped && byte(at + 1) == UInt8(ascii: ".")) {
            kind = .real
            at += 1
            digits(&at, grouped)
        }
        if byte(at) | 0x20 == UInt8(ascii: "e") {
            let sign = byte(at + 1)
            if Self.isDigit(sign) {
                kind = .real
                at += 2
                digits(&at, grouped)
            } else if sign == 43 || sign == 45, Self.isDigit(byte(at + 2)) {
                kind = .real
                at += 3
                digits(&at, grouped)
            }
        }
        return try finish(kind, start, at)
    }

    @inline(__always)
    private func digits(_ at: inout Int, _ grouped: Bool) {
        while at < count, bytes[at] &- 48 < 10 || grouped && bytes[at] == 95 && Self.isDigit(byte(at + 1)) { at += 1 }
    }

    @inline(__always)
    private func finish(_ kind: Token.Kind, _ start: Int, _ at: Int) throws(SQLSyntaxError) -> Token.Kind {
        if at < count, Self.continuesWord(bytes[at]) { throw junk(start, at, after: "number") }
        return kind
    }
}
