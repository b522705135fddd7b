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

    func ended(_ connection: any ShardConnection, of shard: ShardIndex) { session.saw(connection, of: shard) }
}
