public import ShardBackend
import ShardBase
public import ShardCatalog
public import ShardPlanner
public import ShardSQL
public import ShardTopology
import ShardValues
import Synchronization

/// What a definition (DDL) came to.
public struct DefinitionOutcome: Sendable {
    /// The catalog afterwards.
    public var snapshot: CatalogSnapshot
    /// Whether anything changed (`IF NOT EXISTS` may find nothing to do).
    public var changed: Bool

    public init(snapshot: CatalogSnapshot, changed: Bool) {
        self.snapshot = snapshot
        self.changed = changed
    }
}

/// Runs definitions (DDL) on all shards and in the catalog so that, whatever is killed whenever, either all of them have it
/// or none.
///
/// One definition at a time, under the catalog's lock:
///
/// 1. The engine tries it on a private database with the logical schema; the planner makes the shards' statements.
/// 2. The journal row is written (`running`).
/// 3. Each shard begins a transaction and runs its statements; nothing is committed. Any error (a UNIQUE index that one
///    shard's rows contradict) rolls all of them back and is the statement's error.
/// 4. The **decision**: one catalog transaction changes the schema, makes the next epoch and turns the row to `decided`.
/// 5. Each shard commits. The row goes.
///
/// Killed before 4: the shards' transactions vanished with the process, the row is dropped at the next opening. Killed after 4:
/// ``recover()`` runs the statements again on the shards that do not carry the definition's mark. From just before 4 until
/// the end the epoch page says *changing*: no statement of any process starts meanwhile (see `settle(timeout:)`).
public final class DefinitionRunner: Sendable {
    private let catalog: Catalog
    /// By shard index.
    private let shards: [any ShardDatabase]
    private let dialect: Dialect
    private let makePrivate: @Sendable () throws -> any PrivateDatabase
    private let defaultDeclaration: @Sendable (String) -> ShardingDeclaration
    private let defaultGenerators: @Sendable (String) -> [String: String]
    private let timeout: Duration
    private let workspace = Mutex<LogicalWorkspace?>(nil)

    /// - Parameters:
    ///   - shards: in the topology's order.
    ///   - makePrivate: an empty private database of the shards' dialect.
    ///   - defaultDeclaration: what CREATE TABLE means where the statement says nothing, by the table's name.
    ///   - defaultGenerators: what fills its columns, by their names in lower case.
    ///   - timeout: how long another definition and each shard's writer are waited for. Default: 5 s.
    public init(
        catalog: Catalog, shards: [any ShardDatabase], dialect: Dialect = .sqlite, timeout: Duration = .seconds(5),
        defaultDeclaration: @escaping @Sendable (String) -> ShardingDeclaration = { _ in .byDefault },
        defaultGenerators: @escaping @Sendable (String) -> [String: String] = { _ in [:] },
        makePrivate: @escaping @Sendable () throws -> any PrivateDatabase
    ) {
        self.catalog = catalog
        self.shards = shards
        self.dialect = dialect
        self.timeout = timeout
        self.defaultDeclaration = defaultDeclaration
        self.defaultGenerators = defaultGenerators
        self.makePrivate = makePrivate
    }

    /// Runs a definition. For `CREATE TABLE … AS` it makes the table; the rows are the caller's to insert.
    ///
    /// - Parameters:
    ///   - statement: the user's text, for the journal.
    ///   - settings: the session's; foreign keys count for DROP TABLE.
    /// - Throws: what the engine says of it with logical names, refusals of ``ShardPlanner/DefinitionPlanner``, `.busy`.
    public func run(
        _ plan: DefinitionPlan, statement: String, settings: SessionSettings = .engineDefaults
    ) async throws -> DefinitionOutcome {
        if case .maintenance(let other) = plan.kind { return try await maintain(other, settings) }
        let held = try await catalog.definitionLock.acquire(timeout: timeout)
        defer { held.release() }
        try await recoverLocked()
        let workspace = try await currentWorkspace()
        let snapshot = workspace.snapshot
        let texts = try await workspace.attempt(plan.logicalSQL, settings)
        do {
            let steps = try planner(snapshot).steps(for: plan.kind, after: texts)
            guard !steps.isNothing else {
                try await workspace.rollback()
                return DefinitionOutcome(snapshot: snapshot, changed: false)
            }
            try refuseCrossingKeys(plan.kind, steps, snapshot, settings)
            let after = try await perform(steps, statement: statement, snapshot: snapshot, settings: settings)
            try await workspace.commit()
            self.workspace.withLock { $0 = workspace.at(after) }
            return DefinitionOutcome(snapshot: after, changed: true)
        } catch {
            // The schema tried here may or may not have become the catalog's: the next definition makes it anew.
            try? await workspace.rollback()
            self.workspace.withLock { $0 = nil }
            throw error
        }
    }

