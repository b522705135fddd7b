public import ShardValues

/// A logical table's columns and keys, as far as routing and merging depend on them.
public struct TableSchema: Sendable, Hashable, Codable {
    public var name: String
    public var columns: [Column]
    /// Column ordinals of the PRIMARY KEY, in key order; empty when there is none.
    public var primaryKey: [Int]
    /// Each UNIQUE constraint or unique index (not the primary key) as column ordinals.
    public var uniqueKeys: [[Int]]
    /// Each index over all rows (those of constraints left out) as column ordinals, as far as plain columns under their
    /// own collations go. Nil: not known, as in catalogs written before indexes were kept.
    public var indexes: [[Int]]?
    /// The ordinal of the column that is an alias of SQLite's rowid (`INTEGER PRIMARY KEY`).
    public var rowIDColumn: Int?
    public var isAutoIncrement: Bool
    public var isWithoutRowID: Bool
    public var isStrict: Bool

    public struct Column: Sendable, Hashable, Codable {
        public var name: String
        /// The type as declared, nil when none.
        public var declaredType: String?
        public var affinity: Affinity
        public var collation: Collation
        public var isNotNull: Bool
        /// The DEFAULT's SQL text, nil when none.
        public var defaultSQL: String?
        /// A generated column takes no value in INSERT.
        public var isGenerated: Bool
        /// Which generator fills the column when an INSERT leaves it out.
        public var generator: String?

        public init(
            name: String, declaredType: String? = nil, affinity: Affinity = .blob, collation: Collation = .binary,
            isNotNull: Bool = false, defaultSQL: String? = nil, isGenerated: Bool = false, generator: String? = nil
        ) {
            self.name = name
            self.declaredType = declaredType
            self.affinity = affinity
            self.collation = collation
            self.isNotNull = isNotNull
            self.defaultSQL = defaultSQL
            self.isGenerated = isGenerated
            self.generator = generator
        }
    }

    public init(
        name: String, columns: [Column], primaryKey: [Int] = [], uniqueKeys: [[Int]] = [],
        indexes: [[Int]]? = nil, rowIDColumn: Int? = nil, isAutoIncrement: Bool = false, isWithoutRowID: Bool = false,
        isStrict: Bool = false
    ) {
        self.name = name
        self.columns = columns
        self.primaryKey = primaryKey
        self.uniqueKeys = uniqueKeys
        self.indexes = indexes
        self.rowIDColumn = rowIDColumn
        self.isAutoIncrement = isAutoIncrement
        self.isWithoutRowID = isWithoutRowID
        self.isStrict = isStrict
    }

    /// The names SQLite knows a rowid by, folded.
    public static let rowIDNames = ["rowid", "_rowid_", "oid"]

    /// The name of the rowid where no column stands for it: a number that rows have all the same, and that is one number
    /// for the whole logical table. Nil where there is none, or columns of these names hide it.
    public var implicitRowIDName: String? {
        guard rowIDColumn == nil, !isWithoutRowID else { return nil }
        return Self.rowIDNames.first { column(named: $0) == nil }
    }

    /// The ordinal of a column by name, ASCII case-insensitively.
    public func column(named name: String) -> Int? {
        let folded = Topology.key(for: name)
        return columns.firstIndex { Topology.key(for: $0.name) == folded }
    }
}
