import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// Gather + combine on the coordinator: temporary tables of the logical tables' names, filled by binary COPY from the shards,
/// inside a transaction that is rolled back when the answer has been read.
///
/// The tables hide those of the logical schema: `pg_temp` is searched first.
struct ServerCombineRunner {
    let plan: ServerCombinePlan
    let values: [Value]
    let parameterTypes: [UInt32]
    let engine: ServerEngine
    let settings: SessionSettings
    let environment: ExecutionEnvironment

    func start(_ provider: any ConnectionProvider) async throws -> StartedQuery {
        var shards: Set<ShardIndex> = []
        for piece in plan.pieces { for source in piece.sources { shards.insert(source.shard ?? provider.anyShard) } }
        let moment = try await StatementMoment(provider, shards: shards.sorted())
        let connection: any ServerConnection
        do {
            guard
                let leased = try await engine.coordinator.acquire(.write, settings: settings)
                    as? any ServerConnection
            else { throw ShardError(.internalError, "the coordinator is no database server") }
            connection = leased
        } catch {
            moment.end()
            throw error
        }
        do {
            try await gather(moment, into: connection, anyShard: provider.anyShard)
            moment.end()
        } catch {
            moment.end()
            engine.coordinator.release(connection)
            throw error
        }
        do {
            for view in plan.views { try await connection.executeScript(view) }
            let start = try await connection.query(
                ShardStatement(plan.sql, parameterTypes: ServerValues.known(parameterTypes)), values: values,
                rowLimit: environment.limits.batchRows)
            guard let cursor = start.cursor else {
                engine.coordinator.release(connection)
                return StartedQuery(firstBatch: start.batch, rest: nil, shards: shards.sorted())
            }
            let rest = CoordinatorSource(
                engine.coordinator, connection, cursor, columnCount: start.batch.columnCount)
            return StartedQuery(firstBatch: start.batch, rest: rest, shards: shards.sorted())
        } catch {
            engine.coordinator.release(connection)
            throw error
        }
    }

    /// Makes the tables and views on a connection whose transaction is open, and leaves them there.
    ///
    /// - Returns: the shards asked.
    func stage(_ provider: any ConnectionProvider, on connection: any ServerConnection) async throws -> [ShardIndex] {
        var shards: Set<ShardIndex> = []
        for piece in plan.pieces { for source in piece.sources { shards.insert(source.shard ?? provider.anyShard) } }
        let moment = try await StatementMoment(provider, shards: shards.sorted())
        do {
            try await gather(moment, into: connection, anyShard: provider.anyShard, begins: false)
            moment.end()
        } catch {
            moment.end()
            throw error
        }
        for view in plan.views { try await connection.executeScript(view) }
        return shards.sorted()
    }

    private func gather(
        _ moment: StatementMoment, into connection: any ServerConnection, anyShard: ShardIndex, begins: Bool = true
    ) async throws {
        let literals = try await literals(connection)
        var budget = environment.limits.maxGatherBytes
        if begins { try await connection.executeScript("BEGIN") }
        for piece in plan.pieces {
            let name = ServerNames.quoted(piece.table)
            try await connection.executeScript(
                "CREATE TEMPORARY TABLE \(name) AS SELECT \(piece.columnList) FROM \(ServerNames.whole(piece.table)) WITH NO DATA"
            )
            var bytes = 0
            for source in piece.sources {
                guard
                    let shard = try await moment.connection(for: source.shard ?? anyShard) as? any ServerConnection
                else { throw ShardError(.internalError, "a shard is no database server") }
                bytes += try await shard.copy(
                    piece.query(of: source.name) { literals[$0] ?? "NULL" }, into: "pg_temp.\(name)", of: connection,
                    isBinary: piece.isBinary, byteLimit: budget - bytes)
            }
            budget -= bytes
            if !piece.primaryKey.isEmpty {
                let key = piece.primaryKey.map(ServerNames.quoted).joined(separator: ", ")
                try await connection.executeScript("ALTER TABLE pg_temp.\(name) ADD PRIMARY KEY (\(key))")
            }
            // Else the server takes the table for an empty one.
            if bytes > Self.analyzedBytes { try await connection.executeScript("ANALYZE pg_temp.\(name)") }
        }
    }

    private static let analyzedBytes = 256 << 10

    /// The values that conditions on the tables need, as SQL text.
    private func literals(_ connection: any ServerConnection) async throws -> [Int: String] {
        var result: [Int: String] = [:]
        for piece in plan.pieces {
            for case .parameter(let index) in piece.filter where result[index] == nil && index < values.count {
                let type = index < parameterTypes.count ? parameterTypes[index] : 0
                result[index] = ServerValues.literal(
                    values[index], typeID: type, type: try await engine.typeName(type, -1, on: connection))
            }
        }
        return result
    }
}

/// The rest of the coordinator's answer; its transaction ends with it.
final class CoordinatorSource: RowSource, @unchecked Sendable {
    // Unchecked: touched by the one reader only.
    private let database: any ShardDatabase
    private var connection: (any ShardConnection)?
    private var cursor: (any ShardCursor)?
    let columnCount: Int

    init(
        _ database: any ShardDatabase, _ connection: any ShardConnection, _ cursor: any ShardCursor, columnCount: Int
    ) {
        self.database = database
        self.connection = connection
        self.cursor = cursor
        self.columnCount = columnCount
    }

    deinit {
        cursor?.close()
        if let connection { database.release(connection) }
    }

    var isAtEnd: Bool { cursor == nil }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        guard let cursor else { return recycled.reused(columnCount: columnCount) }
        do {
            let batch = try await cursor.next(recycled)
            if batch.isEmpty { await close() }
            return batch
        } catch {
            await close()
            throw error
        }
    }

    func close() async {
        cursor?.close()
        cursor = nil
        if let connection { database.release(connection) }
        connection = nil
    }
}
