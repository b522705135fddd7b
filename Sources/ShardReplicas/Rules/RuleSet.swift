public import ShardBase
import Synchronization

/// Routing rules in order: the first that matches decides, and no other is looked at.
///
/// Where a statement's column is not limited to known values, a rule that limits (`primary`, `budget`, `refuse`) counts as
/// soon as it may match, and a rule that opens (`replicas`, `blueGreen`, `shard`, `allow`) only when it surely does. The
/// counter-example: `DELETE FROM orders` without a WHERE is a statement on tenant 5's rows for the rule that protects them,
/// and is none for the rule that sends tenant 5 to a shard of its own.
public struct RuleSet: Sendable {
    public let rules: [RoutingRule]

    /// - Throws: `.configuration` for two rules of one name, one without a name, and for a rule that can never come to
    ///   its turn, because one above matches all that it matches.
    public init(_ rules: [RoutingRule]) throws(ShardError) {
        var names: Set<String> = []
        for (place, rule) in rules.enumerated() {
            guard !rule.name.isEmpty, names.insert(rule.name).inserted else {
                throw ShardError(.configuration, "two routing rules have the name '\(rule.name)', or one has none")
            }
            for above in rules[..<place] where above.covers(rule) {
                throw ShardError(
                    .configuration,
                    "routing rule '\(rule.name)' can never apply: '\(above.name)' above matches all that it matches",
                    hint: "Put the narrower rule first.")
            }
        }
        self.rules = rules
    }

    /// The rule that decides; nil: none does.
    public func first(_ facts: StatementFacts) -> RoutingRule? {
        rules.first { $0.applies(to: facts) }
    }

    /// Pairs that may both match a statement and say different things: the upper decides. Nothing is wrong with
    /// them, but whoever writes rules should know. Rules with a closure count as matching all their match does.
    public var overlaps: [(upper: String, lower: String)] {
        var pairs: [(upper: String, lower: String)] = []
        for (place, lower) in rules.enumerated() {
            for upper in rules[..<place] where upper.action != lower.action && upper.match.mayMeet(lower.match) {
                pairs.append((upper.name, lower.name))
            }
        }
        return pairs
    }
}

extension RoutingRule {
    func applies(to facts: StatementFacts) -> Bool {
        switch match.certainty(facts, salt: name) {
        case .no: return false
        case .possibly: if !action.countsWhenPossible { return false }
        case .surely: break
        }
        return condition?(facts) ?? true
    }

    /// Whether no statement is left for another rule below this one.
    func covers(_ lower: RoutingRule) -> Bool {
        guard condition == nil, match.contains(lower.match) else { return false }
        // What surely matches above need not when it only possibly matches below.
        return match.conditions.isEmpty || action.countsWhenPossible || !lower.action.countsWhenPossible
    }
}

extension RuleMatch {
    /// Whether every statement that another match takes, this one takes too. False where it cannot be told.
    func contains(_ other: RuleMatch) -> Bool {
        func contains<Element>(_ mine: Set<Element>?, _ theirs: Set<Element>?) -> Bool {
            guard let mine else { return true }
            return theirs.map { $0.isSubset(of: mine) } ?? false
        }
        return contains(kinds, other.kinds) && contains(tables, other.tables) && contains(labels, other.labels)
            && contains(fingerprints, other.fingerprints) && (percentage?.basisPoints ?? 10_000) == 10_000
            && conditions.allSatisfy { mine in other.conditions.contains { $0 == mine } }
    }

    /// Whether a statement can match both.
    func mayMeet(_ other: RuleMatch) -> Bool {
        func meets<Element>(_ a: Set<Element>?, _ b: Set<Element>?) -> Bool {
            guard let a, let b else { return true }
            return !a.isDisjoint(with: b)
        }
        // A statement can be on tables of both.
        return meets(kinds, other.kinds) && meets(labels, other.labels) && meets(fingerprints, other.fingerprints)
    }
}

/// The rules in force: replaced as a whole, while statements go on.
public final class RuleBook: Sendable {
    private let state: Mutex<RuleSet>

    public init(_ rules: RuleSet) { state = Mutex(rules) }

    public var rules: RuleSet { state.withLock { $0 } }

    public func replace(_ rules: RuleSet) { state.withLock { $0 = rules } }
}
