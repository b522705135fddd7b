public import ShardBackend

/// Shards that are SQLite files.
public struct SQLiteBackend: Backend {
    public let configuration: SQLiteConfiguration

    public init(configuration: SQLiteConfiguration = SQLiteConfiguration()) {
        self.configuration = configuration
    }

    public var name: String { "sqlite" }

    public func open(shard name: String, at location: String, creating: Bool) async throws -> any ShardDatabase {
        try SQLiteShard(name: name, path: location, configuration: configuration, creating: creating)
    }

    public func openPrivate() throws -> any PrivateDatabase {
        try SQLitePrivateDatabase(configuration: configuration)
    }
}
