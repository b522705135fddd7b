import ShardBackend
import ShardBase
import ShardTopology

/// The opened shards of a logical database, each with the gate before its writer.
struct ShardAccess: Sendable {
    let databases: [any ShardDatabase]
    private let gates: [WriterGate]
    /// How long a writer is waited for. Default elsewhere: 5 s.
    let busyTimeout: Duration
    /// Keeps reads over several shards and commits over several shards apart.
    let moments = MomentGate()
    /// Commits over several shards; nil: they are `fast`.
    let commits: AtomicCommits?

    init(databases: [any ShardDatabase], busyTimeout: Duration, commits: AtomicCommits? = nil) {
        self.databases = databases
        self.commits = commits
        self.gates = databases.map { WriterGate(shard: $0.name) }
        self.busyTimeout = busyTimeout
    }

    /// Looks at shards as of one moment with respect to all commits over several shards, other processes' included.
    func atOneMoment<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard let commits else { return try await body() }
        return try await commits.atOneMoment(body)
    }

    subscript(_ index: ShardIndex) -> any ShardDatabase { databases[index] }

    /// A leased writer and what to give back with it.
    struct WriterLease: Sendable {
        let database: any ShardDatabase
        let connection: any ShardConnection
        let gate: WriterGate

        func giveBack() {
            database.release(connection)
            gate.leave()
        }
    }

    /// - Parameter timeout: default ``busyTimeout``.
    /// - Throws: `.busy`, retryable, when the writer does not come free in time.
    func writer(
        of index: ShardIndex, settings: SessionSettings, timeout: Duration? = nil
    ) async throws -> WriterLease {
        let database = databases[index]
        let gate = gates[index]
        try await gate.enter(timeout: timeout ?? busyTimeout)
        do {
            let connection = try await database.acquire(.write, settings: settings)
            return WriterLease(database: database, connection: connection, gate: gate)
        } catch {
            gate.leave()
            throw error
        }
    }
}

/// Connections for a statement outside a transaction: leased at the first use, given back one by one.
struct AutocommitConnections: ConnectionProvider {
    let shards: ShardAccess
    let settings: SessionSettings
    /// What any shard can answer is spread over the shards by session.
    let anyShard: ShardIndex
    /// Leads the statement to endpoints of replicated shards; nil: to the shards, which are their own endpoints or lead to the
    /// primary. Default: nil.
    var reads: StatementReads? = nil
    /// Spans of the shards that are asked. Default nil: none.
    var spans: ShardSpans? = nil

    func connection(for shard: ShardIndex) async throws -> any ShardConnection {
        guard let spans else { return try await lend(shard) }
        return try await spans.lend(shards[shard].name) { try await lend(shard) }
    }

    private func lend(_ shard: ShardIndex) async throws -> any ShardConnection {
        if let reads { return try await reads.acquire(shard, of: shards, settings: settings) }
        return try await shards[shard].acquire(.read, settings: settings)
    }

    func snapshots(of indices: [ShardIndex]) async throws -> [any ShardConnection] {
        try await shards.commits?.settleAbandoned(indices)
        let leased = try await lease(indices)
        do {
            try await shards.atOneMoment {
                try await shards.moments.reading {
                    for connection in leased {
                        // The attempt before has seen a part of somebody's commit.
                        if connection.isInTransaction {
                            _ = try await connection.execute(TransactionStatements.rollback, values: [])
                        }
                        try await connection.openSnapshot()
                    }
                }
            }
        } catch {
            giveBack(leased, of: indices)
            throw error
        }
        return leased
    }

    func withMoment<Result>(
        of indices: [ShardIndex], _ body: ([any ShardConnection]) async throws -> Result
    ) async throws -> Result {
        try await shards.commits?.settleAbandoned(indices)
        return try await shards.atOneMoment {
            let leased = try await lease(indices)
            // Given back as they are: the pool ends what is open.
            defer { giveBack(leased, of: indices) }
            return try await shards.moments.reading { try await body(leased) }
        }
    }

    /// Before the gate, not inside it: who waits for a connection must hold up no commit.
    private func lease(_ indices: [ShardIndex]) async throws -> [any ShardConnection] {
        var leased: [any ShardConnection] = []
        leased.reserveCapacity(indices.count)
        do {
            for index in indices { leased.append(try await connection(for: index)) }
        } catch {
            giveBack(leased, of: indices)
            throw error
        }
        return leased
    }

    private func giveBack(_ leased: [any ShardConnection], of indices: [ShardIndex]) {
        for (index, connection) in zip(indices, leased) { giveBack(connection, of: index) }
    }

    func giveBack(_ connection: any ShardConnection, of shard: ShardIndex) {
        reads?.ended(connection, of: shard)
        spans?.ended(connection)
        shards[shard].release(connection)
    }
}
