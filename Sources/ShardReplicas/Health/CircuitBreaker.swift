public import ShardBase

/// Whether an endpoint is asked at all: closed while it answers; open, and left alone, when it keeps failing; half-open when
/// it is tried again with a few calls.
///
/// ```
///            failures in a row              back-off over
///   closed ───────────────────▶ open(until) ─────────────▶ half-open
///     ▲                              ▲     a trial fails        │
///     │                              └──────────────────────────┤
///     └──────────────── enough trials succeed ──────────────────┘
/// ```
///
/// A pure machine: it is told the time and what happened. A call that was let through before the last change of state tells
/// nothing of the new state, so each call carries the generation it was let through in. Source of the states: Nygard,
/// "Release It!", 2007.
public struct CircuitBreaker: Sendable {
    public struct Options: Sendable, Hashable {
        /// So many failures in a row open it. Default: 5.
        public var failuresToOpen = 5
        /// So many successful trials in a row close it. Default: 2.
        public var successesToClose = 2
        /// So many trials at one time. Default: 1.
        public var trialsAtOnce = 1
        public var backOff = BackOff()
        /// A trial that has not ended after this time no longer keeps others out. Default: 30 s.
        public var trialLifetime: Duration = .seconds(30)

        public init() {}
    }

    public enum State: Sendable, Hashable {
        case closed(failures: Int)
        /// Until this moment.
        case open(until: Duration)
        case halfOpen(successes: Int)
    }

    /// What lets a call through.
    public struct Pass: Sendable, Hashable {
        public let generation: UInt64
        public let isTrial: Bool
    }

    public private(set) var state: State = .closed(failures: 0)
    public let options: Options
    /// Moments when the trials in flight began.
    private var trials: [Duration] = []
    /// How often in a row it has opened without closing between.
    private var openings = 0
    /// Changes with every change between closed, open and half-open.
    public private(set) var generation: UInt64 = 0
    private var generator: SeededGenerator

    /// - Parameter generator: draws the jitter.
    public init(_ options: Options = Options(), generator: SeededGenerator = SeededGenerator()) {
        self.options = options
        self.generator = generator
    }

    /// Until when it lets nothing through; a moment that is over where trials are due. Nil: it is closed.
    public var refusesUntil: Duration? {
        switch state {
        case .closed: nil
        case .open(let until): until
        // The next that may be tried: at once where a trial is free, else when the oldest trial has been given up.
        case .halfOpen: trials.count < options.trialsAtOnce ? .zero : trials[0] + options.trialLifetime
        }
    }

    /// Lets a call through, or not (nil). Each pass has to come back by one of the three below.
    public mutating func admit(now: Duration) -> Pass? {
        switch state {
        case .closed: return Pass(generation: generation, isTrial: false)
        case .open(let until):
            guard now >= until else { return nil }
            change(to: .halfOpen(successes: 0))
        case .halfOpen: break
        }
        trials.removeAll { now - $0 >= options.trialLifetime }
        guard trials.count < max(1, options.trialsAtOnce) else { return nil }
        trials.append(now)
        return Pass(generation: generation, isTrial: true)
    }

    public mutating func succeeded(_ pass: Pass) {
        guard pass.generation == generation else { return }
        switch state {
        case .closed: state = .closed(failures: 0)
        case .open: break
        case .halfOpen(let successes):
            endTrial()
            if successes + 1 >= options.successesToClose {
                openings = 0
                change(to: .closed(failures: 0))
            } else {
                state = .halfOpen(successes: successes + 1)
            }
        }
    }

    public mutating func failed(_ pass: Pass, now: Duration) {
        guard pass.generation == generation else { return }
        fail(now: now)
    }

    /// The call ended without saying anything of the endpoint: its caller went away, or it failed for a reason of its own.
    public mutating func abandoned(_ pass: Pass) {
        guard pass.generation == generation, pass.isTrial else { return }
        endTrial()
    }

    /// A failure that was not a call's: a probe's.
    public mutating func fail(now: Duration) {
        switch state {
        case .closed(let failures):
            if failures + 1 >= options.failuresToOpen {
                open(now: now)
            } else {
                state = .closed(failures: failures + 1)
            }
        case .open: break
        case .halfOpen: open(now: now)
        }
    }

    private mutating func open(now: Duration) {
        openings += 1
        change(to: .open(until: now + options.backOff.wait(afterFailures: openings, using: &generator)))
    }

    private mutating func change(to state: State) {
        self.state = state
        generation &+= 1
        trials.removeAll(keepingCapacity: true)
    }

    private mutating func endTrial() {
        if !trials.isEmpty { trials.removeFirst() }
    }
}
