import ShardBackend
import ShardTopology
import ShardValues

/// Reads all streams of one shard through one connection, one call at a time, into the channels of a hub.
///
/// Several statements on one shard see one snapshot: they run inside one read transaction, unless the session's own
/// transaction is open on the connection. The connection is given back exactly once, before the reader can know that
/// the shard's last stream has ended.
struct ShardDriver: Sendable {
    /// The statements behind one channel, one after the other.
    struct Lane: Sendable {
        let channel: Int
        var fragments: ArraySlice<Fragment>
        var cursor: (any ShardCursor)?
        /// Groups made of a fragment's rows, and not given out yet.
        var groups: FragmentGrouping.Groups?

        init(channel: Int, fragments: [Fragment], cursor: (any ShardCursor)? = nil) {
            self.channel = channel
            self.fragments = fragments[...]
            self.cursor = cursor
        }
    }

    /// The driver's number in the hub.
    let number: Int
    let shard: ShardIndex
    let connection: any ShardConnection
    let provider: any ConnectionProvider
    let hub: StreamHub
    let lanes: [Lane]
    let values: [Value]
    let rowLimit: Int
    /// Set where the fragments' rows are grouped on the way.
    let grouping: FragmentGrouping?

    static let begin = ShardStatement("BEGIN")
    private static let commit = ShardStatement("COMMIT")

    func run() async {
        var lanes = lanes
        var live = lanes.count
        var ownsTransaction = false
        var last: (batch: RowBatch, channel: Int)?
        do {
            if lanes.reduce(0, { $0 + $1.fragments.count }) > 1, !connection.isInTransaction {
                _ = try await connection.execute(Self.begin, values: [])
                ownsTransaction = true
            }
            while let work = await hub.work(for: number) {
                guard let index = lanes.firstIndex(where: { $0.channel == work.channel }) else { break }
                let (batch, hasEnded) = try await advance(&lanes[index], work.storage)
                if hasEnded { live -= 1 }
                if live == 0 {
                    last = (batch, work.channel)
                    break
                }
                hub.put(batch, into: work.channel, isLast: hasEnded)
            }
        } catch {
            hub.stop(error)
        }
        for lane in lanes { lane.cursor?.close() }
        if ownsTransaction, connection.isInTransaction {
            // A read transaction's end cannot lose anything; if it fails, the pool rolls back.
            _ = try? await connection.execute(Self.commit, values: [])
        }
        provider.giveBack(connection, of: shard)
        if let last { hub.put(last.batch, into: last.channel, isLast: true) }
    }

    /// The lane's next rows, and whether they are the last.
    private func advance(_ lane: inout Lane, _ storage: consuming RowBatch) async throws -> (RowBatch, Bool) {
        var storage = storage
        while true {
            if lane.groups != nil {
                storage = storage.reused(columnCount: hub.columnCount)
                let isLast = try lane.groups?.next(into: &storage, rowLimit: rowLimit) ?? true
                if isLast { lane.groups = nil }
                if !storage.isEmpty { return (storage, isLast && lane.fragments.isEmpty) }
            }
            if let cursor = lane.cursor {
                storage = try await cursor.next(storage)
                if !storage.isEmpty { return (storage, false) }
                cursor.close()
                lane.cursor = nil
            }
            guard let fragment = lane.fragments.popFirst() else { return (storage, true) }
            if let grouping, let groups = try await grouping.groups(of: fragment, connection, values, hub) {
                lane.groups = groups
                continue
            }
            let start = try await connection.query(fragment.statement, values: values, rowLimit: rowLimit)
            lane.cursor = start.cursor
            let isLast = start.cursor == nil && lane.fragments.isEmpty
            if isLast || !start.batch.isEmpty { return (start.batch, isLast) }
        }
    }
}
