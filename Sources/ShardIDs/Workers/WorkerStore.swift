/// Where workers are leased and high-water marks kept: one row for each worker, changed by compare-and-set.
///
/// In SQL it is one table, and both requests are one statement each:
///
/// ```sql
/// CREATE TABLE workers (node BIGINT PRIMARY KEY, holder TEXT, fence BIGINT, expires BIGINT,
///                       mark_rollback BIGINT, mark_milliseconds BIGINT);
/// UPDATE workers SET … WHERE node = ? AND fence = ?;      -- INSERT … ON CONFLICT DO NOTHING when fence is 0
/// ```
///
/// What generators rely on: ``replace(fence:with:lease:)`` is atomic, and durable when it returns `true`. They bear
/// requests that fail, hang, or fail after they were done.
public protocol WorkerStore: Sendable {
    /// All rows and the store's own time, of one moment.
    func workers() async throws -> WorkerSnapshot

    /// Puts `row` in the place of the row of its node, if that row's fence is still `fence`; 0: if there is none.
    ///
    /// - Parameter lease: the row's `expires` becomes the store's own time plus this (what the row says is ignored);
    ///   nil: it never expires.
    /// - Returns: whether it was put there. `true` only when it will survive a crash.
    func replace(fence: Int64, with row: WorkerRow, lease: Duration?) async throws -> Bool
}

/// One worker in the store.
public struct WorkerRow: Sendable, Hashable {
    /// The worker; with datacenter bits in the layout, `datacenter << workerBits | worker`.
    public var node: Int64
    /// Who has it: a label and a random number, different for each generator. Empty once given back.
    public var holder: String
    /// Grows by 1 with each change; who does not know the present one cannot write.
    public var fence: Int64
    /// When the lease ends by the store's clock: milliseconds since 1970; nil: held without end, by configuration.
    public var expires: Int64?
    /// The high-water mark: every identifier ever issued by this worker is below it. What was reserved and will never
    /// be issued is taken off again when the holder gives the worker back.
    public var mark: HighWaterMark

    public init(node: Int64, holder: String, fence: Int64, expires: Int64?, mark: HighWaterMark) {
        self.node = node
        self.holder = holder
        self.fence = fence
        self.expires = expires
        self.mark = mark
    }
}

/// A bound on what a worker has issued: all of it was before this. Independent of the layout's epoch and bits.
public struct HighWaterMark: Sendable, Hashable, Comparable {
    /// How often the clock was set back too far; 0 without rollback bits.
    public var rollback: Int64
    /// Milliseconds since 1970.
    public var milliseconds: Int64

    public init(rollback: Int64 = 0, milliseconds: Int64) {
        self.rollback = rollback
        self.milliseconds = milliseconds
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.rollback, left.milliseconds) < (right.rollback, right.milliseconds)
    }

    var moment: Moment { Moment(rollback: UInt64(max(0, rollback)), milliseconds: milliseconds) }
    init(_ moment: Moment) { self.init(rollback: Int64(moment.rollback), milliseconds: moment.milliseconds) }
}

/// What a store holds.
public struct WorkerSnapshot: Sendable {
    public var rows: [WorkerRow]
    /// The store's time: milliseconds since 1970.
    public var now: Int64

    public init(rows: [WorkerRow], now: Int64) {
        self.rows = rows
        self.now = now
    }
}
