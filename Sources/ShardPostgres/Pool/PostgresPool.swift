import ShardBackend
public import ShardBase
import Synchronization

/// A bounded number of connections to one database, and a bounded queue for them, first come first served.
///
/// A connection that comes back in the middle of something (an open transaction, unread rows) is cleaned before the next one
/// gets it; one that is broken is replaced when it is wanted again.
public final class PostgresPool: Sendable {
    private struct Lease: Sendable {
        var id: UInt64
        var continuation: UnsafeContinuation<Result<PostgresConnection, any Error>, Never>
    }

    private struct State {
        var machine: PoolStateMachine<PostgresConnection, Lease>
        var lastID: UInt64 = 0
        var closing: [UnsafeContinuation<Void, Never>] = []
    }

    public let configuration: PostgresConfiguration
    private let state: Mutex<State>
    private let clock: any ShardClock
    private let schemaVersion = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - size: connections at most; made when they are wanted. Default: 10.
    ///   - queueLimit: tasks that may wait for one; beyond them ``acquire()`` fails with `.overloaded` at once. Default: 1,000.
    public init(
        _ configuration: PostgresConfiguration, size: Int = 10, queueLimit: Int = 1000,
        clock: any ShardClock = SystemClock()
    ) {
        self.configuration = configuration
        self.clock = clock
        state = Mutex(State(machine: PoolStateMachine(limit: size, queueLimit: queueLimit)))
    }

    /// How it is doing.
    public var health: PoolHealth { state.withLock { $0.machine.health } }
    public var counts: PoolCounts { state.withLock { $0.machine.counts } }
    var limit: Int { state.withLock { $0.machine.limit } }
    var queueLimit: Int { state.withLock { $0.machine.queueLimit } }

    /// Lends a connection for the time of `body`.
    public func withConnection<Result>(_ body: (PostgresConnection) async throws -> Result) async throws -> Result {
        let connection = try await acquire()
        defer { release(connection) }
        return try await body(connection)
    }

    /// Lends a connection; suspends while all are in use.
    ///
    /// - Throws: `.overloaded` when too many wait already, `.closed`, the error of connecting, `.cancelled`.
    public func acquire() async throws -> PostgresConnection {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        if Task.isCancelled { throw PostgresFailure.cancelled }
        return try await withTaskCancellationHandler {
            await withUnsafeContinuation {
                (continuation: UnsafeContinuation<Result<PostgresConnection, any Error>, Never>) in
                let actions = state.withLock { $0.machine.acquire(id, Lease(id: id, continuation: continuation)) }
                perform(actions)
                // Cancelled before there was anything to take out.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }.get()
    }

    private func cancel(_ id: UInt64) {
        state.withLock { $0.machine.cancel(id) }?.continuation.resume(returning: .failure(PostgresFailure.cancelled))
    }

    /// Makes every connection forget what it has prepared, when it is lent next: inside a transaction a statement whose tables have
    /// changed is an error that cannot be mended.
    public func forgetStatements() { schemaVersion.wrappingAdd(1, ordering: .releasing) }

    /// Gives a connection back, once.
    public func release(_ connection: PostgresConnection) {
        if !connection.isOpen || connection.isClean {
            return perform(state.withLock { $0.machine.released(connection, isUsable: connection.isOpen) })
        }
        Task(executorPreference: configuration.loop) { [self] in
            await connection.clean()
            perform(state.withLock { $0.machine.released(connection, isUsable: connection.isOpen) })
        }
    }

    /// Fails those who wait, waits for the connections that are lent, and closes everything. Idempotent.
    public func close() async {
        perform(state.withLock { $0.machine.close() })
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isOver = state.withLock { state -> Bool in
                if state.machine.isFinished { return true }
                state.closing.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    // MARK: Doing what was decided

    private func perform(_ actions: [PoolStateMachine<PostgresConnection, Lease>.Action]) {
        for action in actions {
            switch action {
            case .lend(let connection, let lease):
                if connection.isAlive {
                    let version = schemaVersion.load(ordering: .acquiring)
                    if connection.schemaVersion != version {
                        connection.schemaVersion = version
                        connection.statements.forgetAll()
                    }
                    lease.continuation.resume(returning: .success(connection))
                } else {
                    perform(state.withLock { $0.machine.lentDead(connection, lease.id, lease) })
                }
            case .open: Task(executorPreference: configuration.loop) { await self.open() }
            case .fail(let lease, let error): lease.continuation.resume(returning: .failure(error))
            case .discard(let connection): connection.close()
            case .finished:
                let closers = state.withLock { state in
                    defer { state.closing = [] }
                    return state.closing
                }
                for closer in closers { closer.resume() }
            }
        }
    }

    private func open() async {
        do {
            let connection = try await PostgresConnection.connect(configuration)
            perform(state.withLock { $0.machine.opened(connection) })
        } catch {
            let error = error as? ShardError ?? ShardError(.connectionLost, "\(error)")
            perform(state.withLock { $0.machine.openingFailed(error, at: clock.monotonic) })
        }
    }
}
