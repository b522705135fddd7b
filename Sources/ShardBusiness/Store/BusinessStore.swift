public import ShardBackend
public import ShardBase
import ShardValues
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The database that locks and sagas are kept in: the catalog's file, or the coordinator of PostgreSQL shards.
///
/// All its writers see one another's commits at once, and one clock judges leases: the server's, or, over files, the monotonic
/// clock of the machine they are on, which no time server moves. Its readings mean nothing after a restart of the machine, so
/// they are kept together with what names the run of the system (an epoch): a lease of another run is over.
public final class BusinessStore: Sendable {
    private let database: any ShardDatabase
    /// Whether the engine locks rows where it is asked to, and tells the time.
    let isServer: Bool
    private let clock: any ShardClock
    /// Which clock the store's times are of.
    let epoch: String
    private let tableExists: ShardStatement
    private let hasTables = Mutex(false)

    /// - Parameters:
    ///   - database: with one writer at a time, or row locks.
    ///   - spelling: of the engine.
    ///   - clock: judges leases over files. Default: the system's.
    public init(
        _ database: any ShardDatabase, spelling: EngineSpelling, clock: any ShardClock = SystemClock()
    ) {
        self.database = database
        self.isServer = spelling == .postgresql
        self.tableExists = ShardStatement(spelling.tableExists)
        self.clock = clock
        self.epoch = spelling == .postgresql ? "server" : Self.runOfTheSystem
    }

    /// Names the time since the machine was started.
    private static let runOfTheSystem: String = {
        let id = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return id.map { String($0.prefix { !$0.isNewline }) } ?? "machine"
    }()

    // MARK: Transactions

    func read<Result>(_ body: (any ShardConnection) async throws -> Result) async throws -> Result {
        try await makeTables()
        let connection = try await database.acquire(.read, settings: .engineDefaults)
        defer { database.release(connection) }
        return try await connection.transaction(StoreStatements.begin, body)
    }

    func write<Result>(_ body: (any ShardConnection) async throws -> Result) async throws -> Result {
        try await makeTables()
        let connection = try await database.acquire(.write, settings: .engineDefaults)
        defer { database.release(connection) }
        return try await connection.transaction(
            isServer ? StoreStatements.begin : StoreStatements.beginImmediate, body)
    }

    /// Milliseconds of the clock that judges leases.
    func now(_ connection: any ShardConnection) async throws -> Int64 {
        guard isServer else { return clock.monotonic.milliseconds }
        return try await connection.rows(StoreStatements.serverTime).first?.integer(0) ?? 0
    }

    /// Milliseconds since 1970, to be shown to people.
    var wall: Int64 { clock.wallMilliseconds }

    private func makeTables() async throws {
        guard !hasTables.withLock({ $0 }) else { return }
        let connection = try await database.acquire(.write, settings: .engineDefaults)
        defer { database.release(connection) }
        for attempt in 1... {
            do {
                // The last one that is made: all are there, or none.
                if try await connection.rows(tableExists, [.text("_shardkit_sagas")]).isEmpty {
                    _ = try await connection.transaction(
                        isServer ? StoreStatements.begin : StoreStatements.beginImmediate
                    ) { try await $0.executeScript(StoreStatements.script) }
                }
                break
            } catch let error as ShardError
                where attempt < 5 && ["23505", "42710", "42P07"].contains(error.engineCode ?? "")
            {
                // PostgreSQL: two that make the same table at once are told of a duplicate, IF NOT EXISTS or not.
            }
        }
        hasTables.withLock { $0 = true }
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension ShardConnection {
    /// All rows of a (small) answer.
    func rows(_ statement: ShardStatement, _ values: [Value] = []) async throws -> [[Value]] {
        let start = try await query(statement, values: values, rowLimit: RowBatch.defaultRowLimit)
        var rows = (0..<start.batch.rowCount).map { start.batch.row($0) }
        guard let cursor = start.cursor else { return rows }
        defer { cursor.close() }
        var batch = start.batch
        while true {
            batch = try await cursor.next(batch)
            if batch.isEmpty { return rows }
            for row in 0..<batch.rowCount { rows.append(batch.row(row)) }
        }
    }

    /// Runs `body` inside one transaction: committed when it returns, rolled back when it throws.
    func transaction<Result>(
        _ begin: ShardStatement, _ body: (any ShardConnection) async throws -> Result
    ) async throws -> Result {
        _ = try await execute(begin, values: [])
        do {
            let result = try await body(self)
            _ = try await execute(StoreStatements.commit, values: [])
            return result
        } catch {
            // Where this fails too (a cancelled task), giving the connection back rolls back.
            if isInTransaction { _ = try? await execute(StoreStatements.rollback, values: []) }
            throw error
        }
    }
}

/// Reading rows of known shape; another shape is a damaged store.
extension [Value] {
    func text(_ column: Int) throws(ShardError) -> String {
        guard indices.contains(column), case .text(let text) = self[column] else { throw Self.damaged }
        return text
    }

    func integer(_ column: Int) throws(ShardError) -> Int64 {
        guard indices.contains(column), case .integer(let integer) = self[column] else { throw Self.damaged }
        return integer
    }

    /// Nil for NULL.
    func optionalText(_ column: Int) throws(ShardError) -> String? {
        guard indices.contains(column), self[column] != .null else { return nil }
        return try text(column)
    }

    static var damaged: ShardError {
        ShardError(.corrupt, "the store of locks and sagas holds a row that this version cannot read")
    }
}
