import ShardBase
import ShardPlanner
import ShardSQL
public import ShardTopology
import Synchronization

/// The logical database at one epoch: where rows live, and the texts that make its schema. Immutable; a change makes a
/// new one.
public final class LogicalSchema: Sendable {
    public let topology: Topology
    /// CREATE texts without sharding clauses, in an order in which they can be run: what `sqlite_master` shows.
    public let statements: [String]
    /// Physical names back to logical ones, for errors.
    let translation: NameTranslation
    /// What functions there are, on database servers.
    let functions: ServerFunctions
    private let crossing = Mutex<[ForeignKey]?>(nil)
    private let keys = Mutex<[ForeignKey]?>(nil)
    private let partial = Mutex<Set<String>?>(nil)
    private let checks = Mutex<CheckTexts?>(nil)

    /// - Parameter indexes: the logical indexes, name and table.
    public convenience init(topology: Topology, statements: [String], indexes: [(name: String, table: String)] = []) {
        self.init(
            topology: topology, statements: statements, indexes: indexes,
            functions: ServerFunctions(volatility: [:], aggregates: []))
    }

    init(
        topology: Topology, statements: [String], indexes: [(name: String, table: String)], functions: ServerFunctions
    ) {
        self.functions = functions
        self.topology = topology
        self.statements = statements
        self.translation = NameTranslation(topology, indexes: indexes)
    }

    /// The foreign keys that no shard can check by itself; found at the first question.
    var crossingForeignKeys: [ForeignKey] {
        if let known = crossing.withLock({ $0 }) { return known }
        let found = topology.foreignKeysCrossing()
        crossing.withLock { $0 = found }
        return found
    }

    /// Folded names of tables that foreign keys refer to.
    var referencedTables: Set<String> {
        Set(foreignKeys.map { Topology.key(for: $0.parent) })
    }

    /// Folded names of tables that are parent or child of a foreign key.
    var tablesWithForeignKeys: Set<String> {
        Set(foreignKeys.flatMap { [Topology.key(for: $0.parent), Topology.key(for: $0.child)] })
    }

    private var foreignKeys: [ForeignKey] {
        if let known = keys.withLock({ $0 }) { return known }
        let found = topology.tables.values.flatMap { ForeignKey.all(of: $0) }
        keys.withLock { $0 = found }
        return found
    }

    /// Folded names of tables with an index that only a literal finds: on an expression, or with WHERE.
    var tablesWithPartialIndexes: Set<String> {
        if let known = partial.withLock({ $0 }) { return known }
        var found: Set<String> = []
        for text in statements {
            guard let parsed = try? Parser.parse(text, dialect: .sqlite),
                case .createIndex(let index) = parsed.statement
            else { continue }
            let isPlain = index.columns.allSatisfy { if case .column = $0.expression { true } else { false } }
            if index.where != nil || !isPlain { found.insert(index.table.name.folded) }
        }
        partial.withLock { $0 = found }
        return found
    }

    /// An engine's error in logical names.
    func logical(_ error: any Error) -> any Error {
        if error is CancellationError { return ShardError.interrupted }
        guard let error = error as? ShardError, error.engineCode != nil else { return error }
        let translated = translation.logical(error)
        return CheckTexts.isAbout(translated.message) ? checkTexts.logical(translated) : translated
    }

    /// The texts of CHECK constraints; looked up at the first violation.
    private var checkTexts: CheckTexts {
        if let known = checks.withLock({ $0 }) { return known }
        let found = CheckTexts(topology, dialect: .sqlite)
        checks.withLock { $0 = found }
        return found
    }
}

/// What sessions need of the durable catalog.
public protocol SchemaStore: Sendable {
    /// Whether an epoch is still the current one: one atomic load. Sessions ask before every statement.
    func isCurrent(_ epoch: UInt64) -> Bool
    /// Whether ``refresh()`` is to be called before ``isCurrent(_:)``: nobody tells of other processes' changes.
    var needsRefresh: Bool { get }
    func refresh() async throws
    /// Reads the current schema; waits for a change that is under way.
    func load() async throws -> LogicalSchema
    /// Reserves `count` numbers of a sequence for this process; they start at `atLeast` unless another process has
    /// reserved since, then at the first number nobody has.
    func reserve(sequence: String, atLeast: Int64, count: Int64) async throws -> Range<Int64>
    /// Gives back the end of a reservation that was never used, if nobody has reserved since.
    func giveBack(sequence: String, unused: Range<Int64>) async throws
}

extension SchemaStore {
    public func giveBack(sequence: String, unused: Range<Int64>) async throws {}
    public var needsRefresh: Bool { false }
    public func refresh() async throws {}
}
