import ShardCatalog
public import ShardExecutor

extension ShardedDatabase {
    /// Compares every shard with the catalog: schemas, row counts, rows on the wrong shard, copies of broadcast tables.
    /// Nothing is repaired. Reads all rows once.
    ///
    /// - Parameter progress: called with the number of tables done.
    public func check(progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> SchemaReport {
        try await SchemaCheck(snapshot: try await parts.catalog.snapshot(), shards: parts.shards).run(
            progress: progress)
    }
}
