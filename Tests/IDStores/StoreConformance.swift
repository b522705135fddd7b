public import ShardIDs

/// What every store must do, for the suites of those who write one: each check throws a ``Violation`` that says what
/// was wrong.
public enum StoreConformance {
    public struct Violation: Error, CustomStringConvertible {
        public let description: String
    }

    /// A store of workers: compare-and-set, fences, leases by its own clock, and that only one of many wins.
    ///
    /// - Parameters:
    ///   - store: its row of `node` must not exist.
    ///   - reopen: the same store by another connection, as another process sees it.
    public static func check(
        _ store: any WorkerStore, node: Int64, reopen: () async throws -> any WorkerStore
    ) async throws {
        func row(_ fence: Int64, holder: String = "a#1", mark: Int64 = 5) -> WorkerRow {
            WorkerRow(
                node: node, holder: holder, fence: fence, expires: 77,
                mark: HighWaterMark(rollback: 2, milliseconds: mark))
        }
        func stored(_ store: any WorkerStore) async throws -> (WorkerRow?, Int64) {
            let snapshot = try await store.workers()
            return (snapshot.rows.first { $0.node == node }, snapshot.now)
        }
        try demand(try await stored(store).0 == nil, "the node has a row already")
        try demand(!(try await store.replace(fence: 7, with: row(8), lease: nil)), "a row was made for a wrong fence")
        try demand(try await store.replace(fence: 0, with: row(1), lease: nil), "the first row was not made")
        try demand(!(try await store.replace(fence: 0, with: row(1), lease: nil)), "a row was made twice")
        var expected = row(1)
        expected.expires = nil
        try demand(try await stored(store).0 == expected, "the row is not what was written")
        let extreme = WorkerRow(
            node: node, holder: "ü ' \" \\ ; --#ffff", fence: 2, expires: nil,
            mark: HighWaterMark(rollback: 0, milliseconds: .min))
        try demand(try await store.replace(fence: 1, with: extreme, lease: nil), "the present fence was refused")
        try demand(try await stored(store).0 == extreme, "a row with quotes and the least mark is not what was written")
        try demand(try await store.replace(fence: 2, with: row(3), lease: .seconds(30)), "a lease was refused")
        let (leased, now) = try await stored(try await reopen())
        guard let leased, let expires = leased.expires else {
            throw Violation(description: "the lease is not seen elsewhere")
        }
        try demand(abs(expires - now - 30_000) < 10_000, "the lease does not end 30 s after the store's time")
        // Of many who know the same fence, one wins.
        let others = try await (0..<8).asyncMap { _ in try await reopen() }
        let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
            for (index, other) in others.enumerated() {
                let new = row(4, holder: "\(index)#")
                group.addTask { try await other.replace(fence: 3, with: new, lease: .seconds(1)) }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        try demand(winners == 1, "\(winners) of 8 won the same fence")
        try demand(try await store.replace(fence: 4, with: row(5), lease: .zero), "giving back was refused")
        let (given, later) = try await stored(store)
        try demand((given?.expires ?? .max) <= later, "a lease of no time is not over")
    }

    /// A store of segments: steps given and of the row, no overlap among many, and unknown tags.
    ///
    /// - Parameters:
    ///   - tag: exists, with maximum `maximum` and step `step`, which are not changed by others meanwhile.
    ///   - reopen: the same store by another connection, as another process sees it.
    public static func check(
        _ store: any SegmentStore, tag: String, maximum: Int64, step: Int64, reopen: () async throws -> any SegmentStore
    ) async throws {
        try demand(try await store.tags().contains { $0.tag == tag }, "the tag is not among the tags")
        try demand(try await store.reserve(tag: tag + " no such", step: 5) == nil, "an unknown tag was reserved from")
        let first = try await store.reserve(tag: tag, step: nil)
        try demand(first?.maximum == maximum + step && first?.step == step, "the row's own step was not taken")
        let second = try await store.reserve(tag: tag, step: 7)
        try demand(second?.maximum == maximum + step + 7 && second?.step == step, "the given step was not taken")
        let others = try await (0..<8).asyncMap { _ in try await reopen() }
        let ends = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for other in others {
                group.addTask {
                    var ends: [Int64] = []
                    for _ in 0..<25 { ends.append(try await other.reserve(tag: tag, step: 10)?.maximum ?? -1) }
                    return ends
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted()
        }
        let expected = (1...200).map { maximum + step + 7 + Int64($0) * 10 }
        try demand(ends == expected, "200 reservations by 8 at once overlap or leave gaps")
    }

    private static func demand(_ condition: Bool, _ text: String) throws {
        if !condition { throw Violation(description: text) }
    }
}

extension Range<Int> {
    fileprivate func asyncMap<Value>(_ transform: (Int) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for index in self { values.append(try await transform(index)) }
        return values
    }
}
