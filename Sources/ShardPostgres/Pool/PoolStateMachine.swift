public import ShardBase

/// How a pool is doing, by what its last attempts to connect and its statements told.
public enum PoolHealth: Sendable {
    /// Nobody has tried to connect yet.
    case untried
    case healthy
    /// Connecting fails: how often in a row, since when (by the clock's ``ShardBase/ShardClock/monotonic``), and how it ended last.
    case failing(attempts: Int, since: Duration, error: ShardError)
    case closed
}

/// How many connections a pool has.
public struct PoolCounts: Sendable, Hashable {
    public var idle = 0
    public var leased = 0
    public var opening = 0
    public var waiting = 0
    public var open: Int { idle + leased + opening }
}

/// Decides who gets which connection: events in, actions out; no threads, no sockets, no time of its own.
///
/// Invariants: idle + leased + opening ≤ limit; nobody waits while a connection is idle; whoever waits has a connection
/// leased or opening that will come to them.
struct PoolStateMachine<Connection, Waiter> {
    enum Action {
        case lend(Connection, to: Waiter)
        /// Connect, then report ``opened(_:)`` or ``openingFailed(_:at:)``.
        case open
        case fail(Waiter, ShardError)
        case discard(Connection)
        /// The last connection has come back after ``close()``.
        case finished
    }

    let limit: Int
    let queueLimit: Int
    private(set) var health = PoolHealth.untried
    private(set) var counts = PoolCounts()
    private var idle: [Connection] = []
    private var waiting: [(id: UInt64, waiter: Waiter)] = []
    private var isClosed = false

    init(limit: Int, queueLimit: Int) {
        self.limit = max(1, limit)
        self.queueLimit = max(0, queueLimit)
    }

    /// Somebody wants a connection. The last one given back is lent first: the others may grow old and be closed.
    mutating func acquire(_ id: UInt64, _ waiter: Waiter) -> [Action] {
        if isClosed { return [.fail(waiter, Self.closedError)] }
        if let connection = idle.popLast() {
            counts.idle -= 1
            counts.leased += 1
            return [.lend(connection, to: waiter)]
        }
        // Those for whom a connection is being made do not queue.
        if counts.open >= limit && waiting.count >= queueLimit + counts.opening { return [.fail(waiter, overloaded)] }
        waiting.append((id, waiter))
        counts.waiting += 1
        return openMore()
    }

    /// A waiter has gone. False: it has its connection, or its error, already.
    mutating func cancel(_ id: UInt64) -> Waiter? {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        counts.waiting -= 1
        return waiting.remove(at: index).waiter
    }

    /// A connection was made.
    mutating func opened(_ connection: Connection) -> [Action] {
        counts.opening -= 1
        if isClosed { return [.discard(connection)] + finishedIfEmpty() }
        health = .healthy
        return take(connection)
    }

    /// A connection could not be made. The one who waits longest is told; the others keep waiting as long as a connection
    /// is on its way to them.
    mutating func openingFailed(_ error: ShardError, at now: Duration) -> [Action] {
        counts.opening -= 1
        if isClosed { return finishedIfEmpty() }
        if case .failing(let attempts, let since, _) = health {
            health = .failing(attempts: attempts + 1, since: since, error: error)
        } else {
            health = .failing(attempts: 1, since: now, error: error)
        }
        var actions: [Action] = []
        let staying = counts.opening + counts.leased
        repeat {
            guard !waiting.isEmpty else { break }
            counts.waiting -= 1
            actions.append(.fail(waiting.removeFirst().waiter, error))
        } while staying == 0
        return actions
    }

    /// A lent connection comes back.
    mutating func released(_ connection: Connection, isUsable: Bool) -> [Action] {
        counts.leased -= 1
        if isClosed { return [.discard(connection)] + finishedIfEmpty() }
        if isUsable { return take(connection) }
        return [.discard(connection)] + openMore()
    }

    /// An idle connection turned out to be dead when it was lent; the waiter gets another one.
    mutating func lentDead(_ connection: Connection, _ id: UInt64, _ waiter: Waiter) -> [Action] {
        counts.leased -= 1
        if isClosed { return [.discard(connection), .fail(waiter, Self.closedError)] + finishedIfEmpty() }
        return [.discard(connection)] + acquire(id, waiter)
    }

    mutating func close() -> [Action] {
        guard !isClosed else { return [] }
        isClosed = true
        health = .closed
        let actions = waiting.map { Action.fail($0.waiter, Self.closedError) } + idle.map { Action.discard($0) }
        waiting = []
        idle = []
        counts.waiting = 0
        counts.idle = 0
        return actions + finishedIfEmpty()
    }

    var isFinished: Bool { isClosed && counts.open == 0 }

    // MARK: Steps

    private mutating func take(_ connection: Connection) -> [Action] {
        if waiting.isEmpty {
            idle.append(connection)
            counts.idle += 1
            return []
        }
        counts.waiting -= 1
        counts.leased += 1
        return [.lend(connection, to: waiting.removeFirst().waiter)]
    }

    /// One connection on its way for each waiter, within the limit.
    private mutating func openMore() -> [Action] {
        var actions: [Action] = []
        while counts.opening < waiting.count && counts.open < limit {
            counts.opening += 1
            actions.append(.open)
        }
        return actions
    }

    private func finishedIfEmpty() -> [Action] { isFinished ? [.finished] : [] }

    private var overloaded: ShardError {
        ShardError(
            .overloaded, "\(limit) connections are in use and \(waiting.count) tasks are waiting for one",
            hint: "Ask for less at a time, or raise the pool's size or its queue.", isRetryable: true,
            details: EngineDetails(retry: .retryStatement))
    }

    private static var closedError: ShardError { ShardError(.closed, "the pool is closed") }
}
