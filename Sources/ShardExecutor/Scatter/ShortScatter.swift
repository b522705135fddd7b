import ShardBackend
import ShardTopology
import ShardValues

/// A scatter of short statements: run one after another on the caller's task, which costs less than waking the shards'
/// threads. All rows are there when it ends, and all connections are back.
enum ShortScatter {
    /// The rows of each fragment, in the fragments' order.
    static func run(
        _ fragments: [Fragment], values: [Value], rowLimit: Int, provider: any ConnectionProvider
    ) async throws -> [[RowBatch]] {
        var groups: [ArraySlice<Fragment>] = []
        var rest = fragments[...]
        while let first = rest.first {
            groups.append(rest.prefix { $0.shard == first.shard })
            rest = rest.dropFirst(groups[groups.count - 1].count)
        }
        return try await provider.withMoment(of: groups.map { $0[$0.startIndex].shard }) { connections in
            var streams: [[RowBatch]] = []
            streams.reserveCapacity(fragments.count)
            for (group, connection) in zip(groups, connections) {
                if group.count > 1, !connection.isInTransaction {
                    _ = try await connection.execute(ShardDriver.begin, values: [])
                }
                for fragment in group { streams.append(try await rows(fragment, connection, values, rowLimit)) }
            }
            return streams
        }
    }

    private static func rows(
        _ fragment: Fragment, _ connection: any ShardConnection, _ values: [Value], _ rowLimit: Int
    ) async throws -> [RowBatch] {
        let start = try await connection.query(fragment.statement, values: values, rowLimit: rowLimit)
        guard let cursor = start.cursor else { return start.batch.isEmpty ? [] : [start.batch] }
        defer { cursor.close() }
        var batches = [start.batch]
        while true {
            let batch = try await cursor.next(RowBatch(columnCount: start.batch.columnCount))
            if batch.isEmpty { return batches }
            batches.append(batch)
        }
    }
}

/// Rows that are all there.
final class BatchSource: RowSource, @unchecked Sendable {
    // Unchecked: touched by the one reader only.
    private var batches: ArraySlice<RowBatch>
    let columnCount: Int

    init(_ batches: [RowBatch], columnCount: Int) {
        self.batches = batches[...]
        self.columnCount = columnCount
    }

    var isAtEnd: Bool { batches.isEmpty }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        guard let batch = batches.popFirst() else { return recycled.reused(columnCount: columnCount) }
        return batch
    }

    func close() async { batches = [] }
}
