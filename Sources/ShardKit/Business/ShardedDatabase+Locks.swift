import ShardBase
public import ShardBusiness

extension ShardedDatabase {
    /// Runs `body` while holding the lock of a name, among all tasks of all processes that have this database open.
    ///
    /// ```swift
    /// try await database.withLock("nightly report") { lock in
    ///     try await write(report, fence: lock.token)
    /// }
    /// ```
    ///
    /// The lock is a lease, renewed in the background. When it is lost (the process was stopped, the catalog could not be
    /// reached), `body` is cancelled and `.lockLost` is thrown after it has ended. It is given in the order of arrival.
    /// Re-entrant: inside `body` the same name is held already. Costs two transactions of the catalog.
    ///
    /// - Parameters:
    ///   - name: any text.
    ///   - lease: how long the lock stays taken after its holder has died; renewed each third of it. Default: 10 s; at least
    ///     100 ms.
    ///   - within: how long to wait for it. Default: 30 s. Nil: until the task is cancelled.
    /// - Throws: `.busy` (retryable) when it did not come free in time, `.lockLost`, `.cancelled`, and what `body` throws.
    public func withLock<Result: Sendable>(
        _ name: String, lease: Duration = .seconds(10), within: Duration? = .seconds(30),
        _ body: @escaping @Sendable (HeldLock) async throws -> Result
    ) async throws -> Result {
        try await parts.locks.withLock(name, lease: lease, within: within, body)
    }

    /// Runs `body` as the one leader of a name among all processes: waits to be elected, cancels `body` when the lease is
    /// lost, and stands for election again.
    ///
    /// - Parameter lease: after how long another one leads when the leader has died. Default: 10 s.
    /// - Returns: what `body` returns; that ends it.
    /// - Throws: `.cancelled`, and what `body` throws for other reasons than the loss.
    public func withLeadership<Result: Sendable>(
        _ name: String, lease: Duration = .seconds(10),
        _ body: @escaping @Sendable (HeldLock) async throws -> Result
    ) async throws -> Result {
        try await parts.locks.withLeadership(name, lease: lease, body)
    }

    /// All named locks that were ever taken, by name.
    public func locks() async throws -> [NamedLocks.Description] { try await parts.locks.list() }
}
