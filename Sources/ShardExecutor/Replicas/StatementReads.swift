import ShardBackend
import ShardBase
import ShardReplicas
import ShardTopology
import Synchronization

/// One attempt at a statement that only reads: leads it to endpoints, and notes to which.
final class StatementReads: Sendable {
    private let session: SessionReading
    private let hints: ReadHints
    private let purpose: Purpose
    /// Endpoints of the attempts before, by shard.
    private let excluded: [ShardIndex: [String]]
    private let used = Mutex<[ShardIndex: [String]]>([:])
    /// What was read, until the attempt is known to be the one that counts; nil from then on.
    private let held = Mutex<[(shard: ShardIndex, seen: SessionReads.Seen)]?>([])

    enum Purpose: Sendable, Hashable { case anywhere, primary }

    init(_ session: SessionReading, _ hints: ReadHints, _ purpose: Purpose, excluded: [ShardIndex: [String]] = [:]) {
        self.session = session
        self.hints = hints
        self.purpose = purpose
        self.excluded = excluded
    }

    /// The endpoints that the attempt and those before it went to.
    var tried: [ShardIndex: [String]] { used.withLock { excluded.merging($0) { $0 + $1 } } }

    func acquire(
        _ shard: ShardIndex, of databases: ShardAccess, settings: SessionSettings
    ) async throws -> any ShardConnection {
        guard let database = databases[shard] as? ReplicatedShard else {
            return try await databases[shard].acquire(.read, settings: settings)
        }
        var hints = hints
        if purpose == .primary { hints.endpoint = .primary }
        var request = try await session.request(hints, shard: shard, name: database.name)
        request.excluded = excluded[shard] ?? []
        let connection = try await database.acquire(request, settings: settings)
        used.withLock { $0[shard, default: []].append(connection.endpoint) }
        return connection
    }

    func ended(_ connection: any ShardConnection, of shard: ShardIndex) {
        guard let seen = session.seen(by: connection) else { return }
        let counts = held.withLock { held in
            held?.append((shard, seen))
            return held == nil
        }
        if counts { session.note(seen, of: shard) }
    }

    /// Its answer is the one that the session gets: what was seen elsewhere meanwhile, by an attempt that failed or came second,
    /// binds nobody.
    func adopt() {
        let seen = held.withLock { held in
            defer { held = nil }
            return held ?? []
        }
        for (shard, seen) in seen { session.note(seen, of: shard) }
    }
}
