public import ShardTopology

/// The schema as the coordinator's own catalogs tell it after a definition.
public struct ServerSchema: Sendable {
    public struct Table: Sendable {
        public var schema: TableSchema
        /// Every unique constraint and index: ordinals of its plain columns.
        public var uniques: [[Int]]

        public init(schema: TableSchema, uniques: [[Int]]) {
            self.schema = schema
            self.uniques = uniques
        }
    }
    /// A function that a user has made.
    public struct Function: Sendable {
        /// Its name and the types of its arguments, as `regprocedure` writes them.
        public var signature: String
        /// Neither a procedure nor a window function.
        public var isAggregateOrPlain: Bool
        public var isImmutable: Bool
        /// Its text, where it is written in a language.
        public var body: String
        public var isForTriggers: Bool
        /// The server has one of that name itself.
        public var hidesOwn: Bool

        public init(
            signature: String, isAggregateOrPlain: Bool, isImmutable: Bool, body: String, isForTriggers: Bool,
            hidesOwn: Bool
        ) {
            self.signature = signature
            self.isAggregateOrPlain = isAggregateOrPlain
            self.isImmutable = isImmutable
            self.body = body
            self.isForTriggers = isForTriggers
            self.hidesOwn = hidesOwn
        }
    }
    /// In `public`, of no extension.
    public var functions: [Function] = []
    /// By name, exactly.
    public var tables: [String: Table]
    /// The queries of views by name, in the server's own words.
    public var views: [String: String]
    /// Their options by name: `check_option=local`.
    public var viewOptions: [String: String] = [:]
    /// Indexes that are no constraint's: name to table.
    public var indexes: [String: String]
    /// What has a name among tables and is neither table nor view: sequences, composite types.
    public var others: Set<String> = []

    public init(tables: [String: Table], views: [String: String], indexes: [String: String]) {
        self.tables = tables
        self.views = views
        self.indexes = indexes
    }
}
