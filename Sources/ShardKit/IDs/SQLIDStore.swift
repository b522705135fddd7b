import ShardBackend
import ShardBase
public import ShardIDs
import ShardPostgres
import ShardSQLite
import ShardValues

/// Workers and segments in a database: an SQLite file or a PostgreSQL database, for as many processes as reach it.
///
/// ```swift
/// let store = try await SQLIDStore.open("/var/lib/ids.sqlite")          // or postgresql://…
/// let ids = try await Snowflake.leased(from: store)
/// let orders = try SegmentGenerator(tag: "orders", stores: [store])
/// ```
///
/// Two tables, `_shardkit_workers` and `_shardkit_segments`, are made where they are missing. Each request is one statement, so one
/// transaction of its own; SQLite commits it with `synchronous = FULL`. The time is the database's: the server's clock, or with a file
/// the machine's.
public final class SQLIDStore: Sendable {
    private let database: any ShardDatabase
    private let texts: Texts

    /// Opens a store, and makes its tables where they are missing.
    ///
    /// - Parameter location: an SQLite file, made when it is missing; or a PostgreSQL database: a URL or libpq's keywords.
    /// - Throws: ``ShardBase/ShardError`` where it cannot be opened or written.
    public static func open(_ location: String) async throws -> SQLIDStore {
        switch Configuration.Shard(name: "ids", path: location).engine {
        case .sqlite:
            // What was issued must not be forgotten by a power failure.
            let backend = SQLiteBackend(configuration: SQLiteConfiguration(synchronous: .full))
            return try await SQLIDStore(
                try await backend.open(shard: "ids", at: location, creating: true), .sqlite)
        case .postgresql:
            let backend = PostgresBackend(configuration: PostgresConfiguration(), poolSize: 2)
            return try await SQLIDStore(
                try await backend.open(shard: "ids", at: location, creating: false), .postgresql)
        }
    }

    /// - Parameter database: opened; closed by ``close()``.
    init(_ database: any ShardDatabase, _ spelling: EngineSpelling) async throws {
        self.database = database
        texts = Texts(spelling)
        do {
            try await makeTables()
        } catch {
            await database.close()
            throw error
        }
    }

    /// Closes the database. What is asked afterwards fails.
    public func close() async { await database.close() }

    private func makeTables() async throws {
        for attempt in 0..<5 {
            do {
                for (name, text) in texts.tables {
                    if try await rows(texts.tableExists, [.text(name)]).isEmpty {
                        _ = try await execute(ShardStatement(text), [])
                    }
                }
                return
            } catch let error as ShardError
                where attempt < 4 && ["23505", "42710", "42P07"].contains(error.engineCode ?? "")
            {
                // PostgreSQL's IF NOT EXISTS does not wait for another who makes it at the same moment.
                continue
            }
        }
    }

    private func execute(_ statement: ShardStatement, _ values: [Value]) async throws -> Int64 {
        let connection = try await database.acquire(.write, settings: .engineDefaults)
        defer { database.release(connection) }
        return try await connection.execute(statement, values: values).changes
    }

    private func rows(_ statement: ShardStatement, _ values: [Value] = []) async throws -> [[Value]] {
        // RETURNING writes; a reader's connection would not do.
        let connection = try await database.acquire(.write, settings: .engineDefaults)
        defer { database.release(connection) }
        let start = try await connection.query(statement, values: values, rowLimit: 1_024)
        var result = (0..<start.batch.rowCount).map { start.batch.row($0) }
        guard let cursor = start.cursor else { return result }
        while true {
            let batch = try await cursor.next(RowBatch(columnCount: start.batch.columnCount))
            if batch.isEmpty { return result }
            for index in 0..<batch.rowCount { result.append(batch.row(index)) }
        }
    }
}

// MARK: - Workers

extension SQLIDStore: WorkerStore {
    public func workers() async throws -> WorkerSnapshot {
        var now: Int64 = 0
        var found: [WorkerRow] = []
        for row in try await rows(texts.workers) {
            now = try Self.integer(row[0])
            guard row[1] != .null else { continue }
            found.append(
                WorkerRow(
                    node: try Self.integer(row[1]), holder: try Self.text(row[2]), fence: try Self.integer(row[3]),
                    expires: row[4] == .null ? nil : try Self.integer(row[4]),
                    mark: HighWaterMark(rollback: try Self.integer(row[5]), milliseconds: try Self.integer(row[6]))))
        }
        return WorkerSnapshot(rows: found, now: now)
    }

    public func replace(fence: Int64, with row: WorkerRow, lease: Duration?) async throws -> Bool {
        let length = lease.map {
            Value.integer($0.components.seconds * 1_000 + $0.components.attoseconds / 1_000_000_000_000_000)
        }
        var values: [Value] = [
            .integer(row.node), .text(row.holder), .integer(row.fence), length ?? .null, .integer(row.mark.rollback),
            .integer(row.mark.milliseconds),
        ]
        guard fence != 0 else { return try await execute(texts.firstWorker, values) == 1 }
        values.append(.integer(fence))
        return try await execute(texts.worker, values) == 1
    }
}

// MARK: - Segments

