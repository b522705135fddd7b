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

    public init(pieces: [GatheredPiece], views: [String], sql: String, meetsTemporary: Bool = false) {
        self.pieces = pieces
        self.views = views
        self.sql = sql
        self.meetsTemporary = meetsTemporary
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

    public init(table: String, createTable: String?, insertHead: String, columnCount: Int, source: PlanBox) {
        self.table = table
        self.createTable = createTable
        self.insertHead = insertHead
        self.columnCount = columnCount
        self.source = source
    }
}
