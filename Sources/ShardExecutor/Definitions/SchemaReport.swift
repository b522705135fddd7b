/// What a ``SchemaCheck`` found: every table's rows, and everything that is not as the catalog says.
public struct SchemaReport: Sendable {
    /// A thing that is wrong. Nothing was repaired.
    public struct Finding: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            /// The catalog has it, the shard does not.
            case missing
            /// The shard has it, the catalog does not.
            case unexpected
            /// Both have it, differently.
            case different
            /// Rows that stand in another partition than their shard key says.
            case misplacedRows = "misplaced-rows"
            /// The copies of a broadcast table differ.
            case copiesDiffer = "copies-differ"
            /// Rows of a split table that are in one of its parts only.
            case partsDiffer = "parts-differ"
        }
        public var kind: Kind
        /// The shard's name.
        public var shard: String
        /// The logical table, index or trigger; for what the catalog does not know, the name on the shard.
        public var object: String
        /// What is wrong, as a sentence.
        public var message: String
        /// How many rows it concerns; 0 where it is about the schema.
        public var rows: Int64

        public init(kind: Kind, shard: String, object: String, message: String, rows: Int64 = 0) {
            self.kind = kind
            self.shard = shard
            self.object = object
            self.message = message
            self.rows = rows
        }
    }

    /// A table's rows.
    public struct TableCount: Sendable, Hashable {
        public var table: String
        /// All logical rows; a broadcast table's count once.
        public var rows: Int64
        /// By shard, in the topology's order.
        public var perShard: [Int64]

        public init(table: String, rows: Int64, perShard: [Int64]) {
            self.table = table
            self.rows = rows
            self.perShard = perShard
        }
    }

    public var epoch: UInt64
    public var shards: [String]
    /// By name.
    public var tables: [TableCount]
    public var findings: [Finding]

    public var isClean: Bool { findings.isEmpty }

    public init(epoch: UInt64, shards: [String], tables: [TableCount], findings: [Finding]) {
        self.epoch = epoch
        self.shards = shards
        self.tables = tables
        self.findings = findings
    }
}
