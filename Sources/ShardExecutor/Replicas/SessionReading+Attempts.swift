import ShardBase
import ShardPlanner
import ShardReplicas
import ShardTopology

extension SessionReading {
    /// Runs a statement that only reads, outside a transaction: once, and elsewhere again where its label's policy says so. Its rows
    /// have not been handed out before `body` returns, so nothing of a failed attempt was seen.
    ///
    /// - Parameter body: runs it where an attempt leads.
    func run(
        _ reads: CompiledReads, _ body: @escaping @Sendable (StatementReads) async throws -> Answer
    ) async throws -> Answer {
        let purpose: StatementReads.Purpose = reads.purpose == .anywhere ? .anywhere : .primary
        if purpose == .primary, reads.hints.asksForReplica, let why = reads.purpose.explanation {
            throw ShardError(
                .noReplica, "the hint asks for a replica, and the statement needs the primary: \(why)",
                hint: "Leave the hint out.")
        }
        let label = label(reads.hints)
        let policies = splitting.policies
        let gate = policies.gate(of: label)
        try await gate?.enter()
        policies.began(label)
        let answer: Answer
        do {
            switch policies.failurePolicy(of: label) {
            case .hedged(let delay) where purpose == .anywhere && reads.hints.endpoint == nil:
                answer = try await hedged(reads, purpose, label, after: delay, body)
            case .failFast, .failOver, .hedged: answer = try await again(reads, purpose, label, body)
            }
        } catch {
            gate?.leave()
            throw error
        }
        // It is under way as long as its rows hold connections.
        if let gate {
            if let rows = answer.rows, rows.holdsConnections { rows.whenClosed { gate.leave() } } else { gate.leave() }
        }
        return answer
    }

    private func again(
        _ reads: CompiledReads, _ purpose: StatementReads.Purpose, _ label: String?,
        _ body: @Sendable (StatementReads) async throws -> Answer
    ) async throws -> Answer {
        var tried: [ShardIndex: [String]] = [:]
        var attempts = 1
        while true {
            let attempt = StatementReads(self, reads.hints, purpose, excluded: tried)
            do {
                let answer = try await body(attempt)
                attempt.adopt()
                return answer
            } catch {
                guard let failure = Self.failure(error, attempts: attempts),
                    case .again(let pause) = splitting.policies.decide(failure, label: label)
                else { throw error }
                tried = attempt.tried
                try await Task.sleep(for: pause)
                attempts += 1
            }
        }
    }

    /// A read alone has applied nothing and holds nothing: what a transaction would have to begin anew for (a replica's replay got
    /// in its way, say), a read may simply do again.
    private static func failure(_ error: any Error, attempts: Int) -> FailedAttempt? {
        guard let error = error as? ShardError, !error.isRefusal else { return nil }
        let retry: RetryClass = error.retry == .retryTransaction ? .retryStatement : error.retry
        return FailedAttempt(.read, retry: retry, attempts: attempts)
    }

    private func hedged(
        _ reads: CompiledReads, _ purpose: StatementReads.Purpose, _ label: String?, after delay: Duration,
        _ body: @escaping @Sendable (StatementReads) async throws -> Answer
    ) async throws -> Answer {
        let first = StatementReads(self, reads.hints, purpose)
        let (answer, attempt) = try await Hedge.run(
            after: delay,
            // The second attempt is a retry like any other for the budget.
            mayBegin: { [splitting] in
                let slow = FailedAttempt(.read, retry: .retryStatement, attempts: 1)
                if case .again = splitting.policies.decide(slow, label: label) { return true }
                return false
            },
            mayFollow: { Self.failure($0, attempts: 1).map { $0.retry != .notRetryable } ?? false },
            discard: { (answer: Answer, _) in await answer.rows?.close() }
        ) { number in
            let attempt = number == 0 ? first : StatementReads(self, reads.hints, purpose, excluded: first.tried)
            return (try await body(attempt), attempt)
        }
        attempt.adopt()
        return answer
    }
}
