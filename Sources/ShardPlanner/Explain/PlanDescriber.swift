import ShardTopology
import ShardValues

/// Makes the steps of a plan's description. Places are found as the executor finds them: the route's condition with the
/// values that are known.
struct PlanDescriber {
    let topology: Topology
    let values: [Value]
    /// Values from here on are computed at each run, and unknown.
    let parameterCount: Int

    func step(_ plan: Plan) -> PlanStep {
        switch plan.action {
        case .query(let query): return step(query)
        case .combine(let combine): return step(combine)
        case .write(let write):
            return PlanStep(
                "write", title: "write \(write.table)", settings: [PlanSetting("table", .text(write.table))],
                places: places(write.route, write.statement),
                inputs: write.coldStatement.map { [coldPart(of: write.table, places(write.route, $0))] } ?? [])
        case .scalarsFirst(let first):
            let count = first.main.plan.parameterCount - first.scalars.count
            let scalars = first.scalars.enumerated().map { number, scalar in
                PlanStep("scalar", title: "first the value ?\(count + number + 1)", inputs: [step(scalar.plan)])
            }
            let main = PlanStep("main", title: "then the rest", inputs: [step(first.main.plan)])
            return PlanStep("scalars-first", title: "one after the other, as of one moment", inputs: scalars + [main])
        case .combineWrite(let write):
            return PlanStep(
                "write-rows", title: "each row that comes of it is written to \(write.table), where it lives",
                settings: [
                    PlanSetting("table", .text(write.table)),
                    PlanSetting("statement", .text(write.rowStatement.text(partition: 0))),
                ], inputs: [step(write.gathering)])
        case .rehearsal(let rehearsal):
            let engine = PlanStep(
                "rehearse", title: "a private engine runs: \(rehearsal.sql)",
                settings: [PlanSetting("sql", .text(rehearsal.sql))],
                inputs: rehearsal.tables.map { step($0.piece) })
            return PlanStep(
                "write-rows", title: "each row that it changed is written where it lives",
                settings: [PlanSetting("table", .text(rehearsal.target))], inputs: [engine])
        case .insert(let insert): return InsertDescriber(describer: self, plan: insert).step()
        case .insertQuery(let insert): return step(insert)
        case .definition(let definition):
            let note = "a definition is made on every shard"
            return PlanStep(
                "define", title: "logical schema: \(definition.logicalSQL)",
                settings: [PlanSetting("sql", .text(definition.logicalSQL))],
                places: topology.shards.indices.map { place($0, why: note) })
        case .session: return PlanStep("session", title: "session state, no shard is asked")
        case .catalogQuery(let sql):
            return PlanStep("catalog", title: "logical schema: \(sql)", settings: [PlanSetting("sql", .text(sql))])
        case .privateStatement(let statement):
            return PlanStep(
                "private", title: "private database of the session: \(statement.sql)",
                settings: [PlanSetting("sql", .text(statement.sql))], inputs: statement.pieces.map { step($0) })
        case .showTopology: return PlanStep("topology", title: "the topology, no shard is asked")
        case .explain: return PlanStep("explain", title: "an explanation, no shard is asked")
        case .server(let server): return step(server)
        }
    }

    // MARK: Queries

    private func step(_ query: QueryPlan) -> PlanStep {
        guard let node = query.scatter, node.scatter.grouping != nil || !leadsToOnePlace(query.route) else {
            return PlanStep(
                "pass-through", title: "rows pass through unchanged",
                places: places(query.route, query.whole, isSinglePlace: true))
        }
        return step(node)
    }

    /// Whether the executor lets one place's answer through.
    private func leadsToOnePlace(_ route: Route) -> Bool {
        switch route {
        case .anyShard, .shard: return true
        case .everyShard: return false
        case .partitions(let sharding, let condition):
            guard isKnown(condition) else { return false }
            return partitions(sharding, condition).count == 1
        }
    }

