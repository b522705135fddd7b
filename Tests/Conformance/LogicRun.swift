import ShardBase
import ShardKit
import ShardSQL
import ShardValues

/// Runs one file on a fresh sharded database and judges every record.
///
/// The file's answer decides. After a refused statement the database is no longer what the file thinks; then, and to see
/// what differs, plain SQLite beside it decides, which has executed exactly what was accepted.
public struct LogicRun {
    public struct Options: Sendable {
        public var shards = 5
        public var declaration = Declaration.primaryKey
        /// Of so many queries one is run, chosen by its line and ``seed``; statements are all run.
        public var every = 1
        public var seed = 0
        /// Compare each right answer with plain SQLite's values, types and column names too.
        public var isStrict = false
        /// No more queries than this.
        public var queryLimit = Int.max
        public init() {}
    }

    private enum Outcome {
        case answered(EngineAnswer)
        case refused(ErrorCode)
        case failed(any Error)
    }

    private let file: LogicFile
    private let options: Options
    private let session: DatabaseSession
    private let twin = PlainTwin()
    private var story = Reproduction()
    private var declarer: TableDeclarer
    private var report: FileReport
    private var hashed: Set<String> = []
    /// A statement that should have changed something was refused or went wrong.
    private var hasDiverged = false

    private init(_ file: LogicFile, _ options: Options, _ session: DatabaseSession) {
        self.file = file
        self.options = options
        self.session = session
        declarer = TableDeclarer(file, declaration: options.declaration, shardCount: options.shards)
        report = FileReport(file: file.name, shards: options.shards, declaration: options.declaration)
    }

    /// - Parameter progress: called with the line of each record before it is run.
    public static func run(
        _ file: LogicFile, _ options: Options, progress: (Int) -> Void = { _ in }
    ) async throws -> FileReport {
        let configuration = try Configuration.temporary(shardCount: options.shards)
        defer { configuration.removeFiles() }
        let database = try await ShardedDatabase.create(configuration)
        do {
            let started = ContinuousClock.now
            var (report, hashed) = try await database.withSession { session in
                var run = LogicRun(file, options, session)
                await run.records(progress)
                return (run.report, run.hashed)
            }
            try await check(database, hashed, &report)
            let taken = (ContinuousClock.now - started).components
            report.seconds = Double(taken.seconds) + Double(taken.attoseconds) / 1e18
            await database.close()
            return report
        } catch {
            await database.close()
            throw error
        }
    }

    /// At the end every shard is as the catalog says, and every row stands where its key says.
    private static func check(
        _ database: ShardedDatabase, _ hashed: Set<String>, _ report: inout FileReport
    ) async throws {
        let state = try await database.check()
        var rows = Array(repeating: Int64(0), count: state.shards.count)
        for table in state.tables where hashed.contains(table.table.asciiLowercased()) {
            for (shard, count) in table.perShard.enumerated() where shard < rows.count { rows[shard] += count }
        }
        report.spread = rows.count { $0 > 0 }
        for finding in state.findings {
            report.statements.wrong += 1
            report.add(
                FileReport.Wrong(
                    line: 0, sql: "shardkit check", expected: "all well",
                    got: "\(finding.kind.rawValue): \(finding.object) on \(finding.shard): \(finding.message)"))
        }
    }

    private mutating func records(_ progress: (Int) -> Void) async {
        for (index, record) in file.records.enumerated() {
            progress(record.line)
            switch record.kind {
            case .statement(let fails): await statement(record, index, fails: fails)
            case .query(let query):
                let writes = Self.writes(record.sql)
                if !writes {
                    if report.queries.total >= options.queryLimit { continue }
                    if options.every > 1, (record.line &* 7919 &+ options.seed) % options.every != 0 { continue }
                }
                await self.query(record, query, writes: writes)
            }
        }
    }

    // MARK: Statements

    private mutating func statement(_ record: LogicRecord, _ index: Int, fails: Bool) async {
        // Most records are one statement, and finding out where one ends is not under test here.
        let pieces =
            record.sql.utf8.contains(UInt8(ascii: ";"))
            ? SQLScript(record.sql).statements.map(String.init) : [record.sql]
        var last: (sql: String, outcome: Outcome)?
        for piece in pieces {
            if let last { twin.note(last.sql) }
            let outcome = await declared(piece, index)
            last = (piece, outcome)
            guard case .answered = outcome else { break }
        }
        guard let last else { return }
        // What plain SQLite says is asked for only where the file cannot decide any more; asking runs the statement there.
        var hasAsked = false
        func plainFails() -> Bool {
            hasAsked = true
            if case .failure = twin.answer(last.sql, writes: true) { return true }
            return false
        }
        switch last.outcome {
        case .refused(let code):
            report.statements.refused[code.rawValue, default: 0] += 1
            if !fails { hasDiverged = true }
        case .answered:
            if !fails {
                report.statements.right += 1
            } else if hasDiverged, !plainFails() {
                report.statements.afterRefusal += 1
            } else {
                wrong(record, expected: "an error", got: "no error")
            }
        case .failed(let error):
            if Self.isDefect(error) {
                wrong(record, expected: fails ? "an error" : "no error", got: "\(error)")
            } else if fails {
                report.statements.right += 1
            } else if hasDiverged, plainFails() {
                report.statements.afterRefusal += 1
            } else {
                // It has changed nothing here, so it shall change nothing there.
                wrong(record, expected: "no error", got: "\(error)")
                return
            }
        }
        if case .refused = last.outcome { return }
        // What failures leave behind counts too.
        if !hasAsked, Self.writes(last.sql) { twin.note(last.sql) }
    }

