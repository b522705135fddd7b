import ShardSQL
public import ShardTopology
public import ShardValues

/// What a plan will do, as plain values: EXPLAIN's text and the JSON for tools are two ways of writing it. Pure.
public struct PlanDescription: Sendable, Hashable {
    public var rung: Rung
    /// Why this rung and these shards, one sentence each.
    public var reasons: [String]
    /// Logical names of the tables touched.
    public var tables: [String]
    /// The last step; its inputs come before it.
    public var merge: PlanStep

    /// - Parameter values: the user's, as far as they are known; where they decide the place and are not, all places
    ///   that they can lead to are named, as uncertain.
    public init(of plan: Plan, topology: Topology, values: [Value] = []) {
        rung = plan.rung
        reasons = plan.reasons
        tables = plan.tables
        merge = PlanDescriber(topology: topology, values: values, parameterCount: plan.parameterCount).step(plan)
    }

    /// Every shard that is asked, in the topology's order, with all that it is sent by whichever step.
    public var shards: [PlanPlace] {
        var found: [PlanPlace] = []
        merge.forEachPlace { place in
            guard let known = found.firstIndex(where: { $0.shard == place.shard }) else {
                found.append(place)
                return
            }
            found[known].partitions = Set(found[known].partitions + place.partitions).sorted()
            found[known].isCertain = found[known].isCertain || place.isCertain
            found[known].statements += place.statements
            if !found[known].why.contains(place.why) { found[known].why += "; " + place.why }
        }
        return found.sorted { ($0.index ?? -1) < ($1.index ?? -1) }
    }
}

/// One step of an answer: an operator with its settings, what it asks of shards, and the steps it takes rows from.
public struct PlanStep: Sendable, Hashable {
    /// The operator's name: `append`, `merge`, `limit`, `combine` …
    public var name: String
    /// The same for people, with what matters of the settings: `merge sorted by 3 desc`.
    public var title: String
    public var settings: [PlanSetting]
    /// Empty for steps that ask no shard.
    public var places: [PlanPlace]
    public var inputs: [PlanStep]

    public init(
        _ name: String, title: String? = nil, settings: [PlanSetting] = [], places: [PlanPlace] = [],
        inputs: [PlanStep] = []
    ) {
        self.name = name
        self.title = title ?? name
        self.settings = settings
        self.places = places
        self.inputs = inputs
    }

    /// The places of this step and of all before it.
    func forEachPlace(_ body: (PlanPlace) -> Void) {
        for place in places { body(place) }
        for input in inputs { input.forEachPlace(body) }
    }
}

/// A shard and what it is sent.
public struct PlanPlace: Sendable, Hashable {
    /// Nil: any one shard.
    public var shard: String?
    /// Its position in the topology.
    public var index: ShardIndex?
    /// Partitions of the routed table, ascending; empty where the table is whole on its shard.
    public var partitions: [Int]
    /// Why this shard is asked.
    public var why: String
    /// False: bound values that are not known yet decide whether this shard is asked.
    public var isCertain: Bool
    public var statements: [PlanStatement]
}

/// The very text sent, and for which partition.
public struct PlanStatement: Sendable, Hashable {
    /// Nil where the statement is for the whole shard.
    public var partition: Int?
    public var sql: String
    /// Equal for texts that differ by nothing but the physical table's name.
    public var shape: String
}

extension FragmentTemplate {
    /// The statement for a partition, or for a whole shard (nil).
    ///
    /// - Parameter rest: what follows the template's text.
    func planned(partition: Int?, followedBy rest: String = "") -> PlanStatement {
        PlanStatement(
            partition: partition, sql: text(partition: partition) + rest, shape: sql.render { "<\($0)>" } + rest)
    }
}

/// A setting of an operator by its name.
public struct PlanSetting: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        case text(String)
        case number(Int)
        case flag(Bool)
        case list([Content])
        case settings([PlanSetting])
    }
    public var name: String
    public var content: Content

    public init(_ name: String, _ content: Content) {
        self.name = name
        self.content = content
    }
}
