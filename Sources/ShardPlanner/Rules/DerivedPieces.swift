import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// The subqueries of a gathered statement that the shards answer better than the private engine: derived tables and common
/// tables that group, aggregate, make distinct or limit. Each is planned by rungs 1 to 3, and what it answers is gathered
/// instead of the tables it reads; in the statement it becomes a query on that answer.
///
/// Taken: queries that read nothing of those around them (``SelfContained``), whose columns all have names, and which mean
/// the same whenever they are computed. An expression has no affinity, which no column can have: it is read as `+column`.
struct DerivedPieces {
    let work: PlanningWork
    /// The statement with what was taken replaced.
    private(set) var select: SelectStatement
    private(set) var pieces: [GatheredPiece] = []
    /// Folded names of the tables that stand for what was taken.
    private(set) var names: Set<String> = []
    /// Logical names of the tables that the pieces read.
    private(set) var tables: [String] = []
    private let rule: SelfContained
    /// A rowid has no collation, a column always one: it shows where set operations compare.
    private let hasSetOperation: Bool

    /// Nothing is taken.
    init(_ work: PlanningWork, leaving select: SelectStatement) {
        self.work = work
        self.select = select
        rule = SelfContained(topology: work.topology, hidden: [])
        hasSetOperation = false
    }

    init(_ work: PlanningWork, _ original: SelectStatement) {
        self.work = work
        select = original
        var hidden = work.planner.temporaryTables
        original.forEachCommonTable { hidden.insert($0.name.folded) }
        rule = SelfContained(topology: work.topology, hidden: hidden)
        var hasSetOperation = false
        SyntaxNode.select(original).walk { node in
            switch node {
            case .select(let inner), .subquery(let inner): if inner.body.arms.count > 1 { hasSetOperation = true }
            case .statement, .commonTable, .table, .expression: break
            }
            return .descend
        }
        self.hasSetOperation = hasSetOperation
        if var with = original.with {
            for index in with.tables.indices {
                guard case .select(let query) = with.tables[index].statement, with.tables[index].suffix == nil,
                    let taken = take(query, title: with.tables[index].name.text)
                else { continue }
                with.tables[index].statement = .select(taken)
            }
            select.with = with
        }
        var copy = self
        select = select.mappedTables(includingSubqueries: true) { table in
            guard case .subquery(var subquery) = table, !subquery.isLateral,
                let taken = copy.take(subquery.select, title: subquery.alias?.name.text ?? "subquery")
            else { return nil }
            subquery.select = taken
            return .subquery(subquery)
        }
        (pieces, names, tables) = (copy.pieces, copy.names, copy.tables)
    }

    // MARK: One subquery

    /// The query on the piece; nil: left where it is.
    private mutating func take(_ query: SelectStatement, title: String) -> SelectStatement? {
        guard query.with == nil, case .core(let core) = query.body, isSmaller(query, core), isStable(query),
            rule.holds(query), let columns = columns(core, query), let plan = plan(query, columns.map(\.name))
        else { return nil }
        let name = "_shardkit_piece_\(pieces.count)"
        var definitions: [String] = []
        var items: [SelectItem] = []
        for (number, column) in columns.enumerated() {
            definitions.append("c\(number)" + column.type)
            let reference = Expression.column(ColumnReference([Identifier("c\(number)")]))
            items.append(
                SelectItem(
                    .expression(column.isExpression ? .unary(UnaryExpression(.plus, reference)) : reference),
                    alias: Identifier(column.name, quote: .double)))
        }
        pieces.append(
            GatheredPiece(
                table: title, createTable: "CREATE TABLE \(name) (\(definitions.joined(separator: ", ")))",
                insertHead: "INSERT INTO \(name) (\(columns.indices.map { "c\($0)" }.joined(separator: ", ")))",
                columnCount: columns.count, source: PlanBox(plan)))
        names.insert(name)
        for table in plan.tables where !tables.contains(table) { tables.append(table) }
        return SelectStatement(
            body: .core(SelectCore(items: items, from: .table(TableReference(ObjectName([Identifier(name)]))))))
    }

