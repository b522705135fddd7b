import Foundation
import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardSQLite
import ShardTopology
import ShardValues
import Synchronization
import Testing

@testable import ShardExecutor

/// A logical database over SQLite shards in a temporary folder, and one plain SQLite file with the same schema: the
/// truth. What one answers, the other must.
final class TwinDatabases: Sendable {
    let database: LogicalDatabase
    let shards: [any ShardDatabase]
    let plain: any ShardDatabase
    let schema: LogicalSchema
    private let folder: URL

    /// - Parameter tables: CREATE TABLE texts with sharding clauses.
    init(
        shardCount: Int, tables: [String] = TwinDatabases.tables, busyTimeout: Duration = .seconds(5),
        generators: (any KeyGenerators)? = nil
    ) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-twins-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let backend = SQLiteBackend(
            configuration: SQLiteConfiguration(synchronous: .off, busyTimeout: busyTimeout))
        let folder = folder
        func open(_ name: String) async throws -> any ShardDatabase {
            try await backend.open(shard: name, at: folder.appending(path: name + ".db").path, creating: true)
        }
        plain = try await open("plain")
        var shards: [any ShardDatabase] = []
        for index in 0..<shardCount { shards.append(try await open("s\(index)")) }
        self.shards = shards

        var topology = Topology(epoch: 1, shards: shards.map(\.name))
        var statements: [String] = []
        for text in tables {
            let parsed = try Parser.parse(text, dialect: .sqlite)
            let logical = SQLPrinter.print(parsed.statement, options: .init(includesSharding: false))
            statements.append(logical)
            guard case .createTable(let create) = parsed.statement else { continue }
            let schema = SchemaReader(create: create).schema()
            let declaration =
                try create.sharding.map { try DeclarationReader().declaration($0, table: schema.name) } ?? .byDefault
            let table = try topology.place(schema: schema, declaration: declaration, createSQL: logical)
            topology.tables[schema.name.lowercased()] = table
            for (shard, name) in table.places(shardCount: shardCount) {
                let physical = SQLPrinter.print(parsed.statement, options: .init(includesSharding: false)) {
                    // References are to tables that keep their names.
                    $0.name.folded == schema.name.asciiLowercased() ? Identifier.quoted(name) : nil
                }
                try await Self.script(physical, on: shards[shard])
            }
            try await Self.script(logical, on: plain)
        }
        schema = LogicalSchema(topology: topology, statements: statements)
        database = try await LogicalDatabase(
            environment: ExecutionEnvironment(
                shards: shards, makePrivate: { try backend.openPrivate() },
                limits: ExecutionLimits(busyTimeout: busyTimeout)),
            store: FixedStore(schema: schema), generators: generators)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The rows of a table over all its pieces (a broadcast table's once), sorted; copies of a broadcast table must
    /// agree.
    func rows(of table: String) async throws -> [String] {
        let logical = try #require(schema.topology.table(named: table))
        var pieces = logical.places(shardCount: shards.count)
        if case .broadcast = logical.placement {
            let first = try await read("SELECT * FROM \(table)", on: shards[pieces[0].shard])
            for piece in pieces.dropFirst() {
                let copy = try await read("SELECT * FROM \(table)", on: shards[piece.shard])
                #expect(copy == first, "copies of \(table) differ")
            }
            pieces = [pieces[0]]
        }
        var rows: [String] = []
        for piece in pieces { rows += try await read("SELECT * FROM \(piece.name)", on: shards[piece.shard]) }
        return rows.sorted()
    }

    func plainRows(of table: String) async throws -> [String] {
        try await read("SELECT * FROM \(table)", on: plain).sorted()
    }

    private func read(_ sql: String, on shard: any ShardDatabase) async throws -> [String] {
        let connection = try await shard.acquire(.read, settings: .engineDefaults)
        defer { shard.release(connection) }
        let answer = try await connection.wholeAnswer(ShardStatement(sql), values: [], byteLimit: .max)
        return answer.batches.flatMap { batch in (0..<batch.rowCount).map { "\(batch.row($0))" } }.sorted()
    }

    private static func script(_ sql: String, on shard: any ShardDatabase) async throws {
        let connection = try await shard.acquire(.write, settings: .engineDefaults)
        defer { shard.release(connection) }
        try await connection.executeScript(sql)
    }

    static let tables = [
        "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, age INT CHECK (age < 200)) SHARD BY HASH (id)",
        "CREATE TABLE tickets(id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL) SHARD BY HASH (id) INTO 5 PARTITIONS",
        "CREATE TABLE items(user_id INT, line INT, note TEXT, PRIMARY KEY (user_id, line)) SHARD BY HASH (user_id)",
        "CREATE TABLE countries(id INTEGER PRIMARY KEY, code TEXT UNIQUE, name TEXT DEFAULT 'none') BROADCAST",
        "CREATE TABLE options(k TEXT PRIMARY KEY, v) SINGLE ON s0",
        "CREATE TABLE notes(author TEXT COLLATE NOCASE, body TEXT NOT NULL) SHARD BY HASH (author)",
    ]
}

/// A catalog that never changes, for one process.
struct FixedStore: SchemaStore {
    let schema: LogicalSchema
    func isCurrent(_ epoch: UInt64) -> Bool { epoch == schema.topology.epoch }
    func load() async throws -> LogicalSchema { schema }
    func reserve(sequence: String, atLeast: Int64, count: Int64) async throws -> Range<Int64> {
        atLeast..<(atLeast + count)
    }
}

/// One session on each side, run in step.
final class TwinSessions: Sendable {
    let twins: TwinDatabases
    let session: Session
    let connection: any ShardConnection
    /// The plain connection's `total_changes()` when the session began.
    private let countedBefore: Int64

