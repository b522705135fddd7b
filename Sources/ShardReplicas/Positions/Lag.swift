/// How far a replica is behind. Never a number with a default: what was not measured is unknown, and who is unknown serves
/// nothing (Vitess read NULL as 0 and sent reads to replicas that were cut off).
public enum Lag: Sendable, Hashable {
    case unknown
    /// At the moment `at` of the monotonic clock everything was visible that had been committed until `value` before it.
    case measured(Duration, at: Duration)

    /// The moment until which everything committed is visible. It stays true however long ago it was measured.
    public var asOf: Duration? {
        switch self {
        case .unknown: nil
        case .measured(let value, let at): at - value
        }
    }

    /// How old what a read sees can be at worst, if the replica stood still from the measurement on.
    public func staleness(now: Duration) -> Duration? { asOf.map { now - $0 } }

    /// Whether it was measured, not more than `lifetime` ago, and as not more than `maximum`.
    ///
    /// - Parameter maximum: nil: any lag will do. Unknown will never do.
    public func isWithin(_ maximum: Duration?, lifetime: Duration, now: Duration) -> Bool {
        switch self {
        case .unknown: false
        case .measured(let value, let at): now - at <= lifetime && value <= maximum ?? value
        }
    }
}
