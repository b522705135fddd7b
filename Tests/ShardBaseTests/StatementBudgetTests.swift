import ShardBase
import Testing

/// The clock of one statement.
struct StatementBudgetTests {
    private let clock = ManualClock()
    private let late = ShardError(.timeout, "too late")

    private func code(_ body: () async throws -> Void) async -> ErrorCode? {
        do {
            try await body()
            return nil
        } catch { return (error as? ShardError)?.code }
    }

    @Test("parts add up, and what lies between them does not count")
    func parts() async throws {
        let budget = StatementBudget(.seconds(10), error: late, clock: clock)
        for _ in 0..<3 {
            let isOver = try await budget.spend { [clock] in
                clock.advance(by: .seconds(3))
                return StatementBudget.current?.isOver
            }
            #expect(isOver == false)
            clock.advance(by: .seconds(60))
            #expect(!budget.isOver && StatementBudget.current == nil)
        }
        let found = await code {
            try await budget.spend { [clock] in
                clock.advance(by: .seconds(2))
                // As the engine does in the middle of a step.
                if StatementBudget.current?.isOver == true { throw ShardError.interrupted }
            }
        }
        #expect(found == .timeout)
        #expect(await code { try await budget.spend {} } == .timeout)
    }

    @Test("work that ended in spite of the time has ended well; other errors stay themselves")
    func ends() async throws {
        let budget = StatementBudget(.seconds(1), error: late, clock: clock)
        let result = try await budget.spend { [clock] in
            clock.advance(by: .seconds(5))
            return 7
        }
        #expect(result == 7)
        let other = StatementBudget(.seconds(1), error: late, clock: clock)
        let found = await code {
            try await other.spend { [clock] in
                clock.advance(by: .seconds(5))
                throw ShardError(.constraint, "no")
            }
        }
        #expect(found == .constraint)
        let early = StatementBudget(.seconds(1), error: late, clock: clock)
        #expect(await code { try await early.spend { throw ShardError.interrupted } } == .cancelled)
    }

    @Test("behind the point of no return the time ends nothing; before it, it is not passed too late")
    func settled() async throws {
        let budget = StatementBudget(.seconds(1), error: late, clock: clock)
        let isOver = try await budget.spend { [clock] in
            try budget.settle()
            clock.advance(by: .seconds(5))
            return budget.isOver
        }
        #expect(!isOver)
        let late = StatementBudget(.seconds(1), error: late, clock: clock)
        let found = await code {
            try await late.spend { [clock] in
                clock.advance(by: .seconds(1))
                try late.settle()
            }
        }
        #expect(found == .timeout)
    }

    @Test("a wait is cancelled when the time is over")
    func waiting() async throws {
        let budget = StatementBudget(.milliseconds(50), error: late)
        let found = await code { try await budget.spend { try await Task.sleep(for: .seconds(600)) } }
        #expect(found == .timeout)
    }
}
