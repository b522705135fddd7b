import Synchronization

/// One physical statement: its text and a process-wide id that connections key their statement caches by.
///
/// Two values with the same id have the same text. Plans make their statements once and hand them on, so a cached
/// plan finds its prepared statement by one integer look-up.
public struct ShardStatement: Sendable, Hashable {
    public let id: UInt64
    public let sql: String
    /// The types of the parameters by their numbers in a server's catalog (`pg_type.oid`), 0 where the server finds it; empty:
    /// for all. Engines whose values carry their types pass it by.
    public let parameterTypes: [UInt32]

    private static let nextID = Atomic<UInt64>(1)

    /// A statement with an id of its own. Make it once per plan, not per run.
    public init(_ sql: String, parameterTypes: [UInt32] = []) {
        self.parameterTypes = parameterTypes
        self.id = Self.nextID.wrappingAdd(1, ordering: .relaxed).oldValue
        self.sql = sql
    }

    public static func == (left: Self, right: Self) -> Bool { left.id == right.id }
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
