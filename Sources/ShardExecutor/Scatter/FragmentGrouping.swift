import ShardBackend
import ShardBase
import ShardPlanner
import ShardValues

/// Groups the rows of a fragment where they come in, on the shard's own thread, within a limit of memory.
struct FragmentGrouping: Sendable {
    private let grouping: HashGrouping
    private let byteLimit: Int

    init(_ grouping: HashGrouping, byteLimit: Int) {
        self.grouping = grouping
        self.byteLimit = byteLimit
    }

    /// The groups of a fragment; nil when they outgrow the limit: then the engine is to group, which spills to disk by
    /// itself. What was read is read again; the connection's snapshot is the same.
    func groups(
        of fragment: Fragment, _ connection: any ShardConnection, _ values: [Value], _ hub: StreamHub
    ) async throws -> Groups? {
        guard let statement = fragment.rows else { return nil }
        var table = try HashGroups(grouping)
        let start = try await connection.query(statement, values: values, rowLimit: RowBatch.defaultRowLimit)
        defer { start.cursor?.close() }
        table.add(start.batch)
        guard let cursor = start.cursor else { return Groups(table) }
        var rows = start.batch
        while true {
            rows = try await cursor.next(rows)
            if rows.isEmpty || hub.isStopped { return Groups(table) }
            table.add(rows)
            if table.byteCount > byteLimit { return nil }
        }
    }

    /// Groups ready to be given out, in their order.
    struct Groups: Sendable {
        private let table: HashGroups
        private let order: [Int32]
        private var position = 0

        init(_ table: HashGroups) {
            self.table = table
            order = table.sorted()
        }

        /// Appends groups; true once the last has been given.
        mutating func next(into output: inout RowBatch, rowLimit: Int) throws -> Bool {
            while position < order.count, output.rowCount < rowLimit,
                output.payloadByteCount < RowBatch.defaultByteLimit
            {
                try table.append(order[position], to: &output)
                position += 1
            }
            return position == order.count
        }
    }
}
