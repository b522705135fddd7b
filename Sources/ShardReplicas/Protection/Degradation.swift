import Synchronization

/// What is given up first when there is more to do than can be done: scatters before keyed statements, and freshness before
/// refusal, where a read allows that. Declared, never silent: what is shed fails with `.overloaded`, and a read is served
/// staler only by what it said itself.
public final class Degradation: Sendable {
    /// By hand, or by what is waiting.
    public enum Switch: UInt8, Sendable, Hashable, CaseIterable { case automatic, on, off }

    public struct Options: Sendable, Hashable {
        /// Degraded from this pressure on (0…1, of the fullest queue). Default: 0.5.
        public var begin = 0.5
        /// Until this one. Lower than `begin`, so that it does not flicker. Default: 0.1.
        public var end = 0.1

        public init() {}
    }

    /// What a statement is, for shedding.
    public enum Work: Sendable, Hashable {
        /// One shard answers it.
        case keyed
        /// Several shards do.
        case scatter
    }

    public let options: Options
    private let mode = Atomic<UInt8>(Switch.automatic.rawValue)
    private let isPressed = Atomic<Bool>(false)

    public init(_ options: Options = Options()) {
        self.options = options
    }

    public var position: Switch {
        get { Switch(rawValue: mode.load(ordering: .relaxed)) ?? .automatic }
        set { mode.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// Takes in how full the fullest queue is.
    public func report(pressure: Double) {
        if pressure >= options.begin {
            isPressed.store(true, ordering: .relaxed)
        } else if pressure <= options.end {
            isPressed.store(false, ordering: .relaxed)
        }
    }

    public var isDegraded: Bool {
        switch position {
        case .automatic: isPressed.load(ordering: .relaxed)
        case .on: true
        case .off: false
        }
    }

    /// Whether such work is refused now. Keyed statements never are here: their queues refuse them when they are full.
    public func sheds(_ work: Work) -> Bool {
        switch work {
        case .keyed: false
        case .scatter: isDegraded
        }
    }

    /// The bound on staleness that a read has now.
    ///
    /// - Parameter degraded: what the read allows while there is too much to do. Nil: it allows nothing more.
    public func staleness(_ bound: Duration, degraded: Duration?) -> Duration {
        guard let degraded, isDegraded else { return bound }
        return max(bound, degraded)
    }
}
