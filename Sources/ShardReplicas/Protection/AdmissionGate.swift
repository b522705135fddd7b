public import ShardBase
import Synchronization

/// Lets so many pieces of work run at one time: an endpoint's connections, its statements in flight, or a label's (a
/// bulkhead). Others wait in order, up to a bounded number and time, and are then refused with `.overloaded`.
///
/// Costs two short locks and nothing else where there is room.
public final class AdmissionGate: Sendable {
    /// What is limited, for messages: `statements of label 'reports'`.
    public let name: String
    private struct State {
        var queue: AdmissionQueue
        var continuations: [AdmissionQueue.Ticket: CheckedContinuation<Outcome, Never>] = [:]
        /// Let in before they had begun to wait.
        var early: Set<AdmissionQueue.Ticket> = []
        /// Out of time before they had begun to wait.
        var gone: Set<AdmissionQueue.Ticket> = []
    }
    private enum Outcome: Sendable { case admitted, cancelled, timedOut }
    private let state: Mutex<State>
    private let sleep: Sleep

    /// - Precondition: a limit of at least 1, a queue of at least 0 places.
    public init(
        _ name: String, limit: Int, queueLimit: Int, sleep: @escaping Sleep = { try await Task.sleep(for: $0) }
    ) {
        self.name = name
        self.sleep = sleep
        state = Mutex(State(queue: AdmissionQueue(limit: limit, queueLimit: queueLimit)))
    }

    public var underWay: Int { state.withLock { $0.queue.underWay } }
    public var waiting: Int { state.withLock { $0.queue.waitingCount } }
    /// 0 when nobody waits, 1 when the queue is full.
    public var pressure: Double { state.withLock { $0.queue.pressure } }

    /// Runs work as one of those that may.
    ///
    /// - Parameter limit: how long it may wait. Nil: as long as the task lives.
    /// - Throws: `.overloaded` where the queue is full or the time is over; `.cancelled`; what the work throws.
    public func withAdmission<Result>(
        within limit: Duration? = nil, _ work: () async throws -> Result
    ) async throws -> Result {
        try await enter(within: limit)
        defer { leave() }
        return try await work()
    }

    /// Enters without waiting, if there is room. Who gets true calls ``leave()`` once.
    public func tryEnter() -> Bool {
        state.withLock { state in
            guard state.queue.underWay < state.queue.limit, state.queue.waitingCount == 0 else { return false }
            guard case .admitted = state.queue.ask() else { return false }
            return true
        }
    }

    /// Enters, and is one of those under way until ``leave()``.
    /// - Throws: as ``withAdmission(within:_:)``.
    public func enter(within limit: Duration? = nil) async throws(ShardError) {
        let (answer, queueLimit, most) = state.withLock { ($0.queue.ask(), $0.queue.queueLimit, $0.queue.limit) }
        switch answer {
        case .admitted: return
        case .turnedAway:
            throw overloaded("\(most) are under way and \(queueLimit) wait already")
        case .queued(let ticket):
            switch await wait(ticket, within: limit) {
            case .admitted: return
            case .cancelled: throw .interrupted
            case .timedOut: throw overloaded("there was no room for \(limit ?? .zero)")
            }
        }
    }

    public func leave() {
        resume { $0.ended() }
    }

    /// Other limits from now on. What is under way stays so.
    public func change(limit: Int, queueLimit: Int) {
        resume { $0.change(limit: limit, queueLimit: queueLimit) }
    }

    private func resume(_ change: (inout AdmissionQueue) -> [AdmissionQueue.Ticket]) {
        let continuations = state.withLock { state in
            change(&state.queue).compactMap { ticket in
                if let continuation = state.continuations.removeValue(forKey: ticket) { return continuation }
                state.early.insert(ticket)
                return nil
            }
        }
        for continuation in continuations { continuation.resume(returning: .admitted) }
    }

    private func wait(_ ticket: AdmissionQueue.Ticket, within limit: Duration?) async -> Outcome {
        let timer = limit.map { limit in
            Task { [self, sleep] in
                try? await sleep(limit)
                if !Task.isCancelled { giveUp(ticket, .timedOut) }
            }
        }
        defer { timer?.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome: Outcome? = state.withLock { state in
                    if state.early.remove(ticket) != nil { return .admitted }
                    if Task.isCancelled, state.queue.leave(ticket) { return .cancelled }
                    // The timer came before the continuation: its ticket has left.
                    if state.gone.remove(ticket) != nil { return .timedOut }
                    state.continuations[ticket] = continuation
                    return nil
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            giveUp(ticket, .cancelled)
        }
    }

    /// Who has been let in already stays so, and uses its place or gives it back.
    private func giveUp(_ ticket: AdmissionQueue.Ticket, _ outcome: Outcome) {
        let continuation: CheckedContinuation<Outcome, Never>? = state.withLock { state in
            guard let continuation = state.continuations[ticket] else {
                if outcome == .timedOut, state.queue.leave(ticket) { state.gone.insert(ticket) }
                return nil
            }
            guard state.queue.leave(ticket) else { return nil }
            state.continuations[ticket] = nil
            return continuation
        }
        continuation?.resume(returning: outcome)
    }

    private func overloaded(_ why: String) -> ShardError {
        ShardError(.overloaded, "\(name): \(why)", hint: ErrorCode.overloaded.advice, isRetryable: true)
    }
}
