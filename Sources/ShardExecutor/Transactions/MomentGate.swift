import Synchronization

/// Keeps two things of one process apart: opening snapshots on several shards, and committing on several shards. So
/// that a statement sees all of such a commit or nothing of it.
///
/// Readers pass together; a commit has the gate to itself. First come, first served: a commit that waits lets no later
/// reader pass. Held for microseconds by readers and for the length of the commits (their syncs) by writers; nobody
/// waits for connections or locks while holding it.
final class MomentGate: Sendable {
    private struct Waiter {
        var isCommit: Bool
        var continuation: CheckedContinuation<Void, Never>
    }
    private struct State {
        var readers = 0
        var isCommitting = false
        var waiters: [Waiter] = []
    }
    private let state = Mutex(State())

    func reading<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        await enter(isCommit: false)
        defer { leave(isCommit: false) }
        return try await body()
    }

    func committing<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        await enter(isCommit: true)
        defer { leave(isCommit: true) }
        return try await body()
    }

    private func enter(isCommit: Bool) async {
        if state.withLock({ Self.pass(&$0, isCommit) }) { return }
        await withCheckedContinuation { continuation in
            let isMine = state.withLock { state in
                if Self.pass(&state, isCommit) { return true }
                state.waiters.append(Waiter(isCommit: isCommit, continuation: continuation))
                return false
            }
            if isMine { continuation.resume() }
        }
    }

    private static func pass(_ state: inout State, _ isCommit: Bool) -> Bool {
        guard !state.isCommitting, state.waiters.isEmpty, !isCommit || state.readers == 0 else { return false }
        if isCommit { state.isCommitting = true } else { state.readers += 1 }
        return true
    }

    private func leave(isCommit: Bool) {
        let next = state.withLock { state -> [Waiter] in
            if isCommit { state.isCommitting = false } else { state.readers -= 1 }
            var next: [Waiter] = []
            while let first = state.waiters.first, !state.isCommitting, !first.isCommit || state.readers == 0 {
                if first.isCommit { state.isCommitting = true } else { state.readers += 1 }
                next.append(state.waiters.removeFirst())
            }
            return next
        }
        for waiter in next { waiter.continuation.resume() }
    }
}
