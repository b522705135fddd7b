public import ShardValues

/// What is known of one key column's value in the rows that matter: a superset, in the form in which values are
/// compared (see `Affinity.converted(forComparison:)`).
public enum KeyDomain: Sendable, Hashable {
    /// Nothing.
    case any
    /// It equals one of these under the column's collation. None: no row matters.
    case points([Value])
    /// It lies between two bounds in SQLite's order, NULL excepted.
    case interval(KeyInterval)
}

/// An interval in SQLite's order of values; NULL is in none.
public struct KeyInterval: Sendable, Hashable {
    public struct Bound: Sendable, Hashable {
        public var value: Value
        public var isInclusive: Bool
        public init(_ value: Value, isInclusive: Bool) {
            self.value = value
            self.isInclusive = isInclusive
        }
    }
    /// Nil: open.
    public var lower: Bound?
    public var upper: Bound?

    public init(lower: Bound? = nil, upper: Bound? = nil) {
        self.lower = lower
        self.upper = upper
    }

    /// Whether a value lies in it. NULL does not.
    public func contains(_ value: Value, collation: Collation) -> Bool {
        if case .null = value { return false }
        if let lower {
            let order = SQLiteOrder.compare(value, lower.value, collation: collation)
            if order < 0 || (order == 0 && !lower.isInclusive) { return false }
        }
        if let upper {
            let order = SQLiteOrder.compare(value, upper.value, collation: collation)
            if order > 0 || (order == 0 && !upper.isInclusive) { return false }
        }
        return true
    }

    /// The part of it that lies in another, too.
    func intersection(_ other: KeyInterval, collation: Collation) -> KeyInterval {
        KeyInterval(
            lower: Self.tighter(lower, other.lower, collation) { $0 > 0 },
            upper: Self.tighter(upper, other.upper, collation) { $0 < 0 })
    }

    private static func tighter(
        _ a: Bound?, _ b: Bound?, _ collation: Collation, isTighter: (Int) -> Bool
    ) -> Bound? {
        guard let a else { return b }
        guard let b else { return a }
        let order = SQLiteOrder.compare(a.value, b.value, collation: collation)
        if order == 0 { return a.isInclusive ? b : a }
        return isTighter(order) ? a : b
    }
}

extension KeyDomain {
    /// Whether no value is in it for sure.
    public var isEmpty: Bool {
        if case .points(let values) = self { values.isEmpty } else { false }
    }

    /// What is in both.
    public func intersection(_ other: KeyDomain, collation: Collation) -> KeyDomain {
        switch (self, other) {
        case (.any, let domain), (let domain, .any): domain
        case (.points(let values), .interval(let interval)), (.interval(let interval), .points(let values)):
            .points(values.filter { interval.contains($0, collation: collation) })
        case (.interval(let left), .interval(let right)):
            .interval(left.intersection(right, collation: collation))
        case (.points(let left), .points(let right)):
            .points(
                left.filter { value in
                    right.contains { SQLiteOrder.compare(value, $0, collation: collation) == 0 }
                })
        }
    }

    /// Whether a value may be in it.
    public func contains(_ value: Value, collation: Collation) -> Bool {
        switch self {
        case .any: true
        case .points(let values): values.contains { SQLiteOrder.compare($0, value, collation: collation) == 0 }
        case .interval(let interval): interval.contains(value, collation: collation)
        }
    }
}
