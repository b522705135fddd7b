import ArgumentParser

/// `shardkit`: many SQLite files that answer as one database, from the command line.
@main
struct ShardKitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shardkit",
        abstract: "Many SQLite files, or PostgreSQL databases, that answer as one.",
        discussion: """
            Exit status: 0 all went well; 1 an error; 2 a statement was refused (it cannot be answered exactly over \
            the shards; nothing was done); 3 done in part (import left something out, check found a difference); \
            64 the command line is wrong.
            """,
        version: "0.1.0",
        subcommands: [
            ShellCommand.self, ExecCommand.self, ExplainCommand.self, PipeCommand.self, ParseCommand.self,
            InitCommand.self, ImportCommand.self, CheckCommand.self, RecoverCommand.self, SagasCommand.self,
            VerifyCommand.self, LintCommand.self, IDCommand.self, DemoCommand.self,
        ])
}
