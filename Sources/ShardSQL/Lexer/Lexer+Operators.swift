extension Lexer {
    /// An operator from `at`, which it moves behind it.
    mutating func operatorToken(_ at: inout Int, _ tokens: inout [Token]) throws(SQLSyntaxError) {
        let start = at
        if has(.customOperators) {
            let kind = try longestOperator(&at)
            tokens.append(Token(kind, start, at))
            return
        }
        let next = byte(at + 1)
        let kind: Token.Kind
        switch bytes[at] {
        case UInt8(ascii: "*"): kind = .star
        case UInt8(ascii: "+"): kind = .plus
        case UInt8(ascii: "/"): kind = .slash
        case UInt8(ascii: "%"): kind = .percent
        case UInt8(ascii: "&"): kind = .bitAnd
        case UInt8(ascii: "~"): kind = .bitNot
        case UInt8(ascii: "-"):
            if next == 62 { kind = byte(at + 2) == 62 ? .doubleArrow : .arrow } else { kind = .minus }
        case UInt8(ascii: "="): kind = next == 61 ? .doubleEqual : .equal
        case UInt8(ascii: "|"): kind = next == 124 ? .concatenate : .bitOr
        case UInt8(ascii: "<"):
            kind = next == 61 ? .lessOrEqual : next == 62 ? .notEqual : next == 60 ? .shiftLeft : .less
        case UInt8(ascii: ">"): kind = next == 61 ? .greaterOrEqual : next == 62 ? .shiftRight : .greater
        case UInt8(ascii: "!") where next == 61: kind = .bangEqual
        default: throw unrecognized(at)
        }
        at += Self.length(of: kind)
        tokens.append(Token(kind, start, at))
    }

    private static func length(of kind: Token.Kind) -> Int {
        switch kind {
        case .doubleArrow: 3
        case .arrow, .doubleEqual, .concatenate, .lessOrEqual, .notEqual, .shiftLeft, .greaterOrEqual, .shiftRight,
            .bangEqual:
            2
        default: 1
        }
    }

    /// PostgreSQL's rule: the longest run of operator characters, up to a comment's start; of more than one character
    /// a `+` or `-` at the end is left off, unless the run holds one of `~ ! @ # % ^ & | ? \``.
    private func longestOperator(_ at: inout Int) throws(SQLSyntaxError) -> Token.Kind {
        let start = at
        var mayEndInSign = false
        while at < count, Self.isOperator(bytes[at]) {
            let next = byte(at + 1)
            if at > start, bytes[at] == 45 && next == 45 || bytes[at] == 47 && next == 42 { break }
            switch bytes[at] {
            case 126, 33, 64, 35, 37, 94, 38, 124, 63, 96: mayEndInSign = true
            default: break
            }
            at += 1
        }
        if at == start { throw unrecognized(start) }
        if !mayEndInSign {
            while at - start > 1, bytes[at - 1] == 43 || bytes[at - 1] == 45 { at -= 1 }
        }
        guard at - start <= 63 else { throw SQLSyntaxError("the operator is longer than 63 characters", offset: start) }
        return kind(start, at - start)
    }

    private static func isOperator(_ byte: UInt8) -> Bool {
        switch byte {
        case 126, 33, 64, 35, 94, 38, 124, 96, 63, 43, 45, 42, 47, 37, 60, 62, 61: true
        default: false
        }
    }

    private func kind(_ start: Int, _ length: Int) -> Token.Kind {
        let first = bytes[start]
        switch (length, first) {
        case (1, 42): return .star
        case (1, 43): return .plus
        case (1, 45): return .minus
        case (1, 47): return .slash
        case (1, 37): return .percent
        case (1, 94): return .caret
        case (1, 61): return .equal
        case (1, 60): return .less
        case (1, 62): return .greater
        case (1, 38): return .bitAnd
        case (1, 124): return .bitOr
        case (1, 126): return .bitNot
        case (2, _):
            switch (first, bytes[start + 1]) {
            case (60, 62): return .notEqual
            case (33, 61): return .bangEqual
            case (60, 61): return .lessOrEqual
            case (62, 61): return .greaterOrEqual
            case (61, 62): return .equalGreater
            case (124, 124): return .concatenate
            case (60, 60): return .shiftLeft
            case (62, 62): return .shiftRight
            case (45, 62): return .arrow
            default: return .customOperator
            }
        case (3, 45) where bytes[start + 1] == 62 && bytes[start + 2] == 62: return .doubleArrow
        default: return .customOperator
        }
    }
}
