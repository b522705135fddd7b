public import ShardValues

/// What routing rules know of a statement. Made from its tree and plan, never from its first word.
public struct StatementFacts: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case select, insert, update, delete, definition, other

        /// Whether a replica could answer it as far as its kind goes. That a SELECT locks rows, writes in a CTE or calls a
        /// volatile function is said by ``StatementFacts/needsPrimary``.
        public var isRead: Bool {
            switch self {
            case .select: true
            case .insert, .update, .delete, .definition, .other: false
            }
        }
    }

    /// What a column is known to be limited to: in every row that the statement touches, the column has one of the values.
    public struct Restriction: Sendable, Hashable {
        public var table: String
        public var column: String
        /// Not empty.
        public var values: [Value]

        public init(table: String, column: String, values: [Value]) {
            self.table = table
            self.column = column
            self.values = values
        }
    }

    public var kind: Kind
    /// Whether it has to run on the primary, whatever rules say: it writes, locks, or has an effect.
    public var needsPrimary: Bool
    /// Logical names, lower case.
    public var tables: Set<String>
    public var label: String?
    public var fingerprint: UInt64
    /// Columns that are not named here may have any value.
    public var restrictions: [Restriction]
    /// The hash of its shard key, where it has one; else of the session. Decides percentages.
    public var hash: UInt64?

    public init(
        kind: Kind, needsPrimary: Bool, tables: Set<String> = [], label: String? = nil, fingerprint: UInt64 = 0,
        restrictions: [Restriction] = [], hash: UInt64? = nil
    ) {
        self.kind = kind
        self.needsPrimary = needsPrimary
        self.tables = tables
        self.label = label
        self.fingerprint = fingerprint
        self.restrictions = restrictions
        self.hash = hash
    }
}
