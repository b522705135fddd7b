import Synchronization

/// How far a generator's store lets it go: what stands in the store, and who waits for more.
final class Reservation: Sendable {
    let claim: WorkerClaim
    let waiters = WaitList()

    struct State {
        /// The first word that must not be issued; the generator's ceiling may be lower, never higher.
        var hard: UInt64 = 0
        /// When the lease ends for us, by the monotonic clock in nanoseconds.
        var deadline: Int64?
        var isExtending = false
        /// Why nothing more is issued, ever.
        var stopped: IDError?
        /// Failures in a row, the last of them, and when to ask the store again.
        var failures = 0
        var failure: IDError?
        var retryAt: Int64 = 0
        var keeper: Task<Void, Never>?
    }
    let state = Mutex(State())

    init(claim: WorkerClaim) { self.claim = claim }

    /// How long to leave a failing store alone: 20 ms, doubled with each failure up to 1 s.
    static func backOff(_ failures: Int) -> Duration {
        .milliseconds(min(1_000, 20 << min(failures, 10)))
    }
}

extension Snowflake {
    enum Widened {
        /// The ceiling was raised within what is reserved.
        case raised
        /// More is being reserved.
        case wait
    }

    /// The next word is at the ceiling: raises that if more is reserved already, and has more reserved.
    func widen(_ reservation: Reservation, next: UInt64, now: Int64) throws(IDError) -> Widened {
        let end = options.endWord(rollback: layout.moment(next).rollback)
        if next >= end { throw endError(now: now) }
        let monotonic = clock.monotonicNanoseconds
        let (result, begins): (Result<Widened, IDError>, Bool) = reservation.state.withLock { state in
            if let stopped = state.stopped { return (.failure(stopped), false) }
            let isOver = state.deadline.map { monotonic >= $0 } ?? false
            if next < state.hard, !isOver {
                ceiling.store(state.hard, ordering: .releasing)
                // A failing store is left alone for a while; what is reserved is used meanwhile.
                let begins = !state.isExtending && monotonic >= state.retryAt
                state.isExtending = state.isExtending || begins
                return (.success(.raised), begins)
            }
            if isOver { ceiling.store(0, ordering: .releasing) }
            if state.isExtending, state.failures == 0 { return (.success(.wait), false) }
            if let failure = state.failure, state.isExtending || monotonic < state.retryAt {
                return (.failure(failure), false)
            }
            state.isExtending = true
            return (.success(.wait), true)
        }
        if begins { beginExtending(rollback: nil) }
        return try result.get()
    }

    /// Has more reserved, in the background. The caller has set `isExtending`.
    func beginExtending(rollback: UInt64?) {
        Task(executorPreference: BackgroundThread.shared) { [weak self] in await self?.extend(rollback: rollback) }
    }

    /// Begins with the next rollback value, in the background, unless something is under way.
    ///
    /// - Returns: whether it was begun by this call.
    func beginRollback(_ reservation: Reservation, to rollback: UInt64) throws(IDError) -> Bool {
        let monotonic = clock.monotonicNanoseconds
        let result: Result<Bool, IDError> = reservation.state.withLock { state in
            if let stopped = state.stopped { return .failure(stopped) }
            if state.isExtending { return .success(false) }
            if let failure = state.failure, monotonic < state.retryAt { return .failure(failure) }
            state.isExtending = true
            return .success(true)
        }
        let begins = try result.get()
        if begins { beginExtending(rollback: rollback) }
        return begins
    }

    /// The first reservation, before anything is issued.
    func reserveFirst() async throws {
        guard let reservation else { return }
        reservation.state.withLock { $0.isExtending = true }
        await extend(rollback: nil)
        if let failure = reservation.state.withLock({ $0.stopped ?? $0.failure }) { throw failure }
    }

