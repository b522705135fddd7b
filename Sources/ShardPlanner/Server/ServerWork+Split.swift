import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Rung 3: each shard answers its part, and what is left is merged here or finished by the coordinator.
extension ServerWork {
    mutating func split(_ select: SelectStatement, _ survey: ServerSurvey) throws(PlanningRefusal) -> Plan? {
        guard let split = survey.split, case .core(let block) = survey.block, case .core(let core) = select.body,
            select.with == nil, !survey.hasOuterAggregates
        else { return nil }
        let isWhole = !(block.isGrouped || block.hasAggregates) || survey.holdKey(block.groups, of: split)
        guard isWhole else { return try partials(select, core, block, survey, split) }
        guard block.windows.allSatisfy({ survey.holdKey($0, of: split) }) else { return nil }
        var crossing: Crossing?
        switch core.distinctness {
        case .unspecified, .all: break
        case .distinct: if !survey.holdKey(block.distinct ?? [], of: split) { crossing = .distinct }
        case .on: if !survey.holdKey(block.distinct ?? [], of: split) { return nil }
        }
        return try rows(select, core, survey, split, crossing)
    }

    private enum Crossing { case distinct }

    /// LIMIT and OFFSET that are known before the statement runs: constants and parameters.
    private struct Bounds {
        var count: LimitOperand?
        var offset: LimitOperand?
        /// What a shard has to give at most, as an expression.
        var wanted: Expression?
    }

