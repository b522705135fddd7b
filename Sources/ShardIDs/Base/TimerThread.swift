import Synchronization

/// Runs short closures at given times, on a thread that does nothing else.
///
/// `Task.sleep` needs a thread of the cooperative pool to wake up, which busy callers may hold, and the background
/// thread may be blocked by a store. The end of a lease waits for neither.
final class TimerThread: Sendable {
    static let shared = TimerThread()

    struct Token: Sendable, Hashable { fileprivate let number: UInt64 }

    private struct Entry {
        let number: UInt64
        let time: Int64
        let body: @Sendable () -> Void
    }
    private struct State {
        var entries: [Entry] = []
        var next: UInt64 = 0
    }
    private let state = Mutex(State())
    private let flag = PosixFlag()

    private init() {
        PosixThread.start { [self] in run() }
    }

    /// Runs `body` once after a time; it must be short. There are few at a time: a list is enough.
    @discardableResult
    func schedule(after delay: Duration, _ body: @escaping @Sendable () -> Void) -> Token {
        let time = IDClock.systemMonotonic + max(0, delay.wholeNanoseconds)
        let token = state.withLock { state in
            state.next += 1
            state.entries.append(Entry(number: state.next, time: time, body: body))
            return Token(number: state.next)
        }
        flag.raise()
        return token
    }

    /// It will not run any more, unless it has begun.
    func cancel(_ token: Token) {
        state.withLock { state in state.entries.removeAll { $0.number == token.number } }
    }

    private func run() {
        while true {
            let now = IDClock.systemMonotonic
            let (due, next): ([Entry], Int64?) = state.withLock { state in
                let due = state.entries.filter { $0.time <= now }
                state.entries.removeAll { $0.time <= now }
                return (due, state.entries.map(\.time).min())
            }
            for entry in due { entry.body() }
            if due.isEmpty { flag.wait(nanoseconds: next.map { max(1, $0 - now) }) }
        }
    }

    /// As `Task.sleep`.
    static func sleep(for duration: Duration) async throws {
        let list = WaitList()
        if await list.wait(after: 0, limit: duration) == .cancelled { throw CancellationError() }
    }
}
