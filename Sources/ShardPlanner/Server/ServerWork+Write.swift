import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

extension ServerWork {
    mutating func plan(_ update: UpdateStatement) throws(PlanningRefusal) -> Plan {
        guard update.with == nil, update.whereCurrentOf == nil, update.orderBy.isEmpty, update.limit == nil else {
            throw PlanningRefusal(.statementNotModelled, "UPDATE with WITH or WHERE CURRENT OF")
        }
        let values = update.assignments.map(\.value) + Self.expressions(update.returning)
        let target = update.table
        let survey = try survey {
            $0.visitWrite(target, from: update.from, condition: update.where, expressions: values)
        }
        if let table = survey.references.first?.table { try checkDefaults(update.assignments, table) }
        if let table = survey.references.first?.table, case .partitioned(let sharding) = ServerPlace(table) {
            let key = sharding.keyColumns.map { table.schema.columns[$0].name }
            for assignment in update.assignments {
                for column in assignment.columns where key.contains(ServerSurvey.text(column.name)) {
                    return try move(update, survey, table, column: column.name.text)
                }
            }
        }
        return try write(survey, target.name, condition: update.where, returnsRows: !update.returning.isEmpty)
    }

    mutating func plan(_ delete: DeleteStatement) throws(PlanningRefusal) -> Plan {
        guard delete.with == nil, delete.whereCurrentOf == nil, delete.orderBy.isEmpty, delete.limit == nil else {
            throw PlanningRefusal(.statementNotModelled, "DELETE with WITH or WHERE CURRENT OF")
        }
        let target = delete.table
        let survey = try survey {
            $0.visitWrite(
                target, from: delete.using, condition: delete.where, expressions: Self.expressions(delete.returning))
        }
        return try write(survey, target.name, condition: delete.where, returnsRows: !delete.returning.isEmpty)
    }

    /// `SET column = DEFAULT` where the default is not the same wherever and whenever it is computed: a number of a sequence, the
    /// moment. The rehearsal computes it once.
    func checkDefaults(_ assignments: [Assignment], _ table: LogicalTable) throws(PlanningRefusal) {
        for assignment in assignments {
            let saysDefault = assignment.value.contains(includingSubqueries: false) { part in
                if case .defaultValue = part { true } else { false }
            }
            guard saysDefault else { continue }
            for name in assignment.columns {
                guard let ordinal = table.schema.column(named: ServerSurvey.text(name.name)) else { continue }
                let column = table.schema.columns[ordinal]
                if column.isMade {
                    throw PlanningRefusal(
                        .functionNotModelled,
                        "SET \(column.name) = DEFAULT: generated identifiers are made by INSERT only")
                }
                if try defaultText(column) != nil {
                    throw PlanningRefusal(
                        .volatileInSplitWrite, "the DEFAULT of \(column.name) is not the same on every shard")
                }
            }
        }
    }

    /// TRUNCATE of one table.
    mutating func plan(_ other: OtherStatement) throws(PlanningRefusal) -> Plan {
        guard other.kind == "TRUNCATE", let name = other.object,
            let clauses = Self.truncated(sourceText), clauses.allSatisfy({ !$0.contains(",") })
        else {
            throw PlanningRefusal(.statementNotModelled, "\(other.kind) is not modelled on PostgreSQL shards")
        }
        guard case .table(let table) = ServerSurvey.relation(name, in: topology) else {
            throw PlanningRefusal(.engine, "relation \"\(name.name.text)\" does not exist", engineCode: "42P01")
        }
        let names: [String]
        let route: Route
        var isEveryShard = false
        switch table.placement {
        case .broadcast:
            names = [ServerNames.whole(table.schema.name)]
            route = .everyShard
            isEveryShard = true
        case .single(let shard):
            names = [ServerNames.whole(table.schema.name)]
            route = .shard(shard)
        case .sharded(let sharding):
            names = ServerNames.names(of: table.schema.name, sharding)
            route = .partitions(sharding, .all)
        }
        let statement = FragmentTemplate(
            sql: SQLTemplate(pieces: [.text("TRUNCATE TABLE "), .table(0)]), tables: [.spelled(names)])
        let write = ServerWritePlan(
            route: route, statement: statement, table: table.schema.name, returnsRows: false, isEveryShard: isEveryShard
        )
        return plan(
            .server(ServerPlan(.write(write), parameterTypes: [])), .route, reasons: ["all rows go"],
            tables: [table.schema.name])
    }

    /// The words behind TRUNCATE where they are a table's name alone.
    private static func truncated(_ text: String) -> [Substring]? {
        var words = text.split(whereSeparator: \.isWhitespace).dropFirst()
        if words.first?.lowercased() == "table" { words = words.dropFirst() }
        return words.count == 1 ? Array(words) : nil
    }

    static func expressions(_ items: [SelectItem]) -> [Expression] {
        items.compactMap { item in
            if case .expression(let expression) = item.content { return expression }
            return nil
        }
    }

    mutating func write(
        _ survey: ServerSurvey, _ name: ObjectName, condition: Expression?, returnsRows: Bool
    ) throws(PlanningRefusal) -> Plan {
        guard survey.views.isEmpty, survey.catalogNames.isEmpty, let target = survey.references.first else {
            throw PlanningRefusal(.viewAcrossShards, "a write that names a view or a catalog")
        }
        guard survey.temporaryNames.isEmpty else {
            throw PlanningRefusal(
                .writeFromAcrossShards, "the write of \(target.table.schema.name) reads temporary tables",
                hint: "Read first and write then.")
        }
        let volatility = try check(survey.calls, readsTables: true)
        guard !hasOpenTimes(survey.calls) else {
            throw PlanningRefusal(
                .volatileInSplitWrite, "the moment is not the same on every shard",
                hint: "Use now() or CURRENT_TIMESTAMP.")
        }
        fixTimes()
        let others = survey.references.dropFirst()
        let statement = try template(survey)
        let table = target.table
        let route: Route
        var isEveryShard = false
        switch ServerPlace(table) {
        case .anywhere:
            guard others.allSatisfy({ if case .anywhere = ServerPlace($0.table) { true } else { false } }) else {
                throw PlanningRefusal(
                    .writeFromAcrossShards,
                    "\(table.schema.name) is on every shard, and the rows that the write reads are not")
            }
            guard volatility != .volatile else {
                throw PlanningRefusal(
                    .volatileInSplitWrite,
                    "a volatile function would give another value on every copy of \(table.schema.name)")
            }
            route = .everyShard
            isEveryShard = true
        case .shard(let shard):
            guard let together = self.route(survey.references), case .shard(shard) = together else {
                throw PlanningRefusal(
                    .writeFromAcrossShards, "the write of \(table.schema.name) reads rows of other shards")
            }
            route = together
        case .partitioned(let sharding):
            if let together = self.route(survey.references) {
                route = together
            } else {
                guard others.allSatisfy({ if case .anywhere = ServerPlace($0.table) { true } else { false } }) else {
                    throw PlanningRefusal(
                        .writeFromAcrossShards, "the write of \(table.schema.name) reads rows of other shards",
                        hint: "Fix the shard key of every table by a condition, or read first and write then.")
                }
                route = .partitions(sharding, self.condition(condition, target, sharding))
            }
        }
        let write = ServerWritePlan(
            route: route, statement: statement, table: table.schema.name, returnsRows: returnsRows,
            isEveryShard: isEveryShard)
        return plan(
            .server(ServerPlan(.write(write), parameterTypes: parameterTypes)), .route,
            reasons: ["each row is written where it is"], tables: names(survey.references))
    }
}