    /// Runs one statement, a CREATE TABLE with its sharding clause.
    private mutating func declared(_ sql: String, _ record: Int) async -> Outcome {
        guard let clause = declarer.clause(for: sql, record: record) else {
            return await run(sql)
        }
        report.tables += 1
        if clause.isSubstitute { report.substitutions += 1 }
        var outcome = await run(sql + "\n" + clause.sql)
        if case .refused(let code) = outcome, code == .declarationRefused || code == .uniqueWithoutShardKey,
            !clause.isSubstitute
        {
            report.substitutions += 1
            outcome = await run(sql + "\nSINGLE")
        } else if case .answered = outcome, clause.isHashed,
            case .createTable(let create)? = try? Parser.parse(
                sql, dialect: .sqlite
            ).statement
        {
            hashed.insert(create.name.name.folded)
        }
        return outcome
    }

    private mutating func wrong(_ record: LogicRecord, expected: String, got: String) {
        report.statements.wrong += 1
        add(record, expected: expected, got: got)
        hasDiverged = true
    }

    // MARK: Queries

    private mutating func query(_ record: LogicRecord, _ query: LogicRecord.Query, writes: Bool) async {
        switch await run(record.sql) {
        case .refused(let code):
            report.queries.refused[code.rawValue, default: 0] += 1
            if writes { hasDiverged = true }
        case .failed(let error):
            var judge = Judge(record, query, twin, writes: writes)
            judge.failed(error, hasDiverged: hasDiverged, isDefect: Self.isDefect(error))
            take(judge, writes: writes)
        case .answered(let answer):
            if answer.shards > 1 { report.several += 1 }
            report.rungs[answer.rung, default: 0] += 1
            var judge = Judge(record, query, twin, writes: writes)
            judge.answered(answer, hasDiverged: hasDiverged, isStrict: options.isStrict)
            take(judge, writes: writes)
        }
    }

    private mutating func take(_ judge: Judge, writes: Bool) {
        if writes, !judge.hasAskedTwin { twin.note(judge.record.sql) }
        switch judge.verdict {
        case .right: report.queries.right += 1
        case .otherOrder: report.queries.otherOrder += 1
        case .afterRefusal: report.queries.afterRefusal += 1
        case .wrong(let expected, let got):
            report.queries.wrong += 1
            add(judge.record, expected: expected, got: got)
        }
    }

    private mutating func add(_ record: LogicRecord, expected: String, got: String) {
        var wrong = FileReport.Wrong(line: record.line, sql: record.sql, expected: expected, got: got)
        if report.wrongs.count < FileReport.wrongLimit { wrong.setup = story.statements(for: record.sql) }
        report.add(wrong)
    }

    // MARK: Running

    private mutating func run(_ sql: String) async -> Outcome {
        defer { if Self.writes(sql) { story.note(sql) } }
        do {
            return .answered(try await session.answer(sql))
        } catch let error as ShardError {
            if Self.isRefusal(error) {
                if report.firstRefusals[error.code.rawValue] == nil {
                    report.firstRefusals[error.code.rawValue] = "\(sql.prefix(400))\n    \(error.message)"
                }
                return .refused(error.code)
            }
            return .failed(error)
        } catch {
            return .failed(error)
        }
    }

    /// A refusal of the catalogue, or a limit of ShardKit's own that plain SQLite does not have.
    static func isRefusal(_ error: ShardError) -> Bool {
        error.isRefusal || [.overBudget, .nestingTooDeep, .statementTooLong, .timeout].contains(error.code)
    }

    /// What no statement may cause.
    private static func isDefect(_ error: any Error) -> Bool {
        guard let error = error as? ShardError else { return true }
        switch error.code.category {
        case .defect, .setup: return true
        case .state: return error.code != .transactionState && error.code != .readOnly
        case .refusal, .statement: return false
        }
    }

    /// Whether a statement may change anything; rather once too often.
    static func writes(_ sql: String) -> Bool {
        let word = String(sql.drop { !$0.isLetter }.prefix { $0.isLetter }).asciiLowercased()
        if word == "select" || word == "values" || word == "explain" { return false }
        guard word == "with" else { return true }
        let text = sql.asciiLowercased()
        return ["insert", "update", "delete", "replace"].contains { text.contains($0) }
    }
}
