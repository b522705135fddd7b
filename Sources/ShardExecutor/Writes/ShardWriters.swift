import ShardBackend
import ShardBase
import ShardTopology

/// The writers of one statement, one per shard.
struct ShardWriters: Sendable {
    let connections: [ShardIndex: any ShardConnection]
    let shards: ShardAccess

    /// Runs a piece of work per fragment: those of one shard one after another, different shards side by side when the
    /// work is large enough to be worth a thread's hop. Results in the order of `fragments`; the first shard's error is
    /// thrown, after all have ended.
    func each<Work: ShardWork, Done: Sendable>(
        _ fragments: [Work], isLarge: Bool, _ body: @escaping @Sendable (Work, any ShardConnection) async throws -> Done
    ) async throws -> [Done] {
        if fragments.count == 1 || !isLarge || connections.count == 1 {
            var results: [Done] = []
            results.reserveCapacity(fragments.count)
            for fragment in fragments { results.append(try await body(fragment, try connection(fragment.shard))) }
            return results
        }
        var lanes: [ShardIndex: [(position: Int, work: Work)]] = [:]
        for (position, fragment) in fragments.enumerated() {
            lanes[fragment.shard, default: []].append((position, fragment))
        }
        return try await withThrowingTaskGroup(of: LaneResult<Done>.self) { group in
            for (shard, work) in lanes {
                let connection = try connection(shard)
                let lane = work
                group.addTask(executorPreference: shards[shard].workExecutor) {
                    var done: [(Int, Done)] = []
                    do {
                        for (position, fragment) in lane {
                            done.append((position, try await body(fragment, connection)))
                        }
                        return LaneResult(shard: shard, done: done, failure: nil)
                    } catch {
                        return LaneResult(shard: shard, done: done, failure: error)
                    }
                }
            }
            var results = [Done?](repeating: nil, count: fragments.count)
            var failures: [(ShardIndex, any Error)] = []
            for try await lane in group {
                for (position, done) in lane.done { results[position] = done }
                if let failure = lane.failure { failures.append((lane.shard, failure)) }
            }
            if let first = failures.min(by: { $0.0 < $1.0 }) { throw first.1 }
            return results.compactMap { $0 }
        }
    }

    private func connection(_ shard: ShardIndex) throws -> any ShardConnection {
        guard let connection = connections[shard] else {
            throw ShardError(.internalError, "a statement wrote to a shard that it had not named")
        }
        return connection
    }
}

private struct LaneResult<Done: Sendable>: Sendable {
    var shard: ShardIndex
    var done: [(Int, Done)]
    var failure: (any Error)?
}

/// Work that belongs to a shard.
protocol ShardWork: Sendable {
    var shard: ShardIndex { get }
}

extension InsertFragment: ShardWork {}
extension Fragment: ShardWork {}
