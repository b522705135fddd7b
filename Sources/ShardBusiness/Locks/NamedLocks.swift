import ShardBase
import ShardValues
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Named locks among all tasks of all processes that have the database open.
///
/// A lock is a lease that its holder renews in the background (Gray, Cheriton: Leases: an efficient fault-tolerant mechanism for
/// distributed file cache consistency, 1989), with a fencing token (Kleppmann: How to do distributed locking, 2016), given in the
/// order of arrival. Costs two transactions of the catalog, and one more in each third of the lease; who waits looks after it
/// every few milliseconds to a twentieth of a second.
public final class NamedLocks: Sendable {
    private let store: LockStore
    private let identity = UUID().uuidString

    /// How long a place in the queue lasts without a sign of life: as long as the lease that is wanted, from 0.5 s to 5 s. Those
    /// behind a dead waiter wait for that.
    private static func patience(_ lease: Duration) -> Int64 { min(max(lease.milliseconds, 500), 5000) }

    /// What this task holds, by store and name: that is what re-enters.
    @TaskLocal private static var heldByTask: [String: HeldLock] = [:]

    /// Runs `body` as a task that holds nothing.
    static func withoutLocks<Result>(_ body: () -> Result) -> Result { $heldByTask.withValue([:], operation: body) }

    public init(_ store: BusinessStore) { self.store = LockStore(store: store) }

    // MARK: Locking

    /// Runs `body` while holding the lock of a name.
    ///
    /// Re-entrant: inside `body`, and in tasks begun inside it while it runs, the same name is held already.
    ///
    /// - Parameters:
    ///   - lease: how long the lock stays taken after its holder has died. At least 100 ms.
    ///   - within: how long to wait for it; nil: until the task is cancelled.
    /// - Throws: `.busy` (retryable) when it did not come free in time, `.lockLost` when the lease was lost meanwhile,
    ///   `.cancelled`, and what `body` throws.
    public func withLock<Result: Sendable>(
        _ name: String, lease: Duration, within: Duration?,
        _ body: @escaping @Sendable (HeldLock) async throws -> Result
    ) async throws -> Result {
        guard !name.isEmpty, lease >= .milliseconds(100) else {
            throw ShardError(.configuration, "a lock needs a name and a lease of 100 milliseconds or more")
        }
        let key = identity + "/" + name
        if let held = Self.heldByTask[key], !held.isOver {
            try held.check()
            return try await body(held)
        }
        let owner = UUID().uuidString
        let held = try await acquire(name, owner, lease: lease, within: within)
        let store = store
        let result: Result
        do {
            result = try await LeaseKeeping.run(
                held, lease: lease,
                renew: {
                    try await store.change(name) { record, now in
                        record.renew(token: held.token, now: now, lease: lease.milliseconds)
                            ? record.isWanted(now: now) : nil
                    }
                }
            ) {
                try await Self.$heldByTask.withValue(Self.heldByTask.merging([key: held]) { $1 }) {
                    try await body(held)
                }
            }
        } catch {
            await give(held, back: name)
            throw error
        }
        try FaultPoints.hit(.lockBeforeRelease)
        await give(held, back: name)
        return result
    }

    /// Runs `body` as the one leader of a name: stands for election until it is elected, stands down when the lease is lost
    /// (`body` is cancelled), and stands again.
    ///
    /// - Returns: what `body` returns; that ends it.
    /// - Throws: `.cancelled`, and what `body` throws for other reasons than the loss.
    public func withLeadership<Result: Sendable>(
        _ name: String, lease: Duration, _ body: @escaping @Sendable (HeldLock) async throws -> Result
    ) async throws -> Result {
        while true {
            do {
                return try await withLock(name, lease: lease, within: nil, body)
            } catch let error as ShardError where error.code == .lockLost && !Task.isCancelled {
                continue
            }
        }
    }

    // MARK: Looking

    /// A lock as somebody else sees it.
    public struct Description: Sendable, Hashable {
        public var name: String
        /// The last fencing token given.
        public var token: Int64
        /// Whether somebody holds it with a lease that lasts.
        public var isHeld: Bool
        public var waiting: Int
    }

    /// All locks that were ever taken, by name.
    public func list() async throws -> [Description] {
        var descriptions: [Description] = []
        for name in try await store.names() {
            let (record, now) = try await store.record(of: name)
            descriptions.append(
                Description(
                    name: name, token: record.token, isHeld: (record.holder?.expires ?? .min) > now,
                    waiting: record.waiters.count { $0.expires > now }))
        }
        return descriptions
    }

    // MARK: Taking and giving back

    private func acquire(
        _ name: String, _ owner: String, lease: Duration, within: Duration?
    ) async throws -> HeldLock {
        let limit = within.map { ContinuousClock.now + $0 }
        do {
            var pause = Duration.milliseconds(2)
            var asked: ContinuousClock.Instant?
            while true {
                try Task.checkCancellation()
                let now = ContinuousClock.now
                do {
                    // Looking costs less than asking, which writes.
                    let isDue = asked.map { now - $0 > .milliseconds(Self.patience(lease) / 3) } ?? true
                    var isWorthIt = isDue
                    if !isDue {
                        let (record, storeNow) = try await store.record(of: name)
                        isWorthIt = record.isWorthAsking(owner, now: storeNow)
                    }
                    if isWorthIt {
                        asked = now
                        if let token = try await ask(name, owner, lease: lease) {
                            try FaultPoints.hit(.lockAfterGrant)
                            // A grant that took as long as its lease is asked for anew: it may be somebody else's by now.
                            guard ContinuousClock.now >= now + lease else {
                                return HeldLock(name: name, token: token, deadline: now + lease)
                            }
                            asked = nil
                        }
                    }
                } catch let error as ShardError where error.isRetryable && !Task.isCancelled {
                    // The catalog is busy: that is waiting, too.
                }
                if let limit, ContinuousClock.now >= limit {
                    throw ShardError(
                        .busy, "the lock \(name) did not come free within \(within ?? .zero)", isRetryable: true)
                }
                try await Task.sleep(for: limit.map { min(pause, max(.milliseconds(1), $0 - .now)) } ?? pause)
                pause = min(pause * 2, .milliseconds(50))
            }
        } catch {
            // A place in the queue would hold up the others; and the grant's answer may be what got lost.
            await Task { [store] in try? await store.change(name) { record, _ in record.abandon(owner) } }.value
            throw error is CancellationError ? ShardError.interrupted : error
        }
    }

    private func ask(_ name: String, _ owner: String, lease: Duration) async throws -> Int64? {
        try await store.change(name) { record, now in
            switch record.ask(owner, now: now, lease: lease.milliseconds, patience: Self.patience(lease)) {
            case .granted(let token):
                try FaultPoints.hit(.lockBeforeGrant)
                return token
            case .waiting: return nil
            }
        }
    }

    /// Where this fails, the lease runs out. Cancelled or not: in a task of its own.
    private func give(_ held: HeldLock, back name: String) async {
        await Task { [store] in
            try? await store.change(name) { record, now in _ = record.release(token: held.token, now: now) }
        }.value
    }
}
