import ShardBase
import ShardValues
import Synchronization
import Testing

@testable import ShardExecutor

/// The counter of rowids against the rule it imitates: max(rowid) + 1.
@Suite struct RowIDSequencesTests {
    /// A catalog for one process: every block starts where it is asked to.
    private func sequences() -> RowIDSequences {
        RowIDSequences { _, atLeast, count in atLeast..<(atLeast + count) }
    }

    private func assign(
        _ sequences: RowIDSequences, _ requests: [KeyRequest], owner: UInt64 = 1, maximum: Int64?
    ) async throws -> [Value] {
        try await sequences.assign(
            table: "T", requests: requests, isAutoIncrement: false, owner: owner, maximum: { maximum })
    }

    @Test func `An empty table begins at 1, negative rows count as SQLite counts them`() async throws {
        #expect(try await assign(sequences(), [.generate, .generate], maximum: nil) == [1, 2])
        #expect(try await assign(sequences(), [.generate], maximum: -5) == [-4])
        #expect(try await assign(sequences(), [.generate], maximum: 41) == [42])
    }

    @Test func `Rows' own keys move the counter on in the order of the rows`() async throws {
        let keys = try await assign(
            sequences(), [.generate, .explicit(100), .generate, .explicit(7), .generate], maximum: nil)
        #expect(keys == [1, .null, 101, .null, 102])
    }

    @Test func `A fresh counter does not ask the shards again, a stale one does`() async throws {
        let sequences = sequences()
        #expect(try await assign(sequences, [.generate], maximum: 10) == [11])
        sequences.ended(1, isUndone: false)
        #expect(try await assign(sequences, [.generate], maximum: 500) == [12])
        sequences.markStale("t")
        sequences.ended(1, isUndone: false)
        #expect(try await assign(sequences, [.generate], maximum: 20) == [21])
    }

    @Test func `Undone numbers are given again`() async throws {
        let sequences = sequences()
        #expect(try await assign(sequences, [.generate], maximum: 10) == [11])
        sequences.ended(1, isUndone: true)
        #expect(try await assign(sequences, [.generate], maximum: 10) == [11])
    }

    @Test func `Numbers that another session has taken and not committed are nobody else's`() async throws {
        let sequences = sequences()
        #expect(try await assign(sequences, [.generate], owner: 1, maximum: 10) == [11])
        sequences.markStale("t")
        #expect(try await assign(sequences, [.generate], owner: 2, maximum: 10) == [12])
        sequences.ended(2, isUndone: true)
        #expect(try await assign(sequences, [.generate], owner: 2, maximum: 10) == [12])
    }

    @Test func `Explicit keys alone ask nobody and move the counter`() async throws {
        let sequences = sequences()
        #expect(try await assign(sequences, [.generate], maximum: 1) == [2])
        sequences.observe(table: "t", requests: [.explicit(50), .explicit("x")], owner: 1)
        #expect(try await assign(sequences, [.generate], maximum: 1) == [51])
    }

    @Test func `AUTOINCREMENT at the last number is full, without it any number will do`() async throws {
        let full = sequences()
        let error = await #expect(throws: ShardError.self) {
            _ = try await full.assign(
                table: "t", requests: [.generate], isAutoIncrement: true, owner: 1, maximum: { .max })
        }
        #expect(error?.message == "database or disk is full")
        let keys = try await assign(sequences(), [.generate], maximum: .max)
        guard case .integer(let id)? = keys.first else {
            Issue.record("no key")
            return
        }
        #expect(id > 0 && id < .max)
    }

    @Test func `A block that another process left ahead moves the numbers behind it`() async throws {
        let sequences = RowIDSequences { _, atLeast, count in
            let start = max(atLeast, 1000)
            return start..<(start + count)
        }
        #expect(try await assign(sequences, [.generate, .generate], maximum: 3) == [1000, 1001])
    }

    @Test func `Concurrent sessions never get the same number`() async throws {
        let sequences = sequences()
        let table = FakeTable()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for owner in UInt64(1)...8 {
                group.addTask {
                    for round in 0..<50 {
                        let keys = try await sequences.assign(
                            table: "t", requests: [.generate, .generate], isAutoIncrement: false, owner: owner,
                            maximum: {
                                await Task.yield()
                                let value = table.highest.load(ordering: .sequentiallyConsistent)
                                return value == 0 ? nil : value
                            })
                        let ids = keys.compactMap { if case .integer(let id) = $0 { id } else { nil } }
                        table.taken.withLock { $0 += ids }
                        table.highest.max(ids.max() ?? 0, ordering: .sequentiallyConsistent)
                        if round % 7 == 0 { sequences.markStale("t") }
                        sequences.ended(owner, isUndone: false)
                    }
                }
            }
            try await group.waitForAll()
        }
        let ids = table.taken.withLock { $0 }
        #expect(ids.count == 800)
        #expect(Set(ids) == Set(1...800))
    }
}

private final class FakeTable: Sendable {
    let taken = Mutex<[Int64]>([])
    let highest = Atomic<Int64>(0)
}
