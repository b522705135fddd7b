/// What stands in FROM: a tree of joins over tables, subqueries and functions.
///
/// SQLite's comma is a join of the same rank as the others (left to right); PostgreSQL's comma binds looser. The
/// parser builds the tree by the dialect's capability, and parentheses are nodes, so printing never adds any.
public indirect enum TableExpression: Sendable {
    case table(TableReference)
    case subquery(SubqueryTable)
    case function(FunctionTable)
    case join(JoinExpression)
    case parenthesized(TableExpression, alias: TableAlias?)
    /// Kept as text (XMLTABLE, ROWS FROM, TABLESAMPLE…): refused unless the statement goes to one shard unchanged.
    case verbatim(VerbatimExpression, alias: TableAlias?)
}

public struct TableAlias: Sendable {
    public var name: Identifier
    public var columns: [Identifier]
    public var hasAs: Bool
    /// PostgreSQL's column definition list of a function, as text with its parentheses.
    public var definitions: String?
    public init(name: Identifier, columns: [Identifier] = [], hasAs: Bool = true, definitions: String? = nil) {
        self.name = name
        self.columns = columns
        self.hasAs = hasAs
        self.definitions = definitions
    }
}

public struct TableReference: Sendable {
    /// SQLite's INDEXED BY name / NOT INDEXED.
    public enum IndexHint: Sendable { case indexedBy(Identifier), notIndexed }
    public var name: ObjectName
    public var alias: TableAlias?
    public var indexHint: IndexHint?
    /// PostgreSQL's ONLY.
    public var isOnly: Bool
    /// `TABLESAMPLE …` as text.
    public var sample: String?
    public var range: SourceRange

    public init(
        _ name: ObjectName, alias: TableAlias? = nil, indexHint: IndexHint? = nil, isOnly: Bool = false,
        sample: String? = nil, range: SourceRange = .none
    ) {
        self.name = name
        self.alias = alias
        self.indexHint = indexHint
        self.isOnly = isOnly
        self.sample = sample
        self.range = range
    }
}

public struct SubqueryTable: Sendable {
    public var select: SelectStatement
    public var alias: TableAlias?
    public var isLateral: Bool
    public var range: SourceRange
    public init(
        _ select: SelectStatement, alias: TableAlias? = nil, isLateral: Bool = false, range: SourceRange = .none
    ) {
        self.select = select
        self.alias = alias
        self.isLateral = isLateral
        self.range = range
    }
}

/// `generate_series(1, 3)`, `json_each(x)`, `pragma_table_info('t')`.
public struct FunctionTable: Sendable {
    public var call: FunctionCall
    public var alias: TableAlias?
    public var isLateral: Bool
    public var withOrdinality: Bool
    public var range: SourceRange
    public init(
        _ call: FunctionCall, alias: TableAlias? = nil, isLateral: Bool = false, withOrdinality: Bool = false,
        range: SourceRange = .none
    ) {
        self.call = call
        self.alias = alias
        self.isLateral = isLateral
        self.withOrdinality = withOrdinality
        self.range = range
    }
}

public struct JoinExpression: Sendable {
    public enum Kind: Sendable, Hashable { case comma, inner, cross, left, right, full }
    public enum Constraint: Sendable {
        case on(Expression)
        case using([Identifier], alias: Identifier?)
    }
    public var left: TableExpression
    public var kind: Kind
    public var isNatural: Bool
    /// The operator as written (`LEFT OUTER JOIN`, `,`): printing keeps it.
    public var spelling: String
    public var right: TableExpression
    public var constraint: Constraint?

    public init(
        _ left: TableExpression, _ kind: Kind, isNatural: Bool = false, spelling: String, _ right: TableExpression,
        constraint: Constraint? = nil
    ) {
        self.left = left
        self.kind = kind
        self.isNatural = isNatural
        self.spelling = spelling
        self.right = right
        self.constraint = constraint
    }
}
