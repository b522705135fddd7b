import ArgumentParser
import Foundation
import PostgresPair
import PostgresServer

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
        @Flag(help: "Shards are PostgreSQL databases of a server that is started for it.") var postgresql = false
        @Option(help: "Transfers that somebody is told of between two kills, at least.") var between = 200
        @Option(help: "What decides; default: a new one.") var seed: UInt64?

        func run() async throws {
            let seed = seed ?? UInt64.random(in: 1...999_999)
            let server = postgresql ? try PostgresServer.start(settings: ["max_prepared_transactions": "100"]) : nil
            defer { server?.stop() }
            var urls: [String] = []
            if let server { urls = try await BankServer.databases(on: server, count: shards) }
            var torture = Tormentor(
                kills: kills, processes: processes, writers: writers, shards: shards, urls: urls, between: between,
                seed: seed,
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
        @Option var url: [String] = []
        @Option var writers: Int
        @Option var seed: UInt64
        @Option var acknowledgements: String

        func run() async throws {
            try await Teller(
                directory: directory, shards: shards, urls: url, writers: writers, seed: seed,
                acknowledgements: acknowledgements
            ).run()
        }
    }
}

/// The databases of a bank over a server.
enum BankServer {
    static func databases(on server: PostgresServer, count: Int) async throws -> [String] {
        let admin = try await PlainPostgres.connect(server.connectionString)
        defer { admin.close() }
        var strings: [String] = []
        for shard in 0..<count {
            _ = try await admin.run("CREATE DATABASE bank\(shard)")
            strings.append(server.connectionString(to: "bank\(shard)"))
        }
        return strings
    }
}
