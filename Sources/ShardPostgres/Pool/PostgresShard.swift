public import ShardBackend
import ShardBase
public import ShardValues
import Synchronization

/// One PostgreSQL database as a shard: a pool of connections.
///
/// Reading and writing use the same connections.
public final class PostgresShard: ShardDatabase, Sendable {
    public let name: String
    public let pool: PostgresPool
    private let pipeline: PostgresPipeline
    /// Reads of one row that are under way.
    private let reading = Atomic<Int>(0)

    init(name: String, pool: PostgresPool) {
        self.name = name
        self.pool = pool
        pipeline = PostgresPipeline(pool.configuration)
    }

    /// One read alone is quicker on a connection of its own; from the second on they travel together.
    public func readTogether(_ statement: ShardStatement, values: [Value]) async throws -> QueryStart? {
        let others = reading.wrappingAdd(1, ordering: .relaxed).oldValue
        defer { reading.wrappingSubtract(1, ordering: .relaxed) }
        if others > 0 { return try await pipeline.read(statement, values: values) }
        let connection = try await pool.acquire()
        do {
            let start = try await connection.query(statement, values: values, rowLimit: RowBatch.defaultRowLimit)
            pool.release(connection)
            return start
        } catch {
            pool.release(connection)
            throw error
        }
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

    public var pools: [PoolUsage] {
        let counts = pool.counts
        return [
            PoolUsage(
                name: name, connections: counts.open, connectionLimit: pool.limit, idle: counts.idle,
                leased: counts.leased, waiting: counts.waiting, waitingLimit: pool.queueLimit)
        ]
    }

    public func schemaChanged() { pool.forgetStatements() }

    /// The loop: nothing here blocks, and a task that runs there uses connections without changing threads.
    public var workExecutor: (any TaskExecutor)? { pool.configuration.loop }

    public func close() async {
        await pipeline.close()
        await pool.close()
    }
}
