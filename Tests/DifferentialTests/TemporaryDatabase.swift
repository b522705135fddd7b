import Foundation
import ShardKit

/// A sharded database in a folder of its own, removed at the end.
func withTemporaryDatabase<Result>(
    shards: Int, tables: [String: String] = [:], byDefault: String? = nil, memoryBytes: Int? = nil,
    _ body: (ShardedDatabase) async throws -> Result
) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var configuration = Configuration(directory: folder.path, shardCount: shards)
    configuration.synchronous = .off
    configuration.tableDeclarations = tables
    configuration.defaultDeclaration = byDefault
    if let memoryBytes { configuration.limits.maxMemoryBytes = memoryBytes }
    let database = try await ShardedDatabase.create(configuration)
    do {
        let result = try await body(database)
        await database.close()
        return result
    } catch {
        await database.close()
        throw error
    }
}
