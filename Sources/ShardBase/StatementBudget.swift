import Synchronization

/// The time that one statement may take. It goes on while somebody waits for the statement, and stands still between the
/// batches of a stream: a slow reader of rows uses up none of it.
///
/// The statement's tasks find it as ``current``. Two things end a statement that is over its time: the task is cancelled,
/// which wakes whoever sleeps or waits, and the engine asks ``isOver`` in the middle of long steps, which needs no free
/// thread. Both look like a cancellation to the rooms between; ``spend(_:)`` tells the difference.
public final class StatementBudget: Sendable {
    /// The budget of the statement that the task works for. Nil: it may take as long as it likes.
    @TaskLocal public static var current: StatementBudget?

    private enum Phase {
        case resting(left: Duration)
        /// Until the clock shows this.
        case running(until: Duration)
        case over
        case settled
    }
    private let phase: Mutex<Phase>
    private let clock: any ShardClock
    private let error: ShardError

    /// - Parameters:
    ///   - limit: the time in all.
    ///   - error: what a statement ends with that is over its time.
    ///   - clock: default the operating system's.
    public init(_ limit: Duration, error: ShardError, clock: any ShardClock = SystemClock()) {
        phase = Mutex(.resting(left: limit))
        self.error = error
        self.clock = clock
    }

    /// Whether the time is over; once it is, it stays so.
    public var isOver: Bool {
        phase.withLock { phase in
            look(&phase)
            if case .over = phase { return true }
            return false
        }
    }

    /// The point of no return: from here on the statement runs to its end however long that takes, as the first commit of
    /// several has to be followed by the others.
    ///
    /// - Throws: `.cancelled` when the time is over already.
    public func settle() throws(ShardError) {
        let isOver = phase.withLock { phase in
            look(&phase)
            if case .over = phase { return true }
            phase = .settled
            return false
        }
        if isOver { throw .interrupted }
    }

    /// Does a part of the statement's work on the clock. One part at a time.
    ///
    /// - Throws: what the work throws; the budget's error when it was the time that ended it.
    public func spend<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        guard start() else { throw error }
        defer { rest() }
        do {
            return try await Self.$current.withValue(self) { try await race(work) }
        } catch {
            let isCancellation = (error as? ShardError)?.code == .cancelled || error is CancellationError
            throw isCancellation && isOver && !Task.isCancelled ? self.error : error
        }
    }

    /// Cancels the work when the time is over. Work that ends all the same has ended well: it is not undone.
    private func race<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                while let left = self.left {
                    do { try await Task.sleep(for: left) } catch { break }
                }
                return nil
            }
            while let end = try await group.next() {
                if let result = end {
                    group.cancelAll()
                    return result
                }
                if isOver { group.cancelAll() }
            }
            throw ShardError(.internalError, "a statement's work ended without a result")
        }
    }

    // MARK: The clock

    /// Whether there is time to begin.
    private func start() -> Bool {
        phase.withLock { phase in
            switch phase {
            case .resting(let left):
                phase = left > .zero ? .running(until: clock.monotonic + left) : .over
                return left > .zero
            case .running, .settled: return true
            case .over: return false
            }
        }
    }

    private func rest() {
        phase.withLock { phase in
            if case .running(let until) = phase { phase = .resting(left: until - clock.monotonic) }
        }
    }

    /// What is left of a running clock; nil when there is nothing to wait for.
    private var left: Duration? {
        phase.withLock { phase in
            look(&phase)
            if case .running(let until) = phase { return until - clock.monotonic }
            return nil
        }
    }

    private func look(_ phase: inout Phase) {
        if case .running(let until) = phase, clock.monotonic >= until { phase = .over }
    }
}
