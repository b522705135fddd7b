/// How SQLite files are opened.
public struct SQLiteConfiguration: Sendable {
    public enum Synchronous: String, Sendable, CaseIterable {
        case off = "OFF", normal = "NORMAL", full = "FULL", extra = "EXTRA"
    }

    /// What survives a power loss: FULL (default) every commit, NORMAL all but the last ones, OFF nothing is promised.
    public var synchronous: Synchronous
    /// Readers per shard. Default: one per core, at least two.
    public var readers: Int
    /// How long a locked database is tried again before `.busy`. Default: 5 seconds.
    public var busyTimeout: Duration
    /// Page cache per connection in KiB. Default: SQLite's own 2,000.
    public var cacheKiB: Int
    /// Bytes of the file mapped into memory. Default: 0, none.
    public var mmapBytes: Int64
    /// Prepared statements kept per connection. Default: 256.
    public var statementCacheLimit: Int

    public init(
        synchronous: Synchronous = .full, readers: Int = 2, busyTimeout: Duration = .seconds(5), cacheKiB: Int = 2000,
        mmapBytes: Int64 = 0, statementCacheLimit: Int = 256
    ) {
        self.synchronous = synchronous
        self.readers = max(1, readers)
        self.busyTimeout = busyTimeout
        self.cacheKiB = cacheKiB
        self.mmapBytes = mmapBytes
        self.statementCacheLimit = statementCacheLimit
    }
}
