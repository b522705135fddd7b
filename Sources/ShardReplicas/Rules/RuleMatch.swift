public import ShardValues

/// Which statements a rule is for: those that all of its parts match. A part that is nil matches any.
public struct RuleMatch: Sendable, Hashable {
    public var kinds: Set<StatementFacts.Kind>?
    /// At least one of the statement's tables is one of these (lower case).
    public var tables: Set<String>?
    public var labels: Set<String>?
    public var fingerprints: Set<UInt64>?
    /// All of these hold.
    public var conditions: [ColumnCondition] = []
    /// Of the statements that match otherwise, this share, chosen by key: the same keys every time, in every process.
    public var percentage: Percentage?

    public init() {}

    /// Whether it matches, where a column's values are not known for certain.
    public enum Certainty: Sendable, Hashable {
        /// All rows that the statement touches satisfy the conditions.
        case surely
        /// Some may.
        case possibly
        case no
    }

    /// - Parameter salt: of the percentage; the rule's name, so that two rules of 10 % do not choose the same keys.
    public func certainty(_ facts: StatementFacts, salt: String) -> Certainty {
        if let kinds, !kinds.contains(facts.kind) { return .no }
        if let tables, tables.isDisjoint(with: facts.tables) { return .no }
        if let labels {
            guard let label = facts.label, labels.contains(label) else { return .no }
        }
        if let fingerprints, !fingerprints.contains(facts.fingerprint) { return .no }
        if let percentage, !percentage.includes(facts.hash ?? facts.fingerprint, salt: salt) { return .no }
        var certainty = Certainty.surely
        for condition in conditions {
            switch condition.certainty(facts) {
            case .surely: break
            case .possibly: certainty = .possibly
            case .no: return .no
            }
        }
        return certainty
    }
}

/// A condition on a column's value, compared as SQLite orders values (`SQLiteOrder`), texts as bytes.
public struct ColumnCondition: Sendable, Hashable {
    public enum Test: Sendable, Hashable {
        case isOne(of: [Value])
        /// From `lower` to `upper`, both included; nil: no bound on that side. NULL is in no range.
        case within(lower: Value?, upper: Value?)
    }

    /// Lower case.
    public var table: String
    public var column: String
    public var test: Test

    public init(table: String, column: String, _ test: Test) {
        self.table = table
        self.column = column
        self.test = test
    }

    public func certainty(_ facts: StatementFacts) -> RuleMatch.Certainty {
        guard facts.tables.contains(table) else { return .no }
        // Of several restrictions each holds, so one that excludes all is enough, and one that includes all too.
        var certainty = RuleMatch.Certainty.possibly
        for restriction in facts.restrictions where restriction.table == table && restriction.column == column {
            let matching = restriction.values.filter(matches).count
            if matching == 0 { return .no }
            if matching == restriction.values.count { certainty = .surely }
        }
        return certainty
    }

    func matches(_ value: Value) -> Bool {
        switch test {
        case .isOne(let values): return values.contains { SQLiteOrder.compare($0, value) == 0 }
        case .within(let lower, let upper):
            if value == .null { return false }
            if let lower, SQLiteOrder.compare(value, lower) < 0 { return false }
            if let upper, SQLiteOrder.compare(value, upper) > 0 { return false }
            return true
        }
    }
}

/// A share of all keys, in hundredths of a percent, 0…10,000. Raising it keeps the keys that were in.
public struct Percentage: Sendable, Hashable {
    public let basisPoints: Int

    /// Nil out of 0…100.
    public init?(_ percent: Double) {
        guard percent >= 0, percent <= 100 else { return nil }
        basisPoints = Int((percent * 100).rounded())
    }

    /// Whether a key's hash is in.
    /// - Parameter salt: other texts choose other keys.
    public func includes(_ hash: UInt64, salt: String) -> Bool {
        let mixed = Mix64.finish(hash ^ Mix64.hash(salt.utf8))
        return mixed.multipliedFullWidth(by: 10_000).high < UInt64(basisPoints)
    }
}
