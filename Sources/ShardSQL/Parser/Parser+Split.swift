extension Parser {
    /// The statements of a script, each without its semicolon; pieces that hold no token are left out.
    ///
    /// Semicolons in strings, names, comments, dollar quotes and parentheses do not split; nor do those inside a
    /// SQLite trigger (which ends with `; END`) or between BEGIN ATOMIC and END. A text that cannot be tokenized from
    /// some place on is one piece from the statement's start to the text's end: parsing it then tells what is wrong.
    public static func split(_ text: String, dialect: Dialect) -> [Range<String.Index>] {
        splitScript(text, dialect: dialect).pieces
    }

    /// The same, and whether the last statement has its semicolon; so has a text without statements.
    /// A string or comment without an end is not complete.
    public static func splitScript(
        _ text: String, dialect: Dialect
    ) -> (pieces: [Range<String.Index>], isComplete: Bool) {
        var copy = text
        let (pieces, isComplete) = copy.withUTF8 { split($0, dialect: dialect) }
        let ranges = pieces.map { piece in
            let start = text.utf8.index(text.startIndex, offsetBy: Int(piece.start))
            return start..<text.utf8.index(start, offsetBy: Int(piece.end - piece.start))
        }
        return (ranges, isComplete)
    }

    /// The same over bytes.
    static func split(
        _ bytes: UnsafeBufferPointer<UInt8>, dialect: Dialect
    ) -> (pieces: [SourceRange], isComplete: Bool) {
        var tokens: [Token] = []
        var broken: SQLSyntaxError.Kind?
        do throws(SQLSyntaxError) {
            try Lexer.tokenize(bytes, dialect: dialect, into: &tokens)
        } catch {
            broken = error.kind
        }
        var pieces: [SourceRange] = []
        var splitter = Splitter(isEmbedded: dialect.has(.embeddedEngine))
        var pieceStart = 0
        var lastEnd = 0
        var isEmpty = true
        for token in tokens where token.kind != .end {
            if token.kind == .semicolon, splitter.splits() {
                if !isEmpty {
                    pieces.append(trimmed(bytes, pieceStart, lastEnd))
                    isEmpty = true
                }
                pieceStart = Int(token.end)
                splitter = Splitter(isEmbedded: splitter.isEmbedded)
                continue
            }
            splitter.take(token, bytes)
            lastEnd = Int(token.end)
            isEmpty = false
        }
        if broken != nil {
            pieces.append(trimmed(bytes, pieceStart, bytes.count))
        } else if !isEmpty {
            pieces.append(trimmed(bytes, pieceStart, lastEnd))
        }
        // What no further text can mend is left to the parser's error as soon as a semicolon ends it.
        let isEnded = bytes.last { $0 > 0x20 } == UInt8(ascii: ";")
        return (pieces, broken == nil ? isEmpty : isEnded && broken != .unterminated)
    }

    /// Without the white space at the front; comments stay, since they may be hints.
    private static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> SourceRange {
        var start = start
        while start < end, bytes[start] == 32 || bytes[start] &- 9 < 5 { start += 1 }
        return SourceRange(Int32(start), Int32(end))
    }

    /// Knows whether a semicolon ends the statement whose tokens it has seen.
    private struct Splitter {
        let isEmbedded: Bool
        private var position = 0
        private var open = 0
        private var isTrigger = false
        private var mayBeTrigger = true
        private var bodies = 0
        private var previous = Keyword.none
        private var previousKind = Token.Kind.end
        private var beforePrevious = Token.Kind.end

        init(isEmbedded: Bool) { self.isEmbedded = isEmbedded }

        mutating func splits() -> Bool {
            if isTrigger {
                if previous == .end, previousKind == .word, beforePrevious == .semicolon { return true }
                return false
            }
            return open <= 0 && bodies == 0
        }

        mutating func take(_ token: Token, _ bytes: UnsafeBufferPointer<UInt8>) {
            if isEmbedded, mayBeTrigger {
                switch token.keyword {
                case .create: mayBeTrigger = position == 0 || position <= 3
                case .temp, .temporary, .explain, .query, .plan: break
                case .trigger:
                    isTrigger = position > 0
                    mayBeTrigger = false
                default: mayBeTrigger = false
                }
            }
            switch token.kind {
            case .leftParenthesis, .leftBracket: open += 1
            case .rightParenthesis, .rightBracket: open -= 1
            case .word where !isEmbedded:
                if previous == .begin, isAtomic(token, bytes) {
                    bodies += 1
                } else if bodies > 0, token.keyword == .case {
                    bodies += 1
                } else if bodies > 0, token.keyword == .end {
                    bodies -= 1
                }
            default: break
            }
            position += 1
            beforePrevious = previousKind
            previousKind = token.kind
            previous = token.keyword
        }

        private func isAtomic(_ token: Token, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
            guard token.end - token.start == 6 else { return false }
            return zip(bytes[Int(token.start)..<Int(token.end)], "atomic".utf8).allSatisfy { $0 | 0x20 == $1 }
        }
    }
}
