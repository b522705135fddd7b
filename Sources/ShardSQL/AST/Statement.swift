/// A statement of either dialect.
public indirect enum Statement: Sendable {
    case select(SelectStatement)
    case insert(InsertStatement)
    case update(UpdateStatement)
    case delete(DeleteStatement)
    case createTable(CreateTableStatement)
    case createIndex(CreateIndexStatement)
    case createView(CreateViewStatement)
    case createTrigger(CreateTriggerStatement)
    case createVirtualTable(CreateVirtualTableStatement)
    case alterTable(AlterTableStatement)
    case drop(DropStatement)
    case transaction(TransactionStatement)
    case explain(ExplainStatement)
    case pragma(PragmaStatement)
    /// SET, RESET and SHOW of settings.
    case setting(SettingStatement)
    /// ShardKit's own `SHOW SHARDS | TABLES | PARTITIONS OF t | SLOTS …`.
    case showTopology(ShowTopologyStatement)
    /// Recognised by class and kept as text.
    case other(OtherStatement)
}

/// A parsed text.
public struct ParsedStatement: Sendable {
    public var statement: Statement
    /// The text the ranges point into.
    public var source: String
    /// Names by parameter index (nil for `?` and `?N`); the count is the number of values to bind.
    public var parameterNames: [String?]
    /// Comments of the form `/*+ … */`, inner text trimmed, in order.
    public var hints: [String]

    public init(statement: Statement, source: String, parameterNames: [String?], hints: [String]) {
        self.statement = statement
        self.source = source
        self.parameterNames = parameterNames
        self.hints = hints
    }
}

public struct InsertStatement: Sendable {
    public enum Source: Sendable {
        case values(ValuesClause)
        case select(SelectStatement)
        case defaultValues
    }
    public enum Verb: Sendable, Hashable {
        case insert
        /// REPLACE INTO.
        case replace
    }
    public var with: WithClause?
    public var verb: Verb
    /// SQLite's INSERT OR x: ROLLBACK, ABORT, FAIL, IGNORE, REPLACE (upper case).
    public var conflictAction: String?
    public var table: ObjectName
    public var alias: Identifier?
    public var columns: [InsertColumn]
    /// PostgreSQL's OVERRIDING {SYSTEM|USER} VALUE, as text.
    public var overriding: String?
    public var source: Source
    public var upserts: [UpsertClause]
    public var returning: [SelectItem]
    public var range: SourceRange

    public init(
        with: WithClause? = nil, verb: Verb = .insert, conflictAction: String? = nil, table: ObjectName,
        alias: Identifier? = nil, columns: [InsertColumn] = [], overriding: String? = nil, source: Source,
        upserts: [UpsertClause] = [], returning: [SelectItem] = [], range: SourceRange = .none
    ) {
        self.with = with
        self.verb = verb
        self.conflictAction = conflictAction
        self.table = table
        self.alias = alias
        self.columns = columns
        self.overriding = overriding
        self.source = source
        self.upserts = upserts
        self.returning = returning
        self.range = range
    }
}

/// A target column; PostgreSQL allows subfields and subscripts, kept as text in `suffix`.
public struct InsertColumn: Sendable {
    public var name: Identifier
    public var suffix: String?
    public init(_ name: Identifier, suffix: String? = nil) {
        self.name = name
        self.suffix = suffix
    }
}

/// `ON CONFLICT [target] DO NOTHING | DO UPDATE SET …`.
public struct UpsertClause: Sendable {
    public enum Target: Sendable {
        case columns([IndexedColumn], where: Expression?)
        case constraint(Identifier)
    }
    public enum Action: Sendable {
        case nothing
        case update([Assignment], where: Expression?)
    }
    public var target: Target?
    public var action: Action
    public init(target: Target?, action: Action) {
        self.target = target
        self.action = action
    }
}

public struct Assignment: Sendable {
    /// One column, or several for `(a, b) = …`.
    public var columns: [InsertColumn]
    public var isTuple: Bool
    public var value: Expression
    public init(columns: [InsertColumn], isTuple: Bool = false, value: Expression) {
        self.columns = columns
        self.isTuple = isTuple
        self.value = value
    }
}

public struct UpdateStatement: Sendable {
    public var with: WithClause?
    /// SQLite's UPDATE OR x (upper case).
    public var conflictAction: String?
    /// The target, with alias and index hint.
    public var table: TableReference
    public var assignments: [Assignment]
    public var from: TableExpression?
    public var `where`: Expression?
    /// PostgreSQL's WHERE CURRENT OF cursor.
    public var whereCurrentOf: Identifier?
    public var returning: [SelectItem]
    public var orderBy: [OrderingTerm]
    public var limit: LimitClause?
    public var range: SourceRange

