public import ShardExecutor

extension ShardedDatabase {
    /// Commits over several shards whose decision is still kept, those under way included. One that misses shards for long was
    /// left behind by a process that died: writers of these shards finish it first, and so does ``recoverCommits()``.
    public func commitsInDoubt() async throws -> [CommitInDoubt] { try await logical.commitsInDoubt() }

    /// Finishes commits over several shards that a process has left behind, as every opening of the database does. Waits for
    /// those under way.
    ///
    /// - Returns: how many had not reached all their shards.
    @discardableResult
    public func recoverCommits() async throws -> Int { try await logical.recoverCommits() }
}
