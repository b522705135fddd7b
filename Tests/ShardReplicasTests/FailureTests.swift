import ShardBase
@testable import ShardReplicas
import Synchronization
import Testing

struct FailureTests {
    static func decide(_ policy: FailurePolicy, _ attempt: FailedAttempt) -> Bool {
        var budget = RetryBudget()
        var generator = SeededGenerator(seed: 1)
        switch policy.decide(attempt, now: .seconds(1), backOff: BackOff(), budget: &budget, using: &generator) {
        case .again: return true
        case .giveUp: return false
        }
    }

    @Test("nothing is sent again that may have been applied, is part of a transaction, or was shown in part")
    func retries() {
        for retry in RetryClass.allCases {
            for policy in [FailurePolicy.failFast, .failOver(attempts: 3), .hedged(after: .seconds(1))] {
                for kind in [FailedAttempt.Kind.read, .write] {
                    for inTransaction in [false, true] {
                        for delivered in [false, true] {
                            let attempt = FailedAttempt(
                                kind, retry: retry, isInTransaction: inTransaction, hasDeliveredRows: delivered)
                            let nothingDone =
                                retry == .retryStatement || retry == .connectionLost
                                || (retry == .unknownOutcome && kind == .read)
                            #expect(
                                Self.decide(policy, attempt)
                                    == (nothingDone && !inTransaction && !delivered && policy != .failFast),
                                "\(policy) \(attempt)")
                        }
                    }
                }
            }
        }
        let third = FailedAttempt(.read, retry: .connectionLost, attempts: 3)
        #expect(!Self.decide(.failOver(attempts: 3), third) && Self.decide(.failOver(attempts: 4), third))
    }

    @Test("retries are a small share of statements, however many fail")
    func budget() throws {
        try forAll(100) { generator in
            var budget = RetryBudget(ratio: 0.2, perSecond: 2, capacity: 50)
            var now = Duration.zero
            var statements = 0
            var retries = 0
            for _ in 0..<2000 {
                now += .milliseconds(Int.random(in: 0...10, using: &generator))
                statements += 1
                budget.deposit()
                while Int.random(in: 0..<3, using: &generator) > 0, budget.withdraw(now: now) { retries += 1 }
                let seconds = now / .seconds(1)
                try require(Double(retries) <= 20 + Double(statements) * 0.2 + seconds * 2 + 0.001)
            }
            try require(retries > 100)
        }
    }

    @Test("labels have policies, budgets and bulkheads of their own; the others share one", .timeLimit(.minutes(1)))
    func labels() async throws {
        var batch = LabelPolicy()
        batch.failure = .failFast
        batch.limit = 1
        batch.queueLimit = 0
        let clock = ManualClock()
        let labels = LabelPolicies(["batch": batch], clock: clock, generator: SeededGenerator(seed: 1))
        let failed = FailedAttempt(.read, retry: .connectionLost)
        #expect(labels.decide(failed, label: "batch") == .giveUp)
        var granted = 0
        while case .again(let wait) = labels.decide(failed, label: "web"), granted < 1000 {
            #expect(wait >= .milliseconds(5) && wait <= .milliseconds(10))
            granted += 1
        }
        #expect(granted == 10, "what is there for quiet times, and no more")
        for _ in 0..<11 { labels.began(nil) }
        #expect(labels.decide(failed, label: nil) != .giveUp && labels.decide(failed, label: nil) == .giveUp)
        let gate = try #require(labels.gate(of: "batch"))
        try await gate.withAdmission {
            let error = await #expect(throws: ShardError.self) { try await gate.enter() }
            #expect(error?.message.contains("label 'batch'") == true)
        }
        #expect(labels.gate(of: "web") == nil && labels.failurePolicy(of: nil) == .standard)
    }

    @Test("an error says whether its endpoint is ill")
    func outcomes() {
        #expect(EndpointOutcome(of: ShardError(.constraint, "")) == .answered)
        #expect(
            EndpointOutcome(of: ShardError(.connectionLost, "", details: EngineDetails(retry: .connectionLost)))
                == .failed)
        #expect(EndpointOutcome(of: ShardError(.diskFull, "")) == .failed)
        #expect(EndpointOutcome(of: ShardError.interrupted) == .abandoned)
        #expect(EndpointOutcome(of: CancellationError()) == .abandoned)
    }

    /// Counts what began and ended; work ends when it is told to, or is cancelled.
    final class Script: Sendable {
        let begun = Mutex<[Int]>([])
        let cancelled = Mutex<[Int]>([])
        func forever(_ number: Int) async throws {
            do { try await Task.sleep(for: .seconds(3600)) } catch {
                cancelled.withLock { $0.append(number) }
                throw error
            }
        }
    }

    @Test("a hedge begins the second only when the first is slow; the first answer wins and the other is cancelled")
    func hedging() async throws {
        let quick = Script()
        let first = try await Hedge.run(after: .seconds(3600)) { number in
            quick.begun.withLock { $0.append(number) }
            return number
        }
        #expect(first == 0 && quick.begun.withLock { $0 } == [0])
        let slow = Script()
        let second = try await Hedge.run(after: .milliseconds(1)) { number in
            if number == 0 { try await slow.forever(0) }
            return number
        }
        #expect(second == 1 && slow.cancelled.withLock { $0 } == [0])
    }

    @Test("a hedge's second makes up for the first's error at once, and both errors are an error")
    func hedgingErrors() async throws {
        let answer = try await Hedge.run(after: .seconds(3600)) { number in
            if number == 0 { throw ShardError(.connectionLost, "gone") }
            return number
        }
        #expect(answer == 1)
        await #expect(throws: ShardError.self) {
            try await Hedge.run(after: .seconds(3600), mayFollow: { _ in false }) { number -> Int in
                throw ShardError(.constraint, "\(number)")
            }
        }
        await #expect(throws: ShardError.self) {
            try await Hedge.run(after: .seconds(3600), mayBegin: { false }) { number -> Int in
                throw ShardError(.connectionLost, "\(number)")
            }
        }
        let error = await #expect(throws: ShardError.self) {
            try await Hedge.run(after: .zero) { number -> Int in throw ShardError(.connectionLost, "\(number)") }
        }
        #expect(error?.message == "1")
    }

    @Test(
        "an answer that comes too late is given to be closed, and a cancelled caller cancels both",
        .timeLimit(.minutes(1)))
    func hedgingLeftovers() async throws {
        let closed = Mutex<[Int]>([])
        let other = Atomic<Bool>(false)
        let winner = try await Hedge.run(
            after: .zero, discard: { number in closed.withLock { $0.append(number) } },
            { number in
                if number == 0 {
                    // Answers when the other one has, deaf to cancellation.
                    while !other.load(ordering: .acquiring) { await Task.yield() }
                    while !Task.isCancelled { await Task.yield() }
                } else {
                    other.store(true, ordering: .releasing)
                }
                return number
            })
        #expect(winner == 1 && closed.withLock { $0 } == [0])
        let script = Script()
        let task = Task {
            try await Hedge.run(after: .milliseconds(1)) { number in
                script.begun.withLock { $0.append(number) }
                try await script.forever(number)
            }
        }
        while script.begun.withLock({ $0.count }) < 2 { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(script.cancelled.withLock { $0.sorted() } == [0, 1])
    }
}
