import ArgumentParser
import Foundation

/// A bank on several shards whose processes are killed while money moves: `shardkit-bank torture` starts itself again as
/// `shardkit-bank work …`.
@main
struct BankCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shardkit-bank",
        abstract: "Kill processes that move money between shards, and count what was lost.",
        subcommands: [Torture.self, Work.self])

    struct Torture: AsyncParsableCommand {
        @Option(help: "How many kills.") var kills = 1000
        @Option(help: "Processes at a time.") var processes = 3
        @Option(help: "Writers in each process.") var writers = 3
        @Option(help: "Shards.") var shards = 4
        @Option(help: "Transfers that somebody is told of between two kills, at least.") var between = 200
        @Option(help: "What decides; default: a new one.") var seed: UInt64?

        func run() async throws {
            let seed = seed ?? UInt64.random(in: 1...999_999)
            var torture = Tormentor(
                kills: kills, processes: processes, writers: writers, shards: shards, between: between, seed: seed,
                directory: FileManager.default.temporaryDirectory.appending(path: "shardkit-bank-\(UUID().uuidString)")
                    .path)
            let report = try await torture.run()
            print(report)
        }
    }

    struct Work: AsyncParsableCommand {
        static let configuration = CommandConfiguration(shouldDisplay: false)
        @Option var directory: String
        @Option var shards: Int
        @Option var writers: Int
        @Option var seed: UInt64
        @Option var acknowledgements: String

        func run() async throws {
            try await Teller(
                directory: directory, shards: shards, writers: writers, seed: seed, acknowledgements: acknowledgements
            ).run()
        }
    }
}
