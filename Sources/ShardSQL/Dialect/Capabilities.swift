extension Dialect {
    /// What the lexer and the parser may meet in a dialect beyond common SQL.
    public struct Capabilities: OptionSet, Sendable {
        public let rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }

        // MARK: Tokens

        /// Names in backticks and `[name]`.
        public static let backtickIdentifiers = Self(rawValue: 1 << 0)
        public static let bracketIdentifiers = Self(rawValue: 1 << 1)
        /// `'name'` where only a name can stand, and as an alias.
        public static let stringsAsNames = Self(rawValue: 1 << 2)
        /// `$$…$$`
        public static let dollarQuotedStrings = Self(rawValue: 1 << 3)
        /// `E'…'`, `U&'…'`, `N'…'`, `B'…'`, and strings that go on after a line's end.
        public static let prefixedStrings = Self(rawValue: 1 << 4)
        public static let nestedComments = Self(rawValue: 1 << 5)
        /// A comment that the text's end cuts off is white space.
        public static let openCommentIsSpace = Self(rawValue: 1 << 6)
        /// Operators are the longest runs of operator characters; what has no kind of its own is a custom operator.
        public static let customOperators = Self(rawValue: 1 << 7)
        /// `?`, `?1`, `:a`, `@a`, `$a`.
        public static let namedParameters = Self(rawValue: 1 << 8)
        /// `$1`
        public static let dollarNumberParameters = Self(rawValue: 1 << 9)
        /// `1_000`, `0o17`, `0b1`
        public static let groupedDigits = Self(rawValue: 1 << 10)
        /// `[` is a subscript, `:` a slice.
        public static let subscripts = Self(rawValue: 1 << 11)

        // MARK: Expressions

        /// `x::type`, `type 'literal'`, `(row).field`, AT TIME ZONE, ARRAY, ROW, `x = ANY (…)`, EXTRACT(… FROM …).
        public static let typedExpressions = Self(rawValue: 1 << 12)
        /// `a IS b` compares values; `ISNULL`, `NOTNULL`, `NOT NULL` after an operand.
        public static let isComparesValues = Self(rawValue: 1 << 13)
        public static let postfixNotNull = Self(rawValue: 1 << 14)
        /// `x IN table`
        public static let inTable = Self(rawValue: 1 << 15)
        /// `x IN ()`
        public static let emptyIn = Self(rawValue: 1 << 16)
        /// A function may be named by an expression's keyword, `count(*)` only for a lone star.
        public static let namedArguments = Self(rawValue: 1 << 17)
        /// RAISE(…) in triggers.
        public static let raise = Self(rawValue: 1 << 18)

        // MARK: Queries

        /// A comma in FROM is a join of the same rank as the others.
        public static let commaBindsLikeJoin = Self(rawValue: 1 << 19)
        /// ON may follow every join, and none is required.
        public static let optionalJoinConstraint = Self(rawValue: 1 << 20)
        /// INDEXED BY, NOT INDEXED.
        public static let indexHints = Self(rawValue: 1 << 21)
        /// Set operands in parentheses, with ORDER BY and LIMIT of their own; TABLE t; INTERSECT binds tighter.
        public static let nestedSetOperands = Self(rawValue: 1 << 22)
        /// `LIMIT m, n`
        public static let limitComma = Self(rawValue: 1 << 23)
        /// FETCH FIRST, LIMIT ALL, OFFSET before LIMIT or alone.
        public static let fetchFirst = Self(rawValue: 1 << 24)
        /// FOR UPDATE and its kin, DISTINCT ON, SELECT INTO, SELECT without items, GROUPING SETS.
        public static let extendedSelect = Self(rawValue: 1 << 25)
        /// LATERAL, ROWS FROM, XMLTABLE, TABLESAMPLE, ONLY, column lists of aliases.
        public static let extendedFrom = Self(rawValue: 1 << 26)

        // MARK: Statements

        /// INSERT OR x, REPLACE, UPDATE OR x.
        public static let conflictActions = Self(rawValue: 1 << 27)
        /// ORDER BY and LIMIT of UPDATE and DELETE.
        public static let limitedWrites = Self(rawValue: 1 << 28)
        /// OVERRIDING, ON CONSTRAINT, DELETE USING, WHERE CURRENT OF, targets with subscripts, data-modifying CTEs.
        public static let extendedWrites = Self(rawValue: 1 << 29)
        /// Column types may be left out or be any words; constraints stand without commas; ON CONFLICT on constraints.
        public static let looseColumnDefinitions = Self(rawValue: 1 << 30)
        /// PRAGMA, ATTACH, DETACH, virtual tables, triggers with statements inside.
        public static let embeddedEngine = Self(rawValue: 1 << 31)
        /// SET, SHOW, RESET, COPY, GRANT and the other statements of a server.
        public static let serverStatements = Self(rawValue: 1 << 32)
        /// `END` and `COMMIT TRANSACTION name`, BEGIN IMMEDIATE.
        public static let immediateTransactions = Self(rawValue: 1 << 33)
    }
}
