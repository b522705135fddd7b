/// An expression of either dialect: a closed enum, a struct payload per case, switched over without `default`.
public indirect enum Expression: Sendable {
    case literal(Literal)
    case parameter(Parameter)
    case column(ColumnReference)
    case unary(UnaryExpression)
    case binary(BinaryExpression)
    case isNull(NullTest)
    case between(BetweenExpression)
    case inList(InExpression)
    case match(MatchExpression)
    case function(FunctionCall)
    case cast(CastExpression)
    case collate(CollateExpression)
    case conditional(CaseExpression)
    case exists(ExistsExpression)
    /// A scalar subquery.
    case subquery(SubqueryExpression)
    /// `(a, b)` or `ROW(a, b)`; a parenthesised single expression is ``parenthesized(_:)``.
    case row(RowExpression)
    case parenthesized(ParenthesizedExpression)
    /// `x = ANY (…)`, `x > ALL (…)`.
    case quantified(QuantifiedComparison)
    case array(ArrayExpression)
    case subscripted(SubscriptExpression)
    /// `(row).field`, `(row).*`.
    case field(FieldAccess)
    case atTimeZone(AtTimeZoneExpression)
    /// SQLite's RAISE(…) in triggers.
    case raise(RaiseExpression)
    /// `*` or `t.*` as an argument or inside ROW(…).
    case wildcard(Wildcard)
    /// DEFAULT as a value in INSERT and UPDATE.
    case defaultValue(SourceRange)
    /// Valid syntax that no other case models, kept as text. The planner refuses what holds one unless the whole
    /// statement goes to one shard unchanged.
    case verbatim(VerbatimExpression)
}

public struct Literal: Sendable {
    public enum Kind: Sendable, Hashable {
        case null, boolean
        /// Decimal digits, or `0x…`.
        case integer
        case real
        /// `'…'`, `E'…'`, `$$…$$`, `U&'…'`.
        case string
        /// `x'…'`; PostgreSQL's bit strings `b'…'`.
        case blob, bits
        /// `CURRENT_DATE`, `CURRENT_TIME`, `CURRENT_TIMESTAMP`, `LOCALTIME`… without arguments.
        case currentTime
        /// `DATE '…'`, `TIMESTAMP '…'`, `INTERVAL '…' …`, `type '…'`.
        case typed
    }
    public var kind: Kind
    /// As written, quotes and all; printing gives it back unchanged.
    public var text: String
    public var range: SourceRange

    public init(_ kind: Kind, text: String, range: SourceRange = .none) {
        self.kind = kind
        self.text = text
        self.range = range
    }
}

public struct Parameter: Sendable {
    /// As written: `?`, `?3`, `:name`, `@name`, `$name`, `$1`.
    public var text: String
    /// Index from 0 into the bound values, numbered as the engine numbers them.
    public var index: Int
    public var range: SourceRange

    public init(text: String, index: Int, range: SourceRange = .none) {
        self.text = text
        self.index = index
        self.range = range
    }
}

public struct ColumnReference: Sendable {
    /// `[column]`, `[table, column]`, `[schema, table, column]`.
    public var parts: [Identifier]
    public var range: SourceRange

    public init(_ parts: [Identifier], range: SourceRange = .none) {
        self.parts = parts
        self.range = range
    }

    public var name: Identifier { parts[parts.count - 1] }
    public var table: Identifier? { parts.count > 1 ? parts[parts.count - 2] : nil }
    public var schema: Identifier? { parts.count > 2 ? parts[parts.count - 3] : nil }
}

public struct UnaryExpression: Sendable {
    public enum Operator: Sendable, Hashable {
        case minus, plus, not, bitNot
        /// PostgreSQL's others: `@`, `|/`, `!!`, `OPERATOR(…)`.
        case custom(String)
    }
    public var `operator`: Operator
    public var operand: Expression
    public var range: SourceRange

    public init(_ operator: Operator, _ operand: Expression, range: SourceRange = .none) {
        self.operator = `operator`
        self.operand = operand
        self.range = range
    }
}

public enum BinaryOperator: Sendable, Hashable {
    case or, and
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    /// `IS` / `IS NOT` between values (SQLite), `IS [NOT] DISTINCT FROM`.
    case `is`, isNot, isDistinctFrom, isNotDistinctFrom
    case bitAnd, bitOr, shiftLeft, shiftRight
    case add, subtract, multiply, divide, modulo, power
    case concatenate
    /// `->`, `->>`
    case jsonGet, jsonGetText
    case custom(String)
}

