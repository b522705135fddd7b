public import ShardTopology
import ShardSQL
import ShardValues

/// A plan as rows of text, for EXPLAIN: one line per fact, indented by depth. Pure; shards are named, physical
/// statements are shown as each shard gets them.
public struct ExplainText {
    public static var columns: [PlanColumn] { [PlanColumn(name: "plan", declaredType: "TEXT")] }

    let topology: Topology
    private var lines: [String] = []

    init(topology: Topology) { self.topology = topology }

    /// The lines of a plan.
    public static func lines(of plan: Plan, topology: Topology) -> [String] {
        var text = ExplainText(topology: topology)
        text.describe(plan)
        return text.lines
    }

    private mutating func add(_ depth: Int, _ line: String) {
        lines.append(String(repeating: "  ", count: depth) + line)
    }

    private mutating func describe(_ plan: Plan) {
        add(0, "rung: \(plan.rung.rawValue)")
        for reason in plan.reasons { add(0, "because: \(reason)") }
        if !plan.tables.isEmpty { add(0, "tables: \(plan.tables.joined(separator: ", "))") }
        switch plan.action {
        case .query(let query): describe(query)
        case .combine(let combine): describe(combine)
        case .write(let write):
            add(0, "shards: \(places(write.route))")
            describe(write.statement, write.route, 0)
            if let cold = write.coldStatement { describe(cold, write.route, 0) }
        case .combineWrite(let write):
            describe(write.gathering)
            add(0, "then each row it returns is written to \(write.table)")
        case .insert(let insert):
            add(0, "insert into \(insert.table): \(insert.rows.count) row\(insert.rows.count == 1 ? "" : "s")")
            switch insert.target {
            case .sharded(let sharding, _): add(0, "shards: by key, among \(sharding.partitions.count) partitions")
            case .broadcast: add(0, "shards: \(topology.shards.joined(separator: ", "))")
            case .single(let shard): add(0, "shards: \(topology.shards[shard])")
            }
            if insert.cold != nil { add(0, "each row in two parts: hot, then cold") }
        case .insertQuery(let insert):
            add(0, "rows of:")
            for line in ExplainText.lines(of: insert.query.plan, topology: topology) { add(1, line) }
            add(0, "inserted into \(insert.insert.table) by key")
        case .definition(let definition):
            add(0, "shards: \(topology.shards.joined(separator: ", "))")
            add(0, "logical schema: \(definition.logicalSQL)")
        case .session: add(0, "session state, no shard is asked")
        case .catalogQuery(let sql): add(0, "logical schema: \(sql)")
        case .privateStatement(let sql): add(0, "private database of the session: \(sql)")
        case .showTopology: add(0, "the topology, no shard is asked")
        case .explain: add(0, "an explanation")
        }
    }

    private mutating func describe(_ query: QueryPlan) {
        guard let node = query.scatter else {
            add(0, "shards: \(places(query.route))")
            describe(query.whole, query.route, 0)
            return
        }
        add(0, "shards: \(places(query.route))")
        describe(node, 0)
    }

    private mutating func describe(_ combine: CombinePlan) {
        for piece in combine.pieces {
            add(0, "gather \(piece.table): \(piece.columnCount) column\(piece.columnCount == 1 ? "" : "s")")
            if case .query(let query) = piece.source.plan.action {
                add(1, "shards: \(places(query.route))")
                if let node = query.scatter {
                    describe(node, 1)
                } else {
                    describe(query.whole, query.route, 1)
                }
            }
        }
        for view in combine.views { add(0, "view: \(view)") }
        add(0, "a private engine runs: \(combine.sql)")
    }

    private mutating func describe(_ node: PlanNode, _ depth: Int) {
        switch node {
        case .scatter(let scatter):
            let order = scatter.order.map { "\($0.column + 1)\($0.descending ? " desc" : "")" }
            add(depth, order.isEmpty ? "append" : "merge sorted by \(order.joined(separator: ", "))")
            for part in scatter.parts {
                if scatter.parts.count > 1 { add(depth + 1, "shards: \(places(part.route))") }
                describe(part.statement, part.route, depth + 1)
            }
        case .aggregate(let aggregate):
            let finals = aggregate.aggregates.map { "\($0)" }.joined(separator: ", ")
            add(depth, "aggregate \(aggregate.groupColumnCount) group columns: \(finals)")
            describe(aggregate.input, depth + 1)
        case .distinct(let distinct):
            add(depth, "distinct on \(distinct.keys.count) columns")
            describe(distinct.input, depth + 1)
        case .limit(let limit):
            add(depth, "limit \(text(limit.count)) offset \(text(limit.offset))")
            describe(limit.input, depth + 1)
        case .project(let project):
            add(depth, "project \(project.columns.map { "\($0 + 1)" }.joined(separator: ", "))")
            describe(project.input, depth + 1)
        case .finish(let finish):
            add(depth, "finish in a private engine: \(finish.sql)")
            describe(finish.input, depth + 1)
        }
    }

    private func text(_ operand: LimitOperand?) -> String {
        switch operand {
        case nil: "none"
        case .constant(let value)?: "\(value)"
        case .parameter(let index)?: "?\(index + 1)"
        case .extra(let index)?: "value \(index + 1)"
        }
    }

    /// Where a route can lead, as far as its form tells.
    private func places(_ route: Route) -> String {
        switch route {
        case .anyShard: return "any one of \(topology.shards.joined(separator: ", "))"
        case .shard(let shard): return topology.shards[shard]
        case .everyShard: return topology.shards.joined(separator: ", ")
        case .partitions(let sharding, let condition):
            let set = sharding.partitions(for: condition.isBound ? condition : .all, values: [])
            switch set {
            case .none: return "none: no row can match"
            case .one(let partition): return topology.shards[sharding.partitions[partition].shard]
            case .some(let partitions):
                return names(partitions.map { sharding.partitions[$0].shard })
            case .all:
                if condition.isBound
                    || KeyConditionBuilder.place(in: condition, keyCount: sharding.keyColumns.count) == nil
                {
                    let all = names(sharding.partitions.map(\.shard))
                    return condition == .all ? all : all + " (fewer by the bound values)"
                }
                return "one, by the bound value"
            }
        }
    }

    private func names(_ shards: [ShardIndex]) -> String {
        Set(shards).sorted().map { topology.shards[$0] }.joined(separator: ", ")
    }

    private mutating func describe(_ template: FragmentTemplate, _ route: Route, _ depth: Int) {
        if template.sql.isConstant {
            add(depth, "sql: \(template.sql.render { _ in "" })")
            return
        }
        let text = template.sql.render { number in
            switch template.tables[number] {
            case .fixed(let name): name
            case .partitioned(let sharding): sharding.partitions.first?.physicalName ?? ""
            }
        }
        add(depth, "sql, for each partition, as for the first: \(text)")
    }
}

extension KeyCondition {
    /// Whether it holds no parameter: its partitions are known from its form.
    var isBound: Bool {
        switch self {
        case .all, .none, .isNull, .partitions: true
        case .and(let parts), .or(let parts): parts.allSatisfy(\.isBound)
        case .compare(_, _, let operand): operand.isConstant
        case .inList(_, let operands): operands.allSatisfy(\.isConstant)
        case .rowInList(_, let rows): rows.allSatisfy { $0.allSatisfy(\.isConstant) }
        }
    }
}

extension KeyOperand {
    var isConstant: Bool {
        switch self {
        case .constant: true
        case .parameter: false
        }
    }
}
