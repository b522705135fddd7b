import ArgumentParser
import Foundation
import ShardKit

/// Where the configuration is: `--config`, else `$SHARDKIT_CONFIG`, else `./shardkit.yaml`.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The configuration file. Default: $SHARDKIT_CONFIG, else ./shardkit.yaml.", valueName: "file"))
    var config: String?

    var path: String {
        if let config { return config }
        if let named = ProcessInfo.processInfo.environment["SHARDKIT_CONFIG"], !named.isEmpty { return named }
        return "shardkit.yaml"
    }

    func load() throws -> Configuration { try Configuration(file: path) }

    /// Opens the database for as long as `body` runs.
    func withDatabase<Result>(_ body: (ShardedDatabase) async throws -> Result) async throws -> Result {
        try await Self.withDatabase(of: try load(), body)
    }

    static func withDatabase<Result>(
        of configuration: Configuration, _ body: (ShardedDatabase) async throws -> Result
    ) async throws -> Result {
        let database = try await ShardedDatabase.open(configuration)
        do {
            let result = try await body(database)
            await database.close()
            return result
        } catch {
            await database.close()
            throw error
        }
    }
}
