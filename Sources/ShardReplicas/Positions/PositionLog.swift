/// Where the primary was and when, from which the lag of replicas follows without comparing two machines' clocks.
///
/// The primary was asked at the moment `t` of our own monotonic clock and answered with position `p`: everything committed
/// before `t` lies at or before `p`. A replica that has replayed `p` therefore shows everything until `t`, and its lag at
/// `now` is `now - t` for the latest such `t`. Nothing in it is a commit's time stamp. What goes wrong with those:
///
/// - `now() - pg_last_xact_replay_timestamp()` grows on an idle primary, though nothing is missing;
/// - read as 0 where received and replayed positions are equal, it calls a replica healthy whose connection to the primary
///   is cut, since that has replayed all it will ever receive;
/// - it is NULL before the first commit is replayed, and it compares clocks of two machines.
///
/// With probes every second the lag of a replica that has everything is between 0 and 1 s: it is a bound, never an estimate.
public struct PositionLog: Sendable {
    private struct Entry: Sendable {
        var askedAt: Duration
        var position: Position
    }
    /// Oldest first, both parts growing.
    private var entries: [Entry] = []
    private let capacity: Int

    /// - Parameter capacity: how many positions are kept, at least 2. Default 128: at one probe a second, lags up to two
    ///   minutes are told apart; beyond that every second one is kept, so that lags of any length are bounded, ever coarser.
    public init(capacity: Int = 128) {
        self.capacity = max(2, capacity)
    }

    public var latest: Position? { entries.last?.position }

    /// Takes in a primary's answer.
    ///
    /// - Parameters:
    ///   - position: at least the end of every commit that anybody was told of before `askedAt`: the server's insert
    ///     position (`pg_current_wal_insert_lsn()`), for with `synchronous_commit = off` the written one is behind.
    ///   - askedAt: when the question was sent, and not when the answer came.
    public mutating func note(_ position: Position, askedAt: Duration) {
        if let last = entries.last {
            // Another timeline begins a log of its own: positions of two are not comparable by number.
            if last.position.timeline != position.timeline {
                if position.timeline < last.position.timeline { return }
                entries.removeAll(keepingCapacity: true)
            } else if askedAt <= last.askedAt || position.offset < last.position.offset {
                return
            } else if position.offset == last.position.offset {
                entries[entries.count - 1].askedAt = askedAt
                return
            }
        }
        entries.append(Entry(askedAt: askedAt, position: position))
        if entries.count > capacity { thin() }
    }

    /// The lag of a replica that had replayed a position when it was asked at `at`.
    ///
    /// Unknown where the replica is of another timeline, or behind all that is remembered.
    public func lag(replayed: Position, at: Duration) -> Lag {
        guard let newest = entries.last, newest.position.timeline == replayed.timeline else { return .unknown }
        // The first entry that the replica has not reached.
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].position.offset <= replayed.offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return .unknown }
        // A replica asked before the primary was is as it was then: its answer may not count as later than itself.
        return .measured(max(.zero, at - entries[low - 1].askedAt), at: at)
    }

    /// Keeps the newer half as it is and every second entry of the older half.
    private mutating func thin() {
        let half = entries.count / 2
        var kept: [Entry] = []
        kept.reserveCapacity(capacity + 1)
        for place in 0..<half where place.isMultiple(of: 2) { kept.append(entries[place]) }
        kept += entries[half...]
        entries = kept
    }
}
