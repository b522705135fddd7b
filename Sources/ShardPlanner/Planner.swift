public import ShardBase
public import ShardSQL
public import ShardTopology
import ShardValues

/// What the engine itself says of a statement, described on the logical schema.
public struct StatementFacts: Sendable {
    public var columns: [PlanColumn]
    public var isReadOnly: Bool
    /// The columns it reads, of every table and view, by the engine's own name resolution; nil when nobody asked: then
    /// each column of each table may be read.
    public var reads: Set<ColumnRead>?

    public init(columns: [PlanColumn], isReadOnly: Bool, reads: Set<ColumnRead>? = nil) {
        self.columns = columns
        self.isReadOnly = isReadOnly
        self.reads = reads
    }
}

/// A column that a statement reads, names folded.
public struct ColumnRead: Sendable, Hashable {
    /// `rowid` where the rowid itself is read of a table without a column for it; empty where rows are only counted.
    public var table: String
    public var column: String

    public init(table: String, column: String) {
        self.table = Topology.key(for: table)
        self.column = Topology.key(for: column)
    }
}

/// Turns a parsed statement into a plan, or says why it is refused. Pure: same statement, same topology, same plan.
public struct Planner {
    public let topology: Topology
    public let dialect: Dialect
    /// The session's TEMP objects.
    public let temporary: TemporaryObjects
    /// Reads are gathered (rung 4) also where a cheaper rung would do: tests compare the rungs with one another.
    package var gathersReads = false

    /// Folded names of the session's TEMP tables and views.
    var temporaryTables: Set<String> { temporary.tables }

    public init(topology: Topology, dialect: Dialect, temporary: TemporaryObjects = TemporaryObjects()) {
        self.topology = topology
        self.dialect = dialect
        self.temporary = temporary
    }

    /// The planner of what is gathered for a statement: names are those of the logical schema alone.
    var withoutTemporary: Planner { Planner(topology: topology, dialect: dialect) }

    /// The plan of a statement that the engine accepts.
    ///
    /// - Throws: a ``ShardBase/ShardError`` whose code is a refusal of the catalogue. It depends on the statement's form,
    ///   the schema and the topology alone, never on bound values.
    public func plan(_ parsed: ParsedStatement, description: StatementFacts) throws(ShardError) -> Plan {
        do {
            return try planning(parsed, description)
        } catch {
            throw error.shardError
        }
    }

    private func planning(_ parsed: ParsedStatement, _ facts: StatementFacts) throws(PlanningRefusal) -> Plan {
        var parsed = NameFixing(dialect: dialect).fix(parsed)
        parsed.statement = DistinctPruning().prune(CommonTablePruning().prune(parsed.statement))
        let work = PlanningWork(parsed: parsed, facts: facts, planner: self)
        switch parsed.statement {
        case .select(let select): return try SelectPlanner(work).plan(select)
        case .insert(let insert):
            return try write(insert.table, !insert.returning.isEmpty, work) { () throws(PlanningRefusal) in
                try InsertPlanner(work).plan(insert)
            }
        case .update(let update):
            return try write(update.table.name, !update.returning.isEmpty, work) { () throws(PlanningRefusal) in
                try WritePlanner(work).plan(update)
            }
        case .delete(let delete):
            return try write(delete.table.name, !delete.returning.isEmpty, work) { () throws(PlanningRefusal) in
                try WritePlanner(work).plan(delete)
            }
        case .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop:
            return try DefinitionRule(work).plan(parsed.statement)
        case .transaction(let transaction): return work.plan(.session(transaction.sessionAction))
        case .explain(let explain): return try self.explain(explain, parsed, facts)
        case .pragma(let pragma): return try PragmaRule(work).plan(pragma)
        case .setting(let setting):
            throw PlanningRefusal(.statementNotModelled, "\(setting.text) is not a statement of this dialect")
        case .showTopology(let show): return try self.show(show, work)
        case .other(let other): return try DefinitionRule(work).plan(other)
        }
    }