public struct BinaryExpression: Sendable {
    public var left: Expression
    public var `operator`: BinaryOperator
    /// The operator as written (`==`, `<>`, `IS NOT`): printing keeps it.
    public var spelling: String
    public var right: Expression
    public var range: SourceRange

    public init(
        _ left: Expression, _ operator: BinaryOperator, spelling: String, _ right: Expression,
        range: SourceRange = .none
    ) {
        self.left = left
        self.operator = `operator`
        self.spelling = spelling
        self.right = right
        self.range = range
    }
}

/// `x IS [NOT] NULL`, `x ISNULL`, `x NOTNULL`, `x NOT NULL`, and PostgreSQL's `IS [NOT] TRUE|FALSE|UNKNOWN`.
public struct NullTest: Sendable {
    public enum Test: Sendable, Hashable { case null, isTrue, isFalse, unknown }
    public var operand: Expression
    public var test: Test
    public var isNegated: Bool
    public var spelling: String
    public var range: SourceRange

    public init(
        _ operand: Expression, test: Test = .null, isNegated: Bool, spelling: String, range: SourceRange = .none
    ) {
        self.operand = operand
        self.test = test
        self.isNegated = isNegated
        self.spelling = spelling
        self.range = range
    }
}

public struct BetweenExpression: Sendable {
    public var operand: Expression
    public var isNegated: Bool
    public var isSymmetric: Bool
    public var low: Expression
    public var high: Expression
    public var range: SourceRange

    public init(
        _ operand: Expression, isNegated: Bool, isSymmetric: Bool = false, low: Expression, high: Expression,
        range: SourceRange = .none
    ) {
        self.operand = operand
        self.isNegated = isNegated
        self.isSymmetric = isSymmetric
        self.low = low
        self.high = high
        self.range = range
    }
}

public struct InExpression: Sendable {
    public enum Source: Sendable {
        /// `IN (…)`, also empty.
        case list([Expression])
        case subquery(SelectStatement)
        /// SQLite: `IN table`, `IN table_function(args)`.
        case table(ObjectName, arguments: [Expression]?)
    }
    public var operand: Expression
    public var isNegated: Bool
    public var source: Source
    public var range: SourceRange

    public init(_ operand: Expression, isNegated: Bool, source: Source, range: SourceRange = .none) {
        self.operand = operand
        self.isNegated = isNegated
        self.source = source
        self.range = range
    }
}

/// `LIKE`, `GLOB`, `REGEXP`, `MATCH`, `ILIKE`, `SIMILAR TO`, with ESCAPE.
public struct MatchExpression: Sendable {
    public enum Operator: String, Sendable, Hashable {
        case like = "LIKE"
        case glob = "GLOB"
        case regexp = "REGEXP"
        case match = "MATCH"
        case ilike = "ILIKE"
        case similarTo = "SIMILAR TO"
    }
    public var operand: Expression
    public var isNegated: Bool
    public var `operator`: Operator
    public var pattern: Expression
    public var escape: Expression?
    public var range: SourceRange

    public init(
        _ operand: Expression, isNegated: Bool, operator: Operator, pattern: Expression, escape: Expression? = nil,
        range: SourceRange = .none
    ) {
        self.operand = operand
        self.isNegated = isNegated
        self.operator = `operator`
        self.pattern = pattern
        self.escape = escape
        self.range = range
    }
}

public struct FunctionCall: Sendable {
    public enum Distinctness: Sendable, Hashable { case unspecified, distinct, all }
    public enum NullTreatment: Sendable, Hashable { case respect, ignore }
    public var name: ObjectName
    public var distinctness: Distinctness
    /// `f(*)` has one ``Expression/wildcard(_:)``.
    public var arguments: [FunctionArgument]
    /// ORDER BY inside the parentheses.
    public var orderBy: [OrderingTerm]
    public var withinGroup: [OrderingTerm]
    public var filter: Expression?
    public var nullTreatment: NullTreatment?
    public var over: WindowReference?
    /// SQL's own syntax between the parentheses (`EXTRACT(year FROM x)`, `SUBSTRING(x FROM 2)`), kept as text;
    /// `arguments` then holds the expressions in it, for analysis only.
    public var specialSyntax: String?
    public var range: SourceRange

