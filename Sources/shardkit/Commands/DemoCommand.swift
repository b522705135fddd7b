import ArgumentParser
import Foundation
import ShardKit

/// Makes a shop on four shards, fills it, and shows what it can answer.
struct DemoCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Fill a shop on 4 SQLite shards and take a tour of it.")

    @Option(
        name: .long, help: ArgumentHelp("The folder. A demo that is there already is made afresh.", valueName: "folder")
    )
    var dir = ".demo"
    @Option(name: .long, help: "How many shards.")
    var shards = 4

    @Option(name: .long, help: ArgumentHelp("How many orders.", visibility: .hidden))
    var orders = 110_000

    /// Only a folder with this file is ever removed.
    private static let mark = "this-is-a-shardkit-demo"

    func validate() throws {
        guard (1...64).contains(shards) else { throw ValidationError("--shards takes 1 to 64") }
        guard orders > 0 else { throw ValidationError("--orders takes 1 or more") }
    }

    func work() async throws {
        try clear()
        let output = StandardOutput.output
        try output.line("Making \(shards) SQLite shards in \(dir) and filling a shop …")
        let begun = ContinuousClock.now
        let file = try await InitCommand.make(
            Configuration(cluster: "shop", directory: dir, shardCount: shards))
        _ = FileManager.default.createFile(atPath: dir + "/" + Self.mark, contents: nil)
        let orders = orders
        try await interruptible {
            try await ConfigurationOption.withDatabase(of: try Configuration(file: file)) { database in
                try await ShopLoader(database: database, orderCount: orders).load()
                try output.line("Filled in \(NumberText.duration(ContinuousClock.now - begun)). The tour:")
                try await database.withSession { try await Tour(session: $0).walk() }
            }
        }
        try output.write(
            """

            Next, look around yourself:

                \(Self.program) shell --config \(file)

            """)
    }

    private func clear() throws {
        guard FileManager.default.fileExists(atPath: dir) else { return }
        let isDemo = FileManager.default.fileExists(atPath: dir + "/" + Self.mark)
        let isEmpty = (try? FileManager.default.contentsOfDirectory(atPath: dir).isEmpty) ?? false
        guard isDemo || isEmpty else {
            throw ShardError(
                .alreadyExists, "the folder \(dir) holds something that is not a demo",
                hint: "Choose another --dir; nothing was removed.")
        }
        do {
            try FileManager.default.removeItem(atPath: dir)
        } catch {
            throw ShardError(.inputOutput, "the old demo in \(dir) cannot be removed: \(error.localizedDescription)")
        }
    }

    /// The command as it was called, so that the line can be typed as it stands.
    private static var program: String { CommandLine.arguments.first ?? "shardkit" }
}
