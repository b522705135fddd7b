import Synchronization

/// Tasks that wait until something has happened; each has a limit of its own.
///
/// Lost wake-ups are ruled out by counting: a caller notes ``ticket``, looks whether it can go on, and waits *after*
/// that ticket; if anything happened since, it does not sleep at all.
final class WaitList: Sendable {
    enum Wake { case signalled, timedOut, cancelled }

    private struct State {
        var ticket: UInt64 = 0
        var nextKey: UInt64 = 0
        /// Waits from their first line to their last: what comes before or after concerns nobody.
        var active: Set<UInt64> = []
        var waiting: [UInt64: CheckedContinuation<Wake, Never>] = [:]
        /// Those that ended before they slept: cancellation may come first.
        var ended: [UInt64: Wake] = [:]
    }
    private let state = Mutex(State())

    /// How often something has happened.
    var ticket: UInt64 { state.withLock { $0.ticket } }

    /// Something happened: everybody looks again.
    func wakeAll() {
        let woken = state.withLock { state in
            state.ticket += 1
            let woken = Array(state.waiting.values)
            state.waiting.removeAll()
            return woken
        }
        for continuation in woken { continuation.resume(returning: .signalled) }
    }

    /// Waits for the next ``wakeAll()`` after `ticket`, for `limit` at most, or for the task's cancellation.
    func wait(after ticket: UInt64, limit: Duration) async -> Wake {
        let key = state.withLock { state in
            state.nextKey += 1
            state.active.insert(state.nextKey)
            return state.nextKey
        }
        let timer = TimerThread.shared.schedule(after: limit) { [self] in end(key, .timedOut) }
        defer {
            TimerThread.shared.cancel(timer)
            state.withLock { state in
                state.active.remove(key)
                state.ended.removeValue(forKey: key)
            }
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let already: Wake? = state.withLock { state in
                    if let wake = state.ended[key] { return wake }
                    if state.ticket != ticket { return .signalled }
                    state.waiting[key] = continuation
                    return nil
                }
                if let already { continuation.resume(returning: already) }
            }
        } onCancel: {
            end(key, .cancelled)
        }
    }

    private func end(_ key: UInt64, _ wake: Wake) {
        let continuation = state.withLock { state in
            let continuation = state.waiting.removeValue(forKey: key)
            if continuation == nil, state.active.contains(key) { state.ended[key] = wake }
            return continuation
        }
        continuation?.resume(returning: wake)
    }
}
