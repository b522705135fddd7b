public import Logging
public import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardValues
import Synchronization

/// What sessions over database servers share besides the shards: the coordinator, a database that holds the logical schema
/// with empty tables. It describes statements, answers what reads no table, computes values once for all shards, and runs what
/// rows of several shards are needed for together.
public final class ServerEngine: Sendable {
    let coordinator: any ShardDatabase
    let ordersTextByBytes: Bool
    let definitions: ServerDefinitions
    /// Nil: commits go shard by shard.
    let commits: ServerCommits?
    let deadlocks: ServerDeadlocks?
    private let typeNames = Mutex<[TypeKey: String]>([:])

    private struct TypeKey: Hashable {
        var type: UInt32
        var modifier: Int32
    }

    /// - Parameters:
    ///   - coordinator: opened.
    ///   - cluster: the database's identity.
    ///   - definitions: who runs DDL.
    ///   - commits: over several shards, where they are to be atomic.
    public init(
        coordinator: any ShardDatabase, shards: [any ShardDatabase], cluster: String, definitions: ServerDefinitions,
        commits: ServerCommits? = nil, logger: Logger
    ) async throws {
        self.commits = commits
        self.deadlocks = shards.count > 1 ? ServerDeadlocks(shards: shards, cluster: cluster, logger: logger) : nil
        self.coordinator = coordinator
        self.definitions = definitions
        ordersTextByBytes = try await Self.withConnection(coordinator) { connection in
            try await connection.allRows(ServerCatalog.collation).first?[0] == .integer(1)
        }
    }

    static func withConnection<Result>(
        _ database: any ShardDatabase, _ settings: SessionSettings = .engineDefaults,
        _ body: (any ServerConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await database.acquire(.write, settings: settings)
        defer { database.release(connection) }
        guard let server = connection as? any ServerConnection else {
            throw ShardError(.internalError, "the coordinator is no database server")
        }
        return try await body(server)
    }

    /// What the coordinator says of a statement.
    ///
    /// - Parameter parameterTypes: where they are known; the statement may not tell.
    func describe(_ sql: String, parameterTypes: [UInt32] = []) async throws -> ServerFacts {
        do {
            return try await Self.withConnection(coordinator) { connection in
                try await facts(of: sql, parameterTypes: parameterTypes, on: connection)
            }
        } catch let error as ShardError where error.retry == .connectionLost {
            // Nothing was run: a connection that broke while nobody looked is no reason to fail.
            return try await Self.withConnection(coordinator) { connection in
                try await facts(of: sql, parameterTypes: parameterTypes, on: connection)
            }
        }
    }

    /// On a connection that may be a transaction's.
    func facts(
        of sql: String, parameterTypes: [UInt32] = [], on connection: any ServerConnection
    ) async throws -> ServerFacts {
        let description = try await connection.describe(sql, parameterTypes: parameterTypes)
        var columns: [PlanColumn] = []
        for column in description.columns {
            let type = column.wire?.typeID ?? 0
            columns.append(
                PlanColumn(
                    name: column.name,
                    declaredType: try await typeName(type, column.wire?.typeModifier ?? -1, on: connection),
                    typeID: type))
        }
        return ServerFacts(columns: columns, parameterTypes: description.parameterTypes)
    }

    func typeName(_ type: UInt32, _ modifier: Int32, on connection: any ServerConnection) async throws -> String {
        let key = TypeKey(type: type, modifier: modifier)
        if let known = typeNames.withLock({ $0[key] }) { return known }
        let rows = try await connection.allRows(
            ServerCatalog.typeName, [.integer(Int64(type)), .integer(Int64(modifier))])
        guard case .text(let name)? = rows.first?.first else {
            throw ShardError(.internalError, "the coordinator does not know a type of its own answer")
        }
        // Types that users made may be dropped and made anew.
        if type < 16_384 { typeNames.withLock { $0[key] = name } }
        return name
    }

    func planner(_ schema: LogicalSchema) -> ServerPlanner {
        ServerPlanner(topology: schema.topology, functions: schema.functions, ordersTextByBytes: ordersTextByBytes)
    }
}
