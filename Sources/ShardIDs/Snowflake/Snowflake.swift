import Synchronization

/// Makes snowflakes for one worker: unique, strictly increasing, without a lock.
///
/// ```swift
/// let ids = try await Snowflake.leased(from: store, label: "web-3")
/// let id = try await ids.next()
/// let many = try await ids.next(count: 500)
/// await ids.close()
/// ```
///
/// Two words rule. `last` is the word of the last identifier issued; it only grows, by compare-and-swap, to the
/// larger of *last + 1* and *now with sequence 0*. `ceiling` is the first word that must not be issued: the least of
/// the durable high-water mark, the end of the lease and the end of the timestamp bits, so that one comparison minds
/// all three. Everything else happens where a word would reach the ceiling or run too far ahead of the clock.
///
/// | who gives the worker | made by | restarts |
/// |---|---|---|
/// | a store leases a free one | ``leased(from:datacenter:label:options:)`` | safe |
/// | configuration, minded by a store | ``fixed(worker:datacenter:store:label:options:)`` | safe |
/// | configuration alone | ``init(worker:datacenter:after:options:)`` | safe unless the clock was set back meanwhile |
public final class Snowflake: Sendable {
    public let layout: SnowflakeLayout
    public let datacenter: UInt64
    public let worker: UInt64
    let options: SnowflakeOptions
    let clock: IDClock

    /// The word of the last identifier issued.
    let last: Atomic<UInt64>
    /// The first word that must not be issued. Below the true bound while the next reservation should be begun early.
    let ceiling: Atomic<UInt64>

    // What the fast path needs of the layout and the clock, computed once.
    private let isSystemClock: Bool
    private let nodeBits: UInt64
    private let sequenceMask: UInt64
    private let sequenceBits: UInt64
    private let maximumTimestamp: UInt64
    private let rollbackMask: UInt64
    private let shiftedNode: UInt64
    private let allowance: UInt64

    /// What is reserved in the store; nil without one.
    let reservation: Reservation?

    init(
        datacenter: UInt64, worker: UInt64, floor: Moment, options: SnowflakeOptions, claim: WorkerClaim?
    ) {
        let layout = options.layout
        self.layout = layout
        self.datacenter = datacenter
        self.worker = worker
        self.options = options
        clock = options.clock
        isSystemClock = options.clock.closures == nil
        nodeBits = UInt64(layout.nodeBits)
        sequenceMask = layout.maximumSequence
        sequenceBits = UInt64(layout.sequenceBits)
        maximumTimestamp = layout.maximumTimestamp
        rollbackMask = layout.word(rollback: layout.maximumRollback, timestamp: 0)
        shiftedNode = (datacenter << UInt64(layout.workerBits) | worker) << sequenceBits
        allowance = min(UInt64(options.aheadMilliseconds) + 1, layout.maximumTimestamp + 1) << sequenceBits
        reservation = claim.map { Reservation(claim: $0) }
        let first = layout.word(floor)
        last = Atomic(first == 0 ? 0 : first - 1)
        ceiling = Atomic(claim == nil ? options.endWord(rollback: floor.rollback) : 0)
    }

    deinit { reservation?.state.withLock { $0.keeper }?.cancel() }

    /// The next identifier, or nil when a caller would have to wait: for the clock, or for the store.
    ///
    /// Lock-free: a clock reading and one compare-and-swap, about 10 ns; allocates nothing.
    ///
    /// - Throws: ``IDError`` when waiting would not help.
    public func tryNext() throws(IDError) -> Int64? {
        let taken = take(1, at: isSystemClock ? IDClock.systemCoarse : clock.milliseconds)
        if taken.count != 0 {
            return Int64(
                bitPattern: (taken.first & ~sequenceMask) &<< nodeBits | shiftedNode | (taken.first & sequenceMask))
        }
        if case .block(let block) = try attempt(1) { return block[0] }
        return nil
    }

    /// Up to `count` identifiers at once, fewer when more would have to wait; none perhaps.
    ///
    /// One compare-and-swap for all of them.
    public func tryNext(upTo count: Int) throws(IDError) -> IDBlock {
        guard count > 0 else { return block((0, 0)) }
        let taken = take(UInt64(count), at: isSystemClock ? IDClock.systemCoarse : clock.milliseconds)
        if taken.count != 0 { return block(taken) }
        if case .block(let block) = try attempt(UInt64(count)) { return block }
        return block((0, 0))
    }

    enum Attempt {
        case block(IDBlock)
        /// The next word is so many milliseconds further ahead of the clock than allowed.
        case ahead(milliseconds: Int64)
        /// The store has to be asked first.
        case unreserved
    }

