/// A kind of database that shards can be: opens shards and private databases.
public protocol Backend: Sendable {
    /// `sqlite`.
    var name: String { get }
    /// Opens a shard.
    /// - Parameter creating: make the file where it does not exist; else a missing one is an error.
    func open(shard name: String, at location: String, creating: Bool) async throws -> any ShardDatabase
    /// Opens a private database of the same dialect: empty, gone when it is released.
    func openPrivate() throws -> any PrivateDatabase
}
