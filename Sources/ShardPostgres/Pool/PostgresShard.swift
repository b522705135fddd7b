public import ShardBackend
import ShardBase

/// One PostgreSQL database as a shard: a pool of connections.
///
/// Reading and writing use the same connections.
public final class PostgresShard: ShardDatabase, Sendable {
    public let name: String
    public let pool: PostgresPool

    init(name: String, pool: PostgresPool) {
        self.name = name
        self.pool = pool
    }

    public func acquire(_ purpose: ConnectionPurpose, settings: SessionSettings) async throws -> any ShardConnection {
        let connection = try await pool.acquire()
        do {
            try await connection.carry(settings)
        } catch {
            pool.release(connection)
            throw error
        }
        return connection
    }

    public func release(_ connection: any ShardConnection) {
        // What the pool gives out is a PostgresConnection.
        pool.release(unsafeDowncast(connection, to: PostgresConnection.self))
    }

    /// The loop: nothing here blocks, and a task that runs there uses connections without changing threads.
    public var workExecutor: (any TaskExecutor)? { pool.configuration.loop }

    public func close() async { await pool.close() }
}