    /// Whether the answer can be much smaller than the tables.
    private func isSmaller(_ query: SelectStatement, _ core: SelectCore) -> Bool {
        let shape = CoreShape(of: core, orderBy: query.orderBy)
        guard shape.windowCalls.isEmpty else { return false }
        let isDistinct = if case .distinct = core.distinctness { true } else { false }
        return shape.isAggregated || isDistinct || (query.limit != nil && !query.orderBy.isEmpty)
    }

    private func isStable(_ query: SelectStatement) -> Bool {
        var isStable = true
        query.forEachExpression(includingSubqueries: true) { expression in
            // JSON values carry a mark that a stored value has not.
            if case .function(let call) = expression, call.foldedName.hasPrefix("json") { isStable = false }
            let volatility = Volatility(of: expression)
            if volatility.isVolatile || volatility.usesNow || volatility.usesSessionState || volatility.hasVerbatim {
                isStable = false
            }
        }
        return isStable
    }

    private struct Column {
        var name: String
        /// Type and collation as CREATE TABLE says them.
        var type: String
        var isExpression: Bool
    }

    /// Nil where a column has no name of its own or a collation that cannot be told, or where the answer shows one of
    /// several equal values (``EqualValues``).
    private func columns(_ core: SelectCore, _ query: SelectStatement) -> [Column]? {
        guard !core.items.contains(where: \.isWildcard),
            let relation = try? analyzer().relation(of: core, orderBy: [], in: Environment()),
            EqualValues(scope: relation.scope).areSame(in: core, orderBy: query.orderBy)
        else { return nil }
        let outputs = analyzer().outputColumns(of: core, relation.scope)
        guard outputs.count == core.items.count else { return nil }
        var columns: [Column] = []
        var known: Set<String> = []
        for (item, output) in zip(core.items, outputs) {
            guard case .expression(let expression) = item.content else { return nil }
            let name: Identifier
            if let alias = item.alias {
                name = alias
            } else if case .column(let reference) = expression.unparenthesized {
                name = reference.name
            } else {
                return nil
            }
            guard known.insert(name.folded).inserted,
                output.affinity == nil || output.collation != nil || !hasSetOperation
            else { return nil }
            var type: String
            switch output.affinity {
            case nil, .blob?: type = ""
            case .text?: type = " TEXT"
            case .numeric?: type = " NUMERIC"
            case .integer?: type = " INT"
            case .real?: type = " REAL"
            }
            switch output.collation {
            case nil, .binary?: break
            case .nocase?: type += " COLLATE NOCASE"
            case .rtrim?: type += " COLLATE RTRIM"
            case .custom?: return nil
            }
            columns.append(Column(name: name.text, type: type, isExpression: output.affinity == nil))
        }
        return columns
    }

    private func analyzer() -> BlockAnalyzer {
        BlockAnalyzer(
            topology: work.topology, operands: Operands(dialect: work.planner.dialect, parameterCount: 0),
            temporaryTables: work.planner.temporaryTables, hints: PartitionHints(work.parsed.hints))
    }

    /// By rungs 1 to 3, bound to the statement's values.
    private func plan(_ query: SelectStatement, _ names: [String]) -> Plan? {
        var parsed = work.parsed
        parsed.statement = .select(query)
        parsed.source = SQLPrinter.print(.select(query), options: work.templates.options)
        let facts = StatementFacts(columns: names.map { PlanColumn(name: $0) }, isReadOnly: true)
        func attempt(_ operands: Operands?) -> Plan? {
            let inner = PlanningWork(parsed: parsed, facts: facts, planner: work.planner, operands: operands)
            guard let plan = try? SelectPlanner(inner).planWithoutGathering(query), case .query = plan.action else {
                return nil
            }
            return plan
        }
        // First for itself: what a failed attempt would have computed is nobody's.
        guard attempt(nil) != nil else { return nil }
        return attempt(work.operands)
    }
}
