import ShardBase
import ShardBusiness
import Testing

/// What a saga does next, without steps, a store or time.
struct SagaStateTests {
    private func state(pivot: Int = 3) -> SagaState { SagaState(steps: ["a", "b", "c"], pivot: pivot) }

    @Test("steps that succeed follow one another to the end, and their results are kept")
    func forward() {
        var saga = state()
        for (index, result) in [String?("1"), nil, "3"].enumerated() {
            #expect(saga.action == .run(step: index))
            saga.begin()
            saga.succeeded(result)
        }
        #expect(saga.status == .completed)
        #expect(saga.action == .end)
        #expect(saga.results == ["a": "1", "c": "3"])
    }

    @Test("a step that fails too often leads back over itself and all before it, last first")
    func backward() {
        var saga = state()
        saga.begin()
        saga.succeeded()
        for attempt in 1...3 {
            saga.begin()
            #expect(saga.failed("no", .temporary, maximumAttempts: 3) == (attempt < 3))
        }
        #expect(saga.action == .compensate(step: 1))
        saga.begin()
        saga.succeeded()
        #expect(saga.action == .compensate(step: 0))
        saga.begin()
        saga.succeeded()
        #expect(saga.status == .compensated)
        #expect(saga.failure == "b: no")
    }

    @Test("a step that says it has done nothing is not compensated, and the first such step ends the saga")
    func withoutEffect() {
        var saga = state()
        saga.begin()
        #expect(saga.failed("no", .withoutEffect, maximumAttempts: 3) == false)
        #expect(saga.status == .compensated)
        saga = state()
        saga.begin()
        saga.succeeded()
        saga.begin()
        #expect(saga.failed("no", .withoutEffect, maximumAttempts: 3) == false)
        #expect(saga.action == .compensate(step: 0))
    }

    @Test("at the pivot a failure leads back only without effect, behind it never")
    func pivot() {
        for failure in [SagaState.Failure.temporary, .permanent, .withoutEffect] {
            for step in 0..<3 {
                var saga = state(pivot: 1)
                for _ in 0..<step {
                    saga.begin()
                    saga.succeeded()
                }
                saga.begin()
                #expect(saga.failed("no", failure, maximumAttempts: 1) == false)
                let expected: SagaState.Status
                switch (step, failure) {
                case (0, .withoutEffect): expected = .compensated
                case (0, _), (1, .withoutEffect): expected = .compensating
                default: expected = .attention
                }
                #expect(saga.status == expected, "step \(step), \(failure)")
            }
        }
    }

    @Test("forward recovery never goes back, and goes on where it stopped when somebody says so")
    func forwardRecovery() {
        var saga = state(pivot: -1)
        saga.begin()
        #expect(saga.failed("no", .withoutEffect, maximumAttempts: 3) == false)
        #expect(saga.status == .attention)
        #expect(saga.retry() == true)
        #expect(saga.retry() == false)
        #expect(saga.action == .run(step: 0))
        #expect(saga.attempts == 0)
    }

    @Test("a compensation that keeps failing needs attention, and goes on from there")
    func compensationFails() {
        var saga = state()
        saga.begin()
        saga.succeeded()
        saga.begin()
        _ = saga.failed("no", .permanent, maximumAttempts: 3)
        for attempt in 1...3 {
            saga.begin()
            #expect(saga.failed("stuck", .temporary, maximumAttempts: 3) == (attempt < 3))
        }
        #expect(saga.status == .attention)
        #expect(saga.lastError == "stuck")
        #expect(saga.retry() == true)
        #expect(saga.action == .compensate(step: 1))
    }

    @Test("attempts that killed their process count")
    func deadlyStep() {
        var saga = state()
        for _ in 0..<2 {
            saga.begin()
            saga.resumed(maximumAttempts: 3)
            #expect(saga.action == .run(step: 0))
        }
        saga.begin()
        saga.resumed(maximumAttempts: 3)
        #expect(saga.action == .compensate(step: 0))
    }

    /// The law of sagas: what was done is all of it, or is undone, or somebody is asked to look.
    @Test("over random failures every saga ends, with the steps done that its end promises", arguments: 0..<50)
    func laws(number: Int) {
        let seed = UInt64.random(in: 1...1_000_000) &+ UInt64(number)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let steps = (0..<Int.random(in: 1...6, using: &random)).map { "s\($0)" }
        let pivot = Int.random(in: -1...steps.count, using: &random)
        var saga = SagaState(steps: steps, pivot: pivot)
        var done: Set<Int> = []
        var maybe: Set<Int> = []
        for _ in 0..<1000 where saga.action != .end {
            saga.begin()
            switch saga.action {
            case .end: break
            case .run(let step):
                #expect(done == Set(0..<step), "seed \(seed)")
                switch Int.random(in: 0..<6, using: &random) {
                case 0..<3:
                    done.insert(step)
                    maybe.remove(step)
                    saga.succeeded()
                case 3:
                    if Bool.random(using: &random) { maybe.insert(step) }
                    _ = saga.failed("x", .temporary, maximumAttempts: 2)
                case 4:
                    if Bool.random(using: &random) { maybe.insert(step) }
                    _ = saga.failed("x", .permanent, maximumAttempts: 2)
                default:
                    // What an attempt before has done is still there.
                    guard !maybe.contains(step) else {
                        _ = saga.failed("x", .permanent, maximumAttempts: 2)
                        break
                    }
                    _ = saga.failed("x", .withoutEffect, maximumAttempts: 2)
                }
            case .compensate(let step):
                #expect(done.union(maybe).allSatisfy { $0 <= step }, "seed \(seed)")
                #expect(!done.contains(pivot), "seed \(seed)")
                if Int.random(in: 0..<3, using: &random) > 0 {
                    done.remove(step)
                    maybe.remove(step)
                    saga.succeeded()
                } else {
                    _ = saga.failed("x", .temporary, maximumAttempts: 2)
                }
            }
        }
        switch saga.status {
        case .completed: #expect(done == Set(steps.indices), "seed \(seed)")
        case .compensated: #expect(done.isEmpty && maybe.isEmpty, "seed \(seed)")
        case .attention: #expect(saga.lastError != nil)
        case .running, .compensating: Issue.record("seed \(seed): it has not ended")
        }
    }
}
