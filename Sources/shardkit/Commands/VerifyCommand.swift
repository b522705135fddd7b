import ArgumentParser
import ShardKit

/// Compares the sharded database's answers to the user's own statements with plain SQLite's.
struct VerifyCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Run your own statements on the shards and on plain SQLite, and compare.",
        discussion: """
            Compared are column names and declared types, rows, and errors. The order of rows counts only where ORDER \
            BY asks for it; reals are equal to 1e-12. Where plain SQLite itself answers otherwise when it reads its \
            tables the other way round (a LIMIT without order, random()), the answer is open and not compared. \
            Parameters are NULL. Writes are skipped, or run by --writes in a transaction on both sides that is rolled \
            back at the end; definitions and settings are always skipped.

            Without --plain a private copy of all tables is made in a temporary folder and removed at the end.

            Exit status: 0 no difference (refusals are reported, and are none); 1 differences; 2 nothing could be \
            compared, as when a file is missing; 64 the command line is wrong.
            """)

    @OptionGroup var configuration: ConfigurationOption
    @Option(name: .long, help: ArgumentHelp("An SQLite file that holds the same rows.", valueName: "database.db"))
    var plain: String?
    @Option(name: .long, help: ArgumentHelp("Without --plain: how much the copy may take, in MiB.", valueName: "MiB"))
    var maxCopy = 1024
    @Flag(name: .long, help: "Run INSERT, UPDATE and DELETE too, and roll them back at the end.")
    var writes = false
    @Flag(name: .long, help: "Name the statements that are equal, too.")
    var verbose = false
    @Option(name: .long, help: "How the report is written.")
    var format: ReportFormat = .text
    @OptionGroup var script: SQLFileArgument

    func validate() throws {
        guard (1...1_048_576).contains(maxCopy) else { throw ValidationError("--max-copy takes 1 to 1048576 MiB") }
    }

    func work() async throws {
        var report: VerifyReport
        do {
            report = try await interruptible { try await verified() }
        } catch let error as ShardError {
            let status = CommandFailure.report(error)
            throw error.code == .cancelled ? status : ExitStatus.refused
        }
        switch format {
        case .text: try report.finishText()
        case .json: try StandardOutput.output.write(report.json)
        }
        if report.hasDifferences { throw ExitStatus.failure }
    }

    private func verified() async throws -> VerifyReport {
        let script = try script.script()
        return try await configuration.withDatabase { database in
            var report = VerifyReport(isVerbose: verbose)
            try await StatementVerification(
                database, plain: plain.map { .file($0) } ?? .copy(byteLimit: maxCopy << 20), runsWrites: writes
            ).run(script) { statement in
                report.statements.append(statement)
                if format == .text { try report.write(statement) }
            }
            return report
        }
    }
}

/// What a verification has found so far, and how it is written.
struct VerifyReport: Sendable {
    var isVerbose: Bool
    var statements: [VerifiedStatement] = []

    var hasDifferences: Bool {
        statements.contains { if case .different = $0.outcome { true } else { false } }
    }

    private static func word(_ outcome: VerifiedStatement.Outcome) -> String {
        switch outcome {
        case .equal: "equal"
        case .open: "open"
        case .different: "different"
        case .refused: "refused"
        case .skipped: "skipped"
        }
    }

    /// Numbers by outcome, in the order of the summary.
    private var counts: [(word: String, count: Int)] {
        ["equal", "different", "open", "refused", "skipped"].map { word in
            (word, statements.count { Self.word($0.outcome) == word })
        }
    }

