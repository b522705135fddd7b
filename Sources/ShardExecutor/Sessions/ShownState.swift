import ShardBackend
import ShardBase
import ShardPlanner
import ShardReplicas
import ShardValues

/// What `SHOW` tells that is no part of the topology, as of one moment.
struct ShownState: Sendable {
    var inDoubt: [CommitInDoubt] = []
    var replicas: [ReplicaSnapshot] = []
    var pools: [(shard: String, pool: PoolUsage)] = []
    var statements: [StatementSummary] = []
}

extension LogicalDatabase {
    /// Only what the subject needs.
    func state(for subject: ShowSubject) async throws -> ShownState {
        var state = ShownState()
        switch subject {
        case .shards, .tables, .slots, .partitions: break
        case .transactionsInDoubt: state.inDoubt = try await commitsInDoubt()
        case .replicas: state.replicas = replicas
        case .statements:
            guard let observer, observer.options.countsStatements else {
                throw ShardError(
                    .configuration, "statements are not counted",
                    hint: "Say so in the configuration: observe: {statements: true}.")
            }
            state.statements = statements
        case .pools:
            for shard in shards.databases { for pool in shard.pools { state.pools.append((shard.name, pool)) } }
            for pool in server?.coordinator.pools ?? [] {
                state.pools.append((ServerDefinitions.coordinatorName, pool))
            }
        }
        return state
    }

    /// What is known of each server of shards that have replicas, shard by shard.
    public var replicas: [ReplicaSnapshot] {
        shards.databases.flatMap { ($0 as? ReplicatedShard)?.board.snapshot() ?? [] }
    }
}

extension TopologyRows {
    static let replicaColumns = [
        ("shard", "TEXT"), ("endpoint", "TEXT"), ("role", "TEXT"), ("tags", "TEXT"), ("weight", "INTEGER"),
        ("timeline", "INTEGER"), ("position", "TEXT"), ("lag_ms", "INTEGER"), ("measured_ms", "INTEGER"),
        ("breaker", "TEXT"), ("in_flight", "INTEGER"), ("latency_us", "INTEGER"), ("served", "INTEGER"),
        ("failed", "INTEGER"), ("not_read", "TEXT"),
    ]

    static func values(of replica: ReplicaSnapshot) -> [Value] {
        let tags = replica.endpoint.tags.map(\.description).sorted().joined(separator: ", ")
        let role: Value =
            switch replica.role {
            case .primary: "primary"
            case .replica: "replica"
            case .unknown: "unknown"
            }
        return [
            .text(replica.shard), .text(replica.endpoint.name), role, .text(tags),
            .integer(Int64(replica.endpoint.weight)),
            replica.position.map { .integer(Int64(clamping: $0.timeline)) } ?? .null,
            replica.position.map { .text(LogSequenceNumber(rawValue: $0.offset).description) } ?? .null,
            milliseconds(replica.lag), milliseconds(replica.measured), .text(replica.breaker.rawValue),
            .integer(Int64(replica.inFlight)), replica.latency.map { .integer(Self.microseconds($0)) } ?? .null,
            .integer(Int64(replica.served)), .integer(Int64(replica.failed)),
            replica.role == .primary ? .null : replica.ineligibility.map { .text($0.explanation) } ?? .null,
        ]
    }

    static let poolColumns = [
        ("shard", "TEXT"), ("pool", "TEXT"), ("connections", "INTEGER"), ("connection_limit", "INTEGER"),
        ("idle", "INTEGER"), ("leased", "INTEGER"), ("waiting", "INTEGER"), ("waiting_limit", "INTEGER"),
    ]

    static func values(of pool: PoolUsage, _ shard: String) -> [Value] {
        [
            .text(shard), .text(pool.name), .integer(Int64(pool.connections)), .integer(Int64(pool.connectionLimit)),
            .integer(Int64(pool.idle)), .integer(Int64(pool.leased)), .integer(Int64(pool.waiting)),
            pool.waitingLimit.map { .integer(Int64($0)) } ?? .null,
        ]
    }

    static func microseconds(_ time: Duration) -> Int64 { Int64(clamping: time.attoseconds / 1_000_000_000_000) }

    private static func milliseconds(_ time: Duration?) -> Value {
        time.map { .integer(microseconds($0) / 1000) } ?? .null
    }
}
