import ShardKit

/// A database on fresh shards for as long as `body` runs.
func withTemporaryDatabase<Result>(
    shards: Int = 3, _ change: (inout Configuration) -> Void = { _ in },
    _ body: (ShardedDatabase) async throws -> Result
) async throws -> Result {
    var configuration = try Configuration.temporary(shardCount: shards)
    change(&configuration)
    defer { configuration.removeFiles() }
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
