import ArgumentParser
import ShardKit

/// Tells what the parser makes of statements: JSON lines in, JSON lines out.
struct ParseCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse", abstract: "Parse statements: JSON lines in, JSON lines out. Needs no database.",
        discussion: """
            In: {"sql":"…"}. Out, one line each: {"class":"…","printed":"…","fingerprint":"…"} or {"error":{…}}.
            """)

    @Option(name: .long, help: "sqlite or postgresql.")
    var dialect = "sqlite"

    func validate() throws {
        guard StatementReport.dialects.contains(dialect) else {
            throw ValidationError("there is no dialect \"\(dialect)\"; it is one of sqlite, postgresql")
        }
    }

    func work() async throws {
        var input = LineInput()
        while let line = input.next() { try StandardOutput.output.write(Self.answer(line, dialect: dialect)) }
    }

    static func answer(_ line: [UInt8], dialect: String) -> [UInt8] {
        var writer = JSONWriter()
        do throws(ShardError) {
            let report = try StatementReport(of: try PipeRequest(line).sql, dialect: dialect)
            writer.raw("{\"class\":")
            writer.string(report.statementClass)
            writer.raw(",\"printed\":")
            writer.string(report.printed)
            writer.raw(",\"fingerprint\":")
            writer.string(report.fingerprint)
            writer.raw("}\n")
        } catch {
            writer.raw("{\"error\":")
            writer.error(error)
            writer.raw("}\n")
        }
        return writer.bytes
    }
}