    private func planner(_ snapshot: CatalogSnapshot) -> DefinitionPlanner {
        DefinitionPlanner(
            topology: snapshot.topology, objects: snapshot.objects.map(SchemaObject.init), dialect: dialect,
            defaultDeclaration: defaultDeclaration, defaultGenerators: defaultGenerators)
    }

    /// The one used before where the schema is still the same, else a new one.
    private func currentWorkspace() async throws -> LogicalWorkspace {
        if let known = workspace.withLock({ $0 }), known.snapshot.epoch == (try await catalog.storedEpoch()) {
            return known
        }
        return try await LogicalWorkspace(catalog.snapshot(), make: makePrivate)
    }

    // MARK: Inside a transaction

    /// Begins definitions inside a session's transaction; they hold the lock until the transaction ends.
    ///
    /// - Parameter depth: the session's open savepoints.
    public func openPending(depth: Int) async throws -> PendingDefinitions {
        let held = try await catalog.definitionLock.acquire(timeout: timeout)
        do {
            try await recoverLocked()
            return PendingDefinitions(self, held, try await catalog.snapshot(), depth: depth)
        } catch {
            held.release()
            throw error
        }
    }

    /// What a definition comes to on a schema: tried on a private database, nothing else is done.
    func attempt(
        _ plan: DefinitionPlan, on snapshot: CatalogSnapshot, settings: SessionSettings
    ) async throws -> DefinitionSteps {
        let workspace = try await LogicalWorkspace(snapshot, make: makePrivate)
        let steps = try planner(snapshot).steps(
            for: plan.kind, after: try await workspace.attempt(plan.logicalSQL, settings))
        try refuseCrossingKeys(plan.kind, steps, snapshot, settings)
        return steps
    }

    /// Journals definitions, prepares the shards, and makes the decision in the catalog. When it throws, nothing was
    /// decided; or nobody knows, and who comes next finds out.
    func decide(
        _ change: CatalogChange, _ entry: DefinitionJournalEntry, preparing: () async throws -> Void
    ) async throws {
        try await catalog.beginJournal(entry)
        do {
            try await preparing()
            try FaultPoints.hit(.ddlBeforeCatalog)
            catalog.page.beginChange()
            _ = try await decide(change, entry)
        } catch let error as Undecided {
            throw error.cause
        } catch {
            try? await catalog.endJournal(entry.id)
            catalog.page.endChange()
            throw error
        }
        try FaultPoints.hit(.ddlAfterCatalog)
    }

    /// All shards have what was decided. A journal row that stays is found done by who comes next.
    func finished(_ id: String) async {
        try? await catalog.endJournal(id)
        catalog.page.endChange()
    }

    /// What shards run for VACUUM, ANALYZE or REINDEX.
    func maintenance(_ statement: OtherStatement) async throws -> [(shard: ShardIndex, statements: [String])] {
        try planner(try await catalog.snapshot()).maintenance(statement)
    }

    // MARK: Doing

