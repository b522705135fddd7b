import CLibPQ
import ShardBackend
import ShardBase
import Synchronization

/// What a connection is doing, as far as others than its owner have to know: whoever cancels.
///
/// A request to cancel travels on a connection of its own and hits whatever the server is running when it arrives. So a
/// statement counts as under way until every request on its behalf has come back, and one is only sent for the statement
/// that is under way.
///
/// `@unchecked Sendable`: the ticket is immutable, and libpq allows its use from any thread; all else is locked.
final class Flight: @unchecked Sendable {
    /// Requests to cancel block until the server has taken them.
    private static let threads = WorkExecutor(threads: 2)

    private struct State {
        var number: UInt64 = 0
        var isUnderWay = false
        var wasCancelled = false
        var requests = 0
        var waiter: UnsafeContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let ticket: OpaquePointer?
    private let watch: SocketWatch
    private let patience: Duration

    init(_ connection: OpaquePointer, _ watch: SocketWatch, patience: Duration) {
        ticket = PQgetCancel(connection)
        self.watch = watch
        self.patience = patience
    }

    deinit { PQfreeCancel(ticket) }

    /// A statement begins; the number is what ``cancel(_:)`` takes.
    func begin() -> UInt64 {
        state.withLock { state in
            state.number += 1
            state.isUnderWay = true
            state.wasCancelled = false
            return state.number
        }
    }

    /// The server has answered all of it. Waits for requests to cancel that are still on their way.
    @inline(__always)
    func end() async {
        let isFree = state.withLock { state in
            state.isUnderWay = false
            return state.requests == 0
        }
        if !isFree { await comeBack() }
    }

    private func comeBack() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isFree = state.withLock { state -> Bool in
                if state.requests == 0 { return true }
                state.waiter = continuation
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// The number of the statement under way, or of the last one.
    var currentNumber: UInt64 { state.withLock { $0.number } }

    var wasCancelled: Bool { state.withLock { $0.wasCancelled } }

    /// Asks the server to end a statement, if it is still under way; nil: whichever is.
    func cancel(_ number: UInt64?) {
        let mine = state.withLock { state -> UInt64? in
            guard state.isUnderWay, !state.wasCancelled, number == nil || number == state.number else { return nil }
            state.wasCancelled = true
            return state.number
        }
        guard let mine else { return }
        request(mine)
        Task.detached { [self] in
            // A request that arrives before the statement itself is forgotten by the server; so it is repeated.
            var left = patience
            var pause = Duration.milliseconds(100)
            while left > .zero {
                try? await Task.sleep(for: min(pause, left))
                left -= pause
                pause *= 2
                if !isUnderWay(mine) { return }
                if left > .zero { request(mine) }
            }
            // A server that does not even answer that: its silence must not be ours.
            if isUnderWay(mine) { watch.cut() }
        }
    }

    private func isUnderWay(_ number: UInt64) -> Bool { state.withLock { $0.isUnderWay && $0.number == number } }

    private func request(_ number: UInt64) {
        let isWanted = state.withLock { state -> Bool in
            guard state.isUnderWay, state.number == number else { return false }
            state.requests += 1
            return true
        }
        guard isWanted else { return }
        Task.detached(executorPreference: Self.threads) { [self] in
            var trouble = [CChar](repeating: 0, count: 256)
            if let ticket { _ = PQcancel(ticket, &trouble, Int32(trouble.count)) }
            let waiter = state.withLock { state -> UnsafeContinuation<Void, Never>? in
                state.requests -= 1
                guard state.requests == 0 else { return nil }
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}
