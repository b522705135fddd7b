/// What is done with a statement that a rule matches.
public enum RuleAction: Sendable, Hashable {
    /// To the primary.
    case primary
    /// To replicas with a tag. A statement that needs the primary goes there all the same.
    case replicas(EndpointTag)
    /// Green for a share of the keys and blue for the others, by key.
    case blueGreen(blue: EndpointTag, green: EndpointTag, share: Percentage)
    /// To this shard. It is for the planner to see whether that is right, and to refuse it if not.
    case shard(String)
    /// As it would be without rules, within a budget.
    case budget(FanOutBudget)
    /// As it would be without rules; what stands below is not looked at.
    case allow
    /// `.deniedByRule`, with this message.
    case refuse(String)

    /// Whether a rule with this action counts for a statement of which only some rows may match: what limits has to, what
    /// opens must not.
    var countsWhenPossible: Bool {
        switch self {
        case .primary, .budget, .refuse: true
        case .replicas, .blueGreen, .shard, .allow: false
        }
    }
}

/// How far a statement may reach. Nil: no bound.
public struct FanOutBudget: Sendable, Hashable {
    public var maxShards: Int?
    public var maxRows: Int?
    public var maxBytes: Int?

    public init(maxShards: Int? = nil, maxRows: Int? = nil, maxBytes: Int? = nil) {
        self.maxShards = maxShards
        self.maxRows = maxRows
        self.maxBytes = maxBytes
    }
}

/// One line of the configuration's rules.
public struct RoutingRule: Sendable {
    /// Unique; appears in EXPLAIN and in messages.
    public var name: String
    public var match: RuleMatch
    public var action: RuleAction
    /// A condition of the application's own, asked after the match. It must answer at once, and the same for the same facts.
    /// It cannot be compared with other rules.
    public var condition: (@Sendable (StatementFacts) -> Bool)?

    public init(
        _ name: String, _ match: RuleMatch, _ action: RuleAction, condition: (@Sendable (StatementFacts) -> Bool)? = nil
    ) {
        self.name = name
        self.match = match
        self.action = action
        self.condition = condition
    }
}
