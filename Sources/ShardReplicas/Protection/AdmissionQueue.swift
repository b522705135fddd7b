import DequeModule

/// Who may begin, when only so many may be under way at one time: first come, first served, from a queue that is never
/// longer than it was told.
///
/// A pure machine. Who asks gets a ticket; a ticket is let in at once, queued, or turned away. Everything it decides later
/// (who is let in when another ends) it returns.
///
/// Invariants: never more under way than the limit; nobody waits while there is room; the order of the queue is the order of
/// tickets.
public struct AdmissionQueue: Sendable {
    public struct Ticket: Sendable, Hashable {
        public let rawValue: UInt64
    }

    public enum Answer: Sendable, Hashable {
        case admitted(Ticket)
        case queued(Ticket)
        case turnedAway
    }

    /// At one time. May be changed at run time.
    public private(set) var limit: Int
    public private(set) var queueLimit: Int
    public private(set) var underWay = 0
    private var next: UInt64 = 0
    /// In order. Those that are no longer in `waiting` have gone away; they are left out when their turn comes.
    private var order: Deque<UInt64> = []
    private var waiting: Set<UInt64> = []

    /// - Precondition: a limit of at least 1, a queue of at least 0 places.
    public init(limit: Int, queueLimit: Int) {
        precondition(limit >= 1 && queueLimit >= 0, "a limit of \(limit) and a queue of \(queueLimit)")
        self.limit = limit
        self.queueLimit = queueLimit
    }

    public var waitingCount: Int { waiting.count }

    /// How full it is: 0 when nobody waits, 1 when nobody more may wait.
    public var pressure: Double {
        if !waiting.isEmpty { return queueLimit == 0 ? 1 : Double(waiting.count) / Double(queueLimit) }
        return queueLimit == 0 && underWay >= limit ? 1 : 0
    }

    public mutating func ask() -> Answer {
        if underWay < limit, waiting.isEmpty {
            underWay += 1
            return .admitted(ticket())
        }
        guard waiting.count < queueLimit else { return .turnedAway }
        let ticket = ticket()
        order.append(ticket.rawValue)
        waiting.insert(ticket.rawValue)
        return .queued(ticket)
    }

    /// One that was under way has ended.
    /// - Returns: who is let in now.
    public mutating func ended() -> [Ticket] {
        underWay -= 1
        return admit()
    }

    /// One that waits goes away. False: it has been let in already (or has gone), and has to end.
    public mutating func leave(_ ticket: Ticket) -> Bool {
        guard waiting.remove(ticket.rawValue) != nil else { return false }
        // Memory follows those who wait, not those who went.
        if order.count > 32, order.count > waiting.count * 2 { order.removeAll { !waiting.contains($0) } }
        return true
    }

    /// - Returns: who is let in by a greater limit. A smaller one takes nothing back: it counts as those under way end.
    public mutating func change(limit: Int, queueLimit: Int) -> [Ticket] {
        precondition(limit >= 1 && queueLimit >= 0, "a limit of \(limit) and a queue of \(queueLimit)")
        self.limit = limit
        self.queueLimit = queueLimit
        return admit()
    }

    private mutating func admit() -> [Ticket] {
        var admitted: [Ticket] = []
        while underWay < limit, let first = order.popFirst() {
            guard waiting.remove(first) != nil else { continue }
            underWay += 1
            admitted.append(Ticket(rawValue: first))
        }
        return admitted
    }

    private mutating func ticket() -> Ticket {
        defer { next += 1 }
        return Ticket(rawValue: next)
    }
}
