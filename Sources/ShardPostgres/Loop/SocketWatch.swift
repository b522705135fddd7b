import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The readiness of one socket, for one waiter at a time.
///
/// The poller is level-triggered. In the common case (the waiter comes first, then the answer, and it is read at once)
/// nothing has to be told to the poller. A socket that is ready while nobody waits is switched off until somebody does:
/// that is what makes a slow reader's server stop sending.
///
/// The descriptor is the watch's own duplicate. libpq closes its descriptor whenever it finds the connection broken, and the
/// system gives the number to whoever opens something next; the duplicate's number stays ours until ``end()``.
final class SocketWatch: Sendable {
    private struct State {
        var waiter: UnsafeContinuation<Void, Never>?
        var wanted: SocketInterest = []
        /// What the poller looks for.
        var armed: SocketInterest = .readable
        /// Broken or ended: nobody has to wait any more, reading tells what happened.
        var isOver = false
        var isClosed = false
    }

    let socket: Int32
    let token: UInt64
    private let loop: PostgresLoop
    private let state = Mutex(State())

    init(socket: Int32, token: UInt64, loop: PostgresLoop) {
        self.socket = socket
        self.token = token
        self.loop = loop
    }

    /// Suspends until the socket is ready for one of these, or broken, or ``end()`` is called.
    func wait(for interest: SocketInterest) async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isOver = state.withLock { state -> Bool in
                if state.isOver { return true }
                state.waiter = continuation
                state.wanted = interest
                if state.armed != interest {
                    state.armed = interest
                    loop.change(self, interest)
                }
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Something happened; called on the loop's thread.
    func signal(_ event: SocketEvent) {
        let waiter = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            if state.isOver { return nil }
            if event.isBroken {
                // A broken socket is reported whatever the poller is told to look for.
                state.isOver = true
                loop.ignore(self)
            } else if state.waiter == nil {
                if !state.armed.isEmpty {
                    state.armed = []
                    loop.change(self, [])
                }
            } else if event.ready.isDisjoint(with: state.wanted) {
                // Reported before the waiter changed what is looked for.
                return nil
            }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    enum News { case none, readable, broken }

    /// What the socket had to tell while nobody waited.
    var news: News { state.withLock { $0.isOver ? .broken : $0.armed.isEmpty ? .readable : .none } }

    /// Cuts the connection: reading finds its end. The waiter wakes by that.
    func cut() {
        state.withLock { state in
            if !state.isClosed { _ = shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Ends watching and closes the duplicate. Idempotent.
    func end() {
        let waiter = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            if state.isClosed { return nil }
            state.isOver = true
            state.isClosed = true
            loop.forget(self)
            close(socket)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
