import ShardBackend
import ShardBase
import ShardTopology

/// The opened shards of a logical database, each with the gate before its writer.
struct ShardAccess: Sendable {
    let databases: [any ShardDatabase]
    private let gates: [WriterGate]
    /// How long a writer is waited for. Default elsewhere: 5 s.
    let busyTimeout: Duration

    init(databases: [any ShardDatabase], busyTimeout: Duration) {
        self.databases = databases
        self.gates = databases.map { WriterGate(shard: $0.name) }
        self.busyTimeout = busyTimeout
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

    /// - Throws: `.busy`, retryable, when the writer does not come free in time.
    func writer(of index: ShardIndex, settings: SessionSettings) async throws -> WriterLease {
        let database = databases[index]
        let gate = gates[index]
        try await gate.enter(timeout: busyTimeout)
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

    func connection(for shard: ShardIndex) async throws -> any ShardConnection {
        try await shards[shard].acquire(.read, settings: settings)
    }

    func giveBack(_ connection: any ShardConnection, of shard: ShardIndex) {
        shards[shard].release(connection)
    }
}
