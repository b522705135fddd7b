import ArgumentParser
import Foundation
import ShardKit

/// Tells what the user's own statements will cost, and whether that got worse.
struct LintCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "Tell what your statements will cost over the shards, and whether it got worse.",
        discussion: """
            Shows for each statement its rung, how many shards it asks (values that are not known yet count as the \
            dearest), its refusal or error, and warnings: scatters (every shard is asked), gathers-table (a whole table \
            goes into one engine), unbounded-offset. Statements are planned from the catalog and not run; rows are not \
            needed. With --schema the catalog is made of a file of CREATE statements: no database is needed at all.

            --write-baseline writes what is so now into the file of --baseline, to be committed; later runs compare. \
            Worse is a higher rung, more shards, a new warning, a refusal or error that was none, and a statement \
            that the baseline does not know and that fails.

            Exit status: 0 nothing got worse; 1 something did; 2 nothing could be told, as when a file is missing; \
            64 the command line is wrong.
            """)

    @OptionGroup var configuration: ConfigurationOption
    @Option(name: .long, help: ArgumentHelp("The file to compare with.", valueName: "file"))
    var baseline: String?
    @Flag(name: .long, help: "Write the file of --baseline instead of comparing with it.")
    var writeBaseline = false
    @Option(
        name: .long,
        help: ArgumentHelp("Plan for the tables of this file, on shards made for it.", valueName: "schema.sql"))
    var schema: String?
    @Option(name: .long, help: "With --schema: how many shards.")
    var shards = 4
    @Option(name: .long, help: "How the report is written.")
    var format: ReportFormat = .text
    @OptionGroup var script: SQLFileArgument

    func validate() throws {
        guard (1...256).contains(shards) else { throw ValidationError("--shards takes 1 to 256") }
        if writeBaseline, baseline == nil { throw ValidationError("--write-baseline goes with --baseline") }
    }

    func work() async throws {
        let report: LintReport
        do {
            report = try await interruptible { try await linted() }
        } catch let error as ShardError {
            let status = CommandFailure.report(error)
            throw error.code == .cancelled ? status : ExitStatus.refused
        }
        switch format {
        case .text: for line in report.lines { try StandardOutput.output.line(line) }
        case .json: try StandardOutput.output.write(report.json)
        }
        if report.isWorse { throw ExitStatus.failure }
    }

    private func linted() async throws -> LintReport {
        let script = try script.script()
        var before: LintBaseline?
        if let baseline, !writeBaseline { before = try Self.read(baseline) }
        let statements = try await withCatalog { try await StatementLint($0).run(script) }
        if let baseline, writeBaseline {
            do {
                try LintBaseline(statements).text.write(toFile: baseline, atomically: true, encoding: .utf8)
            } catch {
                throw ShardError(.inputOutput, "\(baseline) cannot be written: \(error.localizedDescription)")
            }
        }
        return LintReport(statements: statements, baseline: before, written: writeBaseline ? baseline : nil)
    }

    private static func read(_ file: String) throws(ShardError) -> LintBaseline {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ShardError(
                .notFound, "there is no baseline \(file)", hint: "--write-baseline makes it of what is so now.")
        }
        return try LintBaseline(text: String(decoding: data, as: UTF8.self), file: file)
    }

    /// The configured database, or a temporary one of a schema file.
    private func withCatalog<Result: Sendable>(_ body: (ShardedDatabase) async throws -> Result) async throws -> Result
    {
        guard let schema else { return try await configuration.withDatabase(body) }
        var file = SQLFileArgument()
        file.file = schema
        let definitions = try file.script()
        let temporary = try Configuration.temporary(shardCount: shards)
        defer { temporary.removeFiles() }
        let database = try await ShardedDatabase.create(temporary)
        do {
            for (index, statement) in definitions.statements.enumerated() {
                do {
                    try await database.execute(SQLText(String(statement)))
                } catch var error as ShardError {
                    error.message = "\(schema), line \(definitions.lines[index]): \(error.message)"
                    throw error
                }
            }
            let result = try await body(database)
            await database.close()
            return result
        } catch {
            await database.close()
            throw error
        }
    }
}