    private func step(_ node: PlanNode) -> PlanStep {
        switch node {
        case .scatter(let scatter): return step(scatter)
        case .aggregate(let aggregate):
            let finals = aggregate.aggregates.map { FinalAggregateText.text($0) }
            let groups = aggregate.groupColumnCount
            return PlanStep(
                "aggregate",
                title: "aggregate \(finals.joined(separator: ", "))"
                    + (groups == 0 ? "" : " by \((1...groups).map(String.init).joined(separator: ", "))"),
                settings: [
                    PlanSetting("groupBy", sortKeys(aggregate.groupOrder)),
                    PlanSetting("aggregates", .list(finals.map { .text($0) })),
                ], inputs: [step(aggregate.input)])
        case .distinct(let distinct):
            return PlanStep(
                "distinct", title: "distinct by \(titles(distinct.keys))",
                settings: [PlanSetting("by", sortKeys(distinct.keys))], inputs: [step(distinct.input)])
        case .limit(let limit):
            var title = "limit \(text(limit.count) ?? "none")"
            if let offset = text(limit.offset) { title += " offset \(offset)" }
            return PlanStep(
                "limit", title: title,
                settings: [setting("count", limit.count), setting("offset", limit.offset)].compactMap(\.self),
                inputs: [step(limit.input)])
        case .project(let project):
            let columns = project.columns.map { $0 + 1 }
            return PlanStep(
                "project", title: "project \(columns.map(String.init).joined(separator: ", "))",
                settings: [PlanSetting("columns", .list(columns.map { .number($0) }))], inputs: [step(project.input)])
        case .finish(let finish):
            return PlanStep(
                "finish", title: "a private engine finishes: \(finish.sql)",
                settings: [PlanSetting("table", .text(finish.createTable)), PlanSetting("sql", .text(finish.sql))],
                inputs: [step(finish.input)])
        }
    }

    private func step(_ scatter: ScatterNode) -> PlanStep {
        var step = PlanStep("append")
        if !scatter.order.isEmpty {
            step = PlanStep(
                "merge", title: "merge sorted by \(titles(scatter.order))",
                settings: [PlanSetting("sortedBy", sortKeys(scatter.order))])
        }
        if let grouping = scatter.grouping {
            step.inputs = scatter.parts.map { self.step(grouping, $0) }
        } else if scatter.parts.count == 1, let part = scatter.parts.first {
            step.places = places(part.route, part.statement, isSinglePlace: part.isSinglePlace)
        } else {
            step.inputs = scatter.parts.enumerated().map { number, part in
                PlanStep(
                    "part", title: "part \(number + 1)",
                    places: places(part.route, part.statement, isSinglePlace: part.isSinglePlace))
            }
        }
        return step
    }

    private func step(_ grouping: HashGrouping, _ part: ScatterNode.Part) -> PlanStep {
        let partials = grouping.partials.map { HashPartialText.text($0) }
        return PlanStep(
            "hash-group", title: "hash groups by \(titles(grouping.keys)): \(partials.joined(separator: ", "))",
            settings: [
                PlanSetting("groupBy", sortKeys(grouping.keys)),
                PlanSetting("partials", .list(partials.map { .text($0) })),
            ], places: places(part.route, grouping.rows, isSinglePlace: part.isSinglePlace))
    }

    /// The same rows' other part, where a table is split by column.
    func coldPart(of table: String, _ places: [PlanPlace]) -> PlanStep {
        PlanStep(
            "cold-part", title: "and the cold part of \(table)", settings: [PlanSetting("table", .text(table))],
            places: places)
    }

    // MARK: Combining

    private func step(_ combine: CombinePlan) -> PlanStep {
        var settings: [PlanSetting] = []
        if !combine.views.isEmpty { settings.append(PlanSetting("views", .list(combine.views.map { .text($0) }))) }
        settings.append(PlanSetting("sql", .text(combine.sql)))
        return PlanStep(
            "combine", title: "a private engine runs: \(combine.sql)", settings: settings,
            inputs: combine.pieces.map { step($0) })
    }

    private func step(_ piece: GatheredPiece) -> PlanStep {
        let count = piece.columnCount
        var title = "gather \(piece.table): \(count) column\(count == 1 ? "" : "s")"
        var settings = [PlanSetting("table", .text(piece.table)), PlanSetting("columns", .number(count))]
        if let reduction = piece.reduction {
            title += ", where \(reduction.column) is one of \(reduction.keys) if these are few"
            settings.append(PlanSetting("where", .text(reduction.column)))
            settings.append(PlanSetting("keys", .text(reduction.keys)))
        }
        return PlanStep("gather", title: title, settings: settings, inputs: [step(piece.source.plan)])
    }