    /// Moves the mark in the store and then the ceiling. One at a time: `isExtending` is set.
    func extend(rollback: UInt64?) async {
        guard let reservation else { return }
        let monotonic = clock.monotonicNanoseconds
        let now = clock.milliseconds
        let seen = last.load(ordering: .relaxed)
        // Closed meanwhile: what the last word says then is no time.
        guard seen != Self.sealed else { return stop(reservation, Self.closedError) }
        let reached = layout.moment(seen)
        let claim = reservation.claim
        var target = Moment(rollback: rollback ?? reached.rollback, milliseconds: now)
        if let lease = claim.lease {
            target.milliseconds += (lease - options.leaseMargin).wholeMilliseconds
        } else {
            if rollback == nil { target.milliseconds = max(now, reached.milliseconds) }
            target.milliseconds += options.reserveInterval.wholeMilliseconds
        }
        target.milliseconds = min(target.milliseconds, options.refuseUnixMilliseconds)
        let mark = HighWaterMark(target)
        let timeout = claim.lease.map { min(options.storeTimeout, $0 / 5) } ?? options.storeTimeout
        do {
            _ = try await withDeadline(timeout) { try await claim.advance(to: mark) }
            granted(reservation, target, from: now, monotonic: monotonic, rollback: rollback)
        } catch let error as IDError where error.code == .workerLost {
            stop(reservation, error)
        } catch {
            failed(reservation, error)
        }
    }

    private func granted(
        _ reservation: Reservation, _ target: Moment, from now: Int64, monotonic: Int64, rollback: UInt64?
    ) {
        let hard = layout.word(target)
        if let rollback {
            // Nothing can be issued in between: the ceiling is below.
            raiseLast(to: layout.word(Moment(rollback: rollback, milliseconds: now)) &- 1)
        }
        let deadline = reservation.claim.lease.map { monotonic + ($0 - options.leaseMargin).wholeNanoseconds }
        let hadFailed = reservation.state.withLock { state in
            let hadFailed = state.failures > 0
            state.isExtending = false
            state.failures = 0
            state.failure = nil
            state.retryAt = 0
            guard state.stopped == nil else { return false }
            state.hard = hard
            state.deadline = deadline
            // Without a lease the next reservation begins when half of this one is used.
            let early = UInt64(options.reserveInterval.wholeMilliseconds / 2) << UInt64(layout.sequenceBits)
            let soft = deadline == nil && hard > early ? max(hard - early, last.load(ordering: .relaxed) &+ 1) : hard
            ceiling.store(min(soft, hard), ordering: .releasing)
            return hadFailed
        }
        reservation.waiters.wakeAll()
        if let deadline { watchDeadline(deadline) }
        if hadFailed { options.notify(.renewed(worker: reservation.claim.node)) }
    }

    private func failed(_ reservation: Reservation, _ error: any Error) {
        let failure =
            error as? IDError
            ?? IDError(
                .storeFailed,
                "no more identifiers can be reserved for worker \(reservation.claim.node): the store failed",
                advice: "Check that it can be reached and written to; it is asked again by itself.", cause: error)
        let monotonic = clock.monotonicNanoseconds
        let left: Int64 = reservation.state.withLock { state in
            state.isExtending = false
            state.failures += 1
            state.failure = failure
            state.retryAt = monotonic + Reservation.backOff(state.failures).wholeNanoseconds
            if let deadline = state.deadline { return max(0, (deadline - monotonic) / 1_000_000) }
            return max(0, layout.moment(state.hard).milliseconds - clock.milliseconds)
        }
        reservation.waiters.wakeAll()
        options.notify(
            .renewalFailed(worker: reservation.claim.node, stopsInMilliseconds: left, reason: failure.description))
    }

    /// Nothing more is issued, ever.
    func stop(_ reservation: Reservation, _ error: IDError) {
        let (isFirst, keeper) = reservation.state.withLock { state in
            let isFirst = state.stopped == nil
            if isFirst { state.stopped = error }
            state.isExtending = false
            state.hard = 0
            ceiling.store(0, ordering: .releasing)
            return (isFirst, state.keeper)
        }
        keeper?.cancel()
        reservation.waiters.wakeAll()
        if isFirst, error.code != .closed {
            options.notify(.stopped(worker: reservation.claim.node, reason: error.description))
        }
    }

    func raiseLast(to word: UInt64) {
        var seen = last.load(ordering: .relaxed)
        while seen < word {
            let (exchanged, original) = last.weakCompareExchange(expected: seen, desired: word, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }
}