    private var refusals: [(code: String, count: Int)] {
        var counts: [String: Int] = [:]
        for case .refused(let error) in statements.map(\.outcome) { counts[error.code.rawValue, default: 0] += 1 }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    // MARK: Text

    func write(_ statement: VerifiedStatement) throws {
        for line in lines(statement) { try StandardOutput.output.line(line) }
    }

    func lines(_ statement: VerifiedStatement) -> [String] {
        if case .equal = statement.outcome, !isVerbose { return [] }
        let head = DisplayWidth.pad(Self.word(statement.outcome), to: 9) + " line \(statement.line): "
        var lines = [head + StatementText.line(statement.sql, width: max(20, 80 - head.count))]
        func add(_ text: String) { lines.append(CommandFailure.wrapped(text, width: 80, indent: "  ")) }
        switch statement.outcome {
        case .equal: break
        case .open: add("SQL leaves it open: plain SQLite itself can answer otherwise")
        case .skipped(let reason): add(reason)
        case .refused(let error): add("[\(error.code.rawValue)] \(error.message)")
        case .different(let differences):
            for difference in differences {
                add("\(difference.kind.rawValue): \(difference.message)")
                for row in difference.onlySharded { lines.append("    sharded " + StatementText.row(row, width: 68)) }
                for row in difference.onlyPlain { lines.append("    plain   " + StatementText.row(row, width: 68)) }
            }
        }
        return lines
    }

    func finishText() throws {
        let output = StandardOutput.output
        let parts = counts.filter { $0.count > 0 }.map { "\($0.count) \($0.word)" }
        try output.line("\(StatementText.count(statements.count, "statement")): \(parts.joined(separator: ", ")).")
        if !refusals.isEmpty {
            let codes = refusals.map { "\($0.code) \($0.count)" }.joined(separator: ", ")
            try output.line(CommandFailure.wrapped("Refused: \(codes).", width: 80))
        }
        try output.line("Order was compared where ORDER BY asks for it, reals to 1e-12.")
    }

    // MARK: JSON

    /// `{"statements":[{"line":1,"sql":…,"outcome":"equal"},…],"counts":{"equal":1,…},"refusals":{"join-off-key":1}}`,
    /// with `differences`, `error` or `reason` beside an outcome that has some.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.raw("{\"statements\":[")
        for (index, statement) in statements.enumerated() {
            writer.raw(index == 0 ? "\n " : ",\n ")
            writer.verified(statement, outcome: Self.word(statement.outcome))
        }
        writer.raw("\n],\"counts\":")
        writer.counts(counts)
        writer.raw(",\"refusals\":")
        writer.counts(refusals.map { ($0.code, $0.count) })
        writer.raw("}\n")
        return writer.bytes
    }
}

extension JSONWriter {
    /// `{"name":n,…}`.
    mutating func counts(_ counts: [(word: String, count: Int)]) {
        raw("{")
        for (index, entry) in counts.enumerated() {
            if index > 0 { raw(",") }
            string(entry.word)
            raw(":")
            integer(Int64(entry.count))
        }
        raw("}")
    }

    fileprivate mutating func verified(_ statement: VerifiedStatement, outcome: String) {
        raw("{\"line\":\(statement.line),\"sql\":")
        string(statement.sql)
        raw(",\"outcome\":")
        string(outcome)
        switch statement.outcome {
        case .equal, .open: break
        case .skipped(let reason):
            raw(",\"reason\":")
            string(reason)
        case .refused(let refusal):
            raw(",\"error\":")
            error(refusal)
        case .different(let differences):
            raw(",\"differences\":")
            list(differences) { writer, difference in
                writer.raw("{\"kind\":")
                writer.string(difference.kind.rawValue)
                writer.raw(",\"message\":")
                writer.string(difference.message)
                writer.raw(",\"onlySharded\":")
                writer.list(difference.onlySharded) { $0.values($1) }
                writer.raw(",\"onlyPlain\":")
                writer.list(difference.onlyPlain) { $0.values($1) }
                writer.raw("}")
            }
        }
        raw("}")
    }

    private mutating func values(_ values: [Value]) {
        var batch = RowBatch(columnCount: values.count)
        for value in values { batch.append(value) }
        batch.endRow()
        row(0, of: batch)
    }
}