    private func bounds(_ limit: LimitClause?) -> Bounds? {
        guard let limit else { return Bounds() }
        guard !limit.withTies else { return nil }
        func operand(_ expression: Expression) -> LimitOperand? {
            switch expression.unparenthesized {
            case .literal(let literal):
                guard literal.kind == .integer, literal.text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
                    return nil
                }
                return Int64(literal.text).map(LimitOperand.constant)
            case .parameter(let parameter):
                guard parameter.index < facts.parameterTypes.count, facts.parameterTypes[parameter.index] == 20 else {
                    return nil
                }
                return .parameter(parameter.index)
            case .column, .unary, .binary, .isNull, .between, .inList, .match, .function, .cast, .collate, .conditional,
                .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone,
                .raise,
                .wildcard, .defaultValue, .verbatim:
                return nil
            }
        }
        var result = Bounds()
        if let count = limit.count {
            guard let own = operand(count) else { return nil }
            result.count = own
        }
        if let offset = limit.offset {
            guard let own = operand(offset) else { return nil }
            result.offset = own
        }
        guard let count = limit.count else { return result }
        switch (result.count, result.offset) {
        case (.constant(let count)?, nil): result.wanted = .literal(Literal(.integer, text: "\(count)"))
        case (.constant(let count)?, .constant(let offset)?):
            let (sum, overflows) = count.addingReportingOverflow(offset)
            if !overflows { result.wanted = .literal(Literal(.integer, text: "\(sum)")) }
        case (_, nil): result.wanted = count
        case (_, .some):
            // A NULL limit is none; the sum of two large ones is no error of the user's.
            guard let offset = limit.offset else { return nil }
            let most = Expression.literal(Literal(.integer, text: "4611686018427387903"))
            func least(_ expression: Expression) -> Expression {
                Self.call("least", [Self.cast(expression, "bigint"), most])
            }
            result.wanted = .conditional(
                CaseExpression(
                    operand: nil,
                    branches: [
                        .init(
                            condition: .isNull(NullTest(count, isNegated: true, spelling: "IS NOT NULL")),
                            result: .binary(
                                BinaryExpression(
                                    least(count), .add, spelling: "+",
                                    Self.call("coalesce", [least(offset), .literal(Literal(.integer, text: "0"))]))))
                    ], otherwise: nil))
        }
        return result
    }

    static func call(_ name: String, _ arguments: [Expression]) -> Expression {
        .function(FunctionCall(ObjectName(name), arguments: arguments.map { FunctionArgument($0) }))
    }

    static func cast(_ expression: Expression, _ type: String) -> Expression {
        .cast(CastExpression(expression, type: TypeName(type)))
    }

    // MARK: Rows

    /// The statement is right on each partition but for its order, its LIMIT, and rows of DISTINCT that several have.
    private mutating func rows(
        _ select: SelectStatement, _ core: SelectCore, _ survey: ServerSurvey, _ split: ServerSplit,
        _ crossing: Crossing?
    ) throws(PlanningRefusal) -> Plan? {
        guard let bounds = bounds(select.limit) else { return nil }
        fixTimes()
        guard case .select(var worker) = parsed.statement, case .core(var workerCore) = worker.body else { return nil }
        let whole = try template(survey)
        var order = ServerOrder(work: self, core: core, hidden: crossing == nil)
        guard order.resolve(select.orderBy) else { return nil }
        workerCore.items += order.hiddenItems
        worker.body = .core(workerCore)
        worker.limit = bounds.wanted.map { LimitClause(count: $0, offset: nil) }
        let condition = self.condition(core.where, survey.references[split.root], split.sharding)
        let width = facts.columns.count
        func scatter(_ order: [SortKey], _ query: SelectStatement) throws(PlanningRefusal) -> QueryPlan {
            var part = self
            part.parsed.statement = .select(query)
            part.isRewritten = true
            var node = PlanNode.scatter(
                ScatterNode(
                    parts: [
                        .init(
                            route: .partitions(split.sharding, condition), statement: try part.template(survey))
                    ],
                    columnCount: width + self.hiddenCount(query, core), order: order))
            if crossing == nil, select.limit != nil {
                node = .limit(
                    LimitNode(input: node, count: bounds.count, offset: bounds.offset, rules: .postgresql))
            }
            if crossing == nil, self.hiddenCount(query, core) > 0 {
                node = .project(ProjectNode(input: node, columns: Array(0..<width)))
            }
            return QueryPlan(
                route: .partitions(split.sharding, condition), whole: whole, scatter: node, isShort: false)
        }
        let tables = names(survey.references)
        if crossing == nil {
            var types: [PlanColumn] = facts.columns
            if !order.hiddenItems.isEmpty {
                guard let described = columns(of: worker) else { return nil }
                types = described
            }
            if let keys = order.keys(types, defaultCollation: hasOnlyDefaultCollation(survey)) {
                workerCore.items += keys.further
                worker.body = .core(workerCore)
                return plan(
                    .query(try scatter(keys.sort, worker)), .merge,
                    reasons: ["each row stems from one partition: the streams are merged"], tables: tables)
            }
            // What only the server can sort is sorted there; all of it by temporary tables.
            guard select.limit != nil else { return nil }
        }
        guard hasOnlyDefaultCollation(survey), let described = columns(of: worker),
            described.allSatisfy(\.isWritable)
        else { return nil }
        let source = plan(
            .query(try scatter([], worker)), .merge, reasons: [], tables: tables)
        var final = SelectStatement(
            body: .core(
                SelectCore(
                    items: facts.columns.enumerated().map { number, column in
                        SelectItem(.expression(Self.column(number)), alias: Identifier(column.name, quote: .double))
                    }, from: .table(TableReference(Self.rowsName)))))
        if crossing == .distinct, case .core(var own) = final.body {
            own.distinctness = .distinct
            final.body = .core(own)
        }
        final.orderBy = zip(select.orderBy, order.positions).map { term, position in
            OrderingTerm(Self.column(position), direction: term.direction, nulls: term.nulls)
        }
        if crossing == .distinct {
            // Of DISTINCT, ORDER BY takes columns of the answer only.
            final.orderBy = zip(select.orderBy, order.positions).map { term, position in
                OrderingTerm(
                    .literal(Literal(.integer, text: "\(position + 1)")), direction: term.direction, nulls: term.nulls)
            }
        }
        final.limit = select.limit
        return finished(
            source, final, types: described, reasons: ["each shard's rows are sorted and cut by the coordinator"],
            tables)
    }

    private func hiddenCount(_ query: SelectStatement, _ core: SelectCore) -> Int {
        guard case .core(let own) = query.body else { return 0 }
        return own.items.count - core.items.count
    }

    // MARK: Finishing

    static let rowsName = ObjectName([Identifier("_shardkit_rows")])

    /// A column of the rows that the coordinator is given.
    static func column(_ number: Int) -> Expression { .column(ColumnReference([Identifier("c\(number)")])) }

    func finished(
        _ source: Plan, _ final: SelectStatement, types: [PlanColumn], reasons: [String], _ tables: [String]
    ) -> Plan? {
        let template = SQLPrinter.template(.select(final), options: options) { name in
            name == Self.rowsName ? 0 : nil
        }
        var texts = [""]
        for piece in template.pieces {
            switch piece {
            case .text(let text): texts[texts.count - 1] += text
            case .table: texts.append("")
            }
        }
        guard texts.count == 2 else { return nil }
        let finish = ServerFinishPlan(
            source: PlanBox(source), types: types.map { $0.declaredType ?? "text" }, head: texts[0], tail: texts[1])
        return plan(
            .server(ServerPlan(.finish(finish), parameterTypes: parameterTypes)), .merge, reasons: reasons,
            tables: tables)
    }

    /// Whether all texts of the statement are ordered by the databases' own collation.
    func hasOnlyDefaultCollation(_ survey: ServerSurvey) -> Bool {
        var isDefault = survey.references.allSatisfy { reference in
            reference.table.schema.columns.allSatisfy { $0.collation == .binary }
        }
        parsed.statement.forEachExpression(includingSubqueries: true) { expression in
            if case .collate = expression { isDefault = false }
        }
        return isDefault
    }
}

extension PlanColumn {
    /// Whether values of the type can be written as texts and read again as they were.
    var isWritable: Bool {
        guard let declaredType, typeID != 0 else { return false }
        // Pseudo-types: a row has no name to be read by.
        return declaredType != "record" && declaredType != "record[]" && declaredType != "unknown"
            && !declaredType.hasPrefix("any") && declaredType != "void"
    }
}
