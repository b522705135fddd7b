/// Gather + combine: rows are brought into a private engine of the same dialect, which runs the user's statement over
/// tables of the same names. Exact, since the engine itself decides semantics.
public struct CombinePlan: Sendable {
    public var pieces: [GatheredPiece]
    /// CREATE VIEW texts of the logical views in use, in an order in which they can be run.
    public var views: [String]
    /// What the engine runs: the user's text, unless something in it had to be replaced. Bound to the run's values.
    public var sql: String
    /// The statement reads TEMP objects: the engine is the session's own, where they and the logical views are.
    public var meetsTemporary: Bool
    /// What answers where a piece fails that the shards were to compute: the engine itself computes it only if it is needed.
    /// Bound to the same values.
    public var fallback: PlanBox?

    public init(
        pieces: [GatheredPiece], views: [String], sql: String, meetsTemporary: Bool = false, fallback: PlanBox? = nil
    ) {
        self.pieces = pieces
        self.views = views
        self.sql = sql
        self.meetsTemporary = meetsTemporary
        self.fallback = fallback
    }
}

/// One table of the private engine and where its rows come from.
public struct GatheredPiece: Sendable {
    /// The logical table's name, for EXPLAIN and errors.
    public var table: String
    /// Creates it: all columns of the logical table with their types, collations and rowid, so that `*`, comparisons
    /// and sorting are as on the logical table. Nil where a piece before has made it.
    public var createTable: String?
    /// `INSERT INTO table (columns)`: the columns that are gathered; the others stay NULL and are never looked at.
    public var insertHead: String
    public var columnCount: Int
    /// A query with `columnCount` columns over the shards, bound to the run's values.
    public var source: PlanBox
    /// Reads fewer rows than `source`, where a piece before has few rows to be joined with.
    public var reduction: KeyReduction?

    public init(
        table: String, createTable: String?, insertHead: String, columnCount: Int, source: PlanBox,
        reduction: KeyReduction? = nil
    ) {
        self.table = table
        self.createTable = createTable
        self.insertHead = insertHead
        self.columnCount = columnCount
        self.source = source
        self.reduction = reduction
    }
}

/// A semijoin over what has been gathered: of a piece only the rows are read whose column has one of the values that a column of
/// an earlier piece has. (Bernstein and Chiu, "Using Semi-Joins to Solve Relational Queries", 1981.)
public struct KeyReduction: Sendable {
    /// For EXPLAIN: `user_id`, and where its values come from, `users.id`.
    public var column: String
    public var keys: String
    /// Run on the private engine: one row with the keys as a JSON array; NULL when they are too many, or not all integers or
    /// all texts that JSON keeps as they are.
    public var keysSQL: String
    /// Where among the run's values the array is bound.
    public var parameter: Int
    /// As the piece's `source`, with the condition.
    public var source: PlanBox

    /// More keys than this cost more than they save.
    static let keyLimit = 10_000

    public init(column: String, keys: String, keysSQL: String, parameter: Int, source: PlanBox) {
        self.column = column
        self.keys = keys
        self.keysSQL = keysSQL
        self.parameter = parameter
        self.source = source
    }
}

extension Plan {
    /// What the plan gathers, in the order in which it is gathered.
    public var gatheredPieces: [GatheredPiece] {
        switch action {
        case .combine(let combine): combine.pieces
        case .combineWrite(let write): write.gathering.pieces
        case .rehearsal(let rehearsal): rehearsal.tables.map(\.piece)
        case .privateStatement(let statement): statement.pieces
        case .query, .scalarsFirst, .write, .insert, .insertQuery, .definition, .session, .catalogQuery, .showTopology,
            .explain, .server:
            []
        }
    }
}
