/// How far identifiers may run ahead of the clock.
public enum SnowflakePace: Sendable, Hashable {
    /// Never: at most 2^sequenceBits identifiers a millisecond, their timestamps true. More wait for the next
    /// millisecond, and so do those after the clock was set back.
    case strict
    /// By so much, in whole milliseconds: bursts do not wait, and a clock that is set back by less is not noticed.
    ///
    /// Without a store, be sure that as much time passes before the same worker begins again.
    case runAhead(limit: Duration)
}

/// What may be chosen about a generator of snowflakes. The defaults suit a server with a time daemon.
public struct SnowflakeOptions: Sendable {
    /// How the bits are shared out. All generators of one set of identifiers need the same. Default: 41/10/12.
    public var layout: SnowflakeLayout = .standard
    /// Default: 10 ms ahead.
    public var pace: SnowflakePace = .runAhead(limit: .milliseconds(10))
    /// The longest that one call waits for the clock; when it is further behind, the call fails with `clockBehind`
    /// (or, where the layout has rollback bits left, takes the next of these). Default: 5 s.
    public var maximumWait: Duration = .seconds(5)
    /// With a store and a fixed worker: how far ahead the high-water mark is written. One write for each interval with
    /// identifiers in it; after a crash the first identifier waits up to this long. Default: 1 s, at least 20 ms.
    public var reserveInterval: Duration = .seconds(1)
    /// With a leased worker: for how long it is leased. It is renewed every third of that; issuing stops a fifth of it
    /// before the end. Default: 30 s, at least 100 ms.
    public var leaseTime: Duration = .seconds(30)
    /// How long the store may take to answer before that counts as a failure. Default: 5 s.
    public var storeTimeout: Duration = .seconds(5)
    /// From how long before the end of the timestamp bits to warn at start-up. Default: 365 days.
    public var warnBefore: Duration = .seconds(365 * 86_400)
    /// From how long before that end to refuse, at start-up and while running. Default: 1 day.
    public var refuseBefore: Duration = .seconds(86_400)
    /// Default: the system's clocks.
    public var clock: IDClock = .system
    /// Hears what operators should know. Called outside all locks, on any thread; must not block. Default: nobody.
    public var notify: @Sendable (IDNotice) -> Void = { _ in }

    public init() {}

    /// The run-ahead limit in milliseconds.
    var aheadMilliseconds: Int64 {
        switch pace {
        case .strict: 0
        case .runAhead(let limit): max(0, limit.wholeMilliseconds)
        }
    }

    /// The last moment, exclusive, for which identifiers are made.
    var refuseUnixMilliseconds: Int64 { layout.endUnixMilliseconds - max(0, refuseBefore.wholeMilliseconds) }

    /// Stops issuing a fifth of a lease before its end.
    var leaseMargin: Duration { leaseTime / 5 }

    func check(isLeased: Bool) throws(IDError) {
        let minimumLease = Duration.milliseconds(100)
        if isLeased, leaseTime < minimumLease {
            throw IDError(
                .badOption, "a lease of \(leaseTime) is too short to be renewed",
                advice: "Take \(minimumLease) or more.")
        }
        if isLeased, .milliseconds(aheadMilliseconds) > leaseTime / 4 {
            throw IDError(
                .badOption,
                "running ahead by \(aheadMilliseconds) ms is more than a quarter of a lease of \(leaseTime)",
                advice: "Make the run-ahead limit smaller or the lease longer.")
        }
        if reserveInterval < .milliseconds(20) {
            throw IDError(
                .badOption, "reserving \(reserveInterval) at a time would write to the store all the time",
                advice: "Take 20 ms or more.")
        }
        if aheadMilliseconds > 1 << 40 {
            throw IDError(
                .badOption, "running ahead by \(aheadMilliseconds) ms is no limit", advice: "Take some seconds at most."
            )
        }
    }
}
