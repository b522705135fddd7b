/// How tightly a dialect's operators bind, from 1 (loosest) up; and which of them do not chain.
///
/// Sources: the precedence declarations of SQLite's `parse.y` and of PostgreSQL's `gram.y`, in their order.
public struct OperatorPrecedence: Sendable, Hashable {
    public var or: UInt8
    public var and: UInt8
    /// Prefix NOT.
    public var not: UInt8
    /// IS, ISNULL, NOTNULL.
    public var `is`: UInt8
    /// `=`, `==`, `<>`, `!=`
    public var equality: UInt8
    /// `<`, `<=`, `>`, `>=`
    public var inequality: UInt8
    /// LIKE, GLOB, REGEXP, MATCH, ILIKE, SIMILAR TO, IN, BETWEEN
    public var match: UInt8
    /// What stands between ESCAPE and its end binds at least this tightly.
    public var escape: UInt8
    /// `&`, `|`, `<<`, `>>`
    public var bit: UInt8
    /// Operators with no rank of their own, OPERATOR(…), and quantified comparisons.
    public var custom: UInt8
    public var additive: UInt8
    public var multiplicative: UInt8
    public var power: UInt8
    /// `||`
    public var concatenation: UInt8
    /// `->`, `->>`
    public var arrow: UInt8
    public var atTimeZone: UInt8
    public var collate: UInt8
    /// Prefix `-` and `+`.
    public var sign: UInt8
    /// Prefix `~`, and custom prefix operators.
    public var prefix: UInt8
    /// `::`, subscripts and fields.
    public var postfix: UInt8
    /// IS, comparisons and matches do not chain: `a < b < c` is an error.
    public var comparisonsChain: Bool

    public static let sqlite = OperatorPrecedence(
        or: 1, and: 2, not: 3, is: 4, equality: 4, inequality: 5, match: 4, escape: 6, bit: 7, custom: 7, additive: 8,
        multiplicative: 9, power: 9, concatenation: 10, arrow: 10, atTimeZone: 10, collate: 11, sign: 12, prefix: 12,
        postfix: 13, comparisonsChain: true)

    public static let postgresql = OperatorPrecedence(
        or: 1, and: 2, not: 3, is: 4, equality: 5, inequality: 5, match: 6, escape: 7, bit: 8, custom: 8, additive: 9,
        multiplicative: 10, power: 11, concatenation: 8, arrow: 8, atTimeZone: 12, collate: 13, sign: 14, prefix: 8,
        postfix: 15, comparisonsChain: false)
}
