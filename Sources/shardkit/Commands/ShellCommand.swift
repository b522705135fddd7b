import ArgumentParser
import ShardKit

/// The interactive shell; reads statements from a pipe just as well.
struct ShellCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Type statements and see what they answer.",
        discussion: "Statements end with a semicolon. \\? lists the shell's own commands.")

    @OptionGroup var configuration: ConfigurationOption

    func work() async throws {
        try await configuration.withDatabase { database in
            try await database.withSession { session in
                let shell = Shell(session, engine: database.configuration.engine)
                if Terminal.isInputTerminal {
                    try await shell.runInteractively(cluster: database.configuration)
                } else {
                    try await shell.runScript()
                }
            }
        }
    }
}
