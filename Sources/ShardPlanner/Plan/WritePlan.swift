public import ShardTopology
public import ShardValues

/// UPDATE, DELETE, and INSERT … SELECT that is right per partition: the same statement to each fragment.
public struct WritePlan: Sendable {
    public var route: Route
    public var statement: FragmentTemplate
    /// The cold part's statement where an UPDATE sets columns of both parts of a split table: run after ``statement``, in
    /// the same transaction; its changes and rows do not count.
    public var coldStatement: FragmentTemplate?
    /// The logical table written.
    public var table: String
    /// Whether the statement answers rows (RETURNING).
    public var returnsRows: Bool
    /// Whether the route is proved to lead to one place.
    public var isSinglePlace: Bool
    /// The conflict action as the statement names it (`IGNORE`, `REPLACE`, `ROLLBACK` …), nil for the default.
    public var conflictAction: String?
    /// Rowid values of the table may have been freed or changed: the key counter looks again.
    public var touchesRowIDs: Bool
    /// INSERT … SELECT counts as an insertion for `last_insert_rowid()`.
    public var isInsert: Bool

    public init(
        route: Route, statement: FragmentTemplate, table: String, returnsRows: Bool, isSinglePlace: Bool,
        conflictAction: String? = nil, touchesRowIDs: Bool = false, isInsert: Bool = false
    ) {
        self.route = route
        self.statement = statement
        self.table = table
        self.returnsRows = returnsRows
        self.isSinglePlace = isSinglePlace
        self.conflictAction = conflictAction
        self.touchesRowIDs = touchesRowIDs
        self.isInsert = isInsert
    }
}

/// INSERT … VALUES, split by row: each row has exactly one home (or, for a broadcast table, all shards).
///
/// A fragment's text is `head` + its rows joined by `, ` + `tail`.
public struct InsertPlan: Sendable {
    public enum Target: Sendable {
        case sharded(Sharding, keyCells: [KeyCell])
        case broadcast
        case single(ShardIndex)
    }
    /// Where a shard-key column's value comes from in each row.
    public enum KeyCell: Sendable {
        /// The cell at this position of the row.
        case cell(Int)
        /// The cell, or where it is NULL the DEFAULT that a REPLACE puts in its place: the column is NOT NULL, so that the
        /// NULL is either replaced or an error, on whichever shard.
        case cellOrDefault(Int, Value)
        /// The column is not in the list and takes this constant (its DEFAULT, or NULL).
        case constant(Value)
        /// The generated key of the row.
        case generated
    }
    public var table: String
    public var target: Target
    /// `INSERT INTO <table> (columns) VALUES `, the table's physical name a template piece.
    public var head: FragmentTemplate
    /// ` ON CONFLICT … RETURNING …`, or empty.
    public var tail: String
    public var rows: [InsertRow]
    /// The key that is filled when a row leaves it out or gives NULL.
    public var generated: GeneratedKey?
    public var returnsRows: Bool
    public var conflictAction: String?
    /// Rows may bring the rowid of a table without a column for it: no shard alone can tell whether it is taken.
    public var checksRowIDs = false
    /// What goes to the cold part of a table split by column; nil for any other table.
    public var cold: ColdInsert?

    public init(
        table: String, target: Target, head: FragmentTemplate, tail: String, rows: [InsertRow],
        generated: GeneratedKey? = nil, returnsRows: Bool = false, conflictAction: String? = nil
    ) {
        self.table = table
        self.target = target
        self.head = head
        self.tail = tail
        self.rows = rows
        self.generated = generated
        self.returnsRows = returnsRows
        self.conflictAction = conflictAction
    }
}

/// The cold part of an INSERT into a table split by column: each row is written to the hot part first, which decides
/// conflicts, then to the cold part, in one transaction.
public struct ColdInsert: Sendable {
    /// As ``InsertPlan/head`` and ``InsertPlan/tail``, which are the hot part's.
    public var head: FragmentTemplate
    public var tail: String
    /// The positions of the cells that a row has in each part, in the order of the heads' columns.
    public var hotCells: [Int]
    public var coldCells: [Int]
    /// The positions of the primary key's cells: they are in both parts, so expressions in them are computed once.
    public var keyCells: [Int]

    public init(head: FragmentTemplate, tail: String, hotCells: [Int], coldCells: [Int], keyCells: [Int]) {
        self.head = head
        self.tail = tail
        self.hotCells = hotCells
        self.coldCells = coldCells
        self.keyCells = keyCells
    }
}

/// The column whose value ShardKit makes.
public struct GeneratedKey: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// SQLite's next rowid; `isAutoIncrement`: never one that was ever used.
        case rowID(isAutoIncrement: Bool)
        /// A named generator (`snowflake`, `uuidv7`, `segment:tag`).
        case generator(String)
    }
    public var kind: Kind
    /// The position of its cell in each row. When the INSERT leaves the column out, the head names it last and the
    /// cell of each row is ``InsertCell/generate``.
    public var cell: Int
    public init(kind: Kind, cell: Int) {
        self.kind = kind
        self.cell = cell
    }
}

public struct InsertRow: Sendable {
    public var cells: [InsertCell]
    /// `(…)` ready to be spliced, when no cell has to be computed. Parameters are numbered.
    public var text: String?
    public init(cells: [InsertCell], text: String?) {
        self.cells = cells
        self.text = text
    }
}

/// One value of a row.
public enum InsertCell: Sendable {
    /// A literal: its value, and its text as written.
    case literal(Value, text: String)
    /// The user's parameter by index from 0.
    case parameter(Int)
    /// Any other deterministic expression, sent as text (parameters numbered). When its value is needed for routing
    /// it is first evaluated on a private engine and then bound.
    case expression(text: String)
    /// A volatile expression: evaluated once per row on a private engine, then bound.
    case volatile(text: String)
    /// Left out: the generated key.
    case generate
}

/// INSERT … SELECT whose rows have to be routed one by one. The query runs to its end first or streams when source
/// and target differ; all rows are written in one transaction.
public struct InsertQueryPlan: Sendable {
    public var query: PlanBox
    /// The insertion with one row whose cells are parameters after the statement's own values.
    public var insert: InsertPlan
    /// The columns that the query must give.
    public var width: Int
    public init(query: PlanBox, insert: InsertPlan, width: Int) {
        self.width = width
        self.query = query
        self.insert = insert
    }
}
