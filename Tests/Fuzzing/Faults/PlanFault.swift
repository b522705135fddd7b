public import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// A fault of the planner, made on purpose: from a right plan to the one that a planner with this fault would make. The
/// fuzzer must catch each: a net with holes is mended first.
///
/// Faults are of plans that read; other plans come back as they are.
public enum PlanFault: String, Sendable, CaseIterable {
    /// HAVING and what else stands over merged groups is not checked.
    case havingDropped
    /// Each shard gives LIMIT rows, not LIMIT + OFFSET.
    case offsetForgottenOnShards
    /// OFFSET is skipped by nobody.
    case offsetDropped
    /// LIMIT is each shard's only.
    case limitNotMerged
    /// LEFT JOIN drops rows without a partner.
    case outerJoinAsInner
    /// Streams are merged as if NULL stood at the other end.
    case nullsAtTheOtherEnd
    /// Streams are merged as if all went upwards.
    case descendingForgotten
    /// Streams are merged, and equal rows found, by bytes.
    case collationForgotten
    /// The average of the shards' averages.
    case averageOfAverages
    /// The count of one shard.
    case countOfOneShard
    /// DISTINCT per shard only.
    case distinctNotMerged
    /// One value of a key's IN list leads nowhere.
    case lastOfListForgotten
    /// One side of OR leads nowhere.
    case alternativeForgotten
    /// The last condition of WHERE is lost.
    case conditionDropped
    /// A broadcast table is read on every shard.
    case broadcastAsSharded
    /// One table of what is gathered stays empty.
    case gatheredPieceForgotten
    /// What is gathered is reduced to the partners of one row.
    case keysOfOneRow

    /// The plan with the fault.
    public func apply(to plan: Plan) -> Plan {
        var plan = plan
        switch plan.action {
        case .query(let query):
            if self == .offsetForgottenOnShards { plan.extras = plan.extras.map(withoutOffset) }
            plan.action = .query(faulty(query, plan))
        case .combine(var combine):
            if self == .gatheredPieceForgotten, let last = combine.pieces.last {
                // Its table is made, its rows are not brought.
                var source = last.source.plan
                if case .query(var query) = source.action {
                    query.route = emptied(query.route)
                    query.scatter = query.scatter.map { node in
                        node.mappedScatter { scatter in
                            var scatter = scatter
                            for index in scatter.parts.indices {
                                scatter.parts[index].route = emptied(scatter.parts[index].route)
                            }
                            return scatter
                        }
                    }
                    source.action = .query(query)
                }
                combine.pieces[combine.pieces.count - 1].source = PlanBox(source)
            } else {
                combine.pieces = combine.pieces.map { piece in
                    var piece = piece
                    piece.source = PlanBox(apply(to: piece.source.plan))
                    if self == .keysOfOneRow { piece.reduction?.keysSQL.replace("LIMIT 10001", with: "LIMIT 1") }
                    return piece
                }
            }
            plan.action = .combine(combine)
        case .scalarsFirst(var first):
            first.main = PlanBox(apply(to: first.main.plan))
            plan.action = .scalarsFirst(first)
        case .write, .combineWrite, .rehearsal, .insert, .insertQuery, .definition, .session, .catalogQuery,
            .privateStatement, .showTopology, .explain, .server:
            break
        }
        return plan
    }

    private func emptied(_ route: Route) -> Route {
        if case .partitions(let sharding, _) = route { return .partitions(sharding, .none) }
        return route
    }

    private func withoutOffset(_ value: ExtraValue) -> ExtraValue {
        if case .fragmentLimit(let count, _) = value { return .fragmentLimit(count: count, offset: nil) }
        return value
    }

    // MARK: Queries

    private func faulty(_ query: QueryPlan, _ plan: Plan) -> QueryPlan {
        var query = query
        query.route = faulty(query.route)
        query.scatter = query.scatter.map { faulty($0) }
        if self == .broadcastAsSharded, case .anyShard = query.route, query.scatter == nil, !plan.tables.isEmpty {
            query.route = .everyShard
            query.scatter = .scatter(
                ScatterNode(parts: [.init(route: .everyShard, statement: query.whole)], columnCount: plan.columns.count)
            )
        }
        return query
    }

    private func faulty(_ route: Route) -> Route {
        guard case .partitions(let sharding, let condition) = route else { return route }
        return .partitions(sharding, faulty(condition))
    }

    private func faulty(_ condition: KeyCondition) -> KeyCondition {
        switch condition {
        case .and(let parts): return .and(parts.map(faulty))
        case .or(let parts):
            if self == .alternativeForgotten, parts.count > 1 { return .or(Array(parts.dropLast())) }
            return .or(parts.map(faulty))
        case .inList(let column, let operands) where self == .lastOfListForgotten && operands.count > 1:
            return .inList(column: column, Array(operands.dropLast()))
        case .rowInList(let columns, let rows) where self == .lastOfListForgotten && rows.count > 1:
            return .rowInList(columns: columns, Array(rows.dropLast()))
        case .all, .none, .compare, .inList, .isNull, .rowInList, .partitions: return condition
        }
    }

