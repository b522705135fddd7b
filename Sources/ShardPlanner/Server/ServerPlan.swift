import ShardSQL
public import ShardTopology

/// What is done on database servers beyond routing and merging.
public struct ServerPlan: Sendable {
    public enum Work: Sendable {
        /// Rows of several shards become temporary tables of the coordinator, which runs the statement.
        case combine(ServerCombinePlan)
        /// The shards' answers to a query become rows of an expression in FROM, and the coordinator runs the rest.
        case finish(ServerFinishPlan)
        /// The coordinator answers from what it has: no table of the logical database is read.
        case coordinator(sql: String)
        case write(ServerWritePlan)
        case insert(ServerInsertPlan)
        case rehearse(ServerRehearsalPlan)
    }
    public var work: Work
    /// Of the statement's parameters, as the server finds them; then those of the values that are computed once.
    public var parameterTypes: [UInt32]

    public init(_ work: Work, parameterTypes: [UInt32]) {
        self.work = work
        self.parameterTypes = parameterTypes
    }
}

/// What stands above partial aggregates, distinct rows or sorted rows of several shards: the server itself decides about types,
/// collations and functions.
public struct ServerFinishPlan: Sendable {
    /// A query plan over the shards.
    public var source: PlanBox
    /// Of the source's columns, as SQL text.
    public var types: [String]
    /// What the coordinator runs, before and behind the rows' expression. The rows are columns `c0`, `c1` …
    public var head: String
    public var tail: String

    public init(source: PlanBox, types: [String], head: String, tail: String) {
        self.source = source
        self.types = types
        self.head = head
        self.tail = tail
    }

    /// The statement: the rows come as one array of texts per column, behind the statement's own parameters.
    public func sql(firstParameter: Int) -> String {
        let arrays = types.indices.map { "$\(firstParameter + $0)::text[]" }.joined(separator: ", ")
        let names = types.indices.map { "c\($0)" }
        let cells = zip(names, types).map { "u.\($0)::\($1) AS \($0)" }.joined(separator: ", ")
        return "\(head)(SELECT \(cells) FROM unnest(\(arrays)) AS u(\(names.joined(separator: ", "))))\(tail)"
    }
}

/// Gather + combine on a server: exact, since the server itself runs the user's text over tables of the same names.
public struct ServerCombinePlan: Sendable {
    public struct Piece: Sendable {
        /// The logical table's name.
        public var table: String
        /// Those that the statement may read, in the table's order.
        public var columns: [String]
        /// Where its rows are: the table's name there as SQL text. No shard: any, since all have the same.
        public var sources: [(shard: ShardIndex?, name: String)]
        /// The rows that the statement may want: a condition in parts, between which values stand; empty: all.
        public var filter: [FilterPart]
        /// The columns of the primary key, where the statement may need to know that they determine the others.
        public var primaryKey: [String]
        /// Its types are written alike by all servers in binary form: none has another type's number in it.
        public var isBinary: Bool
    }
    /// A part of a condition.
    public enum FilterPart: Sendable, Hashable {
        case text(String)
        /// The value of a parameter, as a literal of its type.
        case parameter(Int)
    }
    public var pieces: [Piece]
    /// CREATE TEMPORARY VIEW texts of the logical views in use, each after those it reads.
    public var views: [String]
    /// By view.
    public var viewNames: [String]
    /// What the coordinator runs, bound to the run's values.
    public var sql: String

    public init(pieces: [Piece], views: [String], viewNames: [String], sql: String) {
        self.pieces = pieces
        self.views = views
        self.viewNames = viewNames
        self.sql = sql
    }
}

extension ServerCombinePlan.Piece {
    /// The columns as a list of SQL.
    public var columnList: String { columns.map(ServerNames.quoted).joined(separator: ", ") }

    /// The query of one source.
    ///
    /// - Parameter literal: gives a parameter's value as SQL text.
    public func query(of source: String, literal: (Int) -> String) -> String {
        var text = "SELECT \(columnList) FROM \(source)"
        if filter.isEmpty { return text }
        text += " WHERE "
        for part in filter {
            switch part {
            case .text(let own): text += own
            case .parameter(let index): text += literal(index)
            }
        }
        return text
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
    /// A cell of a row.
    public enum Cell: Sendable {
        /// Sent as written.
        case text(String)
        /// Sent as written; a key column's, with its value.
        case key(String, KeyOperand)
        /// Computed once per row on the coordinator before the row is split, and sent as a literal of its type.
        case evaluated(String)
        /// Made by a generator, one per row.
        case generated(String)
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

extension ServerInsertPlan.Source {
    /// Whether its rows come from a write: they are taken away somewhere.
    public var writes: Bool {
        guard case .query(let query, _) = self, case .server(let server) = query.plan.action, case .write = server.work
        else {
            return false
        }
        return true
    }
}

extension ServerInsertPlan {
    /// Whether cells are computed before the rows are sent, which may take numbers of sequences.
    public var takesNumbers: Bool {
        guard case .rows(let rows) = source else { return false }
        return rows.contains { row in
            row.contains { cell in
                switch cell {
                case .evaluated, .generated: true
                case .text, .key: false
                }
            }
        }
    }
}
