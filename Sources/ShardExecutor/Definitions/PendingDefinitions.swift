import ShardBackend
import ShardBase
import ShardCatalog
import ShardPlanner
import ShardTopology
import ShardValues
import Synchronization

/// Definitions (DDL) inside a session's transaction: nobody else sees them before COMMIT.
///
/// From the first one on the definition lock is held and every shard's writer is pinned. Each definition is tried on a
/// private database with the schema as the transaction has it so far, and its statements run on the shards inside the
/// transaction. COMMIT journals all of them, marks the shards, decides in the catalog, and then commits shard by shard as
/// any transaction does; ROLLBACK and ROLLBACK TO forget what they undo on the shards.
///
/// Killed between the decision and the last shard's commit, the definitions are completed at the next opening; rows that
/// the transaction had written on that shard are lost, as under `commit: fast` everywhere.
public final class PendingDefinitions: @unchecked Sendable {
    // Unchecked: touched only by its session, one statement at a time.

    /// What the transaction has made of the schema.
    struct State {
        var snapshot: CatalogSnapshot
        /// In the order in which they ran.
        var steps: [(shard: ShardIndex, statement: String)] = []
        var renamedTables: [(from: String, to: String)] = []
        var droppedTables: [String] = []
        var statements: [String] = []
    }

    private let runner: DefinitionRunner
    private let held: DefinitionLock.Held
    private let base: CatalogSnapshot
    /// Numbers the schemas that only one transaction sees: no catalog will ever have such an epoch.
    private static let versions = Atomic<UInt64>(1 << 63)
    private(set) var state: State
    /// By depth: what each open savepoint goes back to.
    private var saved: [State]
    private var decided: String?

    init(_ runner: DefinitionRunner, _ held: DefinitionLock.Held, _ base: CatalogSnapshot, depth: Int) {
        self.runner = runner
        self.held = held
        self.base = base
        state = State(snapshot: base)
        saved = Array(repeating: state, count: depth)
    }

    /// The schema as the transaction sees it; nil: it is the catalog's.
    var schema: LogicalSchema? {
        guard state.snapshot.epoch != base.epoch else { return nil }
        return LogicalSchema(
            topology: state.snapshot.topology, statements: state.snapshot.schemaTexts, indexes: state.snapshot.indexes)
    }

    // MARK: Savepoints

    func savepoint() { saved.append(state) }

    /// Savepoints deeper than `depth` are gone.
    func released(to depth: Int) { saved.removeLast(max(0, saved.count - depth)) }

    /// Back to what the savepoint at `depth` found.
    func rolledBack(to depth: Int) {
        released(to: depth)
        if let last = saved.last { state = last }
    }

    // MARK: One definition

    /// Runs a definition on the shards of the transaction.
    ///
    /// - Returns: whether anything changed.
    func run(
        _ plan: DefinitionPlan, statement: String, settings: SessionSettings, writers: ShardWriters
    ) async throws -> Bool {
        let steps = try await runner.attempt(plan, on: state.snapshot, settings: settings)
        if steps.isNothing { return false }
        do {
            for (shard, statements) in steps.perShard {
                for statement in statements { try await writers.connections[shard]?.executeScript(statement) }
            }
        } catch {
            throw runner.translated(error, state.snapshot, steps)
        }
        let epoch = Self.versions.wrappingAdd(1, ordering: .relaxed).newValue
        state.snapshot = CatalogSnapshot(
            epoch: epoch, shards: state.snapshot.shards, objects: steps.objects.map(CatalogObject.init))
        for (shard, statements) in steps.perShard { state.steps += statements.map { (shard, $0) } }
        state.renamedTables += steps.renamedTables
        state.droppedTables += steps.droppedTables
        state.statements.append(statement)
        return true
    }

    /// A definition's rows could not be filled in: it is undone on the shards, and here.
    func restore(_ state: State) { self.state = state }

    // MARK: The end

    /// Journals, marks the shards and makes the decision. To be called when nothing but the shards' COMMITs is left to do.
    func decide(_ writer: (ShardIndex) -> (any ShardConnection)?) async throws {
        guard state.snapshot.epoch != base.epoch else { return }
        let change = CatalogChange(
            baseEpoch: base.epoch, objects: state.snapshot.objects, renamedTables: state.renamedTables,
            droppedTables: state.droppedTables)
        var statements = [[String]](repeating: [], count: base.topology.shards.count)
        for step in state.steps { statements[step.shard].append(step.statement) }
        let entry = DefinitionJournalEntry(
            id: Catalog.newJournalID(), statement: state.statements.joined(separator: "; "),
            steps: statements.indices.filter { !statements[$0].isEmpty }.map {
                .init(shard: base.topology.shards[$0], statements: statements[$0])
            })
        try await runner.decide(change, entry) {
            for shard in statements.indices where !statements[shard].isEmpty {
                guard let connection = writer(shard) else {
                    throw ShardError(.internalError, "a shard of the transaction's definitions has no writer")
                }
                try await ShardDefinition.mark(connection, with: entry.id)
            }
        }
        decided = entry.id
    }

    /// Lets go of the lock. `isCommitted`: every shard has committed; otherwise what was decided is completed by whoever
    /// comes next.
    func finish(isCommitted: Bool) async {
        if let decided, isCommitted { await runner.finished(decided) }
        held.release()
    }
}
