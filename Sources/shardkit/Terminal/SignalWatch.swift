@preconcurrency import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Hears signals on a thread of its own, so that what is to be done may do anything.
final class SignalWatch: Sendable {
    enum Signal: Sendable {
        case interrupt, terminate

        fileprivate var number: Int32 {
            switch self {
            case .interrupt: SIGINT
            case .terminate: SIGTERM
            }
        }

        /// Ends the process at once with the status that shells expect of the signal.
        func end() -> Never { _exit(128 + number) }
    }

    private let signals: [Signal]
    private let sources: [any DispatchSourceSignal]

    /// From now on the signals do not end the process by themselves; `action` hears of them.
    init(_ signals: [Signal], action: @escaping @Sendable (Signal) -> Void) {
        self.signals = signals
        let queue = DispatchQueue(label: "shardkit.signals")
        sources = signals.map { watched in
            signal(watched.number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: watched.number, queue: queue)
            source.setEventHandler { action(watched) }
            source.resume()
            return source
        }
    }

    /// Gives the signals their usual effect again.
    func stop() {
        for source in sources { source.cancel() }
        for watched in signals { signal(watched.number, SIG_DFL) }
    }
}