    private func step(_ insert: InsertQueryPlan) -> PlanStep {
        let target = insert.insert
        let home: String
        switch target.target {
        case .sharded: home = "each row to its home"
        case .broadcast: home = "on every shard"
        case .single(let shard): home = "on \(topology.shards[shard])"
        }
        return PlanStep(
            "insert-rows", title: "the rows are inserted into \(target.table), \(home)",
            settings: [PlanSetting("table", .text(target.table)), PlanSetting("to", .text(home))],
            inputs: [step(insert.query.plan)])
    }

    // MARK: Places

    /// Where a statement goes and what is sent there, in the topology's order.
    func places(_ route: Route, _ statement: FragmentTemplate, isSinglePlace: Bool = false) -> [PlanPlace] {
        switch route {
        case .anyShard:
            return [
                PlanPlace(
                    shard: nil, index: nil, partitions: [], why: "any one shard has all that is read", isCertain: true,
                    statements: [statement.planned(partition: nil)])
            ]
        case .shard(let shard): return [place(shard, why: "it has all that is touched", statement)]
        case .everyShard:
            return topology.shards.indices.map { place($0, why: "every shard has a copy", statement) }
        case .partitions(let sharding, let condition):
            var partitions = partitions(sharding, condition)
            let isKnown = isKnown(condition)
            if partitions.isEmpty, isSinglePlace, !sharding.partitions.isEmpty { partitions = [0] }
            let isOne = KeyConditionBuilder.place(in: condition, keyCount: sharding.keyColumns.count) != nil
            let why =
                isKnown
                ? condition == .all ? "rows can be in all its partitions" : "its partitions can hold such keys"
                : isOne ? "the bound value decides which one it is" : "the bound values decide whether it is asked"
            return Dictionary(grouping: partitions) { sharding.partitions[$0].shard }.sorted { $0.key < $1.key }.map {
                shard, partitions in
                var place = place(shard, why: why)
                place.isCertain = isKnown
                place.partitions = partitions
                place.statements = partitions.map { statement.planned(partition: $0) }
                return place
            }
        }
    }

    func place(_ shard: ShardIndex, why: String, _ statement: FragmentTemplate? = nil) -> PlanPlace {
        PlanPlace(
            shard: topology.shards[shard], index: shard, partitions: [], why: why, isCertain: true,
            statements: statement.map { [$0.planned(partition: nil)] } ?? [])
    }

    private func partitions(_ sharding: Sharding, _ condition: KeyCondition) -> [Int] {
        sharding.partitions(for: condition, values: values).indices(count: sharding.partitions.count)
    }

    /// Whether everything the condition looks at is known.
    private func isKnown(_ condition: KeyCondition) -> Bool {
        switch condition {
        case .all, .none, .isNull, .partitions: true
        case .and(let parts), .or(let parts): parts.allSatisfy(isKnown)
        case .compare(_, _, let operand): isKnown(operand)
        case .inList(_, let operands): operands.allSatisfy(isKnown)
        case .rowInList(_, let rows): rows.allSatisfy { $0.allSatisfy(isKnown) }
        }
    }

    private func isKnown(_ operand: KeyOperand) -> Bool {
        switch operand {
        case .constant: true
        case .parameter(let index): index < values.count && index < parameterCount
        }
    }

    // MARK: Words

    private func titles(_ keys: [SortKey]) -> String {
        keys.map { "\($0.column + 1)\($0.descending ? " desc" : "")" }.joined(separator: ", ")
    }

    private func sortKeys(_ keys: [SortKey]) -> PlanSetting.Content {
        .list(
            keys.map { key in
                var settings = [
                    PlanSetting("column", .number(key.column + 1)), PlanSetting("descending", .flag(key.descending)),
                    PlanSetting("collation", .text(key.collation.name)),
                ]
                if let first = key.nullsFirst { settings.append(PlanSetting("nullsFirst", .flag(first))) }
                return .settings(settings)
            })
    }

    private func setting(_ name: String, _ operand: LimitOperand?) -> PlanSetting? {
        switch operand {
        case nil: nil
        case .constant(let value)?: PlanSetting(name, .number(Int(value)))
        case .parameter, .extra: text(operand).map { PlanSetting(name, .text($0)) }
        }
    }

    private func text(_ operand: LimitOperand?) -> String? {
        switch operand {
        case nil: nil
        case .constant(let value)?: "\(value)"
        case .parameter(let index)?: "?\(index + 1)"
        case .extra(let index)?: "a value computed per run (\(index + 1))"
        }
    }
}
