public import ShardBase
import Synchronization

/// A named lock that is held, as the work under it sees it.
public final class HeldLock: Sendable {
    public let name: String
    /// The fencing token: greater than that of everybody who held the lock before. Give it to what the lock protects, and have it
    /// refuse a smaller one than it has seen: that, and nothing else, keeps out a holder that was stopped for longer than its lease
    /// and does not know it yet.
    public let token: Int64
    private let state: Mutex<State>

    private struct State {
        /// Until when the lease lasts at least, by our own clock.
        var deadline: ContinuousClock.Instant
        var isWanted = false
        var isOver = false
        var isLost = false
    }

    init(name: String, token: Int64, deadline: ContinuousClock.Instant) {
        self.name = name
        self.token = token
        self.state = Mutex(State(deadline: deadline))
    }

    /// Whether the lease certainly lasts at this moment. Costs a reading of the clock.
    public var isHeld: Bool {
        state.withLock { !$0.isOver && !$0.isLost && ContinuousClock.now < $0.deadline }
    }

    /// Whether somebody else waits for it, as of the last renewal: a third of the lease ago at most.
    public var isWanted: Bool { state.withLock { $0.isWanted } }

    /// Nothing where the lease certainly lasts at this moment.
    /// - Throws: `.lockLost`.
    public func check() throws(ShardError) {
        guard isHeld else { throw lost }
    }

    var deadline: ContinuousClock.Instant { state.withLock { $0.deadline } }
    /// Whether the work under it has ended, in whatever way.
    var isOver: Bool { state.withLock { $0.isOver } }

    func renewed(until deadline: ContinuousClock.Instant, isWanted: Bool) {
        state.withLock {
            $0.deadline = max($0.deadline, deadline)
            $0.isWanted = isWanted
        }
    }

    func lose() { state.withLock { $0.isLost = true } }
    func end() { state.withLock { $0.isOver = true } }

    var lost: ShardError {
        ShardError(
            .lockLost,
            "the lock \(name) was lost: its lease could not be renewed in time, so somebody else may have it",
            hint: "The work under it was cancelled and may be half done. Run it again under the lock.",
            isRetryable: true)
    }
}
