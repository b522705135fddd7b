import ArgumentParser
import ShardKit

/// Tells how a statement would be answered.
struct ExplainCommand: WorkingCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell how a statement would be answered, without running it.",
        discussion: "Shows the rung, the shards and why, the statement each shard gets, and how rows are merged.")

    @OptionGroup var configuration: ConfigurationOption
    @Option(name: .long, help: "How the explanation is written.")
    var format: Format = .text
    @Argument(help: "The statement.")
    var sql: String

    mutating func work() async throws {
        let explanation: Explanation
        do {
            explanation = try await configuration.withDatabase { try await $0.explain(sql) }
        } catch let error as ShardError where error.isRefusal && format == .json {
            var writer = JSONWriter()
            writer.raw("{\"error\":")
            writer.error(error)
            writer.raw("}\n")
            try StandardOutput.output.write(writer.bytes)
            throw ExitStatus.refused
        }
        switch format {
        case .text: for line in explanation.lines { try StandardOutput.output.line(line) }
        case .json: try StandardOutput.output.write(Self.json(explanation))
        }
    }

    static func json(_ explanation: Explanation) -> [UInt8] {
        var writer = JSONWriter()
        writer.raw("{\"rung\":")
        writer.string(explanation.rung.rawValue)
        writer.raw(",\"reasons\":")
        writer.strings(explanation.reasons)
        writer.raw(",\"tables\":")
        writer.strings(explanation.tables)
        writer.raw(",\"plan\":")
        writer.strings(explanation.lines)
        writer.raw("}\n")
        return writer.bytes
    }
}
