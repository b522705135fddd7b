import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// A session's own private database: holds its TEMP tables, answers for its settings exactly as SQLite does, and
/// evaluates expressions under them. Opened at first need.
final class SessionEngine {
    let database: any PrivateDatabase
    /// The TEMP objects there are.
    private(set) var temporary = TemporaryObjects()
    /// `PRAGMA query_only` is on.
    var isQueryOnly = false
    private var epoch: UInt64?
    /// `main` has to be made anew.
    private var isStale = false
    /// Grows with every change of the TEMP objects.
    private var version: UInt64 = 0
    /// The open transaction may take back what this object knows of the database.
    private var isAtStake = false

    init(database: any PrivateDatabase) { self.database = database }

    /// Gives `main` the logical schema with empty tables, as TEMP tables' statements are described against it.
    func mirror(_ schema: LogicalSchema) async throws {
        guard epoch != schema.topology.epoch || isStale else { return }
        try await withWriting { try await remake(schema) }
        isAtStake = isAtStake || database.isInTransaction
    }

    private func remake(_ schema: LogicalSchema) async throws {
        if epoch != nil {
            isStale = true
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
        isStale = false
    }

    /// `main` is no longer what it was: it is made anew at the next need.
    func forgetMirror() { isStale = true }

    /// Runs what changes the database's `main`, also while the session's own statements may write nothing.
    func withWriting<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard isQueryOnly else { return try await body() }
        try await database.executeScript("PRAGMA query_only = 0")
        let result: Result
        do {
            result = try await body()
        } catch {
            try await forbidWriting()
            throw error
        }
        try await forbidWriting()
        return result
    }

    /// Whatever has become of the caller's task.
    private func forbidWriting() async throws {
        let database = database
        try await Task.detached { try await database.executeScript("PRAGMA query_only = 1") }.value
    }

    /// A transaction has ended well.
    func committed() { isAtStake = false }

    /// A transaction or savepoint was rolled back.
    func undone(isOver: Bool) async throws {
        guard isAtStake else { return }
        forgetMirror()
        try await refreshTemporaryObjects()
        isAtStake = !isOver
    }

    /// A CREATE text for `main`: without the word, an index or trigger would go to a TEMP table of its table's name.
    private static func inMain(_ sql: String) -> String {
        guard let parsed = try? Parser.parse(sql, dialect: .sqlite) else { return sql }
        let name: ObjectName
        switch parsed.statement {
        case .createTable(let create): name = create.name
        case .createIndex(let create):
            guard let own = create.name else { return sql }
            name = own
        case .createView(let create): name = create.name
        case .createTrigger(let create): name = create.name
        case .createVirtualTable(let create): name = create.name
        case .select, .insert, .update, .delete, .alterTable, .drop, .transaction, .explain, .pragma, .setting,
            .showTopology, .other:
            return sql
        }
        guard name.schema == nil, name.range.start >= 0 else { return sql }
        var bytes = Array(sql.utf8)
        bytes.insert(contentsOf: Array("main.".utf8), at: Int(name.range.start))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What plans of this session depend on besides the topology: its TEMP tables. 0 without any.
    func planKey(_ owner: UInt64) -> UInt64 { temporary.tables.isEmpty ? 0 : owner << 24 | version }

    /// Looks which TEMP objects there are now.
    func refreshTemporaryObjects() async throws {
        let rows = try await database.allRows(
            ShardStatement("SELECT type, name, tbl_name, coalesce(sql, '') FROM temp.sqlite_schema"))
        var objects = TemporaryObjects()
        for row in rows {
            guard case .text(let type) = row[0], case .text(let name) = row[1], case .text(let table) = row[2],
                case .text(let sql) = row[3]
            else { throw ShardError(.internalError, "the schema of the TEMP tables has an unknown shape") }
            switch type {
            case "table": objects.tables.insert(name.asciiLowercased())
            case "view":
                objects.tables.insert(name.asciiLowercased())
                objects.viewMentions[name.asciiLowercased()] = sql.mentionedNames(.sqlite)
            case "trigger":
                objects.attachments.insert(name.asciiLowercased())
                let table = table.asciiLowercased()
                objects.triggerMentions[table, default: []].formUnion(sql.mentionedNames(.sqlite))
                guard let parsed = try? Parser.parse(sql, dialect: .sqlite),
                    case .createTrigger(let trigger) = parsed.statement
                else { throw ShardError(.internalError, "a TEMP trigger cannot be read again") }
                objects.triggerTargets[table, default: []].formUnion(trigger.targets)
            default: objects.attachments.insert(name.asciiLowercased())
            }
        }
        temporary = objects
        version += 1
        isAtStake = isAtStake || database.isInTransaction
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
