import CLibPQ

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a socket is waited for.
struct SocketInterest: OptionSet, Sendable {
    let rawValue: UInt8
    static let readable = SocketInterest(rawValue: 1)
    static let writable = SocketInterest(rawValue: 2)
}

/// One socket that has something to tell.
struct SocketEvent {
    var token: UInt64
    var ready: SocketInterest
    /// The other side hung up or the socket failed; reported whatever is waited for.
    var isBroken: Bool
}

#if os(Linux)
    /// Linux's epoll, level-triggered, with an eventfd to be woken by.
    struct Poller: ~Copyable {
        private let queue: Int32
        private let alarm: Int32
        private let events: UnsafeMutablePointer<epoll_event>
        private static let capacity = 64
        private static let alarmToken: UInt64 = 0

        init() {
            queue = epoll_create1(Int32(EPOLL_CLOEXEC))
            alarm = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
            precondition(queue >= 0 && alarm >= 0, "the system gives no more descriptors: errno \(errno)")
            events = .allocate(capacity: Self.capacity)
            _ = clibpq_epoll_control(queue, EPOLL_CTL_ADD, alarm, EPOLLIN.rawValue, Self.alarmToken)
        }

        deinit {
            close(queue)
            close(alarm)
            events.deallocate()
        }

        func add(_ socket: Int32, _ token: UInt64, _ interest: SocketInterest) {
            _ = clibpq_epoll_control(queue, EPOLL_CTL_ADD, socket, Self.mask(interest), token)
        }

        func change(_ socket: Int32, _ token: UInt64, _ interest: SocketInterest) {
            _ = clibpq_epoll_control(queue, EPOLL_CTL_MOD, socket, Self.mask(interest), token)
        }

        func remove(_ socket: Int32) { _ = clibpq_epoll_control(queue, EPOLL_CTL_DEL, socket, 0, 0) }

        /// Makes a ``wait(blocking:_:)`` of another thread return.
        func wake() {
            var one: UInt64 = 1
            _ = write(alarm, &one, MemoryLayout<UInt64>.size)
        }

        /// Gives what happened; waits for something unless told not to.
        func wait(blocking: Bool, _ handle: (SocketEvent) -> Void) {
            let count = epoll_wait(queue, events, Int32(Self.capacity), blocking ? -1 : 0)
            guard count > 0 else { return }
            for index in 0..<Int(count) {
                let token = clibpq_epoll_token(events + index)
                if token == Self.alarmToken {
                    var drained: UInt64 = 0
                    _ = read(alarm, &drained, MemoryLayout<UInt64>.size)
                    continue
                }
                let mask = events[index].events
                var ready: SocketInterest = []
                if mask & EPOLLIN.rawValue != 0 { ready.insert(.readable) }
                if mask & EPOLLOUT.rawValue != 0 { ready.insert(.writable) }
                let isBroken = mask & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
                handle(SocketEvent(token: token, ready: ready, isBroken: isBroken))
            }
        }

        private static func mask(_ interest: SocketInterest) -> UInt32 {
            (interest.contains(.readable) ? EPOLLIN.rawValue : 0)
                | (interest.contains(.writable) ? EPOLLOUT.rawValue : 0)
        }
    }
#else
    import Synchronization

    /// poll(2) with a pipe to be woken by, where there is no epoll. Every wait looks at every socket: meant for a
    /// developer's machine, with few connections.
    final class Poller: Sendable {
        private struct State {
            var sockets: [Int32: (token: UInt64, interest: SocketInterest)] = [:]
        }
        private let state = Mutex(State())
        private let alarm: (read: Int32, write: Int32)

        init() {
            var ends: [Int32] = [0, 0]
            precondition(pipe(&ends) == 0, "the system gives no more descriptors: errno \(errno)")
            for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
            alarm = (ends[0], ends[1])
        }

        func add(_ socket: Int32, _ token: UInt64, _ interest: SocketInterest) {
            state.withLock { $0.sockets[socket] = (token, interest) }
            wake()
        }

        func change(_ socket: Int32, _ token: UInt64, _ interest: SocketInterest) { add(socket, token, interest) }

        func remove(_ socket: Int32) { _ = state.withLock { $0.sockets.removeValue(forKey: socket) } }

        func wake() {
            var one: UInt8 = 1
            _ = write(alarm.write, &one, 1)
        }

        func wait(blocking: Bool, _ handle: (SocketEvent) -> Void) {
            let known = state.withLock { $0.sockets }
            var polled = [pollfd(fd: alarm.read, events: Int16(POLLIN), revents: 0)]
            for (socket, entry) in known {
                let events =
                    (entry.interest.contains(.readable) ? POLLIN : 0)
                    | (entry.interest.contains(.writable) ? POLLOUT : 0)
                polled.append(pollfd(fd: socket, events: Int16(events), revents: 0))
            }
            guard poll(&polled, nfds_t(polled.count), blocking ? -1 : 0) > 0 else { return }
            if polled[0].revents != 0 {
                var drained = [UInt8](repeating: 0, count: 64)
                while read(alarm.read, &drained, drained.count) > 0 {}
            }
            for entry in polled.dropFirst() where entry.revents != 0 {
                guard let token = known[entry.fd]?.token else { continue }
                var ready: SocketInterest = []
                if Int32(entry.revents) & POLLIN != 0 { ready.insert(.readable) }
                if Int32(entry.revents) & POLLOUT != 0 { ready.insert(.writable) }
                let isBroken = Int32(entry.revents) & (POLLHUP | POLLERR | POLLNVAL) != 0
                handle(SocketEvent(token: token, ready: ready, isBroken: isBroken))
            }
        }
    }
#endif
