/// The messages of one key that are due, handed out one after another, and what is to be written down of them. Pure.
///
/// Invariants:
/// - messages are handed out in the order of their positions, and none before its predecessor was handled or buried;
/// - nothing is removed that was not handled, nothing is buried that did not fail for the last time.
public struct KeyDelivery: Sendable, Hashable {
    /// A message as the queue keeps it.
    public struct Waiting: Sendable, Hashable {
        public var position: Int64
        /// Failed attempts so far.
        public var attempts: Int
        public init(position: Int64, attempts: Int) {
            self.position = position
            self.attempts = attempts
        }
    }

    /// What is to be written down, in one transaction.
    public struct Outcome: Sendable, Hashable {
        /// Positions of messages that were handled.
        public var handled: [Int64] = []
        /// A message that failed and is tried again.
        public var failed: Failure?
        /// A message that failed for the last time.
        public var buried: Failure?
        public var due: Due

        public struct Failure: Sendable, Hashable {
            public var position: Int64
            /// Failed attempts, this one included.
            public var attempts: Int
            public var reason: String
        }

        /// When the key is to be looked at again.
        public enum Due: Sendable, Hashable {
            /// As before: there may be more.
            case now
            /// Milliseconds since 1970.
            case at(Int64)
            /// Not before another message comes: up to this position nothing is left.
            case whenMoreThan(Int64)
            /// Not before somebody says so: a dead letter holds up its key.
            case held
        }
    }

    /// What becomes of the messages behind a dead letter.
    public enum AfterDeath: String, Sendable, Hashable, CaseIterable {
        /// They are handed out.
        case goOn
        /// They wait until the dead letter is revived or dropped.
        case hold
    }

    private let messages: [Waiting]
    /// The last position that the key has given to a message.
    private let lastPosition: Int64
    private let retry: RetryPolicy
    private let afterDeath: AfterDeath
    private var next = 0
    private var outcome = Outcome(due: .now)
    private var isOver = false

    /// - Parameters:
    ///   - messages: the key's first, by position.
    ///   - lastPosition: known before the messages were read.
    public init(
        _ messages: [Waiting], lastPosition: Int64, retry: RetryPolicy, afterDeath: AfterDeath
    ) {
        self.messages = messages
        self.lastPosition = lastPosition
        self.retry = retry
        self.afterDeath = afterDeath
    }

    /// The index of the message to be handed out now; nil: write down the outcome.
    public var current: Int? { isOver || next == messages.count ? nil : next }

    public mutating func handled() {
        guard let current else { preconditionFailure("no message is handed out") }
        outcome.handled.append(messages[current].position)
        next += 1
    }

    /// - Parameters:
    ///   - isPermanent: the handler says that trying again is of no use.
    ///   - now: milliseconds since 1970.
    ///   - jitter: from 0 to 1.
    public mutating func failed(_ reason: String, isPermanent: Bool, now: Int64, jitter: Double) {
        guard let current else { preconditionFailure("no message is handed out") }
        let message = messages[current]
        let attempts = message.attempts + 1
        let failure = Outcome.Failure(position: message.position, attempts: attempts, reason: reason)
        isOver = true
        next += 1
        if isPermanent || attempts >= retry.maximumAttempts {
            outcome.buried = failure
            if afterDeath == .hold { outcome.due = .held }
        } else {
            outcome.failed = failure
            outcome.due = .at(now + retry.pause(after: attempts, jitter: jitter).milliseconds)
        }
    }

    /// What is to be written down of what was handed out so far.
    public var written: Outcome {
        var outcome = outcome
        guard outcome.due == .now, outcome.failed == nil, next == messages.count else { return outcome }
        // A transaction that sends gives the position and the message at once: behind the last position there is none.
        if (messages.last?.position ?? lastPosition) >= lastPosition {
            outcome.due = .whenMoreThan(max(lastPosition, messages.last?.position ?? lastPosition))
        }
        return outcome
    }
}
