public import ShardTopology

/// The logical database at one epoch: where rows live, and the texts that make its schema. Immutable; a change makes a
/// new one.
public final class LogicalSchema: Sendable {
    public let topology: Topology
    /// CREATE texts without sharding clauses, in an order in which they can be run: what `sqlite_master` shows.
    public let statements: [String]

    public init(topology: Topology, statements: [String]) {
        self.topology = topology
        self.statements = statements
    }
}

/// What sessions need of the durable catalog.
public protocol SchemaStore: Sendable {
    /// Whether an epoch is still the current one: one atomic load. Sessions ask before every statement.
    func isCurrent(_ epoch: UInt64) -> Bool
    /// Reads the current schema.
    func load() async throws -> LogicalSchema
    /// Reserves `count` numbers of a sequence for this process; they start at `atLeast` unless another process has
    /// reserved since, then at the first number nobody has.
    func reserve(sequence: String, atLeast: Int64, count: Int64) async throws -> Range<Int64>
}
