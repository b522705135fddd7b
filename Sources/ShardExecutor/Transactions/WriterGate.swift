import ShardBase
import Synchronization

/// The queue before a shard's one writer, with a bound on waiting: what ends a deadlock of two transactions of one
/// process that write the same shards in opposite order.
///
/// Who has entered may lease the writer from the pool without waiting. First come, first served. Entering a free gate
/// costs one lock.
final class WriterGate: Sendable {
    private struct State {
        var isHeld = false
        var nextTicket: UInt64 = 0
        var waiters: [(ticket: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
        /// Tickets that were cancelled before they were waiting.
        var cancelled: Set<UInt64> = []
    }
    private let state = Mutex(State())
    private let shard: String

    init(shard: String) { self.shard = shard }

    /// - Throws: `.busy`, retryable, when `timeout` is over; `.cancelled`.
    func enter(timeout: Duration) async throws {
        let ticket: UInt64? = state.withLock { state in
            if !state.isHeld {
                state.isHeld = true
                return nil
            }
            state.nextTicket += 1
            return state.nextTicket
        }
        guard let ticket else { return }
        let timer = Task { [weak self] in
            try? await Task.sleep(for: timeout)
            guard !Task.isCancelled, let self else { return }
            self.fail(
                ticket,
                ShardError(
                    .busy, "database is locked",
                    hint: "Another transaction is writing to shard \(self.shard); run this one again.",
                    engineCode: "5", isRetryable: true))
        }
        defer {
            timer.cancel()
            // A cancellation that came after the turn was given left its mark.
            state.withLock { _ = $0.cancelled.remove(ticket) }
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in wait(ticket, continuation) }
        } onCancel: {
            cancel(ticket)
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            if state.waiters.isEmpty {
                state.isHeld = false
                return nil
            }
            return state.waiters.removeFirst().continuation
        }
        next?.resume()
    }

    private enum Turn { case mine, waiting, cancelled }

    private func wait(_ ticket: UInt64, _ continuation: CheckedContinuation<Void, any Error>) {
        let turn: Turn = state.withLock { state in
            if state.cancelled.remove(ticket) != nil { return .cancelled }
            if !state.isHeld {
                state.isHeld = true
                return .mine
            }
            state.waiters.append((ticket, continuation))
            return .waiting
        }
        switch turn {
        case .mine: continuation.resume()
        case .cancelled: continuation.resume(throwing: ShardError.interrupted)
        case .waiting: break
        }
    }

    private func cancel(_ ticket: UInt64) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else {
                state.cancelled.insert(ticket)
                return nil
            }
            return state.waiters.remove(at: index).continuation
        }
        waiter?.resume(throwing: ShardError.interrupted)
    }

    private func fail(_ ticket: UInt64, _ error: ShardError) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else { return nil }
            return state.waiters.remove(at: index).continuation
        }
        waiter?.resume(throwing: error)
    }
}
