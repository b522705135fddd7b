public import ShardBase
public import ShardPlanner
import ShardSQL
import ShardTopology

/// What a statement will cost over the shards, told by its plan: nothing is run, and no rows are needed.
public struct LintedStatement: Sendable {
    public enum Outcome: Sendable {
        case planned(StatementCost)
        /// A refusal, or an error in the statement.
        case failed(ShardError)
        /// Definitions, settings, transactions: nothing to say.
        case skipped
    }

    /// The text, without its semicolon.
    public let sql: String
    /// The line of the script in which it begins, from 1.
    public let line: Int
    /// The shape's hash, literals aside (``StatementReport/fingerprint``); for what cannot be parsed, the text's.
    public let fingerprint: String
    public let outcome: Outcome
}

/// The rung, how many shards are asked, and what to look at.
public struct StatementCost: Sendable, Hashable {
    public var rung: Rung
    /// How many shards one run asks at most.
    public var shards: Int
    /// That is every shard there is, and more than one.
    public var isEveryShard: Bool
    /// In the order of ``LintWarning/Kind``.
    public var warnings: [LintWarning]
}

/// Something about a plan that grows with the data.
public struct LintWarning: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Every shard is asked, whatever the values are.
        case scatters
        /// All rows of a table are brought into one private engine.
        case gathersTable = "gathers-table"
        /// Each shard reads the rows before an OFFSET that the text does not bound.
        case unboundedOffset = "unbounded-offset"
    }
    public var kind: Kind
    /// A sentence.
    public var message: String
}

/// Plans the statements of a script against a database's catalog.
public struct StatementLint: Sendable {
    private let database: ShardedDatabase
    /// An OFFSET in the text up to this is bounded.
    static let smallOffset = 1_000

    public init(_ database: ShardedDatabase) { self.database = database }

    /// Plans every statement, in order.
    ///
    /// - Throws: `.cancelled`; what is wrong with single statements is in the list.
    public func run(_ script: SQLScript) async throws -> [LintedStatement] {
        let shardCount = try await database.logical.currentSchema().topology.shards.count
        return try await database.withSession { session in
            var found: [LintedStatement] = []
            for (index, statement) in script.statements.enumerated() {
                if Task.isCancelled { throw ShardError.interrupted }
                let sql = String(statement)
                found.append(
                    LintedStatement(
                        sql: sql, line: script.lines[index], fingerprint: Self.fingerprint(of: sql),
                        outcome: try await outcome(of: sql, session, shardCount: shardCount)))
            }
            return found
        }
    }

    private static func fingerprint(of sql: String) -> String {
        if let report = try? StatementReport(of: sql, dialect: Dialect.sqlite.name) { return report.fingerprint }
        let digits = String(TextDigest.of(SQLScript.withoutComments(sql[...])), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private func outcome(
        of sql: String, _ session: DatabaseSession, shardCount: Int
    ) async throws -> LintedStatement.Outcome {
        let parsed = try? Parser.parse(sql, dialect: .sqlite)
        var isRefusedOrNothing = false
        if let parsed {
            switch parsed.statement {
            case .select, .insert, .update, .delete: break
            case .pragma, .other: isRefusedOrNothing = true
            case .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop,
                .transaction, .explain, .setting, .showTopology:
                return .skipped
            }
        }
        do {
            let plan = try await session.explain(SQLText(sql)).plan
            return isRefusedOrNothing ? .skipped : .planned(Self.cost(plan, parsed, shardCount: shardCount))
        } catch let error as ShardError where error.code != .cancelled {
            return .failed(error)
        }
    }

    static func cost(_ plan: PlanDescription, _ parsed: ParsedStatement?, shardCount: Int) -> StatementCost {
        let places = plan.shards
        var shards = places.count
        // One place, which a value decides that is not known yet.
        if plan.rung == .fastPath || plan.rung == .route, places.allSatisfy({ !$0.isCertain }) {
            shards = min(1, shards)
        }
        let isEveryShard = shards == shardCount && shardCount > 1
        var warnings: [LintWarning] = []
        // A gathering has a warning of its own, and the copies of a broadcast table are all to be written.
        if isEveryShard, plan.rung == .merge, places.allSatisfy({ $0.isCertain && !$0.partitions.isEmpty }) {
            warnings.append(
                LintWarning(
                    kind: .scatters, message: "asks all \(shardCount) shards; a condition on the shard key asks one"))
        }
        let tables = gatheredWhole(plan.merge)
        if !tables.isEmpty {
            warnings.append(
                LintWarning(
                    kind: .gathersTable,
                    message: "brings all rows of \(tables.joined(separator: ", ")) into one engine; filter or join on "
                        + "the shard key"))
        }
        if shards > 1, case .select(let select)? = parsed?.statement, let offset = select.limit?.offset,
            !isSmall(offset)
        {
            warnings.append(
                LintWarning(
                    kind: .unboundedOffset,
                    message: "each shard reads the rows before the OFFSET; pages by key (--page-size) do not"))
        }
        return StatementCost(rung: plan.rung, shards: shards, isEveryShard: isEveryShard, warnings: warnings)
    }

    /// Names of the tables that steps of gathering bring together without any condition.
    private static func gatheredWhole(_ step: PlanStep) -> [String] {
        var found: [String] = []
        if step.name == "gather", readsAll(step),
            case .text(let table)? = step.settings.first(where: { $0.name == "table" })?.content
        {
            found.append(table)
        }
        for input in step.inputs {
            for table in gatheredWhole(input) where !found.contains(table) { found.append(table) }
        }
        return found
    }

    /// Whether some statement below a step has neither WHERE nor LIMIT.
    private static func readsAll(_ step: PlanStep) -> Bool {
        step.places.contains { place in
            place.index != nil
                && place.statements.contains { statement in
                    guard case .select(let select)? = try? Parser.parse(statement.sql, dialect: .sqlite).statement,
                        case .core(let core) = select.body
                    else { return false }
                    return core.where == nil && select.limit == nil
                }
        } || step.inputs.contains(where: readsAll)
    }

    private static func isSmall(_ offset: Expression) -> Bool {
        guard case .literal(let literal) = offset.unparenthesized, let number = Int(literal.text) else { return false }
        return number <= smallOffset
    }
}
