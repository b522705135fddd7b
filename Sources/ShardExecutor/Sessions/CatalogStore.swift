public import ShardBackend
import ShardBase
public import ShardCatalog
public import ShardPlanner
import ShardTopology

/// The durable catalog as sessions see it: the current schema, DDL, key sequences.
public struct CatalogStore: SchemaStore, DefinitionRunning {
    private let catalog: Catalog
    private let runner: DefinitionRunner

    public init(catalog: Catalog, runner: DefinitionRunner) {
        self.catalog = catalog
        self.runner = runner
    }

    public func isCurrent(_ epoch: UInt64) -> Bool { catalog.isCurrent(epoch) }

    /// Where no page of memory is shared with the processes that may change the schema, the catalog is asked.
    public func refresh() async throws { try await catalog.refreshEpoch() }

    public var needsRefresh: Bool { catalog.needsPolling }

    /// Waits for a definition that is under way, and completes one whose process was killed.
    public func load() async throws -> LogicalSchema {
        try await runner.settle()
        let snapshot = try await catalog.snapshot()
        return LogicalSchema(
            topology: snapshot.topology, statements: snapshot.schemaTexts, indexes: snapshot.indexes)
    }

    public func reserve(sequence: String, atLeast: Int64, count: Int64) async throws -> Range<Int64> {
        try await catalog.reserve(sequence: sequence, atLeast: atLeast, count: count)
    }

    public func giveBack(sequence: String, unused: Range<Int64>) async throws {
        try await catalog.giveBack(sequence: sequence, unused: unused)
    }

    public func run(_ plan: DefinitionPlan, statement: String, settings: SessionSettings) async throws -> Bool {
        try await runner.run(plan, statement: statement, settings: settings).changed
    }

    public func openPending(depth: Int) async throws -> PendingDefinitions {
        try await runner.openPending(depth: depth)
    }
}
