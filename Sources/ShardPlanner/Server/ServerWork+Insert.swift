import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

extension ServerWork {
    mutating func plan(_ insert: InsertStatement) throws(PlanningRefusal) -> Plan {
        guard insert.with == nil, insert.conflictAction == nil, insert.verb == .insert else {
            throw PlanningRefusal(.statementNotModelled, "INSERT with WITH")
        }
        guard case .table(let table) = ServerSurvey.relation(insert.table, in: topology) else {
            throw PlanningRefusal(.viewAcrossShards, "\(insert.table.name.text) is no table of the logical database")
        }
        if let overriding = insert.overriding, overriding.uppercased().contains("USER") {
            throw PlanningRefusal(.statementNotModelled, "OVERRIDING USER VALUE")
        }
        let columns = try columns(of: insert, table)
        try checkConflicts(insert, table)
        for upsert in insert.upserts {
            if case .update(let assignments, _) = upsert.action { try checkDefaults(assignments, table) }
        }
        // What stands behind the rows is sent as written.
        var survey = ServerSurvey(topology: topology, operands: operands)
        for expression in Self.behind(insert) { survey.visit(expression) }
        let behind = survey
        if let refusal = behind.refusal { throw refusal }
        guard behind.references.isEmpty, behind.views.isEmpty, !behind.hasSubqueries else {
            throw PlanningRefusal(.writeFromAcrossShards, "a subquery in ON CONFLICT or RETURNING")
        }
        let volatility = try check(behind.calls, readsTables: true)
        let isBroadcast = if case .anywhere = ServerPlace(table) { true } else { false }
        if isBroadcast && volatility == .volatile || Self.hasTimes(Self.behind(insert)) {
            throw PlanningRefusal(
                .volatileInSplitWrite, "ON CONFLICT or RETURNING would compute another value on every shard")
        }
        // Columns that are left out and whose DEFAULT is not the same everywhere and every time.
        var filled: [(column: Int, cell: ServerInsertPlan.Cell)] = []
        for (ordinal, column) in table.schema.columns.enumerated()
        where !columns.contains(ordinal) && !column.isGenerated {
            if column.isMade, let generator = column.generator {
                filled.append((ordinal, .generated(generator)))
            } else if Self.isKey(ordinal, table), let text = column.defaultSQL {
                filled.append((ordinal, .evaluated(Self.assigned(text, column))))
            } else if let text = try defaultText(column) {
                filled.append((ordinal, .evaluated(text)))
            }
        }
        let target = try self.target(table, columns + filled.map(\.column))
        let source: ServerInsertPlan.Source
        var inner: [String] = []
        switch insert.source {
        case .values(let values):
            var rows: [[ServerInsertPlan.Cell]] = []
            for row in values.rows {
                guard row.values.count <= columns.count else {
                    throw PlanningRefusal(.statementNotModelled, "a row has more values than there are columns")
                }
                guard row.values.count == columns.count else {
                    throw PlanningRefusal(
                        .statementNotModelled, "a row has fewer values than there are columns",
                        hint: "Name the columns.")
                }
                var cells: [ServerInsertPlan.Cell] = []
                for (value, ordinal) in zip(row.values, columns) {
                    cells.append(try cell(value, table.schema.columns[ordinal], isKey: Self.isKey(ordinal, table)))
                }
                rows.append(cells + filled.map(\.cell))
            }
            source = .rows(rows)
        case .defaultValues:
            source = .rows([filled.map(\.cell)])
        case .select(let select):
            if case .values(let values) = select.body, select.with == nil, select.orderBy.isEmpty, select.limit == nil {
                var copy = insert
                copy.source = .values(values)
                return try plan(copy)
            }
            let query = try self.query(select)
            guard query.columns.count == columns.count else {
                throw PlanningRefusal(
                    .statementNotModelled, "the query gives \(query.columns.count) of \(columns.count) columns",
                    hint: "Name the columns.")
            }
            if case .sharded(_, let key, let keyColumns) = target {
                for (position, column) in zip(key, keyColumns) {
                    guard let position, position < query.columns.count else { continue }
                    guard ServerKeyFamily(typeID: query.columns[position].typeID) == column.family else {
                        throw PlanningRefusal(
                            .shardKeyExpression, "the query gives the shard key as another type",
                            hint: "Cast it to the column's type.")
                    }
                }
            }
            source = .query(PlanBox(query), behind: filled.map(\.cell))
            inner = query.tables
        }
        let names: [String] =
            switch table.placement {
            case .sharded(let sharding): ServerNames.names(of: table.schema.name, sharding)
            case .single, .broadcast: [ServerNames.whole(table.schema.name)]
            }
        let all = columns + filled.map(\.column)
        // A number of ours is no DEFAULT any more.
        let overrides =
            insert.overriding != nil || all.contains { table.schema.columns[$0].generator == "identity" }
        var head = insert.alias.map { " AS " + $0.quoted } ?? ""
        if !all.isEmpty {
            head += " (" + all.map { ServerNames.quoted(table.schema.columns[$0].name) }.joined(separator: ", ") + ")"
        }
        if overrides { head += " OVERRIDING SYSTEM VALUE" }
        let isPlain = insert.upserts.isEmpty
        let plan = ServerInsertPlan(
            table: table.schema.name, target: target, names: names, columns: head, source: source, tail: tail(insert),
            returnsRows: !insert.returning.isEmpty, returnsEachRow: isPlain)
        return self.plan(
            .server(ServerPlan(.insert(plan), parameterTypes: parameterTypes)), .route,
            reasons: ["each row goes where its shard key says"],
            tables: [table.schema.name] + inner.filter { $0 != table.schema.name })
    }

