/// Something an operator should hear of although identifiers are still made. Print it: `description` is a sentence.
public enum IDNotice: Sendable, Hashable {
    /// The timestamp bits end on this day (`yyyy-mm-dd`); from `refusesFrom` on nothing is issued.
    case bitsEnding(runOut: String, refusesFrom: String)
    /// The clock was set back further than could be waited out; a rollback value was used up, so many are left.
    case rollbackUsed(milliseconds: Int64, left: UInt64)
    /// The worker's row could not be renewed; issuing stops in so many milliseconds unless it can be.
    case renewalFailed(worker: Int64, stopsInMilliseconds: Int64, reason: String)
    /// The worker is held again after failures.
    case renewed(worker: Int64)
    /// A generator stopped for good.
    case stopped(worker: Int64, reason: String)
    /// A segment could not be fetched, for the nth time in a row.
    case segmentFetchFailed(tag: String, attempt: Int, reason: String)
    /// The step of a tag was adapted to the rate of use.
    case stepChanged(tag: String, from: Int64, to: Int64)
    /// More than nine tenths of the identifiers a tag may have are used.
    case segmentsEnding(tag: String, maximum: Int64)
    case tagAdded(String)
    case tagDropped(String)
}

extension IDNotice: CustomStringConvertible {
    public var description: String {
        switch self {
        case .bitsEnding(let runOut, let refusesFrom):
            "the timestamp bits run out on \(runOut); from \(refusesFrom) on no identifiers are made"
        case .rollbackUsed(let milliseconds, let left):
            "the clock was set back by \(milliseconds) ms; \(left) rollback values are left"
        case .renewalFailed(let worker, let left, let reason):
            "worker \(worker) could not be renewed (\(reason)); issuing stops in \(left) ms"
        case .renewed(let worker): "worker \(worker) is renewed again"
        case .stopped(let worker, let reason): "worker \(worker) issues no more: \(reason)"
        case .segmentFetchFailed(let tag, let attempt, let reason):
            "fetching a segment of \(tag) failed, attempt \(attempt): \(reason)"
        case .stepChanged(let tag, let old, let new): "the step of \(tag) went from \(old) to \(new)"
        case .segmentsEnding(let tag, let maximum): "nine tenths of the identifiers of \(tag) up to \(maximum) are used"
        case .tagAdded(let tag): "tag \(tag) was found"
        case .tagDropped(let tag): "tag \(tag) is gone"
        }
    }
}
