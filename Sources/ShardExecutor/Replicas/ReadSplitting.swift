public import ShardBackend
public import ShardReplicas
import ShardTopology

/// What all sessions of a database share for reads on replicas.
public final class ReadSplitting: Sendable {
    /// Those that have several endpoints, by their number.
    let shards: [ShardIndex: ReplicatedShard]
    /// What reads may miss where neither the statement nor its session says it.
    public let options: ReadOptions
    /// What is done when an endpoint fails, by label.
    public let policies: LabelPolicies
    /// Writes tokens as texts.
    public let tokens: ConsistencyTokenCoder

    /// - Returns: nil where no shard has replicas.
    public init?(
        _ databases: [any ShardDatabase], options: ReadOptions, policies: LabelPolicies, tokens: ConsistencyTokenCoder
    ) {
        var shards: [ShardIndex: ReplicatedShard] = [:]
        for (index, database) in databases.enumerated() {
            if let replicated = database as? ReplicatedShard { shards[index] = replicated }
        }
        if shards.isEmpty { return nil }
        self.shards = shards
        self.options = options
        self.policies = policies
        self.tokens = tokens
    }
}
