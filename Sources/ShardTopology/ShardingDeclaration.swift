public import ShardValues

/// How a table is to be spread: what the SQL clause, YAML and Swift all become.
public indirect enum ShardingDeclaration: Sendable, Hashable {
    /// What a plain CREATE TABLE means: `hash` of the primary key (see ``Topology/place(_:as:)``).
    case byDefault
    case sharded(Sharded)
    case broadcast
    /// On the named shard; nil: the first.
    case single(on: String?)
    /// Rows as the declaration says; of each row the columns named here are kept apart from the others.
    case split(ShardingDeclaration, cold: [String])

    public struct Sharded: Sendable, Hashable {
        public var method: Method
        /// Key columns by name; empty means the primary key, cut down as for ``ShardingDeclaration/byDefault``.
        public var columns: [String]
        public var colocateWith: String?
        /// How many partitions; nil: one for each of the shards (or the group's, or those listed).
        public var partitionCount: Int?
        /// The shards that partitions without one of their own go to, in turns; empty: all.
        public var shards: [String]

        public init(
            method: Method, columns: [String], colocateWith: String? = nil, partitionCount: Int? = nil,
            shards: [String] = []
        ) {
            self.shards = shards
            self.method = method
            self.columns = columns
            self.colocateWith = colocateWith
            self.partitionCount = partitionCount
        }
    }

    public enum Method: Sendable, Hashable {
        case hash, mod, hint
        case range([RangePartition])
        case list([ListPartition])
        case directory([ListPartition])
        case interval(unit: IntervalAlgorithm.Unit, count: Int, starts: [StartingPartition] = [])
        /// An application's own, by its name in ``CustomAlgorithms``.
        case custom(String)

        /// The algorithm's name.
        public var name: String {
            switch self {
            case .hash: "hash"
            case .mod: "mod"
            case .hint: "hint"
            case .range: "range"
            case .list: "list"
            case .directory: "directory"
            case .interval: "interval"
            case .custom(let name): name
            }
        }
    }

    /// `PARTITION p VALUES LESS THAN (…) [ON shard]`
    public struct RangePartition: Sendable, Hashable {
        public var name: String
        /// Exclusive; a nil element is MAXVALUE.
        public var bound: [Value?]
        public var shard: String?
        public init(name: String, bound: [Value?], shard: String? = nil) {
            self.name = name
            self.bound = bound
            self.shard = shard
        }
    }

    /// `PARTITION p VALUES IN (…) | DEFAULT [ON shard]`
    public struct ListPartition: Sendable, Hashable {
        public var name: String
        /// One value per key column each; nil: DEFAULT.
        public var keys: [[Value]]?
        public var shard: String?
        public init(name: String, keys: [[Value]]?, shard: String? = nil) {
            self.name = name
            self.keys = keys
            self.shard = shard
        }
    }

    /// `PARTITION p STARTING '2026-01-01' [ON shard]`
    public struct StartingPartition: Sendable, Hashable {
        public var name: String
        public var start: Value
        public var shard: String?
        public init(name: String, start: Value, shard: String? = nil) {
            self.name = name
            self.start = start
            self.shard = shard
        }
    }
}
