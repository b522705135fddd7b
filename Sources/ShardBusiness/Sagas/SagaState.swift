/// Where a saga stands, and what comes next. Pure; what it is told is written down before anything is done about it.
///
/// ```
///            begin ─ step ─ succeeded ─▶ … ─▶ completed
///  running ──┤                │
///            └─ failed ───────┤ before the pivot: compensating ─▶ … ─▶ compensated
///                             └ at it or behind it, or recovery is forward: attention ─ retry ─▶ running
///  compensating ─ failed too often ─▶ attention ─ retry ─▶ compensating
/// ```
///
/// Invariants:
/// - a step begins only after all before it have succeeded, a compensation only after all behind it have;
/// - a step that may have done something is compensated; one that has never begun is not;
/// - behind the pivot nothing is compensated.
///
/// Sources: Garcia-Molina, Salem: Sagas, 1987 (backward and forward recovery); Mehrotra et al.: A transaction model for
/// multidatabase systems, 1992 (compensatable, pivot and retriable steps); Helland: Life beyond distributed transactions, 2007.
public struct SagaState: Sendable, Hashable, Codable {
    public enum Status: String, Sendable, Hashable, Codable, CaseIterable {
        /// Going forward.
        case running
        /// Going backward.
        case compensating
        /// All steps have succeeded.
        case completed
        /// What was done is undone.
        case compensated
        /// It goes neither way by itself.
        case attention

        /// Whether it goes on by itself.
        public var isUnderWay: Bool {
            switch self {
            case .running, .compensating: true
            case .completed, .compensated, .attention: false
            }
        }
    }

    /// What a failed step says of itself.
    public enum Failure: Sendable, Hashable {
        /// Trying again may succeed.
        case temporary
        /// Trying again is of no use; it may have done something.
        case permanent
        /// Trying again is of no use, and it has certainly done nothing.
        case withoutEffect
    }

    public enum Action: Sendable, Hashable {
        case run(step: Int)
        case compensate(step: Int)
        case end
    }

    /// The steps' names as they were at the start.
    public let steps: [String]
    /// The step behind which nothing is compensated; itself it leads back only when it has certainly done nothing. The number of
    /// steps where all can be compensated, -1 where recovery is forward.
    public let pivot: Int
    public private(set) var status = Status.running
    /// The step that is under way, forward or backward.
    public private(set) var position = 0
    /// Of the step, or its compensation, that is under way: begun so far.
    public private(set) var attempts = 0
    /// What steps have returned, as JSON, by step.
    public private(set) var results: [String: String] = [:]
    /// Why it went backward or stopped.
    public private(set) var failure: String?
    /// What the last failed attempt said.
    public private(set) var lastError: String?
    /// Where `retry` leads from `attention`.
    private var stoppedAt: Status?

    /// - Parameters:
    ///   - steps: one at least, each with a name of its own.
    ///   - pivot: counted from 0.
    public init(steps: [String], pivot: Int) {
        precondition(!steps.isEmpty && Set(steps).count == steps.count, "a saga's steps \(steps)")
        self.steps = steps
        self.pivot = pivot
    }

    public var action: Action {
        switch status {
        case .running: .run(step: position)
        case .compensating: .compensate(step: position)
        case .completed, .compensated, .attention: .end
        }
    }

    /// The step under way is about to be tried. To be written down before it is.
    public mutating func begin() {
        precondition(status.isUnderWay, "\(status.rawValue) and begun")
        attempts += 1
    }

    /// - Parameter result: JSON; nil: it returns nothing.
    public mutating func succeeded(_ result: String? = nil) {
        switch status {
        case .running:
            results[steps[position]] = result
            attempts = 0
            position += 1
            if position == steps.count { status = .completed }
        case .compensating: goBack()
        case .completed, .compensated, .attention: preconditionFailure("\(status.rawValue) and a step has succeeded")
        }
    }

    /// - Parameter maximumAttempts: of a step, and of a compensation.
    /// - Returns: whether the same is to be tried again, after a pause.
    public mutating func failed(_ reason: String, _ failure: Failure, maximumAttempts: Int) -> Bool {
        lastError = reason
        if failure == .temporary, attempts < maximumAttempts { return true }
        switch status {
        case .running:
            self.failure = "\(steps[position]): \(reason)"
            // A pivot that may have happened leads neither way: going back could undo what it has made final.
            guard position < pivot || (position == pivot && failure == .withoutEffect) else {
                stop()
                return false
            }
            status = .compensating
            attempts = 0
            if failure == .withoutEffect { goBack() }
            return false
        case .compensating:
            // Whatever it says of itself: what it should undo is still there.
            if attempts < maximumAttempts, failure != .permanent { return true }
            stop()
            return false
        case .completed, .compensated, .attention: preconditionFailure("\(status.rawValue) and a step has failed")
        }
    }

    /// Whoever finds it under way after its process has died: the attempt that was written down may have done anything, and counts.
    public mutating func resumed(maximumAttempts: Int) {
        guard status.isUnderWay, attempts >= maximumAttempts else { return }
        _ = failed("the process ended in its last attempt", .temporary, maximumAttempts: maximumAttempts)
    }

    /// Lets a saga that needs attention go on where it stopped.
    ///
    /// - Returns: false where it does not need attention.
    public mutating func retry() -> Bool {
        guard status == .attention, let stoppedAt else { return false }
        status = stoppedAt
        self.stoppedAt = nil
        attempts = 0
        return true
    }

    /// Stops a saga whose definition is not what it was begun with.
    public mutating func stop(because reason: String) {
        guard status.isUnderWay else { return }
        lastError = reason
        stop()
    }

    private mutating func stop() {
        stoppedAt = status
        status = .attention
    }

    private mutating func goBack() {
        attempts = 0
        position -= 1
        guard position >= 0 else {
            position = 0
            status = .compensated
            return
        }
    }
}
