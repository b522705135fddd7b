/// Why there is no identifier.
public enum SnowflakeError: Error, Sendable, Hashable {
    /// The fields have no bits, or more than 63 together.
    case badLayout
    /// The worker does not fit the layout.
    case workerOutOfRange(worker: UInt64, maximum: UInt64)
    /// The clock stands before the layout's epoch.
    case beforeEpoch(unixMilliseconds: Int64)
    /// The timestamp field is used up.
    case exhausted
    /// The clock is behind the last identifier by more than the generator may wait for.
    case clockBehind(milliseconds: UInt64)
}

extension SnowflakeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badLayout:
            "a snowflake layout needs 1 timestamp bit, 1 sequence bit and 63 bits at most altogether"
        case .workerOutOfRange(let worker, let maximum): "worker \(worker) is not within 0 and \(maximum)"
        case .beforeEpoch(let now): "the clock stands at \(now) ms, before the layout's epoch"
        case .exhausted: "the layout's timestamp bits are used up; choose a later epoch or more timestamp bits"
        case .clockBehind(let milliseconds):
            "the clock is \(milliseconds) ms behind the last identifier made; was it set back?"
        }
    }
}