    init(_ twins: TwinDatabases) async throws {
        self.twins = twins
        session = twins.database.makeSession()
        connection = try await twins.plain.acquire(.write, settings: .engineDefaults)
        countedBefore = try await connection.query(Self.counters, values: [], rowLimit: 2).batch[0, 2].integerValue
    }

    private static let counters = ShardStatement("SELECT changes(), last_insert_rowid(), total_changes()")

    func close() async {
        await session.close()
        twins.plain.release(connection)
    }

    enum Verdict: Hashable { case same, refused(String) }

    /// Runs a statement on both sides and compares rows, errors, changes and last ids. A refusal must change nothing;
    /// then the plain side does not run it.
    @discardableResult
    func run(
        _ sql: String, _ values: [Value] = [], sorted: Bool = true, note: String = "",
        location: SourceLocation = #_sourceLocation
    ) async throws -> Verdict {
        var mine: [String] = []
        var myError: ShardError?
        var answer: Answer?
        do {
            let result = try await session.run(sql, values: values)
            mine = try await result.rows?.all().map { "\($0)" } ?? []
            answer = result
        } catch let error as ShardError {
            if error.isRefusal { return .refused(error.code.rawValue) }
            myError = error
        }
        var theirs: [String] = []
        var theirError: ShardError?
        do {
            let result = try await connection.wholeAnswer(ShardStatement(sql), values: values, byteLimit: .max)
            theirs = result.batches.flatMap { batch in (0..<batch.rowCount).map { "\(batch.row($0))" } }
        } catch let error as ShardError {
            theirError = error
        }
        let context = "\(sql) \(values) \(note)"
        #expect(myError?.message == theirError?.message, "\(context)", sourceLocation: location)
        if sorted {
            mine.sort()
            theirs.sort()
        }
        #expect(mine == theirs, "\(context)", sourceLocation: location)
        let plain = try await connection.query(Self.counters, values: [], rowLimit: 2).batch
        #expect(session.changes == plain[0, 0].integerValue, "changes() after \(context)", sourceLocation: location)
        #expect(
            session.totalChanges == plain[0, 2].integerValue - countedBefore, "total_changes() after \(context)",
            sourceLocation: location)
        if let last = session.lastInsertRowID {
            #expect(last == plain[0, 1].integerValue, "last_insert_rowid() after \(context)", sourceLocation: location)
        }
        if let answer, answer.lastInsertID != nil {
            #expect(answer.lastInsertID == plain[0, 1].integerValue, "\(context)", sourceLocation: location)
        }
        #expect(
            session.isInTransaction == connection.isInTransaction, "transaction after \(context)",
            sourceLocation: location)
        return .same
    }

    /// Compares what is committed on both sides.
    func compareTables(note: String = "", location: SourceLocation = #_sourceLocation) async throws {
        for table in twins.schema.topology.tables.keys.sorted() {
            let mine = try await twins.rows(of: table)
            let theirs = try await twins.plainRows(of: table)
            #expect(mine == theirs, "\(table) \(note)", sourceLocation: location)
        }
    }
}

extension LogicalTable {
    /// The physical tables.
    fileprivate func places(shardCount: Int) -> [(shard: ShardIndex, name: String)] {
        switch placement {
        case .broadcast: (0..<shardCount).map { ($0, schema.name) }
        case .single(let shard): [(shard, schema.name)]
        case .sharded(let sharding): sharding.partitions.map { ($0.shard, $0.physicalName) }
        }
    }
}
