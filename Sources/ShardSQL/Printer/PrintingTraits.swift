/// What a printer has to know of a dialect beyond its tokens, derived from the dialect's capabilities.
struct PrintingTraits: Sendable {
    var ranks: OperatorRanks
    /// What stands before the number of a numbered parameter.
    var parameterPrefix: String
    /// Whether the comma joins at the rank of JOIN.
    var commaBindsLikeJoin: Bool
    /// Whether INTERSECT binds tighter than UNION and EXCEPT, and an arm can stand in parentheses.
    var selectsNest: Bool
    /// Whether RETURNING knows the target's alias.
    var returningSeesAlias: Bool
    /// Whether names in quotes compare without regard to case.
    var quotedNamesFold: Bool
    /// Whether OFFSET needs a LIMIT before it.
    var offsetNeedsLimit: Bool
    /// Whether DEFAULT takes expressions only in parentheses.
    var defaultsAreLiterals: Bool
    /// Whether a result column without alias is named by the text of its expression.
    var namesColumnsByText: Bool

    init(_ dialect: Dialect) {
        ranks = OperatorRanks(table: dialect.precedence)
        parameterPrefix = dialect.has(.namedParameters) ? "?" : "$"
        commaBindsLikeJoin = dialect.has(.commaBindsLikeJoin)
        selectsNest = dialect.has(.nestedSetOperands)
        returningSeesAlias = dialect.has(.extendedWrites)
        quotedNamesFold = dialect.has(.stringsAsNames)
        offsetNeedsLimit = !dialect.has(.fetchFirst)
        namesColumnsByText = dialect.has(.embeddedEngine)
        defaultsAreLiterals = dialect.has(.looseColumnDefinitions)
    }
}
