public import ShardBase

/// What an import brought over, object by object.
public struct ImportReport: Sendable {
    public enum Kind: String, Sendable, Hashable, CaseIterable { case table, index, view, trigger, sequence }

    public struct Object: Sendable {
        public var kind: Kind
        public var name: String
        public var outcome: Outcome
    }

    public enum Outcome: Sendable {
        /// It is there, with this many rows (tables only).
        case imported(rows: Int64)
        /// It is not there, or not wholly; the error says why. A table that failed has left nothing behind.
        case leftOut(ShardError)
    }

    public internal(set) var objects: [Object] = []

    /// Whether everything was brought over.
    public var isComplete: Bool {
        objects.allSatisfy {
            switch $0.outcome {
            case .imported: true
            case .leftOut: false
            }
        }
    }

    public var rowCount: Int64 {
        objects.reduce(0) { sum, object in
            switch object.outcome {
            case .imported(let rows): sum + rows
            case .leftOut: sum
            }
        }
    }

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
}