    private func perform(
        _ steps: DefinitionSteps, statement: String, snapshot: CatalogSnapshot, settings: SessionSettings
    ) async throws -> CatalogSnapshot {
        let change = CatalogChange(
            baseEpoch: snapshot.epoch, objects: steps.objects.map(CatalogObject.init),
            renamedTables: steps.renamedTables, droppedTables: steps.droppedTables)
        if steps.perShard.isEmpty { return try await catalog.commitSnapshot(change, deciding: nil) }
        let entry = DefinitionJournalEntry(
            id: Catalog.newJournalID(), statement: statement,
            steps: steps.perShard.map { .init(shard: snapshot.topology.shards[$0.shard], statements: $0.statements) })
        try await catalog.beginJournal(entry)
        var opened: [ShardDefinition.Open] = []
        defer { for open in opened { open.giveBack() } }
        let after: CatalogSnapshot
        do {
            // Writers in shard order, as everybody takes them.
            for (shard, statements) in steps.perShard {
                let definition = ShardDefinition(id: entry.id, database: shards[shard], statements: statements)
                opened.append(try await definition.open(settings: settings, timeout: timeout))
            }
            try await runAll(opened)
            try FaultPoints.hit(.ddlBeforeCatalog)
            catalog.page.beginChange()
            after = try await decide(change, entry)
        } catch let error as Undecided {
            throw error.cause
        } catch {
            for open in opened { open.giveBack() }
            opened = []
            try? await catalog.endJournal(entry.id)
            catalog.page.endChange()
            throw translated(error, snapshot, steps)
        }
        // Decided: from here on nothing the caller does (cancelling the task) may stop it half-way.
        let writers = opened
        let catalog = catalog
        try await Task {
            do {
                try FaultPoints.hit(.ddlAfterCatalog)
                for open in writers { try await open.commit() }
                try await catalog.endJournal(entry.id)
                catalog.page.endChange()
            } catch {
                let cause = error as? ShardError
                throw ShardError(
                    cause?.code ?? .inputOutput,
                    "the schema change is decided, but not every shard has followed yet: \(cause?.message ?? "\(error)")",
                    hint: "It is completed by the next statement or opening. Do not run the statement again.",
                    engineCode: cause?.engineCode)
            }
        }.value
        return after
    }

    /// All shards at once: an index is built by as many threads as there are.
    private func runAll(_ opened: [ShardDefinition.Open]) async throws {
        if opened.count == 1 { return try await opened[0].run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for open in opened { group.addTask { try await open.run() } }
            try await group.waitForAll()
        }
    }

    /// Nobody knows whether the decision was made: the journal says it to who opens next.
    private struct Undecided: Error { var cause: any Error }

    private func decide(
        _ change: CatalogChange, _ entry: DefinitionJournalEntry
    ) async throws -> CatalogSnapshot {
        do {
            return try await catalog.commitSnapshot(change, deciding: entry.id)
        } catch {
            // An error may come after the commit as well as before it.
            let cause = error
            let catalog = catalog
            let state = await Task { try await catalog.journal().first { $0.id == entry.id }?.state }.result
            switch state {
            case .success(.decided?): throw Undecided(cause: cause)
            case .success(.running?), .success(nil): throw cause
            case .failure: throw Undecided(cause: cause)
            }
        }
    }

    // MARK: Errors

    func translated(_ error: any Error, _ snapshot: CatalogSnapshot, _ steps: DefinitionSteps) -> any Error {
        guard var failure = error as? ShardError else { return error }
        var topology = snapshot.topology
        for object in steps.objects {
            if let table = object.table { topology.tables[Topology.key(for: table.schema.name)] = table }
        }
        let indexes = steps.objects.filter { $0.text.kind == .index }.map { ($0.text.name, $0.text.tableName) }
        failure = NameTranslation(topology, indexes: indexes).logical(failure)
        if failure.code == .engine, failure.message.contains("already exists") || failure.message.contains("no such") {
            failure.code = .schemaDrift
            failure.message = "a shard's schema is not what the catalog says: \(failure.message)"
            failure.hint = "Compare them with: shardkit check"
        }
        return failure
    }

