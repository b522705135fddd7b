public import ShardBase
public import ShardSQL
public import ShardTopology
import ShardValues

/// Plans statements for shards that are PostgreSQL servers. Pure: same statement, same topology, same plan.
///
/// It takes the first way that is certainly exact: the whole statement where all its rows are; the rows of one table, merged;
/// or all tables it reads brought to the coordinator, which runs the user's own text.
public struct ServerPlanner {
    public let topology: Topology
    public let functions: ServerFunctions
    /// Texts under the databases' default collation are ordered by their bytes.
    public let ordersTextByBytes: Bool
    /// Reads are gathered also where a cheaper way would do: tests compare the ways with one another.
    package var gathersReads = false
    /// Names of the session's temporary tables and views: they hide the logical database's.
    package var temporary: Set<String> = []
    let dialect = Dialect.postgresql

    public init(topology: Topology, functions: ServerFunctions, ordersTextByBytes: Bool) {
        self.topology = topology
        self.functions = functions
        self.ordersTextByBytes = ordersTextByBytes
    }

    /// The plan of a statement that the server accepts. Definitions, settings and transactions are no matter of this planner.
    public func plan(_ parsed: ParsedStatement, facts: ServerFacts) throws(ShardError) -> ServerPlanning {
        let question = ServerQuestion()
        do {
            let plan = try planning(parsed, facts, question)
            return question.asked.map { .describe($0.sql, parameterTypes: $0.types) } ?? .plan(plan)
        } catch {
            // What is asked may be all that was missing.
            if let asked = question.asked { return .describe(asked.sql, parameterTypes: asked.types) }
            throw error.shardError
        }
    }

    private func planning(
        _ parsed: ParsedStatement, _ facts: ServerFacts, _ question: ServerQuestion
    ) throws(PlanningRefusal) -> Plan {
        guard parsed.hints.isEmpty else {
            throw PlanningRefusal(.statementNotModelled, "hints are not read on PostgreSQL shards yet")
        }
        var work = ServerWork(planner: self, parsed: parsed, facts: facts, question: question)
        switch parsed.statement {
        case .select(let select):
            guard select.writes else { return try work.plan(select) }
            return try work.rehearsal(returnsRows: true)
        case .insert(let insert):
            var own = work
            do { return try own.plan(insert) } catch {
                return try work.rehearsed(insteadOf: error, returnsRows: !insert.returning.isEmpty)
            }
        case .update(let update):
            var own = work
            do { return try own.plan(update) } catch {
                return try work.rehearsed(insteadOf: error, returnsRows: !update.returning.isEmpty)
            }
        case .delete(let delete):
            var own = work
            do { return try own.plan(delete) } catch {
                return try work.rehearsed(insteadOf: error, returnsRows: !delete.returning.isEmpty)
            }
        case .other(let other):
            guard other.kind == "MERGE" else { return try work.plan(other) }
            return try work.rehearsal(returnsRows: false)
        case .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop,
            .transaction, .explain, .pragma, .setting, .showTopology:
            throw PlanningRefusal(.statementNotModelled, "the statement is not modelled on PostgreSQL shards")
        }
    }
}

extension SelectStatement {
    /// Whether a common table of it writes.
    fileprivate var writes: Bool {
        with?.tables.contains { table in
            if case .select = table.statement { return false }
            return true
        } ?? false
    }
}

/// Where one table's rows are for routing.
enum ServerPlace {
    /// The same rows on every shard.
    case anywhere
    case shard(ShardIndex)
    case partitioned(Sharding)

    init(_ table: LogicalTable) {
        switch table.placement {
        case .broadcast: self = .anywhere
        case .single(let shard): self = .shard(shard)
        case .sharded(let sharding):
            if sharding.partitions.count == 1 {
                self = .shard(sharding.partitions[0].shard)
            } else {
                self = .partitioned(sharding)
            }
        }
    }
}

/// What a plan would need to know; noted while planning.
final class ServerQuestion {
    var asked: (sql: String, types: [UInt32])?
}

/// The planning of one statement.
struct ServerWork {
    let planner: ServerPlanner
    var parsed: ParsedStatement
    let facts: ServerFacts
    let question: ServerQuestion
    /// The tree is no longer what the source text says.
    var isRewritten = false
    var topology: Topology { planner.topology }
    let operands: ServerOperands
    /// Values computed once per run: their texts, and their types.
    var evaluated: [(text: String, type: UInt32)] = []

    init(planner: ServerPlanner, parsed: ParsedStatement, facts: ServerFacts, question: ServerQuestion) {
        self.planner = planner
        self.question = question
        self.parsed = parsed
        self.facts = facts
        self.operands = ServerOperands(parameterTypes: facts.parameterTypes)
    }

    var options: SQLPrinter.Options { .init(dialect: .postgresql, includesSharding: false) }

    /// The columns of a query over the logical tables; nil: the server does not take it, or has not been asked yet.
    func columns(of select: SelectStatement) -> [PlanColumn]? { columns(of: .select(select)) }

