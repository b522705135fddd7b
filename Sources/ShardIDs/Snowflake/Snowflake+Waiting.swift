import Synchronization

extension Snowflake {
    /// The next identifier; waits, suspended, for the clock or the store where it must.
    ///
    /// - Throws: ``IDError``; `clockBehind` when the clock is behind by more than may be waited out or does not go on
    ///   at all, `storeFailed` when the store does not answer and what was reserved is used up. `CancellationError`
    ///   when the task is cancelled while it waits.
    public func next() async throws -> Int64 {
        if let identifier = try tryNext() { return identifier }
        return try await waitForBlock(1)[0]
    }

    /// `count` identifiers, growing, for a bulk insert: a few atomic operations for all of them.
    ///
    /// More than a millisecond holds, in ``SnowflakePace/strict``, take several milliseconds. When it throws, those
    /// taken so far are lost.
    ///
    /// - Throws: as ``next()``.
    public func next(count: Int) async throws -> [Int64] {
        guard count > 0 else { return [] }
        var identifiers: [Int64] = []
        identifiers.reserveCapacity(min(count, 1 << 20))
        while identifiers.count < count {
            let wanted = count - identifiers.count
            let block = try tryNext(upTo: wanted)
            (block.isEmpty ? try await waitForBlock(UInt64(wanted)) : block).append(to: &identifiers)
        }
        return identifiers
    }

    private func waitForBlock(_ wanted: UInt64) async throws -> IDBlock {
        let longest = options.maximumWait.wholeMilliseconds
        var waited: Int64 = 0
        var started: Int64?
        while true {
            let ticket = reservation?.waiters.ticket ?? 0
            switch try attempt(wanted) {
            case .block(let block): return block
            case .ahead(let milliseconds):
                // Counted is what was slept, not what the clock says: it may stand still.
                guard waited < longest else { throw Self.behindError(milliseconds: milliseconds, options: options) }
                let pause = min(milliseconds, 50)
                try await clock.sleep(clock.time(forward: pause))
                waited += pause
            case .unreserved:
                guard let reservation else { continue }
                let now = clock.monotonicNanoseconds
                let left = options.storeTimeout - .nanoseconds(now - (started ?? now))
                started = started ?? now
                switch left > .zero ? await reservation.waiters.wait(after: ticket, limit: left) : .timedOut {
                case .signalled: continue
                case .cancelled: throw CancellationError()
                case .timedOut:
                    throw IDError(
                        .storeFailed, "the store of workers did not answer within \(options.storeTimeout)",
                        advice: "Check that it can be reached; more identifiers are reserved when it is back.")
                }
            }
        }
    }
}
