public import PostgresPair
import ShardBase
import ShardKit
import ShardValues

/// Runs one file on a fresh sharded database over PostgreSQL, with a plain PostgreSQL beside it that runs all that was not
/// refused.
///
/// The file's answer decides; where it does not agree, the plain database does, which may have gone another way than the file since
/// a statement was refused.
public struct PostgresLogicRun {
    private let pair: PostgresPair
    private let session: DatabaseSession
    private var report: FileReport
    private var hasDiverged = false
    private var declarer: PostgresDeclarer
    /// Cursors over queries without ORDER BY.
    private var openCursors: Set<String> = []
    /// A write has stored what a LIMIT without ORDER BY took.
    private var hasOpenWrite = false

    private enum Outcome {
        case answered(EngineAnswer)
        case refused(ShardError)
        case failed(any Error)
    }

    /// - Parameter pair: empty.
    public static func run(
        _ file: LogicFile, on pair: PostgresPair, shards: Int, declaration: Declaration
    ) async throws -> FileReport {
        let started = ContinuousClock.now
        var report = try await pair.sharded.withSession { session in
            var run = PostgresLogicRun(
                declarer: PostgresDeclarer(file, declaration: declaration, shardCount: shards), pair: pair,
                session: session, report: FileReport(file: file.name, shards: shards, declaration: declaration))
            for (number, record) in file.records.enumerated() {
                switch record.kind {
                case .statement(let fails): await run.statement(record, number, fails: fails)
                case .query(let query): await run.query(record, query)
                }
            }
            return run.report
        }
        report.seconds = Double((ContinuousClock.now - started).components.seconds)
        return report
    }

    private init(declarer: PostgresDeclarer, pair: PostgresPair, session: DatabaseSession, report: FileReport) {
        self.declarer = declarer
        self.pair = pair
        self.session = session
        self.report = report
    }

    // MARK: Records

    private mutating func statement(_ record: LogicRecord, _ index: Int, fails: Bool) async {
        let pieces = Self.pieces(record.sql)
        for (number, piece) in pieces.enumerated() {
            let isLast = number == pieces.count - 1
            note(cursor: piece)
            let own = await sharded(declared(piece, index))
            if case .refused(let error) = own {
                note(error, piece, \.statements)
                if !fails { hasDiverged = true }
                return
            }
            let plain = await self.plain(piece)
            switch (own, plain) {
            case (.answered, .success):
                if isLast { agreed(isAsExpected: !fails, \.statements) }
            case (.failed(let error), .failure(let other)):
                if Self.code(error) != Self.code(other) {
                    wrong(record, expected: "\(other)", got: "\(error)", \.statements)
                } else {
                    agreed(isAsExpected: fails, \.statements)
                }
                return
            case (.answered, .failure(let error)):
                wrong(record, expected: "\(error)", got: "no error", \.statements)
                hasDiverged = true
                return
            case (.failed(let error), .success):
                wrong(record, expected: "no error", got: "\(error)", \.statements)
                hasDiverged = true
                return
            case (.refused, _): return
            }
        }
    }

    private mutating func query(_ record: LogicRecord, _ query: LogicRecord.Query) async {
        let own = await sharded(record.sql)
        if case .refused(let error) = own {
            note(error, record.sql, \.queries)
            if LogicRun.writes(record.sql) { hasDiverged = true }
            return
        }
        let plain = await self.plain(record.sql)
        switch (own, plain) {
        case (.answered(let answer), .success(let other)):
            if answer.shards > 1 { report.several += 1 }
            report.rungs[answer.rung, default: 0] += 1
            let got = ShownAnswer(answer, types: query.types, sort: query.sort)
            let expected = ShownAnswer(other, types: query.types, sort: query.sort)
            let isAsExpected = query.expected.map { got.isExpected($0) } ?? true
            if answer.columns != other.columns {
                wrong(record, expected: "columns \(other.columns)", got: "columns \(answer.columns)", \.queries)
            } else if got == expected || isAsExpected {
                agreed(isAsExpected: isAsExpected, \.queries)
            } else if isOpen(record.sql)
                || got.hasSameRows(as: expected) && !record.sql.uppercased().contains("ORDER BY")
            {
                report.queries.otherOrder += 1
            } else {
                wrong(record, expected: "\(expected)", got: "\(got)", \.queries)
            }
        case (.failed(let error), .failure(let other)):
            if Self.code(error) != Self.code(other) {
                wrong(record, expected: "\(other)", got: "\(error)", \.queries)
            } else {
                agreed(isAsExpected: query.expected?.isEmpty ?? true, \.queries)
            }
        case (.answered(let answer), .failure(let error)):
            wrong(
                record, expected: "\(error)", got: "\(ShownAnswer(answer, types: query.types, sort: query.sort))",
                \.queries)
        case (.failed(let error), .success): wrong(record, expected: "an answer", got: "\(error)", \.queries)
        case (.refused, _): break
        }
    }

