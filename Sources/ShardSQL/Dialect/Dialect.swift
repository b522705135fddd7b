/// What a dialect of SQL can say: capabilities and tables, never an identity that somebody asks for.
///
/// A further dialect is one more file beside `Dialect+SQLite.swift`: the lexer and the parser ask only for
/// ``capabilities``, ``precedence`` and what each word may be used as.
public struct Dialect: Sendable {
    public let name: String
    public let capabilities: Capabilities
    public let precedence: OperatorPrecedence
    /// The largest number a parameter may have.
    public let maximumParameter: Int
    let keywords: KeywordTable

    init(
        name: String, capabilities: Capabilities, precedence: OperatorPrecedence, maximumParameter: Int,
        keywords: [Keyword: Token.Roles]
    ) {
        self.name = name
        self.capabilities = capabilities
        self.precedence = precedence
        self.maximumParameter = maximumParameter
        self.keywords = KeywordTable(keywords)
    }

    @inline(__always)
    public func has(_ capability: Capabilities) -> Bool { capabilities.contains(capability) }

    /// The roles an unquoted word has in this dialect; nil where the word is no keyword.
    public func roles(ofKeyword word: String) -> Token.Roles? {
        var word = word
        return word.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return nil }
            let (keyword, roles) = keywords.lookUp(base, bytes.count, available: bytes.count)
            return keyword == .none ? nil : roles
        }
    }
}

extension Dialect: Hashable {
    public static func == (left: Dialect, right: Dialect) -> Bool { left.name == right.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
