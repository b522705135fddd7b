public import ShardTopology

/// UPDATE and DELETE whose rows or values depend on rows elsewhere: a private engine runs the statement over gathered
/// rows and tells which rows it changed and to what; then each row is written where it lives, all in one transaction.
///
/// A row of the gathering's answer has the new values of the assigned columns, then what identifies the row, then the
/// partition's number (under ``Home/partition(_:)``), then RETURNING's columns.
public struct CombineWritePlan: Sendable {
    /// Where a changed row lives.
    public enum Home: Sendable {
        /// By the shard key's values, which stand at these positions of the row.
        case key(Sharding, positions: [Int])
        /// The row says the partition's number.
        case partition(Sharding)
        case single(ShardIndex)
        /// The table is broadcast.
        case everyShard
    }

    /// Its ``CombinePlan/sql`` is the statement with a RETURNING clause of ours.
    public var gathering: CombinePlan
    /// The logical table written.
    public var table: String
    public var home: Home
    /// Writes one row; its parameters are the row's first ``boundCount`` values.
    public var rowStatement: FragmentTemplate
    public var boundCount: Int
    /// How many columns RETURNING has; they are the row's last.
    public var returnedCount: Int
    public var returnsRows: Bool
    /// Rowid values of the table may be freed: the key counter looks again.
    public var touchesRowIDs: Bool

    public init(
        gathering: CombinePlan, table: String, home: Home, rowStatement: FragmentTemplate, boundCount: Int,
        returnedCount: Int, returnsRows: Bool, touchesRowIDs: Bool
    ) {
        self.gathering = gathering
        self.table = table
        self.home = home
        self.rowStatement = rowStatement
        self.boundCount = boundCount
        self.returnedCount = returnedCount
        self.returnsRows = returnsRows
        self.touchesRowIDs = touchesRowIDs
    }
}
