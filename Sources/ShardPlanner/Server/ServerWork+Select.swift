import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

extension ServerWork {
    mutating func plan(_ select: SelectStatement) throws(PlanningRefusal) -> Plan {
        let survey = try survey { $0.visit(select) }
        if !survey.temporaryNames.isEmpty, !survey.references.isEmpty || !survey.views.isEmpty {
            guard survey.catalogNames.isEmpty, !survey.hasLocking else {
                throw PlanningRefusal(
                    .statementNotModelled, "temporary tables together with tables that are locked, or with the catalogs"
                )
            }
            try check(survey.calls, readsTables: true)
            return try combine(select, survey, names(survey.references))
        }
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
        // The server's own moment is good enough where one server answers and nothing else is compared with it; a session
        // sees one moment all the same.
        if !planner.gathersReads, !hasOpenTimes(survey.calls), let found = try cheaper(select, survey) { return found }
        if survey.hasLocking {
            throw PlanningRefusal(
                .statementNotModelled, "FOR UPDATE or FOR SHARE over several shards",
                hint: "Fix the shard key by a condition.")
        }
        return try combine(select, survey, names(survey.references))
    }

    /// Rungs 1 to 3.
    private mutating func cheaper(
        _ select: SelectStatement, _ survey: ServerSurvey
    ) throws(PlanningRefusal) -> Plan? {
        if survey.views.isEmpty, let found = try routed(survey) { return found }
        guard !survey.views.isEmpty || select.with != nil else {
            return survey.hasLocking ? nil : try split(select, survey)
        }
        var inlining = ServerInlining(
            topology: topology, functions: planner.functions, length: parsed.source.utf8.count)
        guard let inlined = inlining.inlined(select) else { return nil }
        var work = self
        work.parsed.statement = .select(inlined)
        work.isRewritten = true
        let own = try work.survey { $0.visit(inlined) }
        guard own.views.isEmpty, own.catalogNames.isEmpty else { return nil }
        try check(own.calls, readsTables: true)
        if let found = try work.routed(own) { return found }
        return try work.split(inlined, own)
    }

    /// The whole statement goes to the one place that has all it reads.
    private mutating func routed(_ survey: ServerSurvey) throws(PlanningRefusal) -> Plan? {
        guard let route = route(survey.references) else { return nil }
        fixTimes()
        let whole = try template(survey)
        let query = QueryPlan(
            route: route, whole: whole, scatter: nil, isShort: true, isSingleRow: isSingleRow(survey))
        return plan(
            .query(query), rung(route, survey), reasons: ["all its rows are in one place"],
            tables: names(survey.references))
    }

    /// Whether a key of the one table is fixed, and nothing is called that could make more of a row or leave a trace.
    private func isSingleRow(_ survey: ServerSurvey) -> Bool {
        guard survey.references.count == 1, !survey.hasSubqueries, !survey.hasLocking, survey.calls.isEmpty else {
            return false
        }
        let reference = survey.references[0]
        return ([reference.table.schema.primaryKey] + reference.table.schema.uniqueKeys).contains { key in
            !key.isEmpty && key.allSatisfy { reference.fixed[$0] != nil }
        }
    }

    private func rung(_ route: Route, _ survey: ServerSurvey) -> Rung {
        if case .partitions = route, survey.references.count == 1, !survey.hasSubqueries { return .fastPath }
        return .route
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
}