    /// The query of INSERT … SELECT as a statement of its own, bound to the same values.
    private func query(_ select: SelectStatement) throws(PlanningRefusal) -> Plan {
        guard let facts = facts.query else {
            throw PlanningRefusal(.internalError, "the query of an INSERT was not described")
        }
        var inner = parsed
        inner.statement = .select(select)
        inner.source = SQLPrinter.print(.select(select), options: options)
        var own = ServerFacts(columns: facts, parameterTypes: self.facts.parameterTypes)
        own.described = self.facts.described
        var work = ServerWork(planner: planner, parsed: inner, facts: own, question: question)
        return try work.plan(select)
    }

    private static func isKey(_ ordinal: Int, _ table: LogicalTable) -> Bool {
        guard case .partitioned(let sharding) = ServerPlace(table) else { return false }
        return sharding.keyColumns.contains(ordinal)
    }

    private func columns(of insert: InsertStatement, _ table: LogicalTable) throws(PlanningRefusal) -> [Int] {
        if case .defaultValues = insert.source { return [] }
        guard insert.columns.isEmpty else {
            var result: [Int] = []
            for column in insert.columns {
                guard column.suffix == nil,
                    let ordinal = table.schema.columns.firstIndex(where: { $0.name == ServerSurvey.text(column.name) })
                else {
                    throw PlanningRefusal(.statementNotModelled, "INSERT into a part of the column \(column.name.text)")
                }
                result.append(ordinal)
            }
            return result
        }
        let width: Int
        switch insert.source {
        case .values(let values): width = values.rows.first?.values.count ?? 0
        case .select: width = facts.query?.count ?? 0
        case .defaultValues: width = 0
        }
        return Array(table.schema.columns.indices.prefix(width))
    }

    /// Where the rows go. What is no key of one value each is found at the run.
    func target(_ table: LogicalTable, _ columns: [Int]) throws(PlanningRefusal) -> ServerInsertPlan.Target {
        switch ServerPlace(table) {
        case .anywhere: return .everyShard
        case .shard(let shard): return .shard(shard)
        case .partitioned(let sharding):
            guard !sharding.keyColumns.isEmpty else {
                throw PlanningRefusal(.shardKeyMissing, "\(table.schema.name) is sharded by hint")
            }
            var key: [Int?] = []
            var keyColumns: [ServerKeyColumn] = []
            for ordinal in sharding.keyColumns {
                let column = table.schema.columns[ordinal]
                guard let keyColumn = ServerKeyColumn(column) else {
                    throw PlanningRefusal(.shardKeyExpression, "the type of \(column.name) cannot be a shard key's")
                }
                keyColumns.append(keyColumn)
                guard let position = columns.firstIndex(of: ordinal) else {
                    guard column.defaultSQL == nil else {
                        throw PlanningRefusal(
                            .shardKeyMissing, "the INSERT leaves out the shard key \(column.name)",
                            hint: "Give its value.")
                    }
                    key.append(nil)
                    continue
                }
                key.append(position)
            }
            return .sharded(sharding, key: key, columns: keyColumns)
        }
    }

    /// The DEFAULT of a column where it has to be computed once for all shards; nil where each may do it.
    func defaultText(_ column: TableSchema.Column) throws(PlanningRefusal) -> String? {
        guard let text = column.defaultSQL else { return nil }
        guard let parsed = try? Parser.parse("SELECT " + text, dialect: .postgresql),
            case .select(let select) = parsed.statement
        else { throw PlanningRefusal(.statementNotModelled, "the DEFAULT of \(column.name) cannot be read: \(text)") }
        var survey = ServerSurvey(topology: topology, operands: operands)
        survey.visit(select)
        if let refusal = survey.refusal { throw refusal }
        if Self.isMomentOrSequence(survey, parsed.statement) { return text }
        return try check(survey.calls, readsTables: false) == .volatile ? text : nil
    }

    private static func isMomentOrSequence(_ survey: ServerSurvey, _ statement: Statement) -> Bool {
        var found = survey.calls.contains {
            ["nextval", "now", "transaction_timestamp", "statement_timestamp", "age", "current_user", "session_user"]
                .contains($0.name)
        }
        statement.forEachExpression(includingSubqueries: true) { expression in
            if case .literal(let literal) = expression {
                if literal.kind == .currentTime { found = true }
                // 'now'::timestamp is a moment.
                if literal.kind == .string || literal.kind == .typed {
                    let text = literal.text.lowercased()
                    if ["now", "today", "tomorrow", "yesterday"].contains(where: text.contains) { found = true }
                }
            }
        }
        return found
    }

