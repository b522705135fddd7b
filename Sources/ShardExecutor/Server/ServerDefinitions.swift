public import ShardBackend
import ShardBase
public import ShardCatalog
import ShardPlanner
import ShardSQL
public import ShardTopology

/// Runs definitions (DDL) on all shards, on the coordinator and in the catalog, so that, whatever is killed whenever, either all
/// of them have it or none: the way of ``DefinitionRunner``, with the coordinator in the place of the private database on which
/// a definition is tried first. It is a participant like the shards, and commits with them.
public final class ServerDefinitions: SchemaStore {
    private let catalog: Catalog
    /// By shard index.
    private let shards: [any ShardDatabase]
    private let coordinator: any ShardDatabase
    private let timeout: Duration
    private let defaultDeclaration: @Sendable (String) -> ShardingDeclaration
    private let defaultGenerators: @Sendable (String) -> [String: String]

    /// The coordinator's name in the journal; no shard can have it.
    public static let coordinatorName = "_shardkit_coordinator"

    public init(
        catalog: Catalog, shards: [any ShardDatabase], coordinator: any ShardDatabase, timeout: Duration = .seconds(5),
        defaultDeclaration: @escaping @Sendable (String) -> ShardingDeclaration = { _ in .byDefault },
        defaultGenerators: @escaping @Sendable (String) -> [String: String] = { _ in [:] }
    ) {
        self.catalog = catalog
        self.shards = shards
        self.coordinator = coordinator
        self.timeout = timeout
        self.defaultDeclaration = defaultDeclaration
        self.defaultGenerators = defaultGenerators
    }

    /// Statements that are kept as text and change the schema.
    static func isDefinition(_ other: OtherStatement) -> Bool {
        other.kind.hasPrefix("CREATE ") || other.kind.hasPrefix("DROP ") || other.kind.hasPrefix("ALTER ")
    }

    // MARK: The catalog, as sessions see it

    public func isCurrent(_ epoch: UInt64) -> Bool { catalog.isCurrent(epoch) }
    public func refresh() async throws { try await catalog.refreshEpoch() }
    public var needsRefresh: Bool { catalog.needsPolling }

    public func load() async throws -> LogicalSchema {
        try await settle()
        let snapshot = try await catalog.snapshot()
        return LogicalSchema(
            topology: snapshot.topology, statements: snapshot.schemaTexts, indexes: snapshot.indexes,
            functions: try await ServerEngine.withConnection(coordinator) { try await ServerCatalog.functions($0) })
    }

    public func reserve(sequence: String, atLeast: Int64, count: Int64) async throws -> Range<Int64> {
        try await catalog.reserve(sequence: sequence, atLeast: atLeast, count: count)
    }

    // MARK: One definition

    /// - Returns: whether anything changed.
    func run(_ parsed: ParsedStatement, functions: ServerFunctions) async throws -> Bool {
        let held = try await catalog.definitionLock.acquire(timeout: timeout)
        defer { held.release() }
        try await recoverLocked()
        let snapshot = try await catalog.snapshot()
        let planner = ServerDefinitionPlanner(
            topology: snapshot.topology, objects: snapshot.objects.map(SchemaObject.init), functions: functions,
            defaultDeclaration: defaultDeclaration, defaultGenerators: defaultGenerators)
        let text = try planner.coordinatorText(parsed)
        let id = Catalog.newJournalID()
        let tried = try await ShardDefinition(
            id: id, database: coordinator, statements: [text], spelling: .postgresql
        ).open(settings: .engineDefaults, timeout: timeout)
        var opened = [tried]
        defer { for open in opened { open.giveBack() } }
        try await tried.run()
        guard let server = tried.connection as? any ServerConnection else {
            throw ShardError(.internalError, "the coordinator is no database server")
        }
        let steps = try planner.steps(parsed, after: try await ServerCatalog.schema(server))
        if steps.isNothing { return false }
        let change = CatalogChange(
            baseEpoch: snapshot.epoch, objects: steps.objects.map(CatalogObject.init),
            droppedTables: steps.droppedTables)
        let entry = DefinitionJournalEntry(
            id: id, statement: parsed.source,
            steps: [.init(shard: Self.coordinatorName, statements: [text])]
                + steps.perShard.map { .init(shard: snapshot.topology.shards[$0.shard], statements: $0.statements) })
        try await catalog.beginJournal(entry)
        do {
            for (shard, statements) in steps.perShard {
                let definition = ShardDefinition(
                    id: id, database: shards[shard], statements: statements, spelling: .postgresql)
                let open = try await definition.open(settings: .engineDefaults, timeout: timeout)
                opened.append(open)
                try await open.run()
            }
            catalog.page.beginChange()
        } catch {
            try? await catalog.endJournal(id)
            catalog.page.endChange()
            throw error
        }
        do {
            try FaultPoints.hit(.ddlBeforeCatalog)
            _ = try await catalog.commitSnapshot(change, deciding: id)
        } catch {
            // An error may come after the decision as well as before it: the journal says it to who comes next.
            let state = try? await catalog.journal().first { $0.id == id }?.state
            if state == .some(.running) || state == .some(nil) {
                try? await catalog.endJournal(id)
                catalog.page.endChange()
            }
            throw error
        }
        // Decided: nothing the caller does may stop it half-way.
        let participants = opened
        let catalog = catalog
        try await Task {
            do {
                try FaultPoints.hit(.ddlAfterCatalog)
                for open in participants { try await open.commit() }
                try await catalog.endJournal(id)
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
        return true
    }

    // MARK: Recovery

    /// Completes or forgets what a killed process left behind. To be called when the database is opened.
    public func recover() async throws {
        guard try await !catalog.journal().isEmpty || catalog.page.isChanging else { return }
        guard let held = try catalog.definitionLock.tryAcquire() else { return }
        defer { held.release() }
        try await recoverLocked()
    }

    private func settle() async throws {
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

    private func recoverLocked() async throws {
        let entries = try await catalog.journal()
        guard !entries.isEmpty || catalog.page.isChanging else { return }
        for entry in entries {
            switch entry.state {
            case .running: break
            case .decided: try await complete(entry)
            }
            try await catalog.endJournal(entry.id)
        }
        catalog.page.publish(try await catalog.storedEpoch())
        catalog.page.endChange()
    }

    private func complete(_ entry: DefinitionJournalEntry) async throws {
        for step in entry.steps {
            let database = step.shard == Self.coordinatorName ? coordinator : shards.first { $0.name == step.shard }
            guard let database else {
                throw ShardError(
                    .configuration, "a schema change has to be completed on shard \(step.shard), which is not opened")
            }
            let open = try await ShardDefinition(
                id: entry.id, database: database, statements: step.statements, spelling: .postgresql
            ).open(settings: .engineDefaults, timeout: timeout)
            defer { open.giveBack() }
            if try await open.isDone() { continue }
            try await open.run()
            try await open.commit()
        }
    }
}
