import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Hears signals on a thread of its own, so that what is to be done may do anything.
///
/// The handler itself only writes the signal's number into a pipe; the thread that reads it calls the action of the
/// newest watch. One watch of a signal at a time.
final class SignalWatch: Sendable {
    enum Signal: Int32, Sendable {
        case interrupt = 2
        case terminate = 15

        /// Ends the process at once with the status that shells expect of the signal.
        func end() -> Never { _exit(128 + rawValue) }
    }

    private let signals: [Signal]
    private static let actions = Mutex<[Signal: @Sendable (Signal) -> Void]>([:])
    /// The pipe's end that the handler writes to; -1 before the first watch.
    private static let writeEnd = Atomic<Int32>(-1)
    private static let listener: Void = listen()

    /// From now on the signals do not end the process by themselves; `action` hears of them.
    init(_ signals: [Signal], action: @escaping @Sendable (Signal) -> Void) {
        self.signals = signals
        _ = Self.listener
        Self.actions.withLock { actions in
            for signal in signals { actions[signal] = action }
        }
        for watched in signals {
            signal(watched.rawValue) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                let saved = errno
                _ = write(SignalWatch.writeEnd.load(ordering: .relaxed), &byte, 1)
                errno = saved
            }
        }
    }

    /// Gives the signals their usual effect again.
    func stop() {
        for watched in signals { signal(watched.rawValue, SIG_DFL) }
        Self.actions.withLock { actions in
            for signal in signals { actions[signal] = nil }
        }
    }

    private static func listen() {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        writeEnd.store(ends[1], ordering: .relaxed)
        let readEnd = ends[0]
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let count = read(readEnd, &byte, 1)
                if count < 0, errno == EINTR { continue }
                guard count == 1 else { return }
                guard let signal = Signal(rawValue: Int32(byte)) else { continue }
                let action = actions.withLock { $0[signal] }
                action?(signal)
            }
        }
    }
}
