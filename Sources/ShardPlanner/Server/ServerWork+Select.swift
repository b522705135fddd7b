import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

extension ServerWork {
    mutating func plan(_ select: SelectStatement) throws(PlanningRefusal) -> Plan {
        let survey = try survey { $0.visit(select) }
        if !survey.catalogNames.isEmpty || survey.references.isEmpty && survey.views.isEmpty {
            guard survey.references.isEmpty, survey.views.isEmpty else {
                throw PlanningRefusal(
                    .statementNotModelled,
                    "\(survey.catalogNames[0]) is read together with tables of the logical database",
                    hint: "Ask one after the other.")
            }
            try check(survey.calls, readsTables: false)
            return plan(
                .server(ServerPlan(.coordinator(sql: sourceText), parameterTypes: parameterTypes)), .route,
                reasons: ["no table is read"], tables: [])
        }
        try check(survey.calls, readsTables: true)
        let tables = names(survey.references)
        // The server's own moment is good enough where one server answers and nothing else is compared with it; a session
        // sees one moment all the same.
        let isOpen = hasOpenTimes(survey.calls)
        if survey.views.isEmpty, !planner.gathersReads, !isOpen, let route = route(survey.references) {
            fixTimes()
            let whole = try template(survey)
            let query = QueryPlan(route: route, whole: whole, scatter: nil, isShort: true)
            return plan(.query(query), rung(route, survey), reasons: ["all its rows are in one place"], tables: tables)
        }
        if survey.hasLocking {
            throw PlanningRefusal(
                .statementNotModelled, "FOR UPDATE or FOR SHARE over several shards",
                hint: "Fix the shard key by a condition.")
        }
        if !planner.gathersReads, !isOpen, let merged = try merge(select, survey) { return merged }
        return try combine(select, survey, tables)
    }

    private func rung(_ route: Route, _ survey: ServerSurvey) -> Rung {
        if case .partitions = route, survey.references.count == 1, !survey.hasSubqueries { return .fastPath }
        return .route
    }

    // MARK: Merge

    /// Rows of one table, as they are or sorted; nil where that is not enough.
    private mutating func merge(_ select: SelectStatement, _ survey: ServerSurvey) throws(PlanningRefusal) -> Plan? {
        guard survey.references.count == 1, survey.views.isEmpty, !survey.hasSubqueries, !survey.hasGroups,
            select.with == nil, case .core(let core) = select.body,
            case .partitioned(let sharding) = ServerPlace(survey.references[0].table),
            !survey.calls.contains(where: { planner.functions.aggregates.contains($0.name) }), core.windows.isEmpty
        else { return nil }
        switch core.distinctness {
        case .unspecified, .all: break
        case .distinct, .on: return nil
        }
        var hasWindows = false
        parsed.statement.forEachExpression { expression in
            if case .function(let call) = expression, call.over != nil { hasWindows = true }
        }
        if hasWindows { return nil }
        var count: Int64?
        var offset: Int64 = 0
        if let limit = select.limit {
            guard !limit.withTies else { return nil }
            if let expression = limit.count {
                guard let value = Self.constant(expression) else { return nil }
                count = value
            }
            if let expression = limit.offset {
                guard let value = Self.constant(expression) else { return nil }
                offset = value
            }
        }
        guard let order = order(select.orderBy, core, survey.references[0].table) else { return nil }
        let (wanted, isTooMany) = (count ?? 0).addingReportingOverflow(offset)
        if isTooMany { return nil }
        fixTimes()
        let whole = try template(survey)
        if select.limit != nil, case .select(var fragment) = parsed.statement {
            fragment.limit = count.map { _ in
                LimitClause(count: .literal(Literal(.integer, text: "\(wanted)")), offset: nil)
            }
            parsed.statement = .select(fragment)
            parsed.source = SQLPrinter.print(parsed.statement, options: options)
        }
        let part = try template(survey)
        let condition = self.condition(core.where, survey.references[0], sharding)
        var node = PlanNode.scatter(
            ScatterNode(
                parts: [.init(route: .partitions(sharding, condition), statement: part)],
                columnCount: facts.columns.count, order: order))
        if select.limit != nil {
            node = .limit(
                LimitNode(input: node, count: count.map(LimitOperand.constant), offset: .constant(offset)))
        }
        let query = QueryPlan(
            route: .partitions(sharding, condition), whole: whole, scatter: node, isShort: false)
        return plan(
            .query(query), .merge, reasons: ["each row is in one partition: the streams are merged"],
            tables: names(survey.references))
    }

