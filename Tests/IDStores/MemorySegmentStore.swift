public import ShardIDs
import Synchronization

/// Segments in memory, shared by the generators of one test as a database would be by processes.
public final class MemorySegmentStore: SegmentStore {
    public let faults = FaultPlan()
    private let state: Mutex<(rows: [String: SegmentRow], sizes: [Int64])>

    public init(_ rows: [SegmentRow]) {
        state = Mutex((Dictionary(uniqueKeysWithValues: rows.map { ($0.tag, $0) }), []))
    }

    public func tags() async throws -> [SegmentRow] {
        try await faults.around { state.withLock { $0.rows.values.sorted { $0.tag < $1.tag } } }
    }

    public func reserve(tag: String, step: Int64?) async throws -> SegmentRow? {
        try await faults.around {
            try state.withLock { state in
                guard var row = state.rows[tag] else { return nil }
                let (maximum, overflow) = row.maximum.addingReportingOverflow(step ?? row.step)
                if overflow { throw OrderedFailure() }
                row.maximum = maximum
                row.updated += 1
                state.rows[tag] = row
                state.sizes.append(step ?? row.step)
                return row
            }
        }
    }

    /// The row of a tag, without faults; nil removes it.
    public subscript(tag: String) -> SegmentRow? {
        get { state.withLock { $0.rows[tag] } }
        set { state.withLock { $0.rows[tag] = newValue } }
    }

    /// The sizes of all reservations, in their order.
    public var reservedSizes: [Int64] { state.withLock { $0.sizes } }
}
