import ArgumentParser
import ShardKit

/// Tells how a statement would be answered.
struct ExplainCommand: WorkingCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell how a statement would be answered, without running it.",
        discussion: """
            Shows the rung, the shards and why, the statement each shard gets, and how rows are merged. Statements that \
            differ by a physical table's name only are shown once; --verbose shows all, --format json always does.
            """)

    @OptionGroup var configuration: ConfigurationOption
    @Option(name: .long, help: "How the explanation is written.")
    var format: Format = .text
    @Flag(name: .long, help: "Show the statement of every shard and partition.")
    var verbose = false
    @Option(
        name: .long, parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "The next parameter's value; parameters without one leave the place open.", valueName: "value"))
    var param: [String] = []
    @Argument(help: "The statement.")
    var sql: String

    func work() async throws {
        let explanation: Explanation
        do {
            let text = SQLText(sql, values: param.map(ValueText.parsed))
            explanation = try await configuration.withDatabase { try await $0.explain(text) }
        } catch let error as ShardError where format == .json {
            var writer = JSONWriter()
            writer.raw("{\"sql\":")
            writer.string(sql)
            writer.raw(",\"error\":")
            writer.error((CommandFailure.shardError(error)))
            writer.raw("}\n")
            try StandardOutput.output.write(writer.bytes)
            throw ExitStatus.of(error)
        }
        switch format {
        case .text:
            for line in verbose ? explanation.verboseLines : explanation.lines {
                try StandardOutput.output.line(Self.wrapped(line, width: Terminal.tableWidth))
            }
        case .json:
            var writer = JSONWriter()
            writer.explanation(explanation)
            try StandardOutput.output.write(writer.bytes + [0x0A])
        }
    }

    /// A line of an explanation with its indentation, broken where it is longer than the terminal is wide.
    static func wrapped(_ line: String, width: Int?) -> String {
        guard let width else { return line }
        let text = line.drop { $0 == " " }
        return CommandFailure.wrapped(
            String(text), width: width, indent: String(repeating: " ", count: line.count - text.count))
    }
}
