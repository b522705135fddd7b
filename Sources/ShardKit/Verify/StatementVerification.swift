#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import ShardBackend
import ShardBase
import ShardSQL
import ShardSQLite
import ShardTopology
import ShardValues

/// Runs a user's own statements against a sharded database and against one plain SQLite database with the same rows, and
/// tells where they differ.
///
/// Parameters are bound to NULL on both sides. What is no query or row write (definitions, PRAGMA, transactions) is
/// skipped.
public struct StatementVerification: Sendable {
    /// Where the plain database comes from.
    public enum Plain: Sendable {
        /// An SQLite file with the same rows; it is opened for reading unless writes are run.
        case file(String)
        /// A private copy of all tables, made for this and removed afterwards, of at most so many bytes of rows.
        case copy(byteLimit: Int)
    }

    private let database: ShardedDatabase
    private let plain: Plain
    private let runsWrites: Bool
    private let answerLimit: Int

    /// - Parameters:
    ///   - runsWrites: INSERT, UPDATE and DELETE are run too, in a transaction on both sides that is rolled back at the
    ///     end; default: they are skipped.
    ///   - answerLimit: the bytes that one answer may take to be compared. Default 64 MiB.
    public init(_ database: ShardedDatabase, plain: Plain, runsWrites: Bool = false, answerLimit: Int = 64 << 20) {
        self.database = database
        self.plain = plain
        self.runsWrites = runsWrites
        self.answerLimit = answerLimit
    }

    /// Runs all statements in order, on one session each side.
    ///
    /// - Parameter report: called after each statement.
    /// - Throws: ``ShardBase/ShardError`` when the plain database cannot be opened or copied; what single statements
    ///   throw is compared and reported.
    public func run(_ script: SQLScript, report: (VerifiedStatement) async throws -> Void) async throws {
        try database.requireFiles("comparing with plain SQLite")
        let backend = SQLiteBackend()
        switch plain {
        case .file(let path):
            guard FileManager.default.fileExists(atPath: path) else {
                throw ShardError(.notFound, "there is no file \(path)")
            }
            try await run(script, try backend.openFile(path, for: runsWrites ? .writing : .reading), report)
        case .copy(let byteLimit):
            let folder = try Configuration.temporary(shardCount: 1)
            defer { folder.removeFiles() }
            let path = folder.directory + "/plain.sqlite"
            try await database.withSession(statementTimeout: .zero) {
                try await PlainCopy(
                    session: $0, file: try backend.openFile(path, for: .creating), byteLimit: byteLimit
                ).make()
            }
            // A connection of its own: total_changes() does not know of the copying.
            try await run(script, try backend.openFile(path, for: .writing), report)
        }
    }

    private func run(
        _ script: SQLScript, _ file: any ShardConnection, _ report: (VerifiedStatement) async throws -> Void
    ) async throws {
        let topology = try await database.logical.currentSchema().topology
        try await database.withSession(statementTimeout: .zero) { session in
            let twins = Twins(
                session: session, file: file, topology: topology, runsWrites: runsWrites, answerLimit: answerLimit,
                hasCollations: try await Self.hasCollations(file))
            if runsWrites { try await twins.begin() }
            do {
                for (index, statement) in script.statements.enumerated() {
                    if Task.isCancelled { throw ShardError.interrupted }
                    let sql = String(statement)
                    try await report(
                        VerifiedStatement(
                            sql: sql, line: script.lines[index], outcome: try await twins.outcome(of: sql)))
                }
            } catch {
                if runsWrites { await twins.end() }
                throw error
            }
            if runsWrites { await twins.end() }
        }
    }

    private static func hasCollations(_ file: any ShardConnection) async throws -> Bool {
        let sql = "SELECT 1 FROM sqlite_master WHERE sql LIKE '%collate%' LIMIT 1"
        return try await !file.query(ShardStatement(sql), values: [], rowLimit: 2).batch.isEmpty
    }
}

/// The two databases, each on one connection.
private struct Twins {
    let session: DatabaseSession
    let file: any ShardConnection
    let topology: Topology
    let runsWrites: Bool
    let answerLimit: Int
    let hasCollations: Bool

    func begin() async throws {
        try await file.executeScript("BEGIN")
        try await session.execute("BEGIN")
    }

    /// Nothing that was written stays.
    func end() async {
        if session.isInTransaction { _ = try? await session.execute("ROLLBACK") }
        if file.isInTransaction { try? await file.executeScript("ROLLBACK") }
    }

