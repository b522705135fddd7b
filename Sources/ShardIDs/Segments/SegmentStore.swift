/// Where the segments of tags come from: one row for each tag, whose maximum is moved on atomically.
///
/// In SQL it is Leaf's table, and a reservation one statement:
///
/// ```sql
/// CREATE TABLE segments (tag TEXT PRIMARY KEY, max_id BIGINT, step BIGINT, description TEXT, updated BIGINT);
/// UPDATE segments SET max_id = max_id + coalesce(?, step), updated = ? WHERE tag = ? RETURNING *;
/// ```
///
/// What generators rely on: no two reservations overlap, whichever process makes them, and a reservation that was
/// answered survives a crash of the store. They bear requests that fail, hang, or fail after they were done: then the
/// segment is lost, which makes a gap and no duplicate.
public protocol SegmentStore: Sendable {
    /// All tags there are.
    func tags() async throws -> [SegmentRow]

    /// Adds `step` to the maximum of a tag; nil: the step of its row. Beyond 2^63 - 1 it must fail, not wrap or round.
    ///
    /// - Returns: the row as it is then, the identifiers from `maximum - step` (exclusive) to `maximum` (inclusive)
    ///   being the caller's alone; nil when there is no such tag.
    func reserve(tag: String, step: Int64?) async throws -> SegmentRow?
}

/// One tag in the store.
public struct SegmentRow: Sendable, Hashable {
    public var tag: String
    /// The largest identifier reserved by anybody so far; 0 at first.
    public var maximum: Int64
    /// How many to reserve at first and at least; at least 1.
    public var step: Int64
    public var description: String
    /// When the row was changed last: milliseconds since 1970.
    public var updated: Int64

    public init(tag: String, maximum: Int64 = 0, step: Int64 = 1_000, description: String = "", updated: Int64 = 0) {
        self.tag = tag
        self.maximum = maximum
        self.step = step
        self.description = description
        self.updated = updated
    }
}