    private static func constant(_ expression: Expression) -> Int64? {
        guard case .literal(let literal) = expression.unparenthesized, literal.kind == .integer,
            literal.text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { return nil }
        return Int64(literal.text)
    }

    /// What the condition says of the shard key: equalities and lists of constants.
    func condition(
        _ condition: Expression?, _ reference: ServerSurvey.Reference, _ sharding: Sharding
    ) -> KeyCondition {
        var parts: [KeyCondition] = []
        for (position, column) in sharding.keyColumns.enumerated() {
            if let operand = reference.fixed[column] { parts.append(.compare(column: position, .equal, operand)) }
        }
        guard let condition else { return parts.isEmpty ? .all : .and(parts) }
        for conjunct in Self.conjuncts(condition) {
            guard case .inList(let node) = conjunct, !node.isNegated, case .list(let elements) = node.source,
                case .column(let column) = node.operand.unparenthesized,
                let position = sharding.keyColumns.firstIndex(where: {
                    reference.table.schema.columns[$0].name == ServerSurvey.text(column.name)
                }),
                let family = reference.table.schema.columns[sharding.keyColumns[position]].declaredType.flatMap({
                    ServerKeyFamily(declaredType: $0)
                })
            else { continue }
            let operands = elements.map { self.operands.operand($0, family) }
            if operands.allSatisfy({ $0 != nil }) {
                parts.append(.inList(column: position, operands.compactMap { $0 }))
            }
        }
        return parts.isEmpty ? .all : .and(parts)
    }

    static func conjuncts(_ expression: Expression) -> [Expression] {
        var result: [Expression] = []
        var stack = [expression]
        while let next = stack.popLast() {
            if case .binary(let node) = next.unparenthesized, node.operator == .and {
                stack.append(node.left)
                stack.append(node.right)
            } else {
                result.append(next.unparenthesized)
            }
        }
        return result
    }

    /// The order as columns of the answer that compare here as on the server; nil where that is not certain.
    private func order(_ terms: [OrderingTerm], _ core: SelectCore, _ table: LogicalTable) -> [SortKey]? {
        var keys: [SortKey] = []
        for term in terms {
            if case .using = term.direction { return nil }
            guard let column = position(term.expression, core, table), compares(column, core, table) else { return nil }
            let nullsFirst = term.nulls.map { $0 == .first } ?? term.isDescending
            keys.append(SortKey(column: column, descending: term.isDescending, nullsFirst: nullsFirst))
        }
        return keys
    }

    /// The answer's column that an ORDER BY term is.
    private func position(_ expression: Expression, _ core: SelectCore, _ table: LogicalTable) -> Int? {
        let isWhole: Bool = {
            guard core.items.count == 1, case .wildcard(let wildcard) = core.items[0].content else { return false }
            return wildcard.qualifier == nil && facts.columns.count == table.schema.columns.count
        }()
        if !isWhole, core.items.contains(where: { if case .wildcard = $0.content { true } else { false } }) {
            return nil
        }
        switch expression {
        case .literal(let literal):
            guard literal.kind == .integer, let number = Int(literal.text), facts.columns.indices.contains(number - 1)
            else {
                return nil
            }
            return number - 1
        case .column(let column):
            let name = ServerSurvey.text(column.name)
            if isWhole { return table.schema.columns.firstIndex { $0.name == name } }
            if column.table == nil {
                let found = facts.columns.indices.filter { facts.columns[$0].name == name }
                if found.count == 1 { return found[0] }
                if found.count > 1 { return nil }
            }
            let key = expression.equivalenceKey(dialect: .postgresql)
            return core.items.firstIndex { item in
                guard case .expression(let own) = item.content else { return false }
                return own.equivalenceKey(dialect: .postgresql) == key
            }
        case .parameter, .unary, .binary, .isNull, .between, .inList, .match, .function, .cast, .collate, .conditional,
            .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise,
            .wildcard, .defaultValue, .verbatim:
            return nil
        }
    }

