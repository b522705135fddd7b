import ShardBackend
import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// A session's own private database: holds its TEMP tables, answers for its settings exactly as SQLite does, and
/// evaluates expressions under them. Opened at first need.
final class SessionEngine {
    let database: any PrivateDatabase
    /// Folded names of the TEMP tables and views.
    private(set) var temporaryTables: Set<String> = []
    private var epoch: UInt64?
    /// Grows with every change of the TEMP tables.
    private var version: UInt64 = 0

    init(database: any PrivateDatabase) { self.database = database }

    /// Gives `main` the logical schema with empty tables, as TEMP tables' statements are described against it.
    func mirror(_ schema: LogicalSchema) async throws {
        guard epoch != schema.topology.epoch else { return }
        if epoch != nil {
            let old = try await database.wholeAnswer(
                ShardStatement(
                    "SELECT type, name FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                ), values: [], byteLimit: .max)
            for batch in old.batches {
                for row in 0..<batch.rowCount {
                    guard case .text(let type) = batch.value(row: row, column: 0),
                        case .text(let name) = batch.value(row: row, column: 1)
                    else { continue }
                    try await database.executeScript("DROP \(type) IF EXISTS main.\(Identifier(name).quoted)")
                }
            }
        }
        for statement in schema.statements { try await database.executeScript(Self.inMain(statement)) }
        epoch = schema.topology.epoch
    }

    /// A stored CREATE text, said of `main`: an index or trigger whose table's name a TEMP table has too would be made
    /// on the TEMP table. (SQLite stores them all with these heads.)
    private static func inMain(_ statement: String) -> String {
        for head in ["CREATE INDEX ", "CREATE UNIQUE INDEX ", "CREATE TRIGGER "] where statement.hasPrefix(head) {
            return head + "main." + statement.dropFirst(head.count)
        }
        return statement
    }

    /// What plans of this session depend on besides the topology: its TEMP tables. 0 without any.
    func planKey(_ owner: UInt64) -> UInt64 { temporaryTables.isEmpty ? 0 : owner << 24 | version }

    /// Looks which TEMP tables there are now.
    func refreshTemporaryTables() async throws {
        let answer = try await database.wholeAnswer(
            ShardStatement("SELECT name FROM temp.sqlite_schema WHERE type IN ('table', 'view')"), values: [],
            byteLimit: .max)
        var names: Set<String> = []
        for batch in answer.batches {
            for row in 0..<batch.rowCount {
                if case .text(let name) = batch.value(row: row, column: 0) {
                    names.insert(name.asciiLowercased())
                }
            }
        }
        temporaryTables = names
        version += 1
    }
}

extension Session {
    /// The session's private database, opened now if need be.
    func sessionEngine() async throws -> SessionEngine {
        if let engine { return engine }
        let engine = SessionEngine(database: try database.environment.openPrivate())
        self.engine = engine
        return engine
    }

    /// Values of expressions, computed by the engine itself: one statement for all of them.
    func evaluate(_ texts: [String], values: [Value]) async throws -> [Value] {
        let engine = try await sessionEngine().database
        var results: [Value] = []
        results.reserveCapacity(texts.count)
        // VALUES of many rows is no compound select: its length is bounded by the text alone.
        for start in stride(from: 0, to: texts.count, by: 5000) {
            let rows = texts[start..<min(start + 5000, texts.count)].map { "(\($0))" }.joined(separator: ", ")
            let answer = try await engine.wholeAnswer(
                ShardStatement("VALUES " + rows), values: values, byteLimit: .max)
            for batch in answer.batches {
                for row in 0..<batch.rowCount { results.append(batch.value(row: row, column: 0)) }
            }
        }
        guard results.count == texts.count else {
            throw ShardError(.internalError, "\(texts.count) expressions gave \(results.count) values")
        }
        return results
    }
}
