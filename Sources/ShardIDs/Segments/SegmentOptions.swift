/// What may be chosen about segments. The defaults are for a database some milliseconds away.
public struct SegmentOptions: Sendable {
    public enum Mode: Sendable, Hashable {
        /// Double-buffered segments: the store is asked in the background, before it is needed.
        case buffered
        /// Each call asks the store for just what it needs, like a database's sequence: few gaps, and growing over all
        /// processes in the order of the answers, at the price of a round trip a call.
        case plainSequence
    }
    /// Default: buffered.
    public var mode: Mode = .buffered
    /// The share of a segment that may be used before the next is fetched. 0 to 0.9, default 0.1.
    public var prefetchShare: Double = 0.1
    /// How long a segment should last. Its step is doubled when it lasts less and halved when it lasts twice as long.
    /// Longer rides out longer outages and loses more identifiers at a restart. Default: 15 minutes, as in Leaf.
    public var targetTime: Duration = .seconds(900)
    /// The bounds of the step; the lower one is the row's own step unless given. The upper is what a tag may lose at a
    /// restart, twice. Default: 16,777,216.
    public var minimumStep: Int64? = nil
    public var maximumStep: Int64 = 1 << 24
    /// How often to try before callers whose buffers are dry get an error. Tries go on in the background all the same.
    /// Default: 3.
    public var attempts: Int = 3
    /// The pause after the first failure; it doubles with each, up to `longestBackOff`, and a quarter of it is random.
    /// Default: 50 ms, 5 s.
    public var firstBackOff: Duration = .milliseconds(50)
    public var longestBackOff: Duration = .seconds(5)
    /// How long the store may take to answer before that counts as a failure. Default: 5 s.
    public var storeTimeout: Duration = .seconds(5)
    /// The longest that one call waits for a segment. Default: 5 s.
    public var maximumWait: Duration = .seconds(5)
    /// The largest identifier to be issued; ``SnowflakeLayout/maximumJavaScriptInteger`` for JavaScript. Default: 2^63
    /// - 1.
    public var maximumIdentifier: Int64 = .max
    /// Only its monotonic time is used. Default: the system's.
    public var clock: IDClock = .system
    /// Hears what operators should know. Called outside all locks, on any thread; must not block. Default: nobody.
    public var notify: @Sendable (IDNotice) -> Void = { _ in }

    public init() {}

    func check() throws(IDError) {
        guard prefetchShare >= 0, prefetchShare <= 0.9 else {
            throw IDError(
                .badOption, "the share \(prefetchShare) of a segment is not within 0 and 0.9", advice: "Take 0.1.")
        }
        guard maximumStep >= 1, (minimumStep ?? 1) >= 1, (minimumStep ?? 1) <= maximumStep else {
            throw IDError(
                .badOption, "steps from \(minimumStep ?? 1) to \(maximumStep) make no segments",
                advice: "Take a lower bound of 1 or more, and an upper bound that is not below it.")
        }
        guard attempts >= 1, maximumIdentifier >= 1 else {
            throw IDError(
                .badOption, "\(attempts) attempts, identifiers up to \(maximumIdentifier)",
                advice: "Both must be 1 or more.")
        }
    }
}