    func columns(of statement: Statement) -> [PlanColumn]? {
        let sql = SQLPrinter.print(statement, options: options)
        if let known = facts.described[sql] { return known }
        if question.asked == nil { question.asked = (sql, parameterTypes) }
        return nil
    }

    /// The statement's text as the user wrote it, where it was not rewritten.
    var sourceText: String {
        if isRewritten { return SQLPrinter.print(parsed.statement, options: options) }
        var text = Substring(parsed.source)
        while let last = text.last, last == ";" || last.isWhitespace { text.removeLast() }
        return String(text)
    }

    var parameterTypes: [UInt32] { facts.parameterTypes + evaluated.map(\.type) }

    func plan(
        _ action: PlanAction, _ rung: Rung, reasons: [String], tables: [String]
    ) -> Plan {
        Plan(
            rung: rung, columns: facts.columns, action: action, parameterCount: facts.parameterTypes.count,
            extras: evaluated.map { .evaluated(sql: $0.text) }, reasons: reasons, tables: tables,
            topologyEpoch: topology.epoch)
    }

    func survey(_ visit: (inout ServerSurvey) -> Void) throws(PlanningRefusal) -> ServerSurvey {
        var survey = ServerSurvey(
            topology: topology, operands: operands, functions: planner.functions, temporary: planner.temporary)
        visit(&survey)
        survey.settle()
        if let refusal = survey.refusal { throw refusal }
        return survey
    }

    // MARK: Functions

    private static let sessionState: Set<String> = [
        "set_config", "currval", "lastval", "setseed", "pg_advisory_lock", "pg_advisory_lock_shared",
        "pg_advisory_unlock", "pg_advisory_unlock_all", "pg_advisory_unlock_shared", "pg_advisory_xact_lock",
        "pg_advisory_xact_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared",
        "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared", "pg_export_snapshot",
    ]
    /// Volatile, without an effect.
    private static let harmless: Set<String> = [
        "random", "gen_random_uuid", "clock_timestamp", "timeofday", "pg_sleep", "random_normal",
    ]
    /// Of the moment and the transaction, without arguments.
    private static let times: [String: UInt32] = [
        "now": 1184, "transaction_timestamp": 1184, "statement_timestamp": 1184,
    ]
    private static let timeLiterals: [String: UInt32] = [
        "CURRENT_TIMESTAMP": 1184, "CURRENT_DATE": 1082, "CURRENT_TIME": 1266, "LOCALTIME": 1083,
        "LOCALTIMESTAMP": 1114,
    ]
    /// Stable, and not the same on every server.
    private static func isOfOneServer(_ name: String) -> Bool {
        if [
            "pg_", "has_", "txid_", "lo_", "inet_", "to_reg", "current_", "session_", "ts_stat", "regclass",
            "row_security",
        ]
        .contains(where: name.hasPrefix) {
            return name != "pg_sleep" && name != "pg_typeof" && name != "current_setting"
        }
        return name.contains("_to_xml") || name == "user" || name == "version" || name == "getdatabaseencoding"
            || name == "obj_description" || name == "col_description" || name == "shobj_description"
            || name == "nextval"
            || name == "setval" || name == "format_type"
    }

    func volatility(_ call: ServerSurvey.Call) -> ServerFunctions.Volatility? {
        // Words of the grammar that are no functions of the catalog.
        switch call.name {
        case "coalesce", "nullif", "greatest", "least", "grouping", "regclass", "xmlelement", "trim", "treat":
            .immutable
        case "current_user", "session_user", "user", "current_role", "current_catalog", "current_schema": .stable
        default: planner.functions.volatility[call.name]
        }
    }

    /// What keeps the calls of a statement from being run.
    ///
    /// - Parameter readsTables: tables of the logical database are read or written.
    /// - Returns: the least harmless volatility among them.
    @discardableResult
    func check(
        _ calls: Set<ServerSurvey.Call>, readsTables: Bool
    ) throws(PlanningRefusal) -> ServerFunctions.Volatility {
        var result = ServerFunctions.Volatility.immutable
        for call in calls.sorted(by: { $0.name < $1.name }) {
            guard let volatility = volatility(call) else {
                throw PlanningRefusal(.functionNotModelled, "\(call.name)() is no function of the server's own")
            }
            if Self.sessionState.contains(call.name) {
                throw PlanningRefusal(
                    .functionNotModelled, "\(call.name)() acts on one connection, and a session has several")
            }
            if readsTables, Self.isOfOneServer(call.name) {
                throw PlanningRefusal(
                    .functionNotModelled,
                    "\(call.name)() tells of one server or acts on it, not on the logical database")
            }
            if readsTables, volatility == .volatile, !Self.harmless.contains(call.name) {
                throw PlanningRefusal(
                    .functionNotModelled, "\(call.name)() is volatile, and it is not known to have no effect")
            }
            result = max(result, volatility)
        }
        return result
    }

