import ShardBase
import ShardCatalog
public import ShardExecutor

extension ShardedDatabase {
    /// Compares every shard with the catalog: schemas, row counts, rows on the wrong shard, copies of broadcast tables.
    /// Nothing is repaired. Reads all rows once. Over files only, so far.
    ///
    /// - Parameter progress: called with the number of tables done.
    public func check(progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> SchemaReport {
        try requireFiles("check")
        return try await SchemaCheck(snapshot: try await parts.catalog.snapshot(), shards: parts.shards).run(
            progress: progress)
    }

    /// - Throws: a refusal where the shards are database servers.
    func requireFiles(_ what: String) throws(ShardError) {
        guard configuration.engine != .sqlite else { return }
        throw ShardError(
            .statementNotModelled, "\(what) is not provided on PostgreSQL shards yet",
            hint: "docs/postgresql.md lists what is.")
    }
}
