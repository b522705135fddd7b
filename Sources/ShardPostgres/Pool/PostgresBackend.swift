public import ShardBackend
import ShardBase

/// Shards that are PostgreSQL databases.
public struct PostgresBackend: Backend {
    /// What all shards have in common; each shard's location is its connection string.
    public let configuration: PostgresConfiguration
    /// Connections per shard at most.
    public let poolSize: Int
    /// Tasks that may wait for a shard's connections.
    public let queueLimit: Int

    public init(
        configuration: PostgresConfiguration = PostgresConfiguration(), poolSize: Int = 10, queueLimit: Int = 1000
    ) {
        self.configuration = configuration
        self.poolSize = poolSize
        self.queueLimit = queueLimit
    }

    public var name: String { "postgresql" }

    /// Opens a shard, connecting once to find out whether it is there. A database is never created.
    public func open(shard name: String, at location: String, creating: Bool) async throws -> any ShardDatabase {
        var own = configuration
        own.connectionString = location
        let pool = PostgresPool(own, size: poolSize, queueLimit: queueLimit)
        do {
            pool.release(try await pool.acquire())
        } catch {
            await pool.close()
            throw error
        }
        return PostgresShard(name: name, pool: pool)
    }

    /// A shard that connects when it is first used: of a server that may be away now.
    public func shard(_ name: String, at location: String) -> any ShardDatabase {
        var own = configuration
        own.connectionString = location
        return PostgresShard(name: name, pool: PostgresPool(own, size: poolSize, queueLimit: queueLimit))
    }

    /// Not provided: gathered rows of PostgreSQL go into temporary tables of a server.
    public func openPrivate() throws -> any PrivateDatabase {
        throw ShardError(.statementNotModelled, "PostgreSQL has no private databases without a server")
    }
}