    func outcome(of sql: String) async throws -> VerifiedStatement.Outcome {
        // What the parser does not take is run: it has to fail on both sides.
        let parsed = try? Parser.parse(sql, dialect: .sqlite)
        var isRead = true
        if let parsed {
            switch parsed.statement {
            case .select: break
            case .insert, .update, .delete:
                guard runsWrites else { return .skipped("a write: --writes runs it, and rolls it back") }
                isRead = false
            case .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop,
                .transaction, .explain, .pragma, .setting, .showTopology, .other:
                return .skipped("only queries and row writes are compared")
            }
        }
        let values = Array(repeating: Value.null, count: parsed?.parameterNames.count ?? 0)
        let sharded = await Self.result { try await shardedAnswer(sql, values) }
        if case .failure(let error) = sharded, error.code == .cancelled { throw error }
        if case .failure(let error) = sharded, error.isRefusal { return .refused(error) }
        let plain = await Self.result { try await plainAnswer(sql, values, isWrite: !isRead) }
        if case .failure(let error) = plain, error.code == .cancelled { throw error }
        if runsWrites, session.isInTransaction != file.isInTransaction || !file.isInTransaction {
            let sides = (session.isInTransaction, file.isInTransaction)
            await end()
            try await begin()
            if sides.0 != sides.1 {
                let difference =
                    "the statement ended the transaction \(sides.0 ? "of the plain database" : "over the shards") only"
                return .different([
                    Difference(kind: .transaction, message: difference + "; both were rolled back and begun again")
                ])
            }
        }
        switch (sharded, plain) {
        case (.success(let sharded), .success(let plain)):
            let comparison = AnswerComparison(
                parsed, names: plain.names, topology: topology,
                mayFold: hasCollations || sql.lowercased().contains("collate"))
            let found = comparison.differences(sharded, plain)
            if found.isEmpty { return .equal }
            if isRead, found.allSatisfy({ $0.kind == .rows || $0.kind == .order }) {
                if comparison.areEqualValues(sharded.rows, plain.rows) { return .open }
                if try await isOpen(sql, values, plain, comparison) { return .open }
            }
            return .different(found)
        case (.failure(let sharded), .failure(let plain)):
            if Self.areSame(sharded, plain) { return .equal }
            return .different([
                Difference(kind: .error, message: "error \"\(sharded.message)\", plain \"\(plain.message)\"")
            ])
        case (.failure(let error), .success(let plain)):
            return .different([
                Difference(
                    kind: .error,
                    message:
                        "error [\(error.code.rawValue)] \"\(error.message)\", plain answers \(plain.rows.count) rows")
            ])
        case (.success(let sharded), .failure(let error)):
            return .different([
                Difference(kind: .error, message: "\(sharded.rows.count) rows, plain fails: \"\(error.message)\"")
            ])
        }
    }

    private static func result(_ answer: () async throws -> WholeResult) async -> Result<WholeResult, ShardError> {
        do {
            return .success(try await answer())
        } catch let error as ShardError {
            return .failure(error)
        } catch {
            return .failure(.interrupted)
        }
    }

    /// A syntax error has words of its own on each side.
    private static func areSame(_ sharded: ShardError, _ plain: ShardError) -> Bool {
        if sharded.message == plain.message { return true }
        guard sharded.code == .syntax else { return false }
        return plain.message.hasSuffix("syntax error") || plain.message.hasPrefix("unrecognized token")
            || plain.message == "incomplete input"
    }

    /// Whether plain SQLite itself answers otherwise when it reads what has no order from the other end.
    private func isOpen(
        _ sql: String, _ values: [Value], _ plain: WholeResult, _ comparison: AnswerComparison
    ) async throws -> Bool {
        try await file.executeScript("PRAGMA reverse_unordered_selects = 1")
        let again = await Self.result { try await plainAnswer(sql, values) }
        try await file.executeScript("PRAGMA reverse_unordered_selects = 0")
        guard case .success(let again) = again else { return false }
        return !comparison.differences(again, plain).isEmpty
    }

    // MARK: Answers

    private func shardedAnswer(_ sql: String, _ values: [Value]) async throws -> WholeResult {
        let result = try await session.run(SQLText(sql, values: values))
        var whole = WholeResult(
            names: result.header.names, types: result.header.declaredTypes, rows: [], changes: result.changes)
        guard let rows = result.rows else { return whole }
        var bytes = 0
        while let batch = try await rows.nextBatch() {
            bytes += batch.byteCount
            guard bytes <= answerLimit else {
                await rows.close()
                throw tooLong
            }
            for row in 0..<batch.rowCount { whole.rows.append(batch.row(row)) }
        }
        return whole
    }

    private func plainAnswer(_ sql: String, _ values: [Value], isWrite: Bool = false) async throws -> WholeResult {
        let start = try await file.query(ShardStatement(sql), values: values, rowLimit: RowBatch.defaultRowLimit)
        var whole = WholeResult(
            names: start.columns.map(\.name), types: start.columns.map(\.declaredType), rows: [],
            changes: start.outcome.changes)
        guard !start.columns.isEmpty else { return whole }
        var bytes = 0
        var batch = start.batch
        while !batch.isEmpty {
            bytes += batch.byteCount
            guard bytes <= answerLimit else {
                start.cursor?.close()
                throw tooLong
            }
            for row in 0..<batch.rowCount { whole.rows.append(batch.row(row)) }
            guard let cursor = start.cursor else { return whole }
            batch = try await cursor.next(batch)
        }
        if isWrite {
            // Known only now that the rows of RETURNING have been read.
            let changes = try await file.query(ShardStatement("SELECT changes()"), values: [], rowLimit: 2).batch
            if case .integer(let count) = changes.value(row: 0, column: 0) { whole.changes = count }
        }
        return whole
    }

    private var tooLong: ShardError {
        ShardError(.overBudget, "the answer is longer than the \(answerLimit >> 20) MiB that are compared")
    }
}