    public init(
        _ name: ObjectName, distinctness: Distinctness = .unspecified, arguments: [FunctionArgument],
        orderBy: [OrderingTerm] = [], withinGroup: [OrderingTerm] = [], filter: Expression? = nil,
        nullTreatment: NullTreatment? = nil, over: WindowReference? = nil, specialSyntax: String? = nil,
        range: SourceRange = .none
    ) {
        self.name = name
        self.distinctness = distinctness
        self.arguments = arguments
        self.orderBy = orderBy
        self.withinGroup = withinGroup
        self.filter = filter
        self.nullTreatment = nullTreatment
        self.over = over
        self.specialSyntax = specialSyntax
        self.range = range
    }
}

public struct FunctionArgument: Sendable {
    /// `name => value` (PostgreSQL).
    public var label: Identifier?
    public var isVariadic: Bool
    public var value: Expression

    public init(_ value: Expression, label: Identifier? = nil, isVariadic: Bool = false) {
        self.value = value
        self.label = label
        self.isVariadic = isVariadic
    }
}

/// `OVER name` or `OVER (…)`.
public enum WindowReference: Sendable {
    case named(Identifier)
    case inline(WindowSpecification)
}

public struct WindowSpecification: Sendable {
    public var base: Identifier?
    public var partitionBy: [Expression]
    public var orderBy: [OrderingTerm]
    public var frame: WindowFrame?
    public var range: SourceRange

    public init(
        base: Identifier? = nil, partitionBy: [Expression] = [], orderBy: [OrderingTerm] = [],
        frame: WindowFrame? = nil, range: SourceRange = .none
    ) {
        self.base = base
        self.partitionBy = partitionBy
        self.orderBy = orderBy
        self.frame = frame
        self.range = range
    }
}

public struct WindowFrame: Sendable {
    public enum Unit: String, Sendable, Hashable { case rows = "ROWS", range = "RANGE", groups = "GROUPS" }
    public enum Bound: Sendable {
        case unboundedPreceding, unboundedFollowing, currentRow
        case preceding(Expression), following(Expression)
    }
    public enum Exclusion: String, Sendable, Hashable {
        case noOthers = "NO OTHERS"
        case currentRow = "CURRENT ROW"
        case group = "GROUP"
        case ties = "TIES"
    }
    public var unit: Unit
    public var start: Bound
    /// Nil when BETWEEN was not written.
    public var end: Bound?
    public var exclusion: Exclusion?

    public init(unit: Unit, start: Bound, end: Bound? = nil, exclusion: Exclusion? = nil) {
        self.unit = unit
        self.start = start
        self.end = end
        self.exclusion = exclusion
    }
}

public struct CastExpression: Sendable {
    public var operand: Expression
    public var type: TypeName
    /// `x::type` instead of CAST(x AS type).
    public var usesDoubleColon: Bool
    public var range: SourceRange

    public init(_ operand: Expression, type: TypeName, usesDoubleColon: Bool = false, range: SourceRange = .none) {
        self.operand = operand
        self.type = type
        self.usesDoubleColon = usesDoubleColon
        self.range = range
    }
}

/// A type as written, with arguments and array bounds: `VARCHAR(40)`, `double precision`, `int[]`.
public struct TypeName: Sendable, Hashable {
    public var text: String
    public init(_ text: String) { self.text = text }
}

public struct CollateExpression: Sendable {
    public var operand: Expression
    public var collation: ObjectName
    public var range: SourceRange

    public init(_ operand: Expression, collation: ObjectName, range: SourceRange = .none) {
        self.operand = operand
        self.collation = collation
        self.range = range
    }
}

public struct CaseExpression: Sendable {
    public struct Branch: Sendable {
        public var condition: Expression
        public var result: Expression
        public init(condition: Expression, result: Expression) {
            self.condition = condition
            self.result = result
        }
    }
    /// `CASE x WHEN …`.
    public var operand: Expression?
    public var branches: [Branch]
    public var otherwise: Expression?
    public var range: SourceRange

    public init(
        operand: Expression?, branches: [Branch], otherwise: Expression?, range: SourceRange = .none
    ) {
        self.operand = operand
        self.branches = branches
        self.otherwise = otherwise
        self.range = range
    }
}

