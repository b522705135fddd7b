public import ShardValues

/// A message that is sent in the transaction that makes it true.
public struct OutboxMessage: Sendable, Hashable {
    /// Tells it from all others, for who receives it twice.
    public var id: String
    /// What orders messages: those of one key are handed out in the order in which their transactions committed.
    public var key: Value
    /// What it is about; the relay does not look at it.
    public var topic: String
    /// What it says; the relay does not look at it.
    public var payload: String

    /// - Parameter id: default: a new UUID of version 7.
    public init(id: String? = nil, key: some SQLValueConvertible, topic: String = "", payload: String) {
        self.id = id ?? MessageIDs.next()
        self.key = key.sqlValue
        self.topic = topic
        self.payload = payload
    }
}

/// A message as a handler gets it.
public struct Delivery: Sendable, Hashable {
    public var message: OutboxMessage
    /// Grows by one from message to message of the key.
    public var position: Int64
    /// From 1. Greater than 1: an earlier attempt has failed. An attempt whose process was killed is not counted.
    public var attempt: Int
    /// The fencing token of the relay: greater than that of every relay that had the key's messages before.
    public var fence: Int64
}

/// A message that failed too often, or for good.
public struct DeadLetter: Sendable, Hashable {
    public var message: OutboxMessage
    public var position: Int64
    public var attempts: Int
    /// What the handler said last.
    public var reason: String
}

/// What a handler throws when trying again is of no use: the message becomes a dead letter at once.
public struct PermanentFailure: Error, Sendable, CustomStringConvertible {
    public var reason: String
    public init(_ reason: String) { self.reason = reason }
    public var description: String { reason }
}