    private func compares(_ column: Int, _ core: SelectCore, _ table: LogicalTable) -> Bool {
        switch facts.columns[column].typeID {
        // bool, int8, int2, int4, oid, uuid: words, or texts of one length.
        case 16, 20, 21, 23, 26, 2950: return true
        case 25, 1043:
            guard planner.ordersTextByBytes else { return false }
            // Of a column whose collation is the database's.
            let isWhole = core.items.count == 1
            if isWhole, case .wildcard = core.items[0].content {
                return table.schema.columns[column].collation == .binary
            }
            guard column < core.items.count, case .expression(.column(let reference)) = core.items[column].content,
                let own = table.schema.columns.first(where: { $0.name == ServerSurvey.text(reference.name) })
            else { return false }
            return own.collation == .binary
        default: return false
        }
    }

    // MARK: Combine

    mutating func combine(
        _ select: SelectStatement, _ survey: ServerSurvey, _ tables: [String]
    ) throws(PlanningRefusal) -> Plan {
        fixTimes()
        var references = survey.references
        var views: [LogicalView] = []
        var hasGroups = survey.hasGroups
        for view in survey.views { try expand(view, &views, &references, &hasGroups) }
        var pieces: [ServerCombinePlan.Piece] = []
        for name in names(references) {
            guard let table = references.first(where: { $0.table.schema.name == name })?.table else { continue }
            pieces.append(piece(table, withKey: hasGroups))
        }
        let isQualified =
            survey.references.contains { $0.name.schema != nil } || !survey.views.isEmpty || !evaluated.isEmpty
        let text =
            isQualified
            ? SQLPrinter.print(parsed.statement, options: options) { name in
                guard name.schema != nil else { return nil }
                return ServerNames.quoted(ServerSurvey.text(name.name))
            } : sourceText
        let combine = ServerCombinePlan(pieces: pieces, views: try views.map(Self.temporary), sql: text)
        return plan(
            .server(ServerPlan(.combine(combine), parameterTypes: parameterTypes)), .combine,
            reasons: ["rows of several places are needed together"], tables: pieces.map(\.table))
    }

    private func piece(_ table: LogicalTable, withKey: Bool) -> ServerCombinePlan.Piece {
        let name = table.schema.name
        let whole = "SELECT * FROM " + ServerNames.whole(name)
        let sources: [(ShardIndex?, String)] =
            switch table.placement {
            case .broadcast: [(nil, whole)]
            case .single(let shard): [(shard, whole)]
            case .sharded(let sharding):
                zip(sharding.partitions, ServerNames.names(of: name, sharding)).map {
                    ($0.shard, "SELECT * FROM " + $1)
                }
            }
        return ServerCombinePlan.Piece(
            table: name, sources: sources.map { (shard: $0.0, query: $0.1) },
            primaryKey: withKey ? table.schema.primaryKey.map { table.schema.columns[$0].name } : [])
    }

    /// The views that a view reads before it, and the tables of all.
    private func expand(
        _ view: LogicalView, _ views: inout [LogicalView], _ references: inout [ServerSurvey.Reference],
        _ hasGroups: inout Bool
    ) throws(PlanningRefusal) {
        guard !views.contains(where: { $0.name == view.name }) else { return }
        guard let parsed = try? Parser.parse(view.createSQL, dialect: .postgresql),
            case .createView(let create) = parsed.statement
        else { throw PlanningRefusal(.viewAcrossShards, "the view \(view.name) cannot be read") }
        let own = try survey { $0.visit(create.select) }
        guard own.catalogNames.isEmpty else {
            throw PlanningRefusal(.viewAcrossShards, "the view \(view.name) reads the server's catalogs")
        }
        try check(own.calls, readsTables: true)
        for inner in own.views { try expand(inner, &views, &references, &hasGroups) }
        references += own.references
        hasGroups = hasGroups || own.hasGroups
        views.append(view)
    }

    private static func temporary(_ view: LogicalView) throws(PlanningRefusal) -> String {
        guard let parsed = try? Parser.parse(view.createSQL, dialect: .postgresql),
            case .createView(var create) = parsed.statement
        else { throw PlanningRefusal(.viewAcrossShards, "the view \(view.name) cannot be read") }
        create.isTemporary = true
        create.orReplace = false
        create.name = ObjectName([Identifier(view.name, quote: .double)])
        return SQLPrinter.print(.createView(create), options: .init(dialect: .postgresql)) { name in
            guard name.schema != nil else { return nil }
            return ServerNames.quoted(ServerSurvey.text(name.name))
        }
    }
}