    /// Whether SQL leaves the rows themselves to their physical order: which of equal ones a LIMIT, a DISTINCT ON or a window
    /// takes. Such differences are counted by themselves.
    private func isOpen(_ sql: String) -> Bool {
        let text = sql.uppercased()
        if hasOpenWrite { return true }
        if text.hasPrefix("FETCH") {
            // The rows of a cursor come in its query's order, if that has one.
            let words = text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" })
            return words.contains { openCursors.contains(String($0)) }
        }
        return ["LIMIT", "FETCH FIRST", "DISTINCT ON", "OVER (", "OVER(", "OVER W"].contains { text.contains($0) }
    }

    private mutating func agreed(isAsExpected: Bool, _ counts: WritableKeyPath<FileReport, FileReport.Counts>) {
        if isAsExpected || !hasDiverged {
            report[keyPath: counts].right += 1
        } else {
            report[keyPath: counts].afterRefusal += 1
        }
    }

    private mutating func note(
        _ error: ShardError, _ sql: String, _ counts: WritableKeyPath<FileReport, FileReport.Counts>
    ) {
        report[keyPath: counts].refused[error.code.rawValue, default: 0] += 1
        report.reasons["\(error.code.rawValue): \(error.message)", default: 0] += 1
        if report.firstRefusals[error.code.rawValue] == nil {
            report.firstRefusals[error.code.rawValue] = "\(sql.prefix(400))\n    \(error.message)"
        }
    }

    private mutating func wrong(
        _ record: LogicRecord, expected: String, got: String, _ counts: WritableKeyPath<FileReport, FileReport.Counts>
    ) {
        report[keyPath: counts].wrong += 1
        report.add(FileReport.Wrong(line: record.line, sql: record.sql, expected: expected, got: got))
    }

    // MARK: Running

    /// A CREATE TABLE with its sharding clause.
    private mutating func declared(_ sql: String, _ record: Int) -> String {
        guard let clause = declarer.clause(for: sql, record: record) else { return sql }
        report.tables += 1
        if clause.isSubstitute { report.substitutions += 1 }
        return sql + "\n" + clause.sql
    }

    private mutating func note(cursor sql: String) {
        let text = sql.uppercased()
        if ["INSERT", "UPDATE", "DELETE", "WITH"].contains(where: text.hasPrefix), text.contains("LIMIT"),
            !text.contains("ORDER BY"), text.contains("INSERT") || text.contains("UPDATE")
        {
            hasOpenWrite = true
        }
        let words = sql.uppercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" })
        guard words.count > 1, words[0] == "DECLARE" else { return }
        if sql.uppercased().contains("ORDER BY") {
            openCursors.remove(String(words[1]))
        } else {
            openCursors.insert(String(words[1]))
        }
    }

    private func sharded(_ sql: String) async -> Outcome {
        do {
            return .answered(try await session.answer(sql))
        } catch let error as ShardError {
            return LogicRun.isRefusal(error) ? .refused(error) : .failed(error)
        } catch {
            return .failed(error)
        }
    }

    private func plain(_ sql: String) async -> Result<EngineAnswer, any Error> {
        do {
            let answer = try await pair.plain.run(sql)
            return .success(EngineAnswer(columns: answer.columns, rows: answer.rows))
        } catch {
            return .failure(error)
        }
    }

    /// SQLSTATE, or what stands for it.
    private static func code(_ error: any Error) -> String {
        guard let error = error as? ShardError else { return "\(error)" }
        return error.engineCode ?? error.code.rawValue
    }

    static func pieces(_ sql: String) -> [String] {
        sql.utf8.contains(UInt8(ascii: ";")) ? SQLScript(sql).statements.map(String.init) : [sql]
    }
}