    private func faulty(_ keys: [SortKey]) -> [SortKey] {
        keys.map { key in
            var key = key
            switch self {
            case .nullsAtTheOtherEnd: key.nullsFirst = !(key.nullsFirst ?? !key.descending)
            case .descendingForgotten: key.descending = false
            case .collationForgotten: key.collation = .binary
            case .havingDropped, .offsetForgottenOnShards, .offsetDropped, .limitNotMerged, .outerJoinAsInner,
                .averageOfAverages, .countOfOneShard, .distinctNotMerged, .lastOfListForgotten, .alternativeForgotten,
                .conditionDropped, .broadcastAsSharded, .gatheredPieceForgotten, .keysOfOneRow:
                break
            }
            return key
        }
    }

    private func faulty(_ node: PlanNode) -> PlanNode {
        switch node {
        case .scatter(let scatter): return .scatter(faulty(scatter))
        case .aggregate(var aggregate):
            let averages = aggregate.aggregates.contains { if case .average = $0 { true } else { false } }
            aggregate.input = faulty(aggregate.input)
            aggregate.groupOrder = faulty(aggregate.groupOrder)
            if self == .averageOfAverages, averages {
                aggregate.input = aggregate.input.mappedScatter { $0.mappedStatements(averaging) }
            }
            if self == .countOfOneShard {
                aggregate.aggregates = aggregate.aggregates.map {
                    if case .count(let column) = $0 { .any(column) } else { $0 }
                }
            }
            return .aggregate(aggregate)
        case .distinct(var distinct):
            if self == .distinctNotMerged { return faulty(distinct.input) }
            distinct.input = faulty(distinct.input)
            distinct.keys = faulty(distinct.keys)
            return .distinct(distinct)
        case .limit(var limit):
            limit.input = faulty(limit.input)
            if self == .offsetDropped { limit.offset = nil }
            if self == .limitNotMerged { limit.count = nil }
            return .limit(limit)
        case .project(var project):
            project.input = faulty(project.input)
            return .project(project)
        case .finish(var finish):
            finish.input = faulty(finish.input)
            if self == .havingDropped { finish.sql = withoutConditions(finish.sql) }
            return .finish(finish)
        }
    }

    private func faulty(_ scatter: ScatterNode) -> ScatterNode {
        var scatter = scatter
        scatter.order = faulty(scatter.order)
        for index in scatter.parts.indices { scatter.parts[index].route = faulty(scatter.parts[index].route) }
        switch self {
        case .outerJoinAsInner: return scatter.mappedStatements(innerJoins)
        case .conditionDropped: return scatter.mappedStatements(lastConditionDropped)
        case .havingDropped, .offsetForgottenOnShards, .offsetDropped, .limitNotMerged, .nullsAtTheOtherEnd,
            .descendingForgotten, .collationForgotten, .averageOfAverages, .countOfOneShard, .distinctNotMerged,
            .lastOfListForgotten, .alternativeForgotten, .broadcastAsSharded, .gatheredPieceForgotten, .keysOfOneRow:
            return scatter
        }
    }

    // MARK: Texts

    private func withoutConditions(_ sql: String) -> String {
        guard case .select(var select)? = try? Parser.parse(sql, dialect: .sqlite).statement,
            case .core(var core) = select.body
        else { return sql }
        core.where = nil
        core.having = nil
        select.body = .core(core)
        return SQLPrinter.print(.select(select), options: .init(dialect: .sqlite))
    }

    private func innerJoins(_ statement: Statement) -> Statement {
        statement.mappedTables { table in
            guard case .join(var join) = table, join.kind == .left, join.constraint != nil else { return nil }
            join.kind = .inner
            join.spelling = "JOIN"
            return .join(join)
        }
    }

    private func lastConditionDropped(_ statement: Statement) -> Statement {
        guard case .select(var select) = statement, case .core(var core) = select.body else { return statement }
        if case .binary(let binary)? = core.where, binary.operator == .and { core.where = binary.left }
        if case .parenthesized(let outer)? = core.where, case .binary(let binary) = outer.inner, binary.operator == .and
        {
            core.where = binary.left
        }
        select.body = .core(core)
        return .select(select)
    }

    private func averaging(_ statement: Statement) -> Statement {
        statement.mapped { expression in
            guard case .function(var call) = expression, call.over == nil, call.arguments.count == 1 else { return nil }
            switch call.name.name.folded {
            case "total":
                call.name = ObjectName("avg")
                return .function(call)
            case "count":
                if case .wildcard = call.arguments[0].value { return nil }
                return .literal(Literal(.integer, text: "1"))
            default: return nil
            }
        }
    }
}
