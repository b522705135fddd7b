import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Testing

/// A connection to the tests' common server.
func connect(
    _ server: PostgresServer? = nil, overTCP: Bool = false, _ change: (inout PostgresConfiguration) -> Void = { _ in }
) async throws -> PostgresConnection {
    let server = try server ?? PostgresServer.shared.get()
    var configuration = PostgresConfiguration(overTCP ? server.loopbackString : server.connectionString)
    configuration.connectTimeout = .seconds(30)
    change(&configuration)
    return try await PostgresConnection.connect(configuration)
}

extension PostgresConnection {
    /// All rows of a statement.
    func rows(_ sql: String, _ parameters: [PostgresValue] = [], types: [PostgresType] = []) async throws
        -> [[PostgresValue]]
    {
        let start = try await query(ShardStatement(sql), parameters: parameters, types: types)
        var batch = start.batch
        var rows: [[PostgresValue]] = []
        while !batch.isEmpty {
            rows += (0..<batch.rowCount).map { batch.postgresRow($0, start.columns) }
            guard let cursor = start.cursor else { break }
            batch = try await cursor.next(batch)
        }
        return rows
    }

    /// The one value of a statement.
    func value(_ sql: String, _ parameters: [PostgresValue] = [], types: [PostgresType] = []) async throws
        -> PostgresValue
    {
        let all = try await rows(sql, parameters, types: types)
        try #require(all.count == 1 && all[0].count == 1)
        return all[0][0]
    }
}

extension PostgresConnection {
    /// Waits until another connection's `pg_sleep` runs.
    func waitForSleep(of other: PostgresConnection) async throws {
        for _ in 0..<1000 {
            let event = try await value(
                "SELECT wait_event::text FROM pg_stat_activity WHERE pid = $1", [.int4(other.serverProcess)])
            if event == .text("PgSleep") { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("the statement did not begin to sleep")
    }
}

/// What is thrown; nil when nothing is.
func failure(_ body: () async throws -> Void) async -> ShardError? {
    do {
        try await body()
        return nil
    } catch { return error as? ShardError }
}
