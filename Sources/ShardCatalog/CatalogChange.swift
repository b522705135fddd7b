import ShardTopology
public import ShardValues

/// What one step changes in the catalog: all of it in one transaction, which makes the next epoch.
public struct CatalogChange: Sendable {
    /// The epoch the change was made for. Another one in the catalog means that somebody else changed it meanwhile.
    public var baseEpoch: UInt64
    /// The whole list of objects afterwards; nil: as it is.
    public var objects: [CatalogObject]?
    /// The whole list of shards afterwards; nil: as it is.
    public var shards: [CatalogShard]?
    /// Tables that got a new name: their sequences and directory entries follow. Any case.
    public var renamedTables: [(from: String, to: String)]
    /// Tables that are gone: their sequences and directory entries go too. Any case.
    public var droppedTables: [String]
    public var directory: [DirectoryChange]

    /// A key of a DIRECTORY table gets a home (or none: the table's default).
    ///
    /// Rows of that key that exist already are not moved: who changes an entry moves them first.
    public struct DirectoryChange: Sendable, Hashable {
        public var table: String
        public var key: Value
        public var partition: Int?
        public init(table: String, key: Value, partition: Int?) {
            self.table = table
            self.key = key
            self.partition = partition
        }
    }

    public init(
        baseEpoch: UInt64, objects: [CatalogObject]? = nil, shards: [CatalogShard]? = nil,
        renamedTables: [(from: String, to: String)] = [], droppedTables: [String] = [],
        directory: [DirectoryChange] = []
    ) {
        self.baseEpoch = baseEpoch
        self.objects = objects
        self.shards = shards
        self.renamedTables = renamedTables
        self.droppedTables = droppedTables
        self.directory = directory
    }
}
