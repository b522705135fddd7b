import ArgumentParser

/// Tests against SQL and answers that were not made for this project.
@main
struct ConformanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shardkit-conformance", abstract: "Test against SQL that was not written for ShardKit.",
        subcommands: [LogicCommand.self, PostgresCommand.self, TPCHCommand.self], defaultSubcommand: LogicCommand.self)
}
