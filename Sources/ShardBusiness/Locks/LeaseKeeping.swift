import ShardBase

/// Runs work under a lease that is renewed meanwhile, and cancels it when the lease is lost.
enum LeaseKeeping {
    private enum Event<Result: Sendable>: Sendable {
        case ended(Swift.Result<Result, any Error>)
        case lost
        /// Nothing is watched any more.
        case over
    }

    /// - Parameters:
    ///   - held: told of renewals.
    ///   - lease: renewed when a third of it is over. An attempt that fails is repeated until the lease is over.
    ///   - renew: asks for a further lease; nil when it is over, else whether somebody waits.
    /// - Throws: `.lockLost` when the lease was lost before `body` had ended (it is waited for); what `body` throws.
    static func run<Result: Sendable>(
        _ held: HeldLock, lease: Duration, renew: @escaping @Sendable () async throws -> Bool?,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        // Not cancelled with the caller's task: work that is cancelled may take its time to end, and needs the lock until then.
        let renewer = Task { await renewing(held, lease, renew) }
        // Renewing may hang; the end of the lease does not wait for it.
        let watcher = Task { await watching(held) }
        return try await withTaskGroup(of: Event<Result>.self) { group in
            group.addTask {
                do { return .ended(.success(try await body())) } catch { return .ended(.failure(error)) }
            }
            group.addTask { await renewer.value ? .over : .lost }
            group.addTask { await watcher.value ? .over : .lost }
            var outcome: Swift.Result<Result, any Error> = .failure(held.lost)
            while let event = await group.next() {
                switch event {
                case .ended(let result):
                    // Up to here the lease lasted, or the result may be of work done without the lock.
                    outcome = held.isHeld ? result : .failure(held.lost)
                    held.end()
                    renewer.cancel()
                    watcher.cancel()
                case .lost:
                    held.lose()
                    group.cancelAll()
                case .over: break
                }
            }
            return outcome
        }.get()
    }

    /// - Returns: true when it was cancelled, false when the lease is lost.
    private static func renewing(
        _ held: HeldLock, _ lease: Duration, _ renew: @Sendable () async throws -> Bool?
    ) async -> Bool {
        var pause = lease / 3
        while true {
            do { try await Task.sleep(for: pause) } catch { return true }
            let asked = ContinuousClock.now
            do {
                try FaultPoints.hit(.lockBeforeRenewal)
                guard let isWanted = try await renew() else { return Task.isCancelled }
                held.renewed(until: asked + lease, isWanted: isWanted)
                pause = lease / 3
            } catch {
                if Task.isCancelled { return true }
                pause = min(lease / 10, .milliseconds(250))
            }
        }
    }

    private static func watching(_ held: HeldLock) async -> Bool {
        while true {
            let deadline = held.deadline
            if ContinuousClock.now >= deadline { return false }
            do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return true }
        }
    }
}