    /// With foreign keys on, a table with a key that crosses shards is neither made nor dropped: the engine's own check would
    /// see one shard only.
    private func refuseCrossingKeys(
        _ kind: DefinitionPlan.Kind, _ steps: DefinitionSteps, _ snapshot: CatalogSnapshot, _ settings: SessionSettings
    ) throws(ShardError) {
        guard let value = settings.values["foreign_keys"]?.lowercased(), ["1", "on", "yes", "true"].contains(value)
        else {
            return
        }
        var topology = snapshot.topology
        let name: String
        switch kind {
        case .createTable(let create), .createTableAs(let create, _): name = create.name.name.text
        case .drop(let drop) where drop.subject == .table: name = drop.names.first?.name.text ?? ""
        case .alterTable(let alter): name = alter.table.name.text
        case .createVirtualTable, .createIndex, .createView, .createTrigger, .drop, .maintenance: return
        }
        for object in steps.objects {
            if let table = object.table { topology.tables[Topology.key(for: table.schema.name)] = table }
        }
        let key = Topology.key(for: name)
        let crossing = topology.foreignKeysCrossing(dialect: dialect).first {
            Topology.key(for: $0.child) == key || Topology.key(for: $0.parent) == key
        }
        guard let crossing else { return }
        throw ShardError(
            .foreignKeyAcrossShards,
            "foreign_keys is on, and the foreign key of \(crossing.child) to \(crossing.parent) crosses shards",
            hint: "Colocate the tables by that key, declare the parent BROADCAST, or leave foreign_keys off.")
    }

    // MARK: Recovery

    /// Completes or forgets what a killed process left behind. To be called when the database is opened. Where nothing was
    /// left, or who began it is still at work, this only asks the catalog.
    ///
    /// - Returns: the statements that were completed.
    /// - Throws: `.readOnly` when there is something to complete in a folder that cannot be written.
    @discardableResult
    public func recover() async throws -> [String] {
        guard try await !catalog.journal().isEmpty || catalog.page.isChanging else { return [] }
        guard let held = try catalog.definitionLock.tryAcquire() else { return [] }
        defer { held.release() }
        return try await recoverLocked()
    }

    /// Waits until no definition is under way, and completes one whose process was killed. To be called when
    /// `catalog.isCurrent(epoch)` says no, before the topology is loaded.
    ///
    /// - Throws: `.busy` (retryable) when a definition takes longer than the runner's timeout.
    public func settle() async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while catalog.page.isChanging {
            if let held = try catalog.definitionLock.tryAcquire() {
                defer { held.release() }
                try await recoverLocked()
                continue
            }
            guard clock.now < deadline else {
                throw ShardError(
                    .busy, "the schema is being changed by another session for longer than \(timeout)",
                    isRetryable: true)
            }
            do {
                try await Task.sleep(for: .milliseconds(1))
            } catch {
                throw ShardError.interrupted
            }
        }
    }

    @discardableResult
    private func recoverLocked() async throws -> [String] {
        let entries = try await catalog.journal()
        guard !entries.isEmpty || catalog.page.isChanging else { return [] }
        var completed: [String] = []
        for entry in entries {
            switch entry.state {
            case .running: break
            case .decided:
                try await complete(entry)
                completed.append(entry.statement)
            }
            try await catalog.endJournal(entry.id)
        }
        catalog.page.publish(try await catalog.storedEpoch())
        catalog.page.endChange()
        return completed
    }

    private func complete(_ entry: DefinitionJournalEntry) async throws {
        for step in entry.steps {
            guard let database = shards.first(where: { $0.name == step.shard }) else {
                throw ShardError(
                    .configuration, "a schema change has to be completed on shard \(step.shard), which is not opened")
            }
            let definition = ShardDefinition(id: entry.id, database: database, statements: step.statements)
            let open = try await definition.open(settings: .engineDefaults, timeout: timeout)
            defer { open.giveBack() }
            if try await open.isDone() { continue }
            try await open.run()
            try await open.commit()
        }
    }

    // MARK: Maintenance

    private func maintain(_ statement: OtherStatement, _ settings: SessionSettings) async throws -> DefinitionOutcome {
        let snapshot = try await catalog.snapshot()
        let names = NameTranslation(snapshot.topology, indexes: snapshot.indexes)
        for (shard, statements) in try planner(snapshot).maintenance(statement) {
            let connection = try await shards[shard].acquire(.write, settings: settings)
            defer { shards[shard].release(connection) }
            do {
                for statement in statements { try await connection.executeScript(statement) }
            } catch let error as ShardError {
                throw names.logical(error)
            }
        }
        return DefinitionOutcome(snapshot: snapshot, changed: false)
    }
}
