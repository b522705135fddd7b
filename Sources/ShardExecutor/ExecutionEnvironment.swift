public import Logging
public import ShardBackend
public import ShardBase
import ShardTopology
import ShardValues

/// What running plans needs from outside, shared by all sessions of a logical database: opened shards, private engines,
/// the time, limits.
public final class ExecutionEnvironment: Sendable {
    /// By ``ShardTopology/ShardIndex``.
    public let shards: [any ShardDatabase]
    public let clock: any ShardClock
    public let limits: ExecutionLimits
    public let logger: Logger
    /// Each shard's number as a list of one, made once.
    let lists: [[ShardIndex]]
    private let makePrivate: @Sendable () throws -> any PrivateDatabase

    /// - Parameters:
    ///   - shards: the opened shards, in the topology's order.
    ///   - makePrivate: opens an empty private engine of the shards' dialect.
    ///   - clock: default the operating system's.
    ///   - limits: default `ExecutionLimits.init()`.
    public init(
        shards: [any ShardDatabase], makePrivate: @escaping @Sendable () throws -> any PrivateDatabase,
        clock: any ShardClock = SystemClock(), limits: ExecutionLimits = ExecutionLimits(),
        logger: Logger = Logger(label: "shardkit.executor")
    ) {
        self.shards = shards
        lists = shards.indices.map { [$0] }
        self.makePrivate = makePrivate
        self.clock = clock
        self.limits = limits
        self.logger = logger
    }

    /// An empty private engine, the caller's own; letting go of it closes it.
    public func openPrivate() throws -> any PrivateDatabase { try makePrivate() }
}

/// Bounds on what one statement may take.
public struct ExecutionLimits: Sendable, Hashable {
    /// The largest OFFSET over several places; each of them reads that many rows. Default: 10 million.
    public var maxOffset: Int64
    /// Rows in one batch. Default: 256.
    public var batchRows: Int
    /// How long a locked database is waited for. Default: 5 s.
    public var busyTimeout: Duration
    /// Bytes of cached plans and their texts. Default: 16 MiB.
    public var planCacheBytes: Int
    /// Bytes that one statement may keep in memory (rows of RETURNING, of INSERT … SELECT). Default: 256 MiB.
    public var maxStatementBytes: Int
    /// Bytes of rows that one statement may bring together in a private engine. Default: 4 GiB.
    public var maxGatherBytes: Int
    /// Bytes of gathered rows that are kept in memory; what is more goes to a temporary file. Also those of
    /// the groups that one statement hashes; what is more is left to the shards' engines. Default: 64 MiB.
    public var maxMemoryBytes: Int
    /// Batches that are read ahead on each stream of a scatter, so that shards work while the merge does. Default: 1.
    public var prefetchedBatches: Int
    /// How long a statement may work; nil: as long as it likes. Default: nil.
    public var statementTimeout: Duration?

    public init(
        maxOffset: Int64 = 10_000_000, batchRows: Int = RowBatch.defaultRowLimit, busyTimeout: Duration = .seconds(5),
        planCacheBytes: Int = 16 << 20, maxStatementBytes: Int = 256 << 20, maxGatherBytes: Int = 4 << 30,
        maxMemoryBytes: Int = 64 << 20, prefetchedBatches: Int = 1, statementTimeout: Duration? = nil
    ) {
        self.maxOffset = maxOffset
        self.batchRows = batchRows
        self.busyTimeout = busyTimeout
        self.planCacheBytes = planCacheBytes
        self.maxStatementBytes = maxStatementBytes
        self.maxGatherBytes = maxGatherBytes
        self.maxMemoryBytes = maxMemoryBytes
        self.prefetchedBatches = prefetchedBatches
        self.statementTimeout = statementTimeout
    }
}
