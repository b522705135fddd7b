import Synchronization

extension Snowflake {
    /// Renews the lease every third of it, and more often while that fails.
    func keepLease() {
        guard let reservation, let lease = reservation.claim.lease else { return }
        let keeper = Task(executorPreference: BackgroundThread.shared) { [weak self] in
            while !Task.isCancelled {
                let pause = self?.pauseBeforeRenewal(lease: lease) ?? .zero
                do { try await TimerThread.sleep(for: pause) } catch { return }
                guard let self, !Task.isCancelled else { return }
                await self.renew()
            }
        }
        reservation.state.withLock { $0.keeper = keeper }
    }

    private func pauseBeforeRenewal(lease: Duration) -> Duration {
        let failures = reservation?.state.withLock { $0.failures } ?? 0
        return failures == 0 ? lease / 3 : min(Reservation.backOff(failures), lease / 10)
    }

    private func renew() async {
        guard let reservation else { return }
        let begins = reservation.state.withLock { state in
            guard state.stopped == nil, !state.isExtending else { return false }
            state.isExtending = true
            return true
        }
        if begins { await extend(rollback: nil) }
    }

    /// Closes the tap when a lease ends that was not renewed, also if the wall clock was set back meanwhile. While the
    /// wall clock runs as it should, the ceiling has done so already.
    func watchDeadline(_ deadline: Int64) {
        let left = Duration.nanoseconds(max(0, deadline - clock.monotonicNanoseconds))
        TimerThread.shared.schedule(after: left) { [weak self] in
            self?.reservation?.state.withLock { state in
                if state.deadline == deadline { self?.ceiling.store(0, ordering: .releasing) }
            }
        }
    }

    /// Stops issuing and gives the worker back; the mark in the store is lowered to what was really issued, so that the
    /// next holder begins without waiting. Further calls fail with `closed`. Without a store it only stops.
    ///
    /// A store that fails now does no harm: the lease ends by itself.
    public func close() async {
        guard let reservation else {
            ceiling.store(0, ordering: .releasing)
            return
        }
        let wasRunning = reservation.state.withLock { $0.stopped == nil }
        stop(reservation, Self.closedError)
        guard wasRunning else { return }
        // Whoever read the ceiling just before may still be about to issue: the mark is taken from a word that nobody
        // can pass any more.
        let reached = layout.moment(seal())
        let claim = reservation.claim
        let mark = HighWaterMark(rollback: Int64(reached.rollback), milliseconds: reached.milliseconds + 1)
        try? await withDeadline(options.storeTimeout) { try await claim.release(issuedBelow: mark) }
    }

    /// Puts the last word beyond all bits, where no compare-and-swap can follow, and gives what it was.
    private func seal() -> UInt64 { last.exchange(Self.sealed, ordering: .acquiringAndReleasing) }
    static var sealed: UInt64 { 1 << 63 }

    static var closedError: IDError { IDError(.closed, "the generator was closed", advice: "Make a new one.") }

    /// Whether it issues no more: it was closed, or lost its worker.
    public var isStopped: Bool { reservation?.state.withLock { $0.stopped != nil } ?? false }
}
