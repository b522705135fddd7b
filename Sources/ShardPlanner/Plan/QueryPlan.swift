public import ShardSQL
public import ShardTopology
public import ShardValues

/// A statement that reads.
public struct QueryPlan: Sendable {
    public var route: Route
    /// The whole statement, for when the route leads to exactly one place: the answer passes through unchanged.
    public var whole: FragmentTemplate
    /// What to do when it leads to several places (or, for `none`, what gives the empty answer). Nil when the
    /// statement's form proves that there is one place.
    public var scatter: PlanNode?
    /// The form proves that at most a few rows are read through an index: run it inline on the caller's task.
    public var isShort: Bool
    /// The form proves that there is one row at most.
    public var isSingleRow: Bool

    public init(
        route: Route, whole: FragmentTemplate, scatter: PlanNode?, isShort: Bool, isSingleRow: Bool = false
    ) {
        self.route = route
        self.whole = whole
        self.scatter = scatter
        self.isShort = isShort
        self.isSingleRow = isSingleRow
    }
}

/// Where a statement must go; resolved with the bound values into fragments.
public enum Route: Sendable {
    /// To the partitions of a colocation group that can hold matching keys.
    case partitions(Sharding, KeyCondition)
    /// To any one shard: only broadcast tables or none are touched.
    case anyShard
    case shard(ShardIndex)
    /// To every shard: a write to a broadcast table.
    case everyShard
}

/// The text of a per-shard statement with places for physical table names.
///
/// Parameters are numbered (`?1`): all fragments of a run are bound the same values.
public struct FragmentTemplate: Sendable {
    public var sql: SQLTemplate
    /// The logical tables that ``ShardSQL/SQLTemplate/Piece/table(_:)`` numbers.
    public var tables: [TemplateTable]
    /// Of the parameters, where a server is told (`pg_type`'s numbers); empty elsewhere.
    public var parameterTypes: [UInt32]

    public init(sql: SQLTemplate, tables: [TemplateTable], parameterTypes: [UInt32] = []) {
        self.parameterTypes = parameterTypes
        self.sql = sql
        self.tables = tables
    }
}

/// Which physical name a table number stands for.
public enum TemplateTable: Sendable {
    /// The name of the routed partition.
    case partitioned(Sharding)
    /// The same name everywhere.
    case fixed(String)
    /// As SQL text, by partition; one element: the same everywhere.
    case spelled([String])
}

/// Streaming operators over fragments' answers. The base name of each case's payload is the name of the executor's
/// operator.
public indirect enum PlanNode: Sendable {
    case scatter(ScatterNode)
    case aggregate(AggregateNode)
    case distinct(DistinctNode)
    case limit(LimitNode)
    case project(ProjectNode)
    case finish(FinishNode)

    /// The leaf: every operator has one input.
    public var scatter: ScatterNode {
        switch self {
        case .scatter(let node): node
        case .aggregate(let node): node.input.scatter
        case .distinct(let node): node.input.scatter
        case .limit(let node): node.input.scatter
        case .project(let node): node.input.scatter
        case .finish(let node): node.input.scatter
        }
    }
}

/// The answers of one or several statements over fragments become one stream.
public struct ScatterNode: Sendable {
    public struct Part: Sendable {
        public var route: Route
        public var statement: FragmentTemplate
        /// The form proves that the route leads to one place; when the values lead nowhere (key = NULL), any one
        /// partition is asked, since an aggregate without rows still answers one.
        public var isSinglePlace: Bool
        public init(route: Route, statement: FragmentTemplate, isSinglePlace: Bool = false) {
            self.route = route
            self.statement = statement
            self.isSinglePlace = isSinglePlace
        }
    }
    public var parts: [Part]
    public var columnCount: Int
    /// How each stream is sorted, which the merged stream keeps; empty: streams follow one another in any order.
    public var order: [SortKey]
    /// The statements answer groups; where this is set, the middleware groups rows itself, unless there are too many groups.
    public var grouping: HashGrouping?

    public init(parts: [Part], columnCount: Int, order: [SortKey] = [], grouping: HashGrouping? = nil) {
        self.parts = parts
        self.columnCount = columnCount
        self.order = order
        self.grouping = grouping
    }
}

/// Grouping in the middleware: each fragment answers rows, the group's columns followed by arguments of aggregates, which
/// are hashed as they come in. What goes on is the same as the scatter's own statement answers: the group's columns and
/// one partial after the other, sorted by the group.
public struct HashGrouping: Sendable {
    public var rows: FragmentTemplate
    public var rowColumnCount: Int
    /// How equal rows are told, and the order of the groups.
    public var keys: [SortKey]
    public var partials: [HashPartial]

