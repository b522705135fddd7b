import ArgumentParser
import Foundation
import ShardKit

/// Makes the files of a new database.
struct InitCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a new database: its configuration, catalog and shard files.")

    @Option(name: .long, help: "How many shards.")
    var shards = 4
    @Option(name: .long, help: ArgumentHelp("The folder; it is made when it is missing.", valueName: "folder"))
    var dir = "data"
    @Option(name: .long, help: "The database's name.")
    var cluster = "shardkit"

    func validate() throws {
        guard (1...256).contains(shards) else { throw ValidationError("--shards takes 1 to 256") }
    }

    func work() async throws {
        let file = try await Self.make(cluster: cluster, shards: shards, folder: dir)
        try StandardOutput.output.write(
            """
            Made \(shards) shard\(shards == 1 ? "" : "s") and the catalog in \(dir).
            Next: shardkit shell --config \(file)

            """)
    }

    /// Makes a database and its configuration file; gives the file's path.
    static func make(cluster: String, shards: Int, folder: String) async throws -> String {
        let file = folder + "/shardkit.yaml"
        guard !FileManager.default.fileExists(atPath: file) else {
            throw ShardError(.alreadyExists, "there is \(file) already", hint: "Choose another --dir.")
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ShardError(.inputOutput, "the folder \(folder) cannot be made: \(error.localizedDescription)")
        }
        let configuration = Configuration(cluster: cluster, directory: folder, shardCount: shards)
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
