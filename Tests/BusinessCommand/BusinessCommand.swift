import ArgumentParser

/// Processes that lock, send messages and run sagas, and are killed meanwhile.
@main
struct BusinessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "shardkit-business", abstract: "x", subcommands: [])
}