    /// The cheapest way of a write; the last is a rehearsal, which is the only one where triggers stand on the target that
    /// no shard runs.
    private func write(
        _ target: ObjectName, _ returnsRows: Bool, _ work: PlanningWork,
        _ cheaper: () throws(PlanningRefusal) -> Plan
    ) throws(PlanningRefusal) -> Plan {
        let isTemporary = temporary.contains(target)
        let fresh = PlanningWork(parsed: work.parsed, facts: work.facts, planner: self)
        if !isTemporary, topology.logicalTriggers(dialect)[target.name.folded] != nil {
            let reason = PlanningRefusal(.triggerAcrossShards, "\(target.name.text) has triggers over several shards")
            return try RehearsalRule(fresh, after: reason).plan(
                work.parsed.statement, target: target, returnsRows: returnsRows)
        }
        do throws(PlanningRefusal) {
            return try cheaper()
        } catch {
            guard !isTemporary, topology.table(named: target.name.text) != nil, error.code != .nestingTooDeep else {
                throw error
            }
            do throws(PlanningRefusal) {
                return try RehearsalRule(fresh, after: error).plan(
                    work.parsed.statement, target: target, returnsRows: returnsRows)
            } catch let second {
                throw second.code == error.code ? error : second
            }
        }
    }

    private func explain(
        _ explain: ExplainStatement, _ parsed: ParsedStatement, _ facts: StatementFacts
    ) throws(PlanningRefusal) -> Plan {
        var inner = parsed
        inner.statement = explain.statement
        if case .select = explain.statement {
            inner.source = SQLPrinter.print(explain.statement, options: .init(dialect: dialect))
        }
        let subject: ExplainPlan.Subject
        do {
            subject = .plan(PlanBox(try plan(inner, description: facts)))
        } catch {
            guard error.isRefusal else {
                throw PlanningRefusal(error.code, error.message, hint: error.hint)
            }
            subject = .refusal(code: error.code.rawValue, message: error.message, hint: error.hint)
        }
        return Plan(
            rung: .route, columns: ExplainText.columns,
            action: .explain(ExplainPlan(subject: subject, isQueryPlan: explain.mode == .queryPlan)),
            parameterCount: parsed.parameterNames.count, topologyEpoch: topology.epoch)
    }

    private func show(_ show: ShowTopologyStatement, _ work: PlanningWork) throws(PlanningRefusal) -> Plan {
        switch show.subject {
        case .shards: return work.plan(.showTopology(.shards))
        case .tables: return work.plan(.showTopology(.tables))
        case .slots: return work.plan(.showTopology(.slots))
        case .partitions(let name):
            guard let table = topology.table(named: name.name.text) else {
                throw PlanningRefusal(.notFound, "no such table: \(name.name.text)")
            }
            return work.plan(.showTopology(.partitions(of: table.schema.name)))
        case .named("TRANSACTIONS IN DOUBT"): return work.plan(.showTopology(.transactionsInDoubt))
        case .named("REPLICAS"): return work.plan(.showTopology(.replicas))
        case .named("POOLS"): return work.plan(.showTopology(.pools))
        case .named("STATEMENTS"): return work.plan(.showTopology(.statements))
        case .named(let name):
            throw PlanningRefusal(
                .statementNotModelled, "SHOW \(name) is not available",
                hint:
                    "SHOW SHARDS, TABLES, PARTITIONS OF t, SLOTS, POOLS, REPLICAS, STATEMENTS and TRANSACTIONS IN DOUBT are."
            )
        }
    }
}

extension TransactionStatement {
    var sessionAction: SessionAction {
        switch action {
        case .begin(let mode): .begin(mode: mode)
        case .commit: .commit
        case .rollback: .rollback
        case .savepoint(let name): .savepoint(name.text)
        case .release(let name): .release(name.text)
        case .rollbackTo(let name): .rollbackTo(name.text)
        }
    }
}
