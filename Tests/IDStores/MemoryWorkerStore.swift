public import ShardIDs
import Synchronization

/// Workers in memory, shared by the generators of one test as a database would be by processes.
public final class MemoryWorkerStore: WorkerStore {
    public let faults = FaultPlan()
    private let now: @Sendable () -> Int64
    private let rows: Mutex<[Int64: WorkerRow]>

    /// - Parameter now: the store's own clock in milliseconds since 1970.
    public init(rows: [WorkerRow] = [], now: @escaping @Sendable () -> Int64) {
        self.now = now
        self.rows = Mutex(Dictionary(uniqueKeysWithValues: rows.map { ($0.node, $0) }))
    }

    public func workers() async throws -> WorkerSnapshot {
        try await faults.around { WorkerSnapshot(rows: rows.withLock { Array($0.values) }, now: now()) }
    }

    public func replace(fence: Int64, with row: WorkerRow, lease: Duration?) async throws -> Bool {
        try await faults.around {
            rows.withLock { rows in
                guard (rows[row.node]?.fence ?? 0) == fence else { return false }
                var row = row
                row.expires = lease.map { now() + $0.milliseconds }
                rows[row.node] = row
                return true
            }
        }
    }

    /// The row of a node, without faults.
    public subscript(node: Int64) -> WorkerRow? {
        get { rows.withLock { $0[node] } }
        set { rows.withLock { $0[node] = newValue } }
    }

    public var all: [WorkerRow] { rows.withLock { $0.values.sorted { $0.node < $1.node } } }
}

extension Duration {
    /// Whole milliseconds.
    public var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
