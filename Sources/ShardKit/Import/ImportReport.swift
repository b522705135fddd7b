public import ShardBase

/// What an import brought over, object by object.
public struct ImportReport: Sendable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case type, function, sequence, table, foreignKey = "foreign key", index, view, trigger
    }

    public struct Object: Sendable {
        public var kind: Kind
        public var name: String
        public var outcome: Outcome
    }

    public enum Outcome: Sendable {
        /// It is there, with this many rows (tables only).
        case imported(rows: Int64)
        /// It is not there; the error says why. A table that failed has left nothing behind.
        case leftOut(ShardError)
        /// These rows were added to a table that was there before, then the error came: they stay.
        case partial(rows: Int64, ShardError)

        /// The error, unless all is there.
        public var error: ShardError? {
            switch self {
            case .imported: nil
            case .leftOut(let error), .partial(_, let error): error
            }
        }

        /// Rows that are there now.
        public var rows: Int64 {
            switch self {
            case .imported(let rows), .partial(let rows, _): rows
            case .leftOut: 0
            }
        }
    }

    public internal(set) var objects: [Object] = []

    /// Whether everything was brought over.
    public var isComplete: Bool { objects.allSatisfy { $0.outcome.error == nil } }

    /// Rows brought over, those of tables that failed half-way included.
    public var rowCount: Int64 { objects.reduce(0) { $0 + $1.outcome.rows } }

    mutating func add(_ kind: Kind, _ name: String, _ outcome: Outcome) {
        objects.append(Object(kind: kind, name: name, outcome: outcome))
    }
}

/// How far an import has come with a table.
public struct ImportProgress: Sendable, Hashable {
    public var table: String
    /// Rows done so far.
    public var rows: Int64
    /// Rows there are; nil when nobody has counted.
    public var total: Int64?
    /// How much is done, from 0 to 1; nil when nobody knows.
    public var fraction: Double?
    /// What is counted: rows, or the statements of a dump while it is read.
    public var unit = Unit.rows

    public enum Unit: String, Sendable, Hashable, CaseIterable { case rows, statements }

    init(table: String, rows: Int64, total: Int64?, fraction: Double? = nil, unit: Unit = .rows) {
        self.table = table
        self.rows = rows
        self.total = total
        self.fraction = fraction ?? total.flatMap { $0 > 0 ? min(Double(rows) / Double($0), 1) : nil }
        self.unit = unit
    }
}

/// An error after which some rows stay.
struct PartialImport: Error {
    var rows: Int64
    var cause: any Error
}