    public init(
        with: WithClause? = nil, conflictAction: String? = nil, table: TableReference, assignments: [Assignment],
        from: TableExpression? = nil, where: Expression? = nil, whereCurrentOf: Identifier? = nil,
        returning: [SelectItem] = [], orderBy: [OrderingTerm] = [], limit: LimitClause? = nil,
        range: SourceRange = .none
    ) {
        self.with = with
        self.conflictAction = conflictAction
        self.table = table
        self.assignments = assignments
        self.from = from
        self.where = `where`
        self.whereCurrentOf = whereCurrentOf
        self.returning = returning
        self.orderBy = orderBy
        self.limit = limit
        self.range = range
    }
}

public struct DeleteStatement: Sendable {
    public var with: WithClause?
    public var table: TableReference
    /// PostgreSQL's USING.
    public var using: TableExpression?
    public var `where`: Expression?
    public var whereCurrentOf: Identifier?
    public var returning: [SelectItem]
    public var orderBy: [OrderingTerm]
    public var limit: LimitClause?
    public var range: SourceRange

    public init(
        with: WithClause? = nil, table: TableReference, using: TableExpression? = nil, where: Expression? = nil,
        whereCurrentOf: Identifier? = nil, returning: [SelectItem] = [], orderBy: [OrderingTerm] = [],
        limit: LimitClause? = nil, range: SourceRange = .none
    ) {
        self.with = with
        self.table = table
        self.using = using
        self.where = `where`
        self.whereCurrentOf = whereCurrentOf
        self.returning = returning
        self.orderBy = orderBy
        self.limit = limit
        self.range = range
    }
}

/// BEGIN, COMMIT, ROLLBACK and savepoints.
public struct TransactionStatement: Sendable {
    public enum Action: Sendable, Hashable {
        /// The mode as written, upper case: `DEFERRED`, `IMMEDIATE`, `ISOLATION LEVEL …`, `READ ONLY`.
        case begin(mode: String?)
        case commit
        case rollback
        case savepoint(Identifier)
        case release(Identifier)
        case rollbackTo(Identifier)
    }
    public var action: Action
    /// The whole text, for printing (`COMMIT AND CHAIN`, PREPARE TRANSACTION are ``OtherStatement``).
    public var text: String
    public init(_ action: Action, text: String) {
        self.action = action
        self.text = text
    }
}

public struct ExplainStatement: Sendable {
    public enum Mode: Sendable, Hashable { case plan, queryPlan }
    /// `EXPLAIN` or `EXPLAIN QUERY PLAN`.
    public var mode: Mode
    /// PostgreSQL's options as text: `ANALYZE`, `(FORMAT JSON)`.
    public var options: String?
    public var statement: Statement
    public init(mode: Mode, options: String?, statement: Statement) {
        self.mode = mode
        self.options = options
        self.statement = statement
    }
}

public struct PragmaStatement: Sendable {
    public enum Argument: Sendable {
        /// `PRAGMA name = value`.
        case assigned(String)
        /// `PRAGMA name(value)`.
        case called(String)
    }
    public var schema: Identifier?
    public var name: Identifier
    /// The value as written, sign and quotes included.
    public var argument: Argument?
    public init(schema: Identifier?, name: Identifier, argument: Argument?) {
        self.schema = schema
        self.name = name
        self.argument = argument
    }
}

public struct SettingStatement: Sendable {
    public enum Verb: Sendable, Hashable { case set, reset, show }
    public var verb: Verb
    /// Lower-cased name, dots included; `all`, `time zone`, `session characteristics`… likewise.
    public var name: String
    /// The value's text for SET.
    public var value: String?
    /// LOCAL or SESSION, upper case.
    public var scope: String?
    public var text: String
    public init(verb: Verb, name: String, value: String?, scope: String?, text: String) {
        self.verb = verb
        self.name = name
        self.value = value
        self.scope = scope
        self.text = text
    }
}

public struct ShowTopologyStatement: Sendable {
    public enum Subject: Sendable {
        case shards, tables, slots
        case partitions(of: ObjectName)
        /// Reserved words of later issues (`POOLS`, `REPLICAS`, `STATEMENTS`, `TRANSACTIONS IN DOUBT` …), upper case.
        case named(String)
    }
    public var subject: Subject
    public init(_ subject: Subject) { self.subject = subject }
}

/// A statement that is recognised, not modelled: MERGE, COPY, GRANT, VACUUM, ATTACH …
public struct OtherStatement: Sendable {
    /// The class in upper case: `MERGE`, `COPY`, `CREATE SEQUENCE`, `VACUUM`, `ATTACH`, `ANALYZE`, `REINDEX`.
    public var kind: String
    public var text: String
    /// The first object named, where one stands at a known place (`VACUUM t`, `ANALYZE t`, `TRUNCATE t`).
    public var object: ObjectName?
    public var range: SourceRange
    public init(kind: String, text: String, object: ObjectName? = nil, range: SourceRange = .none) {
        self.kind = kind
        self.text = text
        self.object = object
        self.range = range
    }
}
