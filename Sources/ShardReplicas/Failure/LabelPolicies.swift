public import ShardBase
import Synchronization

/// What the configuration says of statements of one label.
public struct LabelPolicy: Sendable, Hashable {
    public var failure: FailurePolicy = .standard
    /// Statements under way at one time. Default nil: no bulkhead.
    public var limit: Int?
    /// Statements that may wait for their turn in the bulkhead. Default: 100.
    public var queueLimit = 100

    public init() {}
}

/// The policies of all labels, with what they need to run: bulkheads, retry budgets, jitter. Of as many as are configured;
/// statements of other labels and of none share one policy.
public final class LabelPolicies: Sendable {
    private final class Line: Sendable {
        let policy: LabelPolicy
        let gate: AdmissionGate?
        let retries: Mutex<(budget: RetryBudget, generator: SeededGenerator)>

        init(_ name: String, _ policy: LabelPolicy, _ generator: SeededGenerator) {
            self.policy = policy
            gate = policy.limit.map { AdmissionGate(name, limit: max(1, $0), queueLimit: max(0, policy.queueLimit)) }
            retries = Mutex((RetryBudget(), generator))
        }
    }

    private let lines: [String: Line]
    private let others: Line
    private let backOff: BackOff
    private let clock: any ShardClock

    /// - Parameters:
    ///   - backOff: before a retry. Default: 10 ms, doubling up to 1 s, with jitter.
    ///   - generator: draws the jitter.
    public init(
        _ policies: [String: LabelPolicy] = [:], others: LabelPolicy = LabelPolicy(),
        backOff: BackOff = BackOff(base: .milliseconds(10), maximum: .seconds(1)),
        clock: any ShardClock = SystemClock(), generator: SeededGenerator = SeededGenerator()
    ) {
        var generator = generator
        var lines: [String: Line] = [:]
        for (label, policy) in policies.sorted(by: { $0.key < $1.key }) {
            lines[label] = Line("statements of label '\(label)'", policy, generator.fork())
        }
        self.lines = lines
        self.others = Line("statements without a label of their own", others, generator.fork())
        self.backOff = backOff
        self.clock = clock
    }

    public func failurePolicy(of label: String?) -> FailurePolicy { line(label).policy.failure }

    /// The label's bulkhead; nil: it has none.
    public func gate(of label: String?) -> AdmissionGate? { line(label).gate }

    /// A statement of the label has begun: it pays into the label's retry budget.
    public func began(_ label: String?) { line(label).retries.withLock { $0.budget.deposit() } }

    /// Whether a statement of the label that has failed is sent again.
    public func decide(_ attempt: FailedAttempt, label: String?) -> RetryDecision {
        let line = line(label)
        let now = clock.monotonic
        return line.retries.withLock { retries in
            line.policy.failure.decide(
                attempt, now: now, backOff: backOff, budget: &retries.budget, using: &retries.generator)
        }
    }

    private func line(_ label: String?) -> Line { label.flatMap { lines[$0] } ?? others }
}
