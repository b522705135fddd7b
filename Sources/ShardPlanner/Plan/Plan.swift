/// How one statement is answered: a plain value, made once and cached. It names shards, texts and operators and
/// holds no connection, so it can be printed, compared and run by any executor.
///
/// A plan is valid for the topology epoch it was made under.
public struct Plan: Sendable {
    public var rung: Rung
    /// What the user sees: names and declared types as one plain database reports them. Empty for statements
    /// without rows.
    public var columns: [PlanColumn]
    public var action: PlanAction
    /// The number of values the user binds.
    public var parameterCount: Int
    /// Values that are computed once per run and bound after the user's, at index `parameterCount + i`.
    public var extras: [ExtraValue]
    /// Why this rung and these shards, one sentence each, for EXPLAIN.
    public var reasons: [String]
    /// Logical names of the tables touched, in order of appearance.
    public var tables: [String]
    public var topologyEpoch: UInt64

    public init(
        rung: Rung, columns: [PlanColumn] = [], action: PlanAction, parameterCount: Int, extras: [ExtraValue] = [],
        reasons: [String] = [], tables: [String] = [], topologyEpoch: UInt64
    ) {
        self.rung = rung
        self.columns = columns
        self.action = action
        self.parameterCount = parameterCount
        self.extras = extras
        self.reasons = reasons
        self.tables = tables
        self.topologyEpoch = topologyEpoch
    }
}

/// The five ways of a statement, cheapest first. Refusal, the fifth, is an error and not a plan.
public enum Rung: String, Sendable, Hashable, CaseIterable {
    /// One table, equality on its whole shard key: from the plan cache.
    case fastPath = "fast-path"
    /// The whole statement goes to one place.
    case route
    /// Per-shard statements whose streams are merged.
    case merge
    /// Gathered into a private engine that runs the rest.
    case combine
}

public struct PlanColumn: Sendable, Hashable {
    public var name: String
    public var declaredType: String?
    /// The type's number in a server's `pg_type`; 0 from engines whose values carry their types.
    public var typeID: UInt32
    public init(name: String, declaredType: String? = nil, typeID: UInt32 = 0) {
        self.typeID = typeID
        self.name = name
        self.declaredType = declaredType
    }
}

/// What is done; closed: a new kind of work is a new case, and the compiler lists who must learn it.
public enum PlanAction: Sendable {
    case query(QueryPlan)
    /// Rows of several shards brought into one private engine, which runs the statement.
    case combine(CombinePlan)
    /// Subqueries of one value first, then the rest.
    case scalarsFirst(ScalarsFirstPlan)
    case write(WritePlan)
    /// A private engine tells which rows are written, and how; each is written where it lives.
    case combineWrite(CombineWritePlan)
    /// A private engine holds the tables whole and runs the write, triggers and all; its row changes are carried out.
    case rehearsal(RehearsalPlan)
    case insert(InsertPlan)
    /// Rows of a query inserted into a table: INSERT … SELECT that cannot be pushed down whole.
    case insertQuery(InsertQueryPlan)
    case definition(DefinitionPlan)
    case session(SessionAction)
    /// Answered by the logical schema itself: `sqlite_master`, schema PRAGMAs, pragma functions.
    case catalogQuery(sql: String)
    /// Runs on the session's private database: its TEMP tables.
    case privateStatement(PrivatePlan)
    case showTopology(ShowSubject)
    case explain(ExplainPlan)
    /// What only shards that are database servers are asked.
    case server(ServerPlan)
}

public enum ShowSubject: Sendable, Hashable {
    case shards, tables, slots
    case partitions(of: String)
    /// Commits over several shards whose decision is kept.
    case transactionsInDoubt
    /// The servers of shards that have replicas.
    case replicas
    /// Pools of connections.
    case pools
    /// What statements have done, by fingerprint.
    case statements
}

/// EXPLAIN: what would be done, as rows. A refusal is part of the answer.
public struct ExplainPlan: Sendable {
    public enum Subject: Sendable {
        case plan(PlanBox)
        case refusal(code: String, message: String, hint: String?)
    }
    public var subject: Subject
    public var isQueryPlan: Bool
    public init(subject: Subject, isQueryPlan: Bool) {
        self.subject = subject
        self.isQueryPlan = isQueryPlan
    }
}

/// A plan inside a plan.
public final class PlanBox: Sendable {
    public let plan: Plan
    public init(_ plan: Plan) { self.plan = plan }
}

/// A value computed once per run, before anything is sent.
public enum ExtraValue: Sendable {
    /// The session's `last_insert_rowid()`, `changes()`, `total_changes()`.
    case lastInsertRowID, changes, totalChanges
    /// The statement's one moment: `YYYY-MM-DD HH:MM:SS.SSS` (UTC), in place of `'now'`.
    case now
    /// `CURRENT_TIMESTAMP`, `CURRENT_DATE`, `CURRENT_TIME` of the same moment.
    case currentTimestamp, currentDate, currentTime
    /// How many rows each fragment must give: limit + offset, or -1 (no limit) when the limit is negative.
    case fragmentLimit(count: LimitOperand, offset: LimitOperand?)
    /// The value of `SELECT expression`, run once on a private engine with the user's values bound.
    case evaluated(sql: String)
    /// Keys that gathering finds on its way (``KeyReduction``); NULL until then.
    case gatheredKeys
}

/// A LIMIT or OFFSET known when the statement is bound. SQLite's rule: it must be losslessly an integer
/// (else "datatype mismatch"); a negative limit is none, a negative offset is 0.
public enum LimitOperand: Sendable, Hashable {
    case constant(Int64)
    case parameter(Int)
    /// An index into ``Plan/extras`` (an ``ExtraValue/evaluated(sql:)``).
    case extra(Int)
}
