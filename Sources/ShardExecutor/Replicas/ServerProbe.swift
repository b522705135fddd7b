import ShardBackend
import ShardBase
import ShardReplicas
import ShardValues
import Synchronization

/// Asks PostgreSQL servers how they are: one query on a connection kept for it.
final class ServerProbe: EndpointProbe {
    private struct State {
        var identity: ShardIdentity?
        /// Endpoints that have said who they are since they were last away.
        var known: Set<String> = []
        /// Of the timeline that an endpoint was last in.
        var forks: [String: Lineage] = [:]
    }
    private let databases: [String: any ShardDatabase]
    private let state = Mutex(State())

    init(_ members: [ReplicatedShard.Member]) {
        databases = Dictionary(uniqueKeysWithValues: members.map { ($0.endpoint.name, $0.probe) })
    }

    func require(_ identity: ShardIdentity) {
        state.withLock { state in
            state.identity = identity
            state.known = []
        }
    }

    func probe(_ endpoint: Endpoint) async throws -> ProbeAnswer {
        guard let database = databases[endpoint.name] else {
            throw ShardError(.internalError, "there is no way to probe '\(endpoint.name)'")
        }
        do {
            let connection = try await database.acquire(.read, settings: .engineDefaults)
            defer { database.release(connection) }
            try await identify(endpoint.name, connection)
            var answer = try await Self.ask(connection)
            if let timeline = answer.position?.timeline {
                answer.forks = try await forks(of: timeline, endpoint.name, connection)
            }
            return answer
        } catch {
            state.withLock { state in
                state.known.remove(endpoint.name)
                state.forks[endpoint.name] = nil
            }
            throw error
        }
    }

    /// A server that holds another database is never used, whatever it says of itself.
    private func identify(_ name: String, _ connection: any ShardConnection) async throws {
        let wanted = state.withLock { $0.known.contains(name) ? nil : $0.identity }
        guard let wanted else { return }
        guard let identity = try await ShardIdentity.read(from: connection, spelling: .postgresql) else {
            throw ShardError(.foreignShard, "endpoint '\(name)' does not say which shard it is")
        }
        try identity.verify(clusterID: wanted.clusterID, shardID: wanted.shardID, shardName: wanted.shardName)
        _ = state.withLock { $0.known.insert(name) }
    }

    /// A connection that was made after its server was last probed: whether the server is still what it was then, and has all
    /// that it had.
    static func confirms(
        _ known: EndpointStanding, _ isPrimary: Bool, _ connection: any ShardConnection
    ) async throws -> Bool {
        let answer = try await ask(connection)
        guard answer.isInRecovery == !isPrimary, let position = answer.position, let before = known.position else {
            return false
        }
        return position.timeline == before.timeline && position.offset >= before.offset
    }

    static func ask(_ connection: any ShardConnection) async throws -> ProbeAnswer {
        let start = try await connection.query(question, values: [], rowLimit: 2)
        start.cursor?.close()
        guard start.batch.rowCount == 1 else { throw ServerCatalog.unknownShape }
        let row = start.batch.row(0)
        guard case .integer(let inRecovery) = row[0] else { throw ServerCatalog.unknownShape }
        var position: Position?
        if case .text(let place) = row[1], case .integer(let timeline) = row[2] {
            guard let number = LogSequenceNumber(place), timeline > 0 else { throw ServerCatalog.unknownShape }
            position = Position(timeline: UInt64(timeline), offset: number.rawValue)
        }
        var age: Duration?
        if case .integer(let microseconds) = row[3] { age = .microseconds(microseconds) }
        return ProbeAnswer(isInRecovery: inRecovery != 0, position: position, replayAge: age)
    }

    /// A standby's timeline is the latest that it is known to follow: that of its last restart point may be an older one for minutes
    /// after a failover, that of the stream is hidden from plain roles.
    private static let question = ShardStatement(
        """
        SELECT pg_is_in_recovery()::int,
          CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END::text,
          CASE WHEN pg_is_in_recovery()
            THEN (SELECT greatest(
              (SELECT timeline_id FROM pg_control_checkpoint()),
              (SELECT min_recovery_end_timeline FROM pg_control_recovery()),
              (SELECT received_tli FROM pg_stat_wal_receiver))::int8)
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int8 END,
          CASE WHEN pg_is_in_recovery()
            THEN (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000000)::int8 END
        """)

    // MARK: History

    /// Where the timelines before one were left, where the role may read that (`pg_read_server_files`).
    private func forks(
        of timeline: UInt64, _ endpoint: String, _ connection: any ShardConnection
    ) async throws -> [Lineage.Fork] {
        if timeline <= 1 { return [] }
        if let known = state.withLock({ $0.forks[endpoint] }), known.timeline == timeline { return known.forks }
        let rows = try await connection.query(Self.mayRead, values: [], rowLimit: 2)
        rows.cursor?.close()
        guard rows.batch.rowCount == 1, rows.batch.row(0)[0] == .integer(1) else { return [] }
        let digits = String(timeline, radix: 16, uppercase: true)
        let name = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        let file = try await connection.query(Self.history, values: [.text("pg_wal/\(name).history")], rowLimit: 2)
        file.cursor?.close()
        guard file.batch.rowCount == 1, case .text(let text) = file.batch.row(0)[0] else { return [] }
        let forks = Self.forks(ofHistory: text)
        state.withLock { $0.forks[endpoint] = Lineage(timeline: timeline, forks: forks) }
        return forks
    }

    private static let mayRead = ShardStatement(
        "SELECT has_function_privilege('pg_catalog.pg_read_file(text, bigint, bigint, boolean)', 'EXECUTE')::int")
    private static let history = ShardStatement("SELECT pg_catalog.pg_read_file($1::text, 0, 1048576, true)")

    /// Reads `1 <tab> 0/3000000 <tab> reason`, a line for each timeline before; comments begin with `#`.
    static func forks(ofHistory text: String) -> [Lineage.Fork] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            guard words.count >= 2, let timeline = UInt64(words[0]), let place = LogSequenceNumber(words[1]) else {
                return nil
            }
            return Lineage.Fork(timeline: timeline, offset: place.rawValue)
        }
    }
}
