import ShardSQL
import Testing

@Suite struct LexerTests {
    private func kinds(_ sql: String, _ dialect: Dialect) throws -> [Token.Kind] {
        try tokens(sql, dialect).map(\.kind)
    }

    private func tokens(_ sql: String, _ dialect: Dialect) throws -> [Token] {
        var tokens: [Token] = []
        var text = sql
        try text.withUTF8 { _ = try Lexer.tokenize($0, dialect: dialect, into: &tokens) }
        return tokens
    }

    private func offset(ofErrorIn sql: String, _ dialect: Dialect) -> Int? {
        do { _ = try tokens(sql, dialect) } catch { return (error as? SQLSyntaxError)?.offset }
        return nil
    }

    @Test func `a token has twelve bytes`() {
        #expect(MemoryLayout<Token>.size == 12)
        #expect(MemoryLayout<Token>.stride == 12)
    }

    @Test func `SQLite's numbers, strings, names and parameters are told apart`() throws {
        let sql = "1 .5 5.e3 0x1F 1e-3 'a''b' \"n\" `n` [n m] x'0aFF' ? ?12 :a @b $c $d::e(f) word"
        #expect(
            try kinds(sql, .sqlite) == [
                .integer, .real, .real, .integer, .real, .string, .doubleQuoted, .backtickQuoted, .bracketQuoted,
                .blob, .parameter, .parameter, .parameter, .parameter, .parameter, .parameter, .word, .end,
            ])
    }

    @Test func `PostgreSQL's strings and parameters are told apart`() throws {
        let sql = "E'a\\'b' U&'\\0041' N'n' B'01' X'1f' $1 $$ a ; $$ $t$ $$ $t$ 'a' 'b' 'c'\n  'd' U&\"n\" 1_000 0b10"
        #expect(
            try kinds(sql, .postgresql) == [
                .escapeString, .unicodeString, .nationalString, .bits, .bits, .parameter, .dollarString,
                .dollarString, .string, .string, .string, .unicodeQuoted, .integer, .integer, .end,
            ])
    }

    @Test func `operators are the longest that the dialect has`() throws {
        #expect(
            try kinds("a->>b->c<=d<>e<<f||g==h!=i", .sqlite).filter { $0 != .word } == [
                .doubleArrow, .arrow, .lessOrEqual, .notEqual, .shiftLeft, .concatenate, .doubleEqual, .bangEqual, .end,
            ])
        // A sign at the end of a longer operator is a token of its own, unless the operator holds a special character.
        #expect(try kinds("1 =- 2", .postgresql) == [.integer, .equal, .minus, .integer, .end])
        #expect(try kinds("1 @- 2", .postgresql) == [.integer, .customOperator, .integer, .end])
        #expect(try kinds("a <--b\n b", .postgresql) == [.word, .less, .word, .end])
        #expect(
            try kinds("a::int[1:2] := =>", .postgresql) == [
                .word, .doubleColon, .word, .leftBracket, .integer, .colon, .integer, .rightBracket, .colonEqual,
                .equalGreater, .end,
            ])
    }

    @Test func `comments are white space, nested only where the dialect says so`() throws {
        #expect(try kinds("a /* /* */ b -- c\n d", .sqlite) == [.word, .word, .word, .end])
        #expect(try kinds("a /* /* */ x */ b", .postgresql) == [.word, .word, .end])
        #expect(try kinds("a /* open", .sqlite) == [.word, .end])
        #expect(offset(ofErrorIn: "a /* open", .postgresql) == 2)
    }

    @Test(arguments: [
        ("SELECT 'abc", 7), ("SELECT \"abc", 7), ("SELECT x'123'", 7), ("SELECT 12ab", 7), ("SELECT 1.0E+", 7),
        ("SELECT ^", 7), ("SELECT #1", 7), ("SELECT [a", 7), ("SELECT !a", 7), ("a\0b", 1),
    ])
    func `what no token begins with is an error at its place`(_ sql: String, _ place: Int) {
        #expect(offset(ofErrorIn: sql, .sqlite) == place)
    }

    @Test func `a keyword is found in every case and nothing longer or shorter is`() throws {
        for keyword in Keyword.allCases where keyword != .none {
            let word = keyword == .none_ ? "none" : "\(keyword)"
            guard Dialect.postgresql.roles(ofKeyword: word) != nil else { continue }
            // With text behind and at the text's very end: two ways to load a word.
            for sql in [word, word.uppercased(), "\(word) and some more text behind it"] {
                #expect(try tokens(sql, .postgresql)[0].keyword == keyword, "\(sql)")
            }
            for sql in ["\(word)x", "x\(word)", "\(word)x and some more text behind it", "\"\(word)\""] {
                let found = try tokens(sql, .postgresql)[0].keyword
                #expect(found == .none || "\(found)" != word, "\(sql)")
            }
        }
        #expect(try tokens("current_timestampX and more than sixteen bytes", .sqlite)[0].keyword == .none)
        #expect(try tokens("current_timestamQ and more than sixteen bytes", .sqlite)[0].keyword == .none)
    }

    @Test func `random bytes yield tokens in order or an error inside the text`() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("aX_9 0.1'\"`[]()$$?:@#-/*+|<>=!~%^&,;\n\\eEuUxX\u{e9}".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in alphabet.randomElement(using: &random)!
            }
            for dialect in [Dialect.sqlite, .postgresql] {
                var tokens: [Token] = []
                bytes.withUnsafeBufferPointer { buffer in
                    do throws(SQLSyntaxError) {
                        try Lexer.tokenize(buffer, dialect: dialect, into: &tokens)
                        #expect(tokens.last?.kind == .end, "seed \(seed)")
                    } catch {
                        #expect(error.offset >= 0 && error.offset <= bytes.count, "seed \(seed)")
                    }
                }
                var end: Int32 = 0
                for token in tokens {
                    #expect(
                        token.start >= end && token.end >= token.start && Int(token.end) <= bytes.count, "seed \(seed)")
                    end = token.end
                }
            }
        }
    }
}