    /// Replaces the moment (`now()`, CURRENT_DATE …) by a value that all shards are sent.
    mutating func fixTimes() {
        var found: [(text: String, type: UInt32)] = []
        let base = facts.parameterTypes.count
        func parameter(_ text: String, _ type: UInt32, _ range: SourceRange) -> Expression {
            let index: Int
            if let known = found.firstIndex(where: { $0.text == text }) {
                index = known
            } else {
                found.append((text, type))
                index = found.count - 1
            }
            return .parameter(Parameter(text: "$\(base + index + 1)", index: base + index, range: range))
        }
        let statement = parsed.statement.mapped(includingSubqueries: true) { expression in
            switch expression {
            case .function(let call):
                guard call.arguments.isEmpty, call.specialSyntax == nil, call.over == nil, call.filter == nil,
                    let type = Self.times[ServerSurvey.text(call.name.name)]
                else { return nil }
                return parameter(ServerSurvey.text(call.name.name) + "()", type, call.range)
            case .literal(let literal):
                guard literal.kind == .currentTime, let type = Self.timeLiterals[literal.text.uppercased()] else {
                    return nil
                }
                return parameter(literal.text.uppercased(), type, literal.range)
            case .parameter, .column, .unary, .binary, .isNull, .between, .inList, .match, .cast, .collate,
                .conditional,
                .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone,
                .raise,
                .wildcard, .defaultValue, .verbatim:
                return nil
            }
        }
        guard !found.isEmpty else { return }
        evaluated = found
        parsed.statement = statement
        isRewritten = true
    }

    /// Whether a moment stands in the statement that ``fixTimes()`` does not replace (with a precision, say).
    func hasOpenTimes(_ calls: Set<ServerSurvey.Call>) -> Bool {
        var found = calls.contains {
            ["age", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"].contains(
                $0.name) && ($0.name != "age" || $0.argumentCount == 1)
        }
        parsed.statement.forEachExpression(includingSubqueries: true) { expression in
            if case .literal(let literal) = expression, literal.kind == .currentTime || literal.kind == .typed {
                let text = literal.text.lowercased()
                if literal.kind == .currentTime && Self.timeLiterals[literal.text.uppercased()] == nil { found = true }
                // DATE 'today' is a moment too.
                if literal.kind == .typed, ["now", "today", "tomorrow", "yesterday"].contains(where: text.contains) {
                    found = true
                }
            }
        }
        return found
    }

    // MARK: Templates

    /// The statement as shards are sent it: the user's own text where nothing in it has to be replaced.
    func template(_ survey: ServerSurvey) throws(PlanningRefusal) -> FragmentTemplate {
        var tables: [TemplateTable] = []
        var numbers: [SourceRange: Int] = [:]
        for reference in survey.references {
            guard case .sharded(let sharding) = reference.table.placement, !ServerNames.isAlone(sharding) else {
                continue
            }
            numbers[reference.name.range] = tables.count
            tables.append(.spelled(ServerNames.names(of: reference.table.schema.name, sharding)))
        }
        if tables.isEmpty {
            return FragmentTemplate(
                sql: SQLTemplate(pieces: [.text(sourceText)]), tables: [], parameterTypes: parameterTypes)
        }
        let template = SQLPrinter.template(parsed.statement, options: options) { numbers[$0.range] }
        guard !template.hasVerbatimTables else {
            throw PlanningRefusal(.statementNotModelled, "a table stands inside text that is not modelled")
        }
        return FragmentTemplate(sql: template, tables: tables, parameterTypes: parameterTypes)
    }

    // MARK: Places

    /// The one place of all that a statement reads; nil: there is none.
    func route(_ references: some Sequence<ServerSurvey.Reference>) -> Route? {
        var shard: ShardIndex?
        var route: (sharding: Sharding, key: [KeyOperand])?
        for reference in references {
            switch ServerPlace(reference.table) {
            case .anywhere: continue
            case .shard(let index):
                if let known = shard, known != index { return nil }
                shard = index
            case .partitioned(let sharding):
                var key: [KeyOperand] = []
                for column in sharding.keyColumns {
                    guard let operand = reference.fixed[column] else { return nil }
                    key.append(operand)
                }
                guard !key.isEmpty else { return nil }
                if let known = route {
                    guard known.sharding.group == sharding.group, known.key == key else { return nil }
                } else {
                    route = (sharding, key)
                }
            }
        }
        if let route {
            if shard != nil { return nil }
            return .partitions(
                route.sharding, .and(route.key.enumerated().map { .compare(column: $0.offset, .equal, $0.element) }))
        }
        return shard.map(Route.shard) ?? .anyShard
    }

    func names(_ references: [ServerSurvey.Reference]) -> [String] {
        var names: [String] = []
        for reference in references where !names.contains(reference.table.schema.name) {
            names.append(reference.table.schema.name)
        }
        return names
    }
}
