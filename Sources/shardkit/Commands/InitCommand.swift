import ArgumentParser
import Foundation
import ShardKit

/// Makes the files of a new database.
struct InitCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a new database: its configuration, catalog and shard files.")

    @Option(name: .long, help: "How many shards, as SQLite files. (default: 4)")
    var shards: Int?
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp(
            "A PostgreSQL database as a shard, empty; once for each.", valueName: "postgresql://user@host/database"))
    var url: [String] = []
    @Option(name: .long, help: ArgumentHelp("The folder; it is made when it is missing.", valueName: "folder"))
    var dir = "data"
    @Option(name: .long, help: "The database's name.")
    var cluster = "shardkit"

    func validate() throws {
        guard shards.map((1...256).contains) ?? true else { throw ValidationError("--shards takes 1 to 256") }
        guard shards == nil || url.isEmpty else {
            throw ValidationError("--shards makes files, --url takes databases: use one")
        }
        for url in url where Configuration.Shard(name: "s", path: url).engine != .postgresql {
            throw ValidationError("\"\(url)\" is no connection string, such as postgresql://user@host:5432/database")
        }
    }

    func work() async throws {
        var configuration =
            url.isEmpty
            ? Configuration(cluster: cluster, directory: dir, shardCount: shards ?? 4)
            : Configuration(
                cluster: cluster, directory: dir,
                shards: url.enumerated().map { .init(name: "s\($0.offset)", path: $0.element) })
        configuration.ids.snowflake = .init(worker: .leased)
        let file = try await Self.make(configuration)
        let count = configuration.shards.count
        try StandardOutput.output.write(
            """
            Made \(count) shard\(count == 1 ? "" : "s") and the catalog in \(dir).
            Next: shardkit shell --config \(file)

            """)
    }

    /// Makes a database and its configuration file; gives the file's path.
    static func make(_ configuration: Configuration) async throws -> String {
        let folder = configuration.directory
        let file = folder + "/shardkit.yaml"
        guard !FileManager.default.fileExists(atPath: file) else {
            throw ShardError(.alreadyExists, "there is \(file) already", hint: "Choose another --dir.")
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ShardError(.inputOutput, "the folder \(folder) cannot be made: \(error.localizedDescription)")
        }
        let database = try await ShardedDatabase.create(configuration)
        await database.close()
        do {
            try configuration.yaml.write(toFile: file, atomically: true, encoding: .utf8)
        } catch {
            throw ShardError(.inputOutput, "\(file) cannot be written: \(error.localizedDescription)")
        }
        return file
    }
}
