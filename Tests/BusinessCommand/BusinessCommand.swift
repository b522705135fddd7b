import ArgumentParser
import Foundation
import PostgresPair
import PostgresServer
import ShardKit

/// Processes that lock, send messages and run sagas, and are killed and stopped meanwhile: `shardkit-business torture` starts
/// itself again as `shardkit-business work …`.
@main
struct BusinessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shardkit-business",
        abstract: "Kill and stop processes that lock, send messages and run sagas, and look at what is left.",
        subcommands: [Torture.self, Work.self, Wait.self, CheckLog.self])

    struct Torture: AsyncParsableCommand {
        @Option(help: "How many kills.") var kills = 200
        @Option(help: "Processes at a time.") var processes = 3
        @Flag(help: "Shards are PostgreSQL databases of a server that is started for it.") var postgresql = false
        @Option(help: "What decides; default: a new one.") var seed: UInt64?

        func run() async throws {
            let server = postgresql ? try PostgresServer.start(settings: ["max_prepared_transactions": "100"]) : nil
            defer { server?.stop() }
            var urls: [String] = []
            if let server {
                let admin = try await PlainPostgres.connect(server.connectionString)
                for shard in 0..<2 {
                    _ = try await admin.run("CREATE DATABASE business\(shard)")
                    urls.append(server.connectionString(to: "business\(shard)"))
                }
                admin.close()
            }
            var tormentor = BusinessTormentor(
                kills: kills, processes: processes, seed: seed ?? UInt64.random(in: 1...999_999),
                directory: FileManager.default.temporaryDirectory.appending(
                    path: "shardkit-business-\(UUID().uuidString)"
                ).path, urls: urls)
            print(try await tormentor.run())
        }
    }

    struct Work: AsyncParsableCommand {
        static let configuration = CommandConfiguration(shouldDisplay: false)
        @Option var directory: String
        @Option var url: [String] = []
        @Option var seed: UInt64
        @Option var paper: String

        func run() async throws {
            try await BusinessWorker(
                business: Business(directory: directory, urls: url), seed: seed, paper: try Paper(paper)
            ).run()
        }
    }

    /// Waits for one lock, and writes down its name when it has it.
    struct Wait: AsyncParsableCommand {
        static let configuration = CommandConfiguration(shouldDisplay: false)
        @Option var directory: String
        @Option var url: [String] = []
        @Option var lock: String
        @Option var name: String
        @Option var paper: String

        func run() async throws {
            let database = try await Business(directory: directory, urls: url).open()
            let (name, paper) = (name, try Paper(paper))
            try await database.withLock(lock, within: .seconds(60)) { held in paper.write("\(name) \(held.token)") }
            await database.close()
        }
    }

    struct CheckLog: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check-log", abstract: "Check what holders of a lock wrote down.")
        @Argument var file: String

        func run() async throws {
            let log = LockLog(lines: try Paper.lines(of: file))
            for wrong in log.faults { print(wrong) }
            if !log.faults.isEmpty { throw ExitCode(1) }
            print("\(log.holders) holders, never two at once")
        }
    }
}
