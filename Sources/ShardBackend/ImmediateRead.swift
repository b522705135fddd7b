public import ShardValues

/// How a read that never waits ended (``ShardDatabase/readNow(_:values:rowLimit:isSingleRow:into:)``).
public enum ImmediateRead: Sendable {
    /// All rows are in the batch; nothing is held.
    case whole
    /// The batch holds the first rows. The rest comes from the cursor; the connection is leased until it is released.
    case begun(any ShardConnection, any ShardCursor)
    /// Nothing was done, or it failed: what waits and retries (``ShardDatabase/acquire(_:settings:)``) tells.
    case unavailable
}

extension ShardDatabase {
    /// Never available: for backends whose reads have to wait for something.
    public func readNow(
        _ id: UInt64, values: [Value], rowLimit: Int, isSingleRow: Bool, into batch: inout RowBatch
    ) -> ImmediateRead { .unavailable }
}
