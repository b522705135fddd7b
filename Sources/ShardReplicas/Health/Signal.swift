import Synchronization

/// Sleeps for a duration, or throws when the task is cancelled. Tests give one of their own.
public typealias Sleep = @Sendable (Duration) async throws -> Void

/// Wakes everybody who waits for something to have changed.
///
/// No wake-up is lost: who waits says what they had seen, and does not wait if there has been a change since.
///
/// ```
/// var seen = signal.generation
/// while !condition { seen = await signal.change(after: seen, within: …) }
/// ```
final class Signal: Sendable {
    private struct State {
        var generation: UInt64 = 0
        var nextID: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }
    private let state = Mutex(State())
    private let sleep: Sleep

    init(sleep: @escaping Sleep = { try await Task.sleep(for: $0) }) {
        self.sleep = sleep
    }

    var generation: UInt64 { state.withLock { $0.generation } }
    var waiterCount: Int { state.withLock { $0.waiters.count } }

    func changed() {
        let waiters = state.withLock { state in
            state.generation += 1
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    /// Returns at the next change, when the time is over, or when the task is cancelled: the caller looks which.
    func change(after generation: UInt64, within limit: Duration) async {
        guard limit > .zero, !Task.isCancelled else { return }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let timer = Task { [self, sleep] in
            try? await sleep(limit)
            if !Task.isCancelled { wake(id) }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // Cancelled or timed out before it could be entered: `wake` found nobody then.
                    if state.generation != generation || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            wake(id)
        }
        timer.cancel()
    }

    private func wake(_ id: UInt64) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.resume()
    }
}
