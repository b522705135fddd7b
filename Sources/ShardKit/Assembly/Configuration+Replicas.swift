import ShardBackend
import ShardBase
import ShardExecutor
import ShardPostgres
import ShardReplicas

extension Configuration {
    /// Opens a shard: one database, or all its servers behind one.
    ///
    /// A shard with replicas is opened also while some of its servers are away; its primary is found by asking them.
    ///
    /// - Parameter identity: what its servers have to say they are; nil: of a database that is still to be made.
    func open(_ shard: Shard, _ identity: ShardIdentity?) async throws -> any ShardDatabase {
        guard !shard.replicas.isEmpty else {
            return try await backend.open(shard: shard.name, at: location(of: shard), creating: false)
        }
        return try replicated(shard, name: shard.name, database: nil, identity)
    }

    /// A database on all servers of a shard.
    ///
    /// - Parameter database: its name, where it is not the one that the connection strings name.
    func replicated(
        _ shard: Shard, name: String, database: String?, _ identity: ShardIdentity?
    ) throws(ShardError) -> ReplicatedShard {
        var postgres = postgres
        if let database { postgres.parameters["dbname"] = database }
        let backend = PostgresBackend(configuration: postgres, poolSize: connections)
        var probing = postgres
        // A probe that takes longer has failed anyway.
        probing.connectTimeout = max(.seconds(2), reads.probes.timeout)
        let probes = PostgresBackend(configuration: probing, poolSize: 1)
        var members: [ReplicatedShard.Member] = []
        for (endpoint, url) in shard.endpoints {
            members.append(
                .init(endpoint, database: backend.shard(name, at: url), probe: probes.shard(name, at: url)))
        }
        return try ReplicatedShard(name: name, members, identity: identity, options: reads.shardOptions)
    }
}

extension Configuration.Shard {
    /// Its servers, each with its connection string: the first is called as the shard is.
    var endpoints: [(endpoint: Endpoint, url: String)] {
        [(Endpoint(name, role: .primary, weight: weight, tags: tags), path)]
            + replicas.map { (Endpoint($0.name, role: .replica, weight: $0.weight, tags: $0.tags), $0.url) }
    }
}

extension Configuration.Reads {
    var shardOptions: ReplicatedShard.Options {
        var options = ReplicatedShard.Options()
        options.board.balancing = balancing
        options.board.measurementLifetime = measurementLifetime
        options.board.clockSkew = clockSkew
        options.board.breaker = breaker
        options.probes = probes
        options.failoverWait = failoverWait
        options.limit = statements
        options.queueLimit = queue
        return options
    }

    /// What sessions share.
    func splitting(_ shards: [any ShardDatabase], cluster: String) -> ReadSplitting? {
        ReadSplitting(
            shards, options: options, policies: LabelPolicies(labels, others: policy),
            tokens: ConsistencyTokenCoder(database: cluster, key: tokenKey ?? (0, 0)))
    }
}
