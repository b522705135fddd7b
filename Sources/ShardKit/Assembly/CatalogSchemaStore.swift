import ShardBackend
import ShardCatalog
import ShardExecutor
import ShardPlanner

/// The durable catalog as sessions see it: the epoch by one atomic load, the schema when it has changed.
struct CatalogSchemaStore: SchemaStore {
    let catalog: Catalog
    let definitions: DefinitionRunner

    /// While a definition is under way no epoch is current, so that the next statement waits for it in ``load()``.
    func isCurrent(_ epoch: UInt64) -> Bool { catalog.isCurrent(epoch) }

    func load() async throws -> LogicalSchema {
        try await definitions.settle()
        let snapshot = try await catalog.snapshot()
        return LogicalSchema(
            topology: snapshot.topology, statements: snapshot.schemaTexts, indexes: snapshot.indexes)
    }

    func reserve(sequence: String, atLeast: Int64, count: Int64) async throws -> Range<Int64> {
        try await catalog.reserve(sequence: sequence, atLeast: atLeast, count: count)
    }
}

/// The definition runner as sessions call it.
struct DefinitionService: DefinitionRunning {
    let runner: DefinitionRunner

    func run(_ plan: DefinitionPlan, statement: String, settings: SessionSettings) async throws -> Bool {
        try await runner.run(plan, statement: statement, settings: settings).changed
    }

    func openPending(depth: Int) async throws -> PendingDefinitions {
        try await runner.openPending(depth: depth)
    }
}
