/// Which endpoint is the primary: the one that says it is not in recovery, if it is the only one to say so.
///
/// - Nobody claims it, or the one that did cannot be asked: none. What was true a moment ago is not believed (PgDog kept
///   the verdict after a failed probe and went on writing to the old primary).
/// - Two claim it: none, and each for itself may be wrong. There is one exception: once a primary has been accepted, a
///   claim of an *older* timeline is a deposed primary that has come back, and is passed over.
/// - After two have claimed it the one that is left has to be alone for ``settling`` before it is believed.
/// - A single claim of a timeline older than one that was accepted before is never believed: what was written since is
///   not there.
///
/// A pure machine over probes' answers.
public struct FailoverTracker: Sendable {
    public enum Verdict: Sendable, Hashable {
        case primary(String, timeline: UInt64)
        /// Nobody claims to be it.
        case none
        /// More than one does, or did a moment ago. Names in order.
        case contested([String])
        /// The only one to claim it is of an older timeline than the primary before.
        case deposed(String, timeline: UInt64, newest: UInt64)
    }

    /// How long a primary has to be the only one after there were two. Default: 1 s.
    public let settling: Duration
    private var claims: [String: UInt64] = [:]
    /// The newest timeline of which a primary was accepted.
    private var newest: UInt64?
    private var accepted: String?
    /// Who claimed it together, until one of them has been alone for long enough.
    private var contenders: [String]?
    /// Since when one is alone after that.
    private var aloneSince: Duration?
    public private(set) var verdict: Verdict = .none

    public init(settling: Duration = .seconds(1)) {
        self.settling = settling
    }

    /// An endpoint has answered.
    /// - Parameter timeline: nil where it claims to be primary and cannot say of what: that is no claim to be believed.
    public mutating func answered(_ name: String, isInRecovery: Bool, timeline: UInt64?, now: Duration) {
        claims[name] = isInRecovery ? nil : timeline
        decide(now: now)
    }

    /// An endpoint has not answered, or is no longer one of the shard's.
    public mutating func revoked(_ name: String, now: Duration) {
        claims[name] = nil
        decide(now: now)
    }

    private mutating func decide(now: Duration) {
        var standing = claims
        if let newest, let accepted, standing[accepted] == newest {
            standing = standing.filter { $0.key == accepted || $0.value >= newest }
        }
        if standing.count > 1 {
            let names = standing.keys.sorted()
            contenders = names
            aloneSince = nil
            verdict = .contested(names)
            return
        }
        guard let (name, timeline) = standing.first else {
            aloneSince = nil
            verdict = .none
            return
        }
        if let newest, timeline < newest {
            verdict = .deposed(name, timeline: timeline, newest: newest)
            return
        }
        if let names = contenders {
            let since = aloneSince ?? now
            aloneSince = since
            guard now - since >= settling else {
                verdict = .contested(names)
                return
            }
            contenders = nil
        }
        newest = timeline
        accepted = name
        verdict = .primary(name, timeline: timeline)
    }
}
