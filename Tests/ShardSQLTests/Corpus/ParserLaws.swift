import ShardSQL

/// What holds for every text, whether it is a statement or not.
enum ParserLaw {
    /// Parses; what parses prints, and its print parses and prints the same. The failure in words, nil for none.
    static func failure(_ bytes: [UInt8], _ dialect: Dialect) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let first = try? Parser.parse(text, dialect: dialect).statement else { return nil }
        let options = SQLPrinter.Options(dialect: dialect)
        let printed = SQLPrinter.print(first, options: options)
        do {
            let second = try Parser.parse(printed, dialect: dialect).statement
            let again = SQLPrinter.print(second, options: options)
            return again == printed ? nil : "\(text)\n  printed: \(printed)\n  again: \(again)"
        } catch {
            return "\(text)\n  printed: \(printed)\n  \(error.message) at \(error.offset)"
        }
    }
}

enum ScannerLaw {
    /// The fingerprint exists just where the lexer reads the text, and its literals are the lexer's.
    static func failure(_ bytes: [UInt8], _ dialect: Dialect) -> String? {
        var tokens: [Token] = []
        var scratch = FingerprintScratch()
        let (isLexed, hash, matches) = bytes.withUnsafeBufferPointer { buffer in
            let isLexed = (try? Lexer.tokenize(buffer, dialect: dialect, into: &tokens)) != nil
            let hash = Fingerprint.of(buffer, dialect: dialect, into: &scratch)
            return (isLexed, hash, Fingerprint.matches(buffer, buffer, dialect: dialect))
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard isLexed || bytes.isEmpty else { return hash == nil ? nil : "the lexer does not read \(text)" }
        if bytes.isEmpty { return nil }
        guard hash != nil, matches else { return "no fingerprint of \(text)" }
        let expected = tokens.filter { isLiteral($0.kind) }.map(\.range)
        let found = scratch.literals.map { SourceRange($0.start, $0.end) }
        return expected == found ? nil : "literals of \(text): \(found) for \(expected)"
    }

    private static func isLiteral(_ kind: Token.Kind) -> Bool {
        switch kind {
        case .integer, .real, .string, .escapeString, .dollarString, .unicodeString, .nationalString, .blob, .bits: true
        default: false
        }
    }
}

enum Mutation {
    private static let pieces: [String] = [
        "(", ")", ",", "'", "\"", "--", "/*", "*/", ";", " NOT ", " AND ", "-", "+", ".", "::", "[", "]", "$$", "E'",
        " SELECT ", " FROM ", " AS ", " IN ", " COLLATE ", "?", ":a", "\0", "é", " ORDER BY ", " CASE ", " END ", "1",
    ]

    /// One to four bytes or pieces deleted, doubled, replaced or put in.
    static func mutated(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let at = Int.random(in: 0...result.count, using: &generator)
            let end = Swift.min(result.count, at + Int.random(in: 0...8, using: &generator))
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: result.removeSubrange(at..<end)
            case 1: result.insert(contentsOf: result[at..<end], at: at)
            case 2: result.insert(UInt8.random(in: .min ... .max, using: &generator), at: at)
            case 3: if at < result.count { result[at] = UInt8.random(in: 32..<127, using: &generator) }
            default: result.insert(contentsOf: (pieces.randomElement(using: &generator) ?? "").utf8, at: at)
            }
        }
        return result
    }
}