/// `[NOT] EXISTS (…)`; NOT is a ``UnaryExpression`` around it.
public struct ExistsExpression: Sendable {
    public var select: SelectStatement
    public var range: SourceRange
    public init(_ select: SelectStatement, range: SourceRange = .none) {
        self.select = select
        self.range = range
    }
}

public struct SubqueryExpression: Sendable {
    public var select: SelectStatement
    /// PostgreSQL's `ARRAY (SELECT …)`.
    public var isArray: Bool
    public var range: SourceRange
    public init(_ select: SelectStatement, isArray: Bool = false, range: SourceRange = .none) {
        self.select = select
        self.isArray = isArray
        self.range = range
    }
}

public struct RowExpression: Sendable {
    public var elements: [Expression]
    public var hasKeyword: Bool
    public var range: SourceRange
    public init(_ elements: [Expression], hasKeyword: Bool = false, range: SourceRange = .none) {
        self.elements = elements
        self.hasKeyword = hasKeyword
        self.range = range
    }
}

public struct ParenthesizedExpression: Sendable {
    public var inner: Expression
    public var range: SourceRange
    public init(_ inner: Expression, range: SourceRange = .none) {
        self.inner = inner
        self.range = range
    }
}

public struct QuantifiedComparison: Sendable {
    public enum Quantifier: String, Sendable, Hashable { case any = "ANY", some = "SOME", all = "ALL" }
    public enum Source: Sendable {
        case subquery(SelectStatement)
        case array(Expression)
    }
    public var operand: Expression
    /// The operator as written: `=`, `<>`, `LIKE`, `NOT ILIKE`, `OPERATOR(…)`.
    public var spelling: String
    public var quantifier: Quantifier
    public var source: Source
    public var range: SourceRange

    public init(
        _ operand: Expression, spelling: String, quantifier: Quantifier, source: Source, range: SourceRange = .none
    ) {
        self.operand = operand
        self.spelling = spelling
        self.quantifier = quantifier
        self.source = source
        self.range = range
    }
}

public struct ArrayExpression: Sendable {
    public var elements: [Expression]
    public var range: SourceRange
    public init(_ elements: [Expression], range: SourceRange = .none) {
        self.elements = elements
        self.range = range
    }
}

public struct SubscriptExpression: Sendable {
    public var operand: Expression
    public var lower: Expression?
    /// `a[1:2]`, also with a bound left out.
    public var isSlice: Bool
    public var upper: Expression?
    public var range: SourceRange
    public init(
        _ operand: Expression, lower: Expression?, isSlice: Bool = false, upper: Expression? = nil,
        range: SourceRange = .none
    ) {
        self.operand = operand
        self.lower = lower
        self.isSlice = isSlice
        self.upper = upper
        self.range = range
    }
}

public struct FieldAccess: Sendable {
    public var operand: Expression
    /// Nil for `.*`.
    public var field: Identifier?
    public var range: SourceRange
    public init(_ operand: Expression, field: Identifier?, range: SourceRange = .none) {
        self.operand = operand
        self.field = field
        self.range = range
    }
}

public struct AtTimeZoneExpression: Sendable {
    public var operand: Expression
    public var zone: Expression
    public var range: SourceRange
    public init(_ operand: Expression, zone: Expression, range: SourceRange = .none) {
        self.operand = operand
        self.zone = zone
        self.range = range
    }
}

public struct RaiseExpression: Sendable {
    /// IGNORE, ROLLBACK, ABORT, FAIL.
    public var action: String
    public var message: Expression?
    public var range: SourceRange
    public init(action: String, message: Expression?, range: SourceRange = .none) {
        self.action = action
        self.message = message
        self.range = range
    }
}

/// `*`, `t.*`, `s.t.*`.
public struct Wildcard: Sendable {
    public var qualifier: ObjectName?
    public var range: SourceRange
    public init(qualifier: ObjectName? = nil, range: SourceRange = .none) {
        self.qualifier = qualifier
        self.range = range
    }
}

public struct VerbatimExpression: Sendable {
    /// The tokens' text.
    public var text: String
    /// What it is, for the refusal's sentence: `XMLPARSE`, `MULTISET`.
    public var kind: String
    public var range: SourceRange
    public init(text: String, kind: String, range: SourceRange = .none) {
        self.text = text
        self.kind = kind
        self.range = range
    }
}
