public import ShardTopology

/// UPDATE and DELETE whose rows or values depend on rows elsewhere: a private engine runs the statement over gathered
/// rows and tells which rows it changed and to what; then each row is written where it lives, all in one transaction.
///
/// A row of the gathering's answer has new values, what identifies the row, where it was, then RETURNING's columns. The
/// statements' parameters are numbered by its columns.
public struct CombineWritePlan: Sendable {
    /// Where a changed row lives.
    public enum Home: Sendable {
        /// By the shard key's values, which stand at these positions of the row.
        case key(Sharding, positions: [Int])
        /// The row says the partition's number.
        case partition(Sharding, position: Int)
        /// The one partition.
        case only(Sharding)
        case single(ShardIndex)
        /// The table is broadcast.
        case everyShard

        public var isEveryShard: Bool {
            switch self {
            case .everyShard: true
            case .key, .partition, .only, .single: false
            }
        }
    }

    /// What a row whose shard key may have changed needs besides, when its home is another one afterwards.
    public struct Move: Sendable {
        public var delete: FragmentTemplate
        public var insert: FragmentTemplate
        /// Of a split table: the cold part's, after ``insert``.
        public var coldInsert: FragmentTemplate?
        /// Where the new key's values stand in the row.
        public var keyPositions: [Int]
        public init(
            delete: FragmentTemplate, insert: FragmentTemplate, coldInsert: FragmentTemplate? = nil, keyPositions: [Int]
        ) {
            self.delete = delete
            self.insert = insert
            self.coldInsert = coldInsert
            self.keyPositions = keyPositions
        }
    }

    /// Its ``CombinePlan/sql`` is the statement with a RETURNING clause of ours.
    public var gathering: CombinePlan
    /// The logical table written.
    public var table: String
    public var home: Home
    /// Writes one row where it is.
    public var rowStatement: FragmentTemplate
    /// Of a split table whose row changes in both parts: the cold part's, after ``rowStatement``.
    public var coldRowStatement: FragmentTemplate?
    public var move: Move?
    /// How many columns RETURNING has; they are the row's last.
    public var returnedCount: Int
    public var returnsRows: Bool
    /// Rowid values of the table may be freed: the key counter looks again.
    public var touchesRowIDs: Bool

    public init(
        gathering: CombinePlan, table: String, home: Home, rowStatement: FragmentTemplate, move: Move?,
        returnedCount: Int, returnsRows: Bool, touchesRowIDs: Bool
    ) {
        self.gathering = gathering
        self.table = table
        self.home = home
        self.rowStatement = rowStatement
        self.move = move
        self.returnedCount = returnedCount
        self.returnsRows = returnsRows
        self.touchesRowIDs = touchesRowIDs
    }
}
