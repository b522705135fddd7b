public import ShardBase

/// What rules leave of a statement's freedom.
public struct RoutingVerdict: Sendable, Hashable {
    /// The rule that decided; nil: none matched.
    public var rule: String?
    public var hint: EndpointHint?
    public var shard: String?
    public var budget: FanOutBudget?

    public init(rule: String? = nil, hint: EndpointHint? = nil, shard: String? = nil, budget: FanOutBudget? = nil) {
        self.rule = rule
        self.hint = hint
        self.shard = shard
        self.budget = budget
    }
}

extension RuleSet {
    /// What the first rule that matches makes of a statement. A statement that needs the primary is hinted there, whatever
    /// rules say of replicas.
    ///
    /// - Throws: `.deniedByRule` with the rule's own message.
    public func verdict(_ facts: StatementFacts) throws(ShardError) -> RoutingVerdict {
        var verdict = RoutingVerdict()
        if let rule = first(facts) {
            verdict.rule = rule.name
            switch rule.action {
            case .primary: verdict.hint = .primary
            case .replicas(let tag): verdict.hint = .tag(tag)
            case .blueGreen(let blue, let green, let share):
                verdict.hint = .tag(
                    share.includes(facts.hash ?? facts.fingerprint, salt: rule.name + " green") ? green : blue)
            case .shard(let name): verdict.shard = name
            case .budget(let budget): verdict.budget = budget
            case .allow: break
            case .refuse(let message):
                throw ShardError(.deniedByRule, message, hint: "Rule '\(rule.name)' of the configuration says so.")
            }
        }
        if facts.needsPrimary || !facts.kind.isRead { verdict.hint = .primary }
        return verdict
    }
}
