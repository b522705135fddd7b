/// One named lock: who holds it, until when, and who waits. Pure: it is told the time.
///
/// Invariants, for every sequence of calls with a clock that does not go backwards:
/// - a token is given once, and each is greater than all before it;
/// - who asks gets the lock only when nobody holds it with a lease that lasts, and no waiter with an earlier ticket lasts;
/// - only the owner's own token renews or releases.
///
/// Waiters have leases too, so that one that has died is passed by. Whose ticket has lapsed (its process was stopped for longer
/// than that) waits anew, at the end.
public struct LockRecord: Sendable, Hashable {
    public struct Holder: Sendable, Hashable {
        /// One acquisition, of one task.
        public var owner: String
        public var token: Int64
        /// Milliseconds of the store's clock; the lease is over at this moment.
        public var expires: Int64
    }

    public struct Waiter: Sendable, Hashable {
        public var ticket: Int64
        public var owner: String
        public var expires: Int64
    }

    public enum Answer: Sendable, Hashable {
        case granted(token: Int64)
        /// - Parameter ahead: how many come before.
        case waiting(ticket: Int64, ahead: Int)
    }

    /// The last token given.
    public private(set) var token: Int64
    /// The last ticket given.
    public private(set) var ticket: Int64
    public private(set) var holder: Holder?
    /// By ticket.
    public private(set) var waiters: [Waiter]

    public init(token: Int64 = 0, ticket: Int64 = 0, holder: Holder? = nil, waiters: [Waiter] = []) {
        self.token = token
        self.ticket = ticket
        self.holder = holder
        self.waiters = waiters
    }

    /// Takes the lock, or a place in the queue, or confirms the one that is taken.
    ///
    /// - Parameters:
    ///   - owner: this acquisition; who holds the lock already gets the same token again (its answer may have been lost).
    ///   - now: milliseconds.
    ///   - lease: how long the lock is held without being renewed.
    ///   - patience: how long the place in the queue lasts without asking again.
    public mutating func ask(_ owner: String, now: Int64, lease: Int64, patience: Int64) -> Answer {
        dropLapsed(now)
        if let own = holder, own.owner == owner {
            // It counts its lease from this answer.
            holder?.expires = max(own.expires, now + lease)
            return .granted(token: own.token)
        }
        let place = waiters.firstIndex { $0.owner == owner }
        if holder == nil, (place ?? waiters.count) == 0 {
            waiters.removeAll { $0.owner == owner }
            token += 1
            holder = Holder(owner: owner, token: token, expires: now + lease)
            return .granted(token: token)
        }
        if let place {
            waiters[place].expires = now + patience
            return .waiting(ticket: waiters[place].ticket, ahead: place)
        }
        ticket += 1
        waiters.append(Waiter(ticket: ticket, owner: owner, expires: now + patience))
        return .waiting(ticket: ticket, ahead: waiters.count - 1)
    }

    /// Whether asking now would be answered otherwise than by waiting on.
    public func isWorthAsking(_ owner: String, now: Int64) -> Bool {
        var copy = self
        copy.dropLapsed(now)
        if copy.holder?.owner == owner { return true }
        guard let place = copy.waiters.firstIndex(where: { $0.owner == owner }) else { return true }
        return copy.holder == nil && place == 0
    }

    /// - Returns: false when the lease is over, whether or not somebody else has the lock: the owner may no longer act.
    public mutating func renew(token: Int64, now: Int64, lease: Int64) -> Bool {
        dropLapsed(now)
        guard let own = holder, own.token == token else { return false }
        holder?.expires = max(own.expires, now + lease)
        return true
    }

    /// - Returns: whether the lock was still held under this token.
    public mutating func release(token: Int64, now: Int64) -> Bool {
        dropLapsed(now)
        guard let own = holder, own.token == token else { return false }
        holder = nil
        return true
    }

    /// Forgets an acquisition, whatever has become of it.
    public mutating func abandon(_ owner: String) {
        waiters.removeAll { $0.owner == owner }
        if holder?.owner == owner { holder = nil }
    }

    /// Whether somebody else waits.
    public func isWanted(now: Int64) -> Bool { waiters.contains { $0.expires > now } }

    private mutating func dropLapsed(_ now: Int64) {
        if let own = holder, own.expires <= now { holder = nil }
        waiters.removeAll { $0.expires <= now }
    }
}
