public import ShardBase
public import ShardTopology
public import ShardValues

/// What a server says of a statement, described on the logical schema.
public struct ServerFacts: Sendable {
    public var columns: [PlanColumn]
    /// By parameter index, as `pg_type` numbers types.
    public var parameterTypes: [UInt32]
    /// Of INSERT … SELECT: the query's columns.
    public var query: [PlanColumn]?
    /// The columns of further queries that the planner asked about (``ServerPlanning/describe(_:parameterTypes:)``); nil: the server did not take
    /// one.
    public var described: [String: [PlanColumn]?] = [:]

    public init(columns: [PlanColumn], parameterTypes: [UInt32], query: [PlanColumn]? = nil) {
        self.query = query
        self.columns = columns
        self.parameterTypes = parameterTypes
    }
}

/// What planning comes to.
public enum ServerPlanning: Sendable {
    case plan(Plan)
    /// The columns of a query over the logical tables are needed: describe it, and plan again with the facts.
    case describe(String, parameterTypes: [UInt32])
}

/// The functions that the server brings along, by name. Of several of one name the least harmless counts.
public struct ServerFunctions: Sendable {
    public enum Volatility: Int, Sendable, Hashable, Comparable {
        case immutable, stable, volatile
        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }
    public let volatility: [String: Volatility]
    public let aggregates: Set<String>
    /// Those that are not volatile.
    let stable: Set<String>

    public init(volatility: [String: Volatility], aggregates: Set<String>) {
        self.volatility = volatility
        self.aggregates = aggregates
        self.stable = Set(volatility.filter { $0.value != .volatile }.keys).union([
            "coalesce", "nullif", "greatest", "least",
        ])
    }
}

/// The types that a shard key can have on a server: those whose equality and partition hash are reproduced exactly.
public enum ServerKeyFamily: Sendable, Hashable {
    /// smallint, integer, bigint: equal numbers are equal across the three, and hash alike.
    case integer
    /// text and varchar under a deterministic collation: equal are equal bytes.
    case text
    case uuid

    /// - Parameter typeID: of `pg_type`.
    public init?(typeID: UInt32) {
        switch typeID {
        case 20, 21, 23: self = .integer
        case 25, 1043: self = .text
        case 2950: self = .uuid
        default: return nil
        }
    }

    /// - Parameter declaredType: as the server's `format_type` spells it.
    public init?(declaredType: String) {
        switch declaredType {
        case "smallint", "integer", "bigint": self = .integer
        case "text", "character varying": self = .text
        case "uuid": self = .uuid
        default:
            guard declaredType.hasPrefix("character varying("), declaredType.hasSuffix(")") else { return nil }
            self = .text
        }
    }

    /// How the family's values are kept apart in a topology: bytes of a uuid are a blob.
    public var keyAffinity: KeyType {
        switch self {
        case .integer: KeyType(affinity: .integer, collation: .binary)
        case .text: KeyType(affinity: .text, collation: .binary)
        case .uuid: KeyType(affinity: .blob, collation: .binary)
        }
    }

    /// A text as a key of the family; nil where only the server knows how it reads.
    public func value(ofText text: String) -> Value? { ServerOperands.value(ofText: text, self) }
}

/// A column of a shard key as far as inserting goes.
public struct ServerKeyColumn: Sendable, Hashable {
    public var family: ServerKeyFamily
    /// Of varchar(n): characters beyond it are an error, but blanks, which are cut.
    public var length: Int?

    public init?(_ column: TableSchema.Column) {
        guard let type = column.declaredType, let family = ServerKeyFamily(declaredType: type) else { return nil }
        self.family = family
        if let open = type.firstIndex(of: "("), let close = type.firstIndex(of: ")") {
            length = Int(type[type.index(after: open)..<close])
        }
    }

    /// What the column stores of a value, as it is hashed.
    ///
    /// - Throws: `.internalError` for a value of another kind: the planner has let it through.
    public func stored(_ value: Value) throws(ShardError) -> Value {
        switch (family, value) {
        case (_, .null), (.integer, .integer), (.uuid, .blob): return value
        case (.text, .text(let text)):
            guard let length, text.unicodeScalars.count > length else { return value }
            var scalars = text.unicodeScalars
            while scalars.count > length, scalars.last == " " { scalars.removeLast() }
            return .text(String(scalars))
        case (.uuid, .text(let text)), (.integer, .text(let text)):
            if let value = family.value(ofText: text) { return value }
        case (.integer, .real), (.integer, .blob), (.integer, .malformedText), (.text, .integer), (.text, .real),
            (.text, .blob), (.text, .malformedText), (.uuid, .integer), (.uuid, .real), (.uuid, .malformedText):
            break
        }
        throw ShardError(.internalError, "a shard key has a value of another type")
    }
}