extension SQLIDStore: SegmentStore {
    public func tags() async throws -> [SegmentRow] { try await rows(texts.segments).map(Self.segment) }

    public func reserve(tag: String, step: Int64?) async throws -> SegmentRow? {
        try await rows(texts.reserve, [.text(tag), step.map { .integer($0) } ?? .null]).first.map(Self.segment)
    }

    /// Makes a tag.
    ///
    /// - Parameters:
    ///   - start: its identifiers are larger. Default: 0.
    ///   - step: how many a process reserves at first, at least 1. Default: 1,000.
    /// - Returns: false where there is one of that name; it stays as it is.
    @discardableResult
    public func addTag(
        _ tag: String, start: Int64 = 0, step: Int64 = 1_000, description: String = ""
    ) async throws -> Bool {
        guard step >= 1, start >= 0 else {
            throw ShardError(.valueRange, "a tag starts at 0 or above, and its step is 1 or more")
        }
        return try await execute(texts.addTag, [.text(tag), .integer(start), .integer(step), .text(description)]) == 1
    }

    /// Takes a tag away; generators of it stop when they want the next segment.
    ///
    /// - Returns: false where there is none.
    @discardableResult
    public func dropTag(_ tag: String) async throws -> Bool { try await execute(texts.dropTag, [.text(tag)]) == 1 }

    private static func segment(_ row: [Value]) throws -> SegmentRow {
        SegmentRow(
            tag: try text(row[0]), maximum: try integer(row[1]), step: try integer(row[2]),
            description: try text(row[3]),
            updated: try integer(row[4]))
    }

    private static func integer(_ value: Value) throws -> Int64 {
        guard case .integer(let integer) = value else { throw shape }
        return integer
    }

    private static func text(_ value: Value) throws -> String {
        guard case .text(let text) = value else { throw shape }
        return text
    }

    private static var shape: ShardError {
        ShardError(.corrupt, "the tables of workers and segments have another shape")
    }
}

// MARK: - Statements

/// One statement for each request, in an engine's spelling.
private struct Texts {
    let tableExists: ShardStatement
    let tables: [(name: String, text: String)]
    let workers: ShardStatement
    let firstWorker: ShardStatement
    let worker: ShardStatement
    let segments: ShardStatement
    let reserve: ShardStatement
    let addTag: ShardStatement
    let dropTag: ShardStatement

    init(_ spelling: EngineSpelling) {
        let mark = spelling.parameterMark
        // Milliseconds since 1970.
        let now =
            spelling == .sqlite
            ? "CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)"
            : "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
        // SQLite would go on with a real number where 64 bits end.
        let whole = spelling == .sqlite ? " CHECK (typeof(max_id) = 'integer')" : ""
        tableExists = ShardStatement(spelling.tableExists)
        tables = [
            (
                "_shardkit_workers",
                """
                CREATE TABLE IF NOT EXISTS _shardkit_workers (node BIGINT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, fence BIGINT NOT NULL,
                  expires BIGINT, mark_rollback BIGINT NOT NULL, mark_milliseconds BIGINT NOT NULL)
                """
            ),
            (
                "_shardkit_segments",
                """
                CREATE TABLE IF NOT EXISTS _shardkit_segments (tag TEXT NOT NULL PRIMARY KEY, max_id BIGINT NOT NULL\(whole),
                  step BIGINT NOT NULL CHECK (step >= 1), description TEXT NOT NULL, updated BIGINT NOT NULL)
                """
            ),
        ]
        workers = ShardStatement(
            """
            SELECT \(now), node, holder, fence, expires, mark_rollback, mark_milliseconds
            FROM (SELECT 1 AS one) AS moment LEFT JOIN _shardkit_workers ON node IS NOT NULL
            """)
        let expires = "\(now) + CAST(\(mark)4 AS BIGINT)"
        firstWorker = ShardStatement(
            """
            INSERT INTO _shardkit_workers (node, holder, fence, expires, mark_rollback, mark_milliseconds)
            VALUES (\(mark)1, \(mark)2, \(mark)3, \(expires), \(mark)5, \(mark)6) ON CONFLICT (node) DO NOTHING
            """)
        worker = ShardStatement(
            """
            UPDATE _shardkit_workers SET holder = \(mark)2, fence = \(mark)3, expires = \(expires), mark_rollback = \(mark)5,
              mark_milliseconds = \(mark)6 WHERE node = \(mark)1 AND fence = \(mark)7
            """)
        let columns = "tag, max_id, step, description, updated"
        segments = ShardStatement("SELECT \(columns) FROM _shardkit_segments ORDER BY tag")
        reserve = ShardStatement(
            """
            UPDATE _shardkit_segments SET max_id = max_id + coalesce(CAST(\(mark)2 AS BIGINT), step), updated = \(now)
            WHERE tag = \(mark)1 RETURNING \(columns)
            """)
        addTag = ShardStatement(
            """
            INSERT INTO _shardkit_segments (\(columns)) VALUES (\(mark)1, \(mark)2, \(mark)3, \(mark)4, \(now))
            ON CONFLICT (tag) DO NOTHING
            """)
        dropTag = ShardStatement("DELETE FROM _shardkit_segments WHERE tag = \(mark)1")
    }
}
