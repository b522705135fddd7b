extension Identifier {
    /// The name as SQL text: in the quotes it was written in; a bare name as it is, unless it could not be written so.
    ///
    /// A name that a rewriting made (without a range) is also quoted when it is a reserved word of either dialect.
    public var quoted: String {
        switch quote {
        case .none: return needsQuotes ? Self.enclosed(text, "\"", "\"") : text
        case .double: return Self.enclosed(text, "\"", "\"")
        case .backtick: return Self.enclosed(text, "`", "`")
        case .single: return Self.enclosed(text, "'", "'")
        case .bracket: return text.utf8.contains(UInt8(ascii: "]")) ? Self.enclosed(text, "\"", "\"") : "[\(text)]"
        }
    }

    /// A name that a rewriting makes, quoted where it must be: for physical table names.
    public static func quoted(_ name: String) -> String { Identifier(name).quoted }

    private var needsQuotes: Bool {
        if !Self.isBareWord(text) { return true }
        return range == .none && ReservedWords.contains(text)
    }

    /// Letters, digits, `_`, `$` and anything beyond ASCII, not starting with a digit or `$`.
    static func isBareWord(_ text: String) -> Bool {
        var isFirst = true
        for byte in text.utf8 {
            let isLetter = (byte | 0x20) &- 97 < 26 || byte == UInt8(ascii: "_") || byte >= 0x80
            if !isLetter, isFirst || !(byte &- 48 < 10 || byte == UInt8(ascii: "$")) { return false }
            isFirst = false
        }
        return !isFirst
    }

    private static func enclosed(_ text: String, _ open: Character, _ close: Character) -> String {
        var result = String(open)
        for character in text.unicodeScalars {
            result.unicodeScalars.append(character)
            if Character(character) == close { result.append(close) }
        }
        result.append(close)
        return result
    }
}

extension ObjectName {
    /// The name as SQL text, each part as ``Identifier/quoted``.
    public var quoted: String { parts.map(\.quoted).joined(separator: ".") }
}

/// Words that SQLite or PostgreSQL do not take as a bare name of a table or column. Quoting one more than a dialect
/// asks for does no harm, since only names that a rewriting made are looked up here, and those are lower case or exact.
enum ReservedWords {
    static func contains(_ word: String) -> Bool { words.contains(word.asciiLowercased()) }

    private static let words: Set<String> = Set(
        """
        add all alter analyse analyze and any array as asc asymmetric authorization autoincrement between binary both \
        by case cast check collate collation column commit concurrently constraint create cross current_catalog \
        current_date current_role current_schema current_time current_timestamp current_user default deferrable \
        delete desc distinct do drop else end escape except exists false fetch for foreign freeze from full glob grant \
        group having if ilike in index indexed initially inner insert intersect into is isnull join lateral leading \
        left like limit localtime localtimestamp match natural not nothing notnull null offset on only or order outer \
        overlaps placing primary raise references regexp returning right row select session_user set similar some \
        symmetric system_user table tablesample then to trailing transaction true union unique update user using \
        values variadic verbose view when where window with without
        """.split(separator: " ").map(String.init))
}