    public init(rows: FragmentTemplate, rowColumnCount: Int, keys: [SortKey], partials: [HashPartial]) {
        self.rows = rows
        self.rowColumnCount = rowColumnCount
        self.keys = keys
        self.partials = partials
    }
}

/// A partial aggregate over a column of the rows, by SQLite's rules.
public enum HashPartial: Sendable, Hashable {
    /// Of all rows; of those whose column is not NULL.
    case countRows
    case count(Int)
    case sum(Int)
    case total(Int)
    case minimum(Int, Collation)
    case maximum(Int, Collation)
}

/// Partial aggregates become final ones. Input columns are the group's columns followed by partials; the input is
/// sorted by `groupOrder`. Output columns: the group's columns, then one per entry of `aggregates`.
/// Without group columns the answer is one row, also for an empty input.
public struct AggregateNode: Sendable {
    public var input: PlanNode
    public var groupColumnCount: Int
    /// One key per group column: rows that compare equal under it are one group.
    public var groupOrder: [SortKey]
    public var aggregates: [FinalAggregate]

    public init(input: PlanNode, groupColumnCount: Int, groupOrder: [SortKey], aggregates: [FinalAggregate]) {
        self.input = input
        self.groupColumnCount = groupColumnCount
        self.groupOrder = groupOrder
        self.aggregates = aggregates
    }
}

/// How partials (input columns by position) become a final value; the rules are SQLite's.
public enum FinalAggregate: Sendable, Hashable {
    /// Sum of counts; 0 without rows.
    case count(Int)
    /// NULL without values (the count tells); integers add exactly and overflow is the error "integer overflow"; one real
    /// partial makes the answer real, and a NULL partial of values is no number (infinities of both signs).
    case sum(Int, count: Int)
    /// Always real; 0.0 without rows.
    case total(Int)
    /// total / count; NULL when the count is 0.
    case average(total: Int, count: Int)
    case minimum(Int, Collation)
    case maximum(Int, Collation)
    /// Non-NULL partials joined by the separator.
    case groupConcat(Int, separator: String)
    /// The input is sorted by the group's columns and then by this column, one row per distinct value on each
    /// stream: count, sum, average, total of the distinct non-NULL values.
    case countDistinct(Int, Collation)
    case sumDistinct(Int, Collation)
    case totalDistinct(Int, Collation)
    case averageDistinct(Int, Collation)
    /// A bare column: the value in the row of the partial that was taken first.
    case any(Int)
}

/// Drops rows equal to the row before in the given columns; the input is sorted so that equal rows are neighbours.
public struct DistinctNode: Sendable {
    public var input: PlanNode
    public var keys: [SortKey]
    public init(input: PlanNode, keys: [SortKey]) {
        self.input = input
        self.keys = keys
    }
}

public struct LimitNode: Sendable {
    public var input: PlanNode
    public var count: LimitOperand?
    public var offset: LimitOperand?
    /// Whose rules say what NULL and negative numbers mean.
    public var rules: Rules

    public enum Rules: Sendable, Hashable {
        /// A negative limit is none, a negative offset 0; NULL is an error.
        case sqlite
        /// Negative numbers are errors; NULL is none.
        case postgresql
    }

    public init(input: PlanNode, count: LimitOperand?, offset: LimitOperand?, rules: Rules = .sqlite) {
        self.rules = rules
        self.input = input
        self.count = count
        self.offset = offset
    }
}

/// Picks columns by position: hidden sort keys fall away.
public struct ProjectNode: Sendable {
    public var input: PlanNode
    public var columns: [Int]
    public init(input: PlanNode, columns: [Int]) {
        self.input = input
        self.columns = columns
    }
}

/// The merged rows are put into a table of a private engine of the same dialect, which runs the rest: HAVING,
/// expressions over aggregates, ORDER BY, LIMIT. Exact, since the engine decides semantics.
public struct FinishNode: Sendable {
    public var input: PlanNode
    /// Creates the table; its columns carry the types and collations of the input's.
    public var createTable: String
    /// The table's name in `createTable`.
    public var table: String
    public var columnCount: Int
    /// The final SELECT over the table, bound to the run's values.
    public var sql: String

    public init(input: PlanNode, createTable: String, table: String, columnCount: Int, sql: String) {
        self.input = input
        self.createTable = createTable
        self.table = table
        self.columnCount = columnCount
        self.sql = sql
    }
}
