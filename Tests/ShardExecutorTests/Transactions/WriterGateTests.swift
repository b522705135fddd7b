import ShardBase
import Synchronization
import Testing

@testable import ShardExecutor

@Suite struct WriterGateTests {
    @Test func `Who waits too long is told that the database is locked, and may try again`() async throws {
        let gate = WriterGate(shard: "s0")
        try await gate.enter(timeout: .seconds(5))
        let error = await #expect(throws: ShardError.self) { try await gate.enter(timeout: .milliseconds(20)) }
        #expect(error?.code == .busy)
        #expect(error?.isRetryable == true)
        gate.leave()
        try await gate.enter(timeout: .milliseconds(20))
    }

    @Test func `A cancelled waiter leaves the queue and the next gets its turn`() async throws {
        let gate = WriterGate(shard: "s0")
        try await gate.enter(timeout: .seconds(5))
        let cancelled = Task { try await gate.enter(timeout: .seconds(30)) }
        try await Task.sleep(for: .milliseconds(20))
        let next = Task { try await gate.enter(timeout: .seconds(30)) }
        cancelled.cancel()
        let result = await cancelled.result
        #expect(throws: ShardError.self) { try result.get() }
        gate.leave()
        try await next.value
    }

    @Test func `Only one at a time is inside`() async throws {
        let gate = WriterGate(shard: "s0")
        let counts = Counts()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await gate.enter(timeout: .seconds(30))
                    let now = counts.inside.wrappingAdd(1, ordering: .relaxed).newValue
                    counts.most.max(now, ordering: .relaxed)
                    await Task.yield()
                    counts.inside.wrappingSubtract(1, ordering: .relaxed)
                    gate.leave()
                }
            }
            try await group.waitForAll()
        }
        #expect(counts.most.load(ordering: .relaxed) == 1)
        #expect(counts.inside.load(ordering: .relaxed) == 0)
    }
}

private final class Counts: Sendable {
    let inside = Atomic<Int>(0)
    let most = Atomic<Int>(0)
}