    static func hasTimes(_ expressions: [Expression]) -> Bool {
        expressions.contains { expression in
            expression.contains(includingSubqueries: true) { part in
                switch part {
                case .literal(let literal): return literal.kind == .currentTime
                case .function(let call):
                    return ["now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "age", "nextval"]
                        .contains(ServerSurvey.text(call.name.name))
                case .parameter, .column, .unary, .binary, .isNull, .between, .inList, .match, .cast, .collate,
                    .conditional, .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field,
                    .atTimeZone, .raise, .wildcard, .defaultValue, .verbatim:
                    return false
                }
            }
        }
    }

    /// One value of a row.
    private func cell(
        _ value: Expression, _ column: TableSchema.Column, isKey: Bool
    ) throws(PlanningRefusal) -> ServerInsertPlan.Cell {
        let text = SQLPrinter.print(value, options: .init(dialect: .postgresql))
        switch value.unparenthesized {
        case .literal(let literal):
            if literal.kind == .currentTime { return .evaluated(text) }
            guard isKey else { return .text(text) }
            return key(value, text, column) ?? .evaluated(Self.assigned(text, column))
        case .parameter(let parameter):
            guard isKey else { return .text(text) }
            let type = parameter.index < facts.parameterTypes.count ? facts.parameterTypes[parameter.index] : 0
            guard let key = key(value, text, column) else {
                throw PlanningRefusal(
                    .shardKeyExpression, "the parameter of the shard key \(column.name) is of another type (\(type))")
            }
            return key
        case .defaultValue:
            if column.isMade, let generator = column.generator { return .generated(generator) }
            guard !isKey else {
                guard let text = column.defaultSQL else { return .key("NULL", .constant(.null)) }
                return .evaluated(Self.assigned(text, column))
            }
            return try defaultText(column).map(ServerInsertPlan.Cell.evaluated) ?? .text("DEFAULT")
        case .column, .unary, .binary, .isNull, .between, .inList, .match, .function, .cast, .collate, .conditional,
            .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise,
            .wildcard, .verbatim:
            var survey = ServerSurvey(topology: topology, operands: operands)
            survey.visit(value)
            if let refusal = survey.refusal { throw refusal }
            guard survey.references.isEmpty, survey.views.isEmpty, survey.catalogNames.isEmpty else {
                throw PlanningRefusal(
                    .writeFromAcrossShards, "a value of the INSERT reads tables", hint: "Use INSERT … SELECT.")
            }
            let volatility = try check(survey.calls, readsTables: false)
            if isKey { return key(value, text, column) ?? .evaluated(Self.assigned(text, column)) }
            return volatility == .immutable && !hasOpenTimes(survey.calls) ? .text(text) : .evaluated(text)
        }
    }

    private func key(_ value: Expression, _ text: String, _ column: TableSchema.Column) -> ServerInsertPlan.Cell? {
        guard let family = ServerKeyColumn(column)?.family else { return nil }
        return operands.operand(value, family).map { .key(text, $0) }
    }

    /// An expression as the column would store it. The explicit cast differs from an assignment only in errors it does not
    /// make: the length of texts, which the row's insertion checks, since it is sent the text before it is cut.
    private static func assigned(_ text: String, _ column: TableSchema.Column) -> String {
        let type = column.declaredType ?? "text"
        return "CAST(\(text) AS \(type.hasPrefix("character varying") ? "text" : type))"
    }

    private static func behind(_ insert: InsertStatement) -> [Expression] {
        var result: [Expression] = []
        for upsert in insert.upserts {
            if case .columns(let columns, let condition) = upsert.target {
                result += columns.map(\.expression)
                if let condition { result.append(condition) }
            }
            if case .update(let assignments, let condition) = upsert.action {
                result += assignments.map(\.value)
                if let condition { result.append(condition) }
            }
        }
        return result + expressions(insert.returning)
    }

    private func checkConflicts(_ insert: InsertStatement, _ table: LogicalTable) throws(PlanningRefusal) {
        guard case .partitioned(let sharding) = ServerPlace(table) else { return }
        let key = sharding.keyColumns.map { table.schema.columns[$0].name }
        for upsert in insert.upserts {
            guard case .update(let assignments, _) = upsert.action else { continue }
            for assignment in assignments {
                for column in assignment.columns where key.contains(ServerSurvey.text(column.name)) {
                    throw PlanningRefusal(
                        .shardKeyUpdate, "ON CONFLICT sets \(column.name.text), which is in the shard key")
                }
            }
        }
    }

    /// What stands behind the rows.
    func tail(_ insert: InsertStatement) -> String {
        guard !insert.upserts.isEmpty || !insert.returning.isEmpty else { return "" }
        var bare = insert
        bare.with = nil
        bare.alias = nil
        bare.columns = []
        bare.overriding = nil
        bare.table = ObjectName([Identifier("x")])
        bare.source = .defaultValues
        let text = SQLPrinter.print(.insert(bare), options: options)
        let head = "INSERT INTO x DEFAULT VALUES"
        return text.hasPrefix(head) ? String(text.dropFirst(head.count)) : ""
    }
}
