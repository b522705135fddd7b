public import ShardTopology

/// The last resort of writes: the tables that the statement, its triggers and their statements touch are brought whole
/// into a private engine, with all constraints, indexes, triggers and views; the statement runs there, and what it did to
/// which row is then done where the rows live. Exact, since the engine itself decides semantics; the price is reading the
/// tables.
public struct RehearsalPlan: Sendable {
    public var tables: [RehearsedTable]
    /// CREATE texts of views, indexes and triggers, run when the rows are there.
    public var scripts: [String]
    public var sql: String
    /// The table or view the statement names.
    public var target: String
    public var isInsert: Bool
    public var returnsRows: Bool

    public init(
        tables: [RehearsedTable], scripts: [String], sql: String, target: String, isInsert: Bool, returnsRows: Bool
    ) {
        self.tables = tables
        self.scripts = scripts
        self.sql = sql
        self.target = target
        self.isInsert = isInsert
        self.returnsRows = returnsRows
    }
}

/// One table of a rehearsal. Its rows are named by all stored columns, then the rowid where no column stands for it.
public struct RehearsedTable: Sendable {
    public var piece: GatheredPiece
    /// Names of a row's values.
    public var columns: [String]
    /// Positions in a row of what tells it from all others.
    public var identity: [Int]
    /// Whether the identity is the rowid.
    public var isByRowID: Bool
    /// Ordinals of the identity's columns in the table (without a rowid's).
    public var identityOrdinals: [Int]
    public var home: Home
    /// Statements for one row; parameters are numbered by the row's positions, and `delete` finds the row by its
    /// identity.
    public var insert: FragmentTemplate
    public var delete: FragmentTemplate
    /// Nil where rows are better written anew: another unique key could meet a row that is about to change too.
    public var update: FragmentTemplate?
    public var isAutoIncrement: Bool
    /// The key counter of the table is to look again.
    public var hasMadeRowIDs: Bool

    public enum Home: Sendable {
        /// By the shard key: positions in a row, and ordinals in the table.
        case key(Sharding, positions: [Int], ordinals: [Int])
        case single(ShardIndex)
        case everyShard
    }
}
