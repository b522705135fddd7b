/// A query: `[WITH …] body [ORDER BY …] [LIMIT …] [FOR UPDATE …]`.
public struct SelectStatement: Sendable {
    public var with: WithClause?
    public var body: SelectBody
    public var orderBy: [OrderingTerm]
    public var limit: LimitClause?
    public var locking: [LockingClause]
    public var range: SourceRange

    public init(
        with: WithClause? = nil, body: SelectBody, orderBy: [OrderingTerm] = [], limit: LimitClause? = nil,
        locking: [LockingClause] = [], range: SourceRange = .none
    ) {
        self.with = with
        self.body = body
        self.orderBy = orderBy
        self.limit = limit
        self.locking = locking
        self.range = range
    }
}

public indirect enum SelectBody: Sendable {
    case core(SelectCore)
    case values(ValuesClause)
    /// PostgreSQL's `TABLE name`.
    case table(ObjectName)
    case compound(CompoundSelect)
    /// A parenthesised query as an arm or as the whole (PostgreSQL).
    case nested(SelectStatement)
}

public struct CompoundSelect: Sendable {
    public enum Operator: String, Sendable, Hashable {
        case union = "UNION", intersect = "INTERSECT", except = "EXCEPT"
    }
    public var left: SelectBody
    public var `operator`: Operator
    public var isAll: Bool
    public var right: SelectBody

    public init(_ left: SelectBody, _ operator: Operator, isAll: Bool, _ right: SelectBody) {
        self.left = left
        self.operator = `operator`
        self.isAll = isAll
        self.right = right
    }
}

public struct SelectCore: Sendable {
    public enum Distinctness: Sendable {
        case unspecified, all, distinct
        /// PostgreSQL's DISTINCT ON (…).
        case on([Expression])
    }
    public var distinctness: Distinctness
    public var items: [SelectItem]
    /// PostgreSQL's SELECT … INTO table, as text after INTO.
    public var into: String?
    public var from: TableExpression?
    public var `where`: Expression?
    public var groupBy: [GroupingElement]
    /// `GROUP BY DISTINCT`.
    public var isGroupByDistinct: Bool
    public var having: Expression?
    public var windows: [NamedWindow]
    public var range: SourceRange

    public init(
        distinctness: Distinctness = .unspecified, items: [SelectItem], into: String? = nil,
        from: TableExpression? = nil, where: Expression? = nil, groupBy: [GroupingElement] = [],
        isGroupByDistinct: Bool = false, having: Expression? = nil, windows: [NamedWindow] = [],
        range: SourceRange = .none
    ) {
        self.distinctness = distinctness
        self.items = items
        self.into = into
        self.from = from
        self.where = `where`
        self.groupBy = groupBy
        self.isGroupByDistinct = isGroupByDistinct
        self.having = having
        self.windows = windows
        self.range = range
    }
}

public struct SelectItem: Sendable {
    public enum Content: Sendable {
        case wildcard(Wildcard)
        case expression(Expression)
    }
    public var content: Content
    public var alias: Identifier?
    /// Whether AS was written before the alias.
    public var hasAs: Bool
    public var range: SourceRange

    public init(_ content: Content, alias: Identifier? = nil, hasAs: Bool = true, range: SourceRange = .none) {
        self.content = content
        self.alias = alias
        self.hasAs = hasAs
        self.range = range
    }
}

public struct NamedWindow: Sendable {
    public var name: Identifier
    public var specification: WindowSpecification
    public init(name: Identifier, specification: WindowSpecification) {
        self.name = name
        self.specification = specification
    }
}

public indirect enum GroupingElement: Sendable {
    case expression(Expression)
    /// `()`
    case empty
    case rollup([Expression])
    case cube([Expression])
    case sets([GroupingElement])
    /// `(a, b)` inside GROUPING SETS.
    case tuple([Expression])
}

public struct OrderingTerm: Sendable {
    public enum Direction: Sendable, Hashable {
        case ascending, descending
        /// PostgreSQL's USING operator.
        case using(String)
    }
    public enum Nulls: Sendable, Hashable { case first, last }
    public var expression: Expression
    /// Nil when not written.
    public var direction: Direction?
    public var nulls: Nulls?

    public init(_ expression: Expression, direction: Direction? = nil, nulls: Nulls? = nil) {
        self.expression = expression
        self.direction = direction
        self.nulls = nulls
    }

    public var isDescending: Bool { direction == .descending }
}

public struct LimitClause: Sendable {
    public enum Style: Sendable, Hashable {
        /// `LIMIT n [OFFSET m]`.
        case limit
        /// SQLite's and MySQL's `LIMIT m, n`.
        case offsetComma
        /// `OFFSET m FETCH FIRST n ROWS ONLY`.
        case fetch
    }
    /// Nil for `LIMIT ALL` or when only OFFSET is written.
    public var count: Expression?
    public var offset: Expression?
    public var style: Style
    /// `FETCH … WITH TIES`.
    public var withTies: Bool
    public var range: SourceRange

    public init(
        count: Expression?, offset: Expression?, style: Style = .limit, withTies: Bool = false,
        range: SourceRange = .none
    ) {
        self.count = count
        self.offset = offset
        self.style = style
        self.withTies = withTies
        self.range = range
    }
}

/// `FOR UPDATE [OF t] [NOWAIT | SKIP LOCKED]`.
public struct LockingClause: Sendable {
    public enum Strength: String, Sendable, Hashable {
        case update = "UPDATE"
        case noKeyUpdate = "NO KEY UPDATE"
        case share = "SHARE"
        case keyShare = "KEY SHARE"
    }
    public var strength: Strength
    public var of: [ObjectName]
    /// `NOWAIT` or `SKIP LOCKED`.
    public var waitPolicy: String?
    public init(strength: Strength, of: [ObjectName] = [], waitPolicy: String? = nil) {
        self.strength = strength
        self.of = of
        self.waitPolicy = waitPolicy
    }
}

public struct WithClause: Sendable {
    public var isRecursive: Bool
    public var tables: [CommonTableExpression]
    public var range: SourceRange
    public init(isRecursive: Bool, tables: [CommonTableExpression], range: SourceRange = .none) {
        self.isRecursive = isRecursive
        self.tables = tables
        self.range = range
    }
}

public struct CommonTableExpression: Sendable {
    public var name: Identifier
    public var columns: [Identifier]
    /// MATERIALIZED true, NOT MATERIALIZED false.
    public var isMaterialized: Bool?
    /// A query, or in PostgreSQL an INSERT, UPDATE, DELETE or MERGE.
    public var statement: Statement
    /// SEARCH and CYCLE clauses as text.
    public var suffix: String?
    public var range: SourceRange

    public init(
        name: Identifier, columns: [Identifier] = [], isMaterialized: Bool? = nil, statement: Statement,
        suffix: String? = nil, range: SourceRange = .none
    ) {
        self.name = name
        self.columns = columns
        self.isMaterialized = isMaterialized
        self.statement = statement
        self.suffix = suffix
        self.range = range
    }
}

public struct ValuesClause: Sendable {
    public var rows: [ValuesRow]
    public var range: SourceRange
    public init(rows: [ValuesRow], range: SourceRange = .none) {
        self.rows = rows
        self.range = range
    }
}

/// One `( … )` of VALUES. The range covers the parentheses, so a row can be spliced as text.
public struct ValuesRow: Sendable {
    public var values: [Expression]
    public var range: SourceRange
    public init(values: [Expression], range: SourceRange = .none) {
        self.values = values
        self.range = range
    }
}
