public import ShardBase

/// Whether a statement that has failed is sent again.
public enum RetryDecision: Sendable, Hashable {
    /// To another endpoint, after this time.
    case again(after: Duration)
    case giveUp
}

/// What has to be known of a statement that has failed.
public struct FailedAttempt: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case read, write }

    public var kind: Kind
    /// What its error says may be done (`ShardError.retry`).
    public var retry: RetryClass
    public var isInTransaction: Bool
    /// Whether the caller has been given rows already: they cannot be taken back.
    public var hasDeliveredRows: Bool
    /// Endpoints that it was sent to so far, from 1.
    public var attempts: Int

    public init(
        _ kind: Kind, retry: RetryClass, isInTransaction: Bool = false, hasDeliveredRows: Bool = false,
        attempts: Int = 1
    ) {
        self.kind = kind
        self.retry = retry
        self.isInTransaction = isInTransaction
        self.hasDeliveredRows = hasDeliveredRows
        self.attempts = attempts
    }
}

extension FailurePolicy {
    /// Pure, but for the budget that it takes from and the jitter that it draws.
    ///
    /// Never again: what may have been applied; what is a part of a transaction (its earlier statements are gone with it);
    /// what the caller has seen a part of. A read has applied nothing, whatever its connection's end left unknown.
    public func decide(
        _ attempt: FailedAttempt, now: Duration, backOff: BackOff, budget: inout RetryBudget,
        using generator: inout SeededGenerator
    ) -> RetryDecision {
        if attempt.isInTransaction || attempt.hasDeliveredRows || attempt.attempts >= attempts { return .giveUp }
        switch attempt.retry {
        case .notRetryable, .retryTransaction: return .giveUp
        case .unknownOutcome: if attempt.kind == .write { return .giveUp }
        case .retryStatement, .connectionLost: break
        }
        guard budget.withdraw(now: now) else { return .giveUp }
        return .again(after: backOff.wait(afterFailures: attempt.attempts, using: &generator))
    }
}
