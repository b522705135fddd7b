/// One token of a statement: what it is and where it stands, in 12 bytes.
///
/// Tokens hold no text. `start` and `end` are UTF-8 byte offsets (half-open) into the text that was tokenized.
public struct Token: Sendable {
    /// What a token is. Operators that both dialects give a meaning have a kind each; the rest of PostgreSQL's
    /// operators are ``customOperator``.
    public enum Kind: UInt8, Sendable {
        /// After the last token, at the end of the text.
        case end
        /// A keyword or an unquoted name.
        case word
        /// `"…"`
        case doubleQuoted
        /// In backticks.
        case backtickQuoted
        /// `[…]` as a name (SQLite).
        case bracketQuoted
        /// `U&"…"`
        case unicodeQuoted
        case integer, real
        /// `'…'`, with its continuations on further lines (PostgreSQL).
        case string
        /// `E'…'`
        case escapeString
        /// `$$…$$`, `$tag$…$tag$`
        case dollarString
        /// `U&'…'`
        case unicodeString
        /// `N'…'`
        case nationalString
        /// SQLite's `x'…'`.
        case blob
        /// PostgreSQL's `B'…'` and `X'…'`.
        case bits
        /// `?`, `?3`, `:a`, `@a`, `$a`, `$1`
        case parameter
        case comma, dot, semicolon, leftParenthesis, rightParenthesis, leftBracket, rightBracket, colon
        /// `::`, `:=`, `=>`
        case doubleColon, colonEqual, equalGreater
        case star, plus, minus, slash, percent, caret
        /// `=`, `==`, `<>`, `!=`
        case equal, doubleEqual, notEqual, bangEqual
        case less, lessOrEqual, greater, greaterOrEqual
        /// `||`, `&`, `|`, `~`, `<<`, `>>`
        case concatenate, bitAnd, bitOr, bitNot, shiftLeft, shiftRight
        /// `->`, `->>`
        case arrow, doubleArrow
        case customOperator
    }

    /// What a word may be used as in its dialect. A word that is no keyword may be everything.
    public struct Roles: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The name of a column, table or other object.
        public static let name = Roles(rawValue: 1)
        /// The name of a function before its parenthesis, or of a type.
        public static let function = Roles(rawValue: 2)
        /// An alias of a select item without AS.
        public static let bareAlias = Roles(rawValue: 4)
        /// An alias of a table without AS.
        public static let tableAlias = Roles(rawValue: 8)
        /// A name after AS or a dot.
        public static let label = Roles(rawValue: 16)
        public static let all = Roles(rawValue: 31)
    }

    public var kind: Kind
    public var roles: Roles
    /// ``Keyword/none`` for everything that is not a keyword of the dialect.
    public var keyword: Keyword
    public var start: Int32
    public var end: Int32

    @inline(__always)
    init(_ kind: Kind, _ start: Int, _ end: Int, keyword: Keyword = .none, roles: Roles = []) {
        self.kind = kind
        self.roles = roles
        self.keyword = keyword
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
    }

    public var range: SourceRange { SourceRange(start, end) }
}
