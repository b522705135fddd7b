import ShardSQL
public import ShardTopology

/// What is done on database servers beyond routing and merging.
public struct ServerPlan: Sendable {
    public enum Work: Sendable {
        /// Rows of several shards become temporary tables of the coordinator, which runs the statement.
        case combine(ServerCombinePlan)
        /// The coordinator answers from what it has: no table of the logical database is read.
        case coordinator(sql: String)
        case write(ServerWritePlan)
        case insert(ServerInsertPlan)
    }
    public var work: Work
    /// Of the statement's parameters, as the server finds them; then those of the values that are computed once.
    public var parameterTypes: [UInt32]

    public init(_ work: Work, parameterTypes: [UInt32]) {
        self.work = work
        self.parameterTypes = parameterTypes
    }
}

/// Gather + combine on a server: exact, since the server itself runs the user's text over tables of the same names.
public struct ServerCombinePlan: Sendable {
    public struct Piece: Sendable {
        /// The logical table's name.
        public var table: String
        /// Of which shard which rows; a query each. Any shard where the table is whole on all of them.
        public var sources: [(shard: ShardIndex?, query: String)]
        /// The columns of the primary key, where the statement may need to know that they determine the others.
        public var primaryKey: [String]

        public init(table: String, sources: [(shard: ShardIndex?, query: String)], primaryKey: [String]) {
            self.table = table
            self.sources = sources
            self.primaryKey = primaryKey
        }
    }
    public var pieces: [Piece]
    /// CREATE TEMPORARY VIEW texts of the logical views in use, each after those it reads.
    public var views: [String]
    /// What the coordinator runs, bound to the run's values.
    public var sql: String

    public init(pieces: [Piece], views: [String], sql: String) {
        self.pieces = pieces
        self.views = views
        self.sql = sql
    }
}

/// UPDATE, DELETE and TRUNCATE: the same statement to each fragment.
public struct ServerWritePlan: Sendable {
    public var route: Route
    public var statement: FragmentTemplate
    /// The logical table written.
    public var table: String
    public var returnsRows: Bool
    /// The same rows are changed on every shard: they count once.
    public var isEveryShard: Bool

    public init(route: Route, statement: FragmentTemplate, table: String, returnsRows: Bool, isEveryShard: Bool) {
        self.route = route
        self.statement = statement
        self.table = table
        self.returnsRows = returnsRows
        self.isEveryShard = isEveryShard
    }
}

/// INSERT split by row. A fragment's text is `head`, the table, `columns`, its rows, `tail`.
public struct ServerInsertPlan: Sendable {
    public enum Source: Sendable {
        case rows([[Cell]])
        /// The rows of a query, in the order of the insertion's first columns; the cells behind them are these.
        case query(PlanBox, behind: [Cell])
    }
    public enum Cell: Sendable {
        /// Sent as written.
        case text(String)
        /// Sent as written; a key column's, with its value.
        case key(String, KeyOperand)
        /// Computed once per row on the coordinator before the row is split, and sent as a literal of its type.
        case evaluated(String)
    }
    public enum Target: Sendable {
        /// `key`: where each key column's value stands in a row; nil: it is NULL there.
        case sharded(Sharding, key: [Int?], columns: [ServerKeyColumn])
        case everyShard
        case shard(ShardIndex)
    }
    public var table: String
    public var target: Target
    /// The table's name on each partition as SQL text; one element where it is the same everywhere.
    public var names: [String]
    /// ` AS t (a, b) OVERRIDING SYSTEM VALUE`: from the table's name to VALUES.
    public var columns: String
    public var source: Source
    /// ` ON CONFLICT … RETURNING …`, or empty.
    public var tail: String
    public var returnsRows: Bool
    /// Each row gives exactly one row of RETURNING.
    public var returnsEachRow: Bool

    public init(
        table: String, target: Target, names: [String], columns: String, source: Source, tail: String,
        returnsRows: Bool, returnsEachRow: Bool
    ) {
        self.table = table
        self.target = target
        self.names = names
        self.columns = columns
        self.source = source
        self.tail = tail
        self.returnsRows = returnsRows
        self.returnsEachRow = returnsEachRow
    }
}

/// What tables are called on the servers.
///
/// A table with at most one partition on each shard bears its own name there. Otherwise each partition has a schema of its own,
/// so that tables, constraints and indexes keep their names: those that errors show.
public enum ServerNames {
    /// The schema of a partition's tables.
    public static func schema(ofPartition partition: Int) -> String { "_shardkit_p\(partition)" }

    public static func isAlone(_ sharding: Sharding) -> Bool {
        Set(sharding.partitions.map(\.shard)).count == sharding.partitions.count
    }

    /// The name as SQL text on each partition.
    public static func names(of table: String, _ sharding: Sharding) -> [String] {
        if isAlone(sharding) { return sharding.partitions.map { _ in whole(table) } }
        return sharding.partitions.indices.map { quoted(schema(ofPartition: $0)) + "." + quoted(table) }
    }

    /// The name of what is whole on its shard.
    public static func whole(_ table: String) -> String { "public." + quoted(table) }

    /// A name as the server has it, letter by letter.
    public static func quoted(_ name: String) -> String { Identifier(name, quote: .double).quoted }
}
