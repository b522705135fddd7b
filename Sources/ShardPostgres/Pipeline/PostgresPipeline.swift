public import ShardBackend
import ShardBase
public import ShardValues
import Synchronization

/// Reads of many tasks that share a few connections.
///
/// What is asked for at the same moment goes out as one batch of libpq's pipeline mode with one sync, and what is asked for
/// while a batch is under way makes up the next one: nobody waits for company, and the more there is to do, the less each
/// read costs. For autocommitted reads that find few rows by key: answers are held whole, a batch is one implicit
/// transaction, and reads behind a slow one in the same batch wait for it.
///
/// Errors stay with the statement that made them: the others of its batch are run again without it. Cancelling a task takes its
/// read out and disturbs no other. Reads on a connection that breaks are sent again on another one, once.
public final class PostgresPipeline: Sendable {
    private struct State {
        var waiting: [PipelinedRead] = []
        /// Reads before this index have been taken.
        var head = 0
        var parked: [UnsafeContinuation<Void, Never>] = []
        var drivers = 0
        var isClosed = false
        var closing: [UnsafeContinuation<Void, Never>] = []

        var count: Int { waiting.count - head }
    }

    private let configuration: PostgresConfiguration
    private let connectionLimit: Int
    private let batchLimit: Int
    private let queueLimit: Int
    private let state = Mutex(State())
    private let batches = Atomic<Int>(0)
    private let reads = Atomic<Int>(0)

    /// - Parameters:
    ///   - connections: shared by all reads; each is made when it is first wanted. Default: 2.
    ///   - batchLimit: reads in one batch at most. Default: 64.
    ///   - queueLimit: reads that may wait; beyond them a read fails with `.overloaded`. Default: 10,000.
    public init(
        _ configuration: PostgresConfiguration, connections: Int = 2, batchLimit: Int = 64, queueLimit: Int = 10_000
    ) {
        self.configuration = configuration
        connectionLimit = max(1, connections)
        self.batchLimit = max(1, batchLimit)
        self.queueLimit = queueLimit
    }

    /// Batches sent, and the reads in them, since the beginning.
    public var counts: (batches: Int, reads: Int) { (batches.load(ordering: .relaxed), reads.load(ordering: .relaxed)) }

    /// Reads all rows of a statement that only reads.
    public func read(_ statement: ShardStatement, values: [Value]) async throws -> QueryStart {
        try await answer(PipelinedRead(statement, .values(values)))
    }

    /// Reads all rows of a statement that only reads, with PostgreSQL's own values.
    public func read(_ statement: ShardStatement, parameters: [PostgresValue]) async throws -> QueryStart {
        try await answer(PipelinedRead(statement, .parameters(parameters)))
    }

    /// Ends it when what is under way has been answered; reads that still wait fail with `.closed`. Idempotent.
    public func close() async {
        let (waiting, parked) = state.withLock { state in
            state.isClosed = true
            defer {
                state.waiting = []
                state.head = 0
                state.parked = []
            }
            return (state.waiting[state.head...], state.parked)
        }
        for read in waiting { read.end(.failure(Self.closed)) }
        for driver in parked { driver.resume() }
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isOver = state.withLock { state -> Bool in
                if state.drivers == 0 { return true }
                state.closing.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private static var closed: ShardError { ShardError(.closed, "the pipeline is closed") }

    // MARK: Waiting

    private enum Next { case wake(UnsafeContinuation<Void, Never>), start, nothing, full, closed }

    private func answer(_ read: PipelinedRead) async throws -> QueryStart {
        let next = state.withLock { state -> Next in
            if state.isClosed { return .closed }
            if state.count >= queueLimit { return .full }
            state.waiting.append(read)
            return wakeNext(&state, isFirst: state.count == 1)
        }
        switch next {
        case .wake(let driver): driver.resume()
        case .start: start()
        case .nothing: break
        case .closed: throw Self.closed
        case .full:
            throw ShardError(
                .overloaded, "\(queueLimit) reads are waiting for the pipeline already",
                hint: "Ask for less at a time, or raise queueLimit.", isRetryable: true,
                details: EngineDetails(retry: .retryStatement))
        }
        return try await read.answer()
    }

    /// A driver that is woken looks for work when it runs, and so finds everything that was asked for until then.
    private func wakeNext(_ state: inout State, isFirst: Bool) -> Next {
        guard isFirst else { return .nothing }
        if let driver = state.parked.popLast() { return .wake(driver) }
        if state.drivers < connectionLimit {
            state.drivers += 1
            return .start
        }
        return .nothing
    }

    private func start() {
        Task(executorPreference: configuration.loop) { await self.drive() }
    }

    // MARK: A driver: one connection

    private func drive() async {
        var connection: PostgresConnection?
        while let reads = await nextBatch() {
            var left = reads
            while !left.isEmpty {
                do {
                    let usable: PostgresConnection
                    if let known = connection, known.isOpen {
                        usable = known
                    } else {
                        usable = try await PostgresConnection.connect(configuration)
                    }
                    connection = usable
                    batches.wrappingAdd(1, ordering: .relaxed)
                    self.reads.wrappingAdd(left.count, ordering: .relaxed)
                    left = await usable.pipeline(left)
                    // Reads may be repeated, but not for ever.
                    left.removeAll { read in
                        guard read.losses.wrappingAdd(1, ordering: .relaxed).newValue > 1 else { return false }
                        read.end(.failure(PostgresFailure.lost("the connection broke twice", .read)))
                        return true
                    }
                } catch {
                    for read in left { read.end(.failure(error)) }
                    left = []
                }
            }
        }
        let closers = state.withLock { state -> [UnsafeContinuation<Void, Never>] in
            state.drivers -= 1
            guard state.drivers == 0 else { return [] }
            defer { state.closing = [] }
            return state.closing
        }
        for closer in closers { closer.resume() }
    }

    /// What waits, up to the limit; suspends while nothing does. Nil: the pipeline is closed.
    private func nextBatch() async -> [PipelinedRead]? {
        while true {
            let (batch, next) = state.withLock { state -> ([PipelinedRead], Next) in
                guard state.count > 0 else { return ([], state.isClosed ? .closed : .nothing) }
                // Half of much work is left for a connection that is free.
                let others = state.parked.count + connectionLimit - state.drivers
                let share = others > 0 ? max(Self.smallBatch, (state.count + 1) / 2) : state.count
                let end = state.head + min(share, state.count, batchLimit)
                let batch = Array(state.waiting[state.head..<end])
                state.head = end
                if state.head == state.waiting.count || state.head > 1024 {
                    state.waiting.removeFirst(state.head)
                    state.head = 0
                }
                return (batch, wakeNext(&state, isFirst: state.count > 0))
            }
            switch next {
            case .wake(let driver): driver.resume()
            case .start: start()
            case .nothing, .full: break
            case .closed: return nil
            }
            if !batch.isEmpty { return batch }
            await park()
        }
    }

    private static let smallBatch = 8

    private func park() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let mustGoOn = state.withLock { state -> Bool in
                if state.count > 0 || state.isClosed { return true }
                state.parked.append(continuation)
                return false
            }
            if mustGoOn { continuation.resume() }
        }
    }
}