    /// Once more, with the exact clock, and says what is in the way.
    func attempt(_ wanted: UInt64) throws(IDError) -> Attempt {
        while true {
            let now = clock.milliseconds
            let taken = take(wanted, at: now)
            if taken.count != 0 { return .block(block(taken)) }
            guard now >= layout.epoch else {
                throw IDError(
                    .clockBeforeEpoch,
                    "the clock says \(CalendarDate.moment(unixMilliseconds: now)), before the layout's epoch "
                        + "\(CalendarDate(unixMilliseconds: layout.epoch))",
                    advice: "Set the clock right, or choose an earlier epoch.")
            }
            if let stopped = reservation?.state.withLock({ $0.stopped }) { throw stopped }
            let seen = last.load(ordering: .relaxed)
            let rollback = layout.moment(seen).rollback
            let next = max(seen &+ 1, layout.word(Moment(rollback: rollback, milliseconds: now)))
            let ahead = layout.moment(next).milliseconds - now - options.aheadMilliseconds
            if ahead > 0 {
                guard ahead > options.maximumWait.wholeMilliseconds else { return .ahead(milliseconds: ahead) }
                if try rollBack(from: seen, to: rollback + 1, now: now, behind: ahead) { continue }
                return .unreserved
            }
            guard next >= ceiling.load(ordering: .acquiring) || now >= layout.endUnixMilliseconds else { continue }
            if let reservation {
                if case .wait = try widen(reservation, next: next, now: now) { return .unreserved }
            } else {
                let end = options.endWord(rollback: rollback)
                // Somebody has just begun with the next rollback value: the ceiling follows.
                guard next < end, ceiling.load(ordering: .acquiring) != 0 else { throw endError(now: now) }
                ceiling.store(end, ordering: .releasing)
            }
        }
    }

    /// Begins with the next rollback value, on the clock as it is now.
    ///
    /// - Returns: whether it is done; otherwise the store is being asked.
    /// - Throws: `clockBehind` when there is none left.
    private func rollBack(from seen: UInt64, to rollback: UInt64, now: Int64, behind: Int64) throws(IDError) -> Bool {
        guard rollback <= layout.maximumRollback else { throw Self.behindError(milliseconds: behind, options: options) }
        let notice = IDNotice.rollbackUsed(milliseconds: behind, left: layout.maximumRollback - rollback)
        if let reservation {
            if try beginRollback(reservation, to: rollback) { options.notify(notice) }
            return false
        }
        let word = layout.word(Moment(rollback: rollback, milliseconds: now)) - 1
        if last.compareExchange(expected: seen, desired: word, ordering: .relaxed).exchanged { options.notify(notice) }
        return true
    }

    /// Takes up to `wanted` words in a row, of which none is at the ceiling or further ahead than allowed; 0 if none
    /// is.
    @inline(__always)
    private func take(_ wanted: UInt64, at unixMilliseconds: Int64) -> (first: UInt64, count: UInt64) {
        let now = UInt64(bitPattern: unixMilliseconds &- layout.epoch)
        // Before the epoch it is huge.
        guard now <= maximumTimestamp else { return (0, 0) }
        let time = now &<< sequenceBits
        var seen = last.load(ordering: .relaxed)
        while true {
            let floor = (seen & rollbackMask) | time
            let first = seen >= floor ? seen &+ 1 : floor
            let end = min(ceiling.load(ordering: .relaxed), floor &+ allowance)
            guard first < end else { return (0, 0) }
            let count = min(wanted, end &- first)
            let (exchanged, original) = last.weakCompareExchange(
                expected: seen, desired: first &+ count &- 1, ordering: .relaxed)
            if exchanged { return (first, count) }
            seen = original
        }
    }

    private func block(_ taken: (first: UInt64, count: UInt64)) -> IDBlock {
        IDBlock(
            first: taken.first, count: Int(taken.count), worker: shiftedNode, workerBits: nodeBits,
            lowMask: sequenceMask)
    }

    /// Why nothing is issued beyond the ceiling when no store has set it.
    func endError(now: Int64) -> IDError {
        if reservation == nil, ceiling.load(ordering: .acquiring) == 0 {
            return Self.closedError
        }
        let day = CalendarDate(unixMilliseconds: layout.endUnixMilliseconds)
        guard now < layout.endUnixMilliseconds else {
            return IDError(
                .exhausted, "the layout's timestamp bits ran out on \(day)",
                advice: "Choose a layout with more timestamp bits or a later epoch, for a new table.")
        }
        return IDError(
            .bitsEnding, "the layout's timestamp bits run out on \(day), within the margin of \(options.refuseBefore)",
            advice: "Choose a layout with more timestamp bits or a later epoch, or, knowing that, a smaller margin.")
    }
}
