import ShardBase
import ShardSQL
import ShardTopology

/// Views are logical: each reference becomes the view's query in its place. Shards know no views.
struct ViewExpansion {
    let topology: Topology
    let dialect: Dialect

    /// How deep views may stand on views.
    static let depthLimit = 32

    func expand(_ select: SelectStatement) throws(PlanningRefusal) -> SelectStatement {
        if topology.views.isEmpty { return select }
        return try expand(select, depth: 0)
    }

    func expand(_ from: TableExpression) throws(PlanningRefusal) -> TableExpression {
        if topology.views.isEmpty { return from }
        let select = try expand(
            SelectStatement(body: .core(SelectCore(items: [SelectItem(.wildcard(Wildcard()))], from: from))))
        guard case .core(let core) = select.body, let expanded = core.from else { return from }
        return expanded
    }

    func expand(_ expression: Expression) throws(PlanningRefusal) -> Expression {
        if topology.views.isEmpty || expression.subqueries().isEmpty { return expression }
        let select = try expand(
            SelectStatement(body: .core(SelectCore(items: [SelectItem(.expression(expression))]))))
        guard case .core(let core) = select.body, case .expression(let expanded) = core.items[0].content else {
            return expression
        }
        return expanded
    }

    private func expand(_ select: SelectStatement, depth: Int) throws(PlanningRefusal) -> SelectStatement {
        guard depth < ViewExpansion.depthLimit else {
            throw PlanningRefusal(.nestingTooDeep, "views stand on views more than \(ViewExpansion.depthLimit) deep")
        }
        // A common table of the same name hides a view; names hidden anywhere in the statement are left alone, and a
        // statement that uses such a name both ways is refused by the shards as an unknown table.
        var hidden: Set<String> = []
        select.forEachCommonTable { hidden.insert($0.name.folded) }
        var failure: PlanningRefusal?
        let result = select.mappedTables(includingSubqueries: true) { table in
            guard failure == nil, case .table(let reference) = table,
                !(reference.name.schema == nil && hidden.contains(reference.name.name.folded)),
                let view = topology.view(named: reference.name.name.text)
            else { return nil }
            do throws(PlanningRefusal) {
                return try query(of: view, for: reference, depth: depth)
            } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        return result
    }

    /// A view's tables by their full names: no common table of the statement around it may be taken for them.
    /// (Counter-example: `WITH t AS (SELECT 3) SELECT * FROM v`, where v reads the table t.)
    private func qualified(_ select: SelectStatement) -> SelectStatement {
        var own: Set<String> = []
        select.forEachCommonTable { own.insert($0.name.folded) }
        func qualified(_ name: ObjectName) -> ObjectName {
            guard name.schema == nil, !own.contains(name.name.folded),
                topology.table(named: name.name.text) != nil || topology.view(named: name.name.text) != nil
            else { return name }
            return ObjectName([Identifier("main"), name.name])
        }
        return select.mappedTables(includingSubqueries: true) { table in
            guard case .table(var reference) = table else { return nil }
            reference.name = qualified(reference.name)
            return .table(reference)
        }
        .mapped(includingSubqueries: true) { expression in
            guard case .inList(var inList) = expression, case .table(let name, nil) = inList.source else { return nil }
            inList.source = .table(qualified(name), arguments: nil)
            return .inList(inList)
        }
    }

    private func query(
        of view: LogicalView, for reference: TableReference, depth: Int
    ) throws(PlanningRefusal) -> TableExpression {
        let parsed: ParsedStatement
        do {
            parsed = NameFixing(dialect: dialect).fix(try Parser.parse(view.createSQL, dialect: dialect))
        } catch {
            throw PlanningRefusal(.statementNotModelled, "the query of view \(view.name) is not understood")
        }
        guard case .createView(let create) = parsed.statement else {
            throw PlanningRefusal(.internalError, "the catalog's text of view \(view.name) is not CREATE VIEW")
        }
        var select = try expand(qualified(create.select), depth: depth + 1)
        if !create.columns.isEmpty {
            // (WITH v(a, b) AS (query) SELECT * FROM v) gives the columns the view's own names.
            let name = Identifier("_shardkit_view")
            let common = CommonTableExpression(name: name, columns: create.columns, statement: .select(select))
            select = SelectStatement(
                with: WithClause(isRecursive: false, tables: [common]),
                body: .core(
                    SelectCore(
                        items: [SelectItem(.wildcard(Wildcard()))],
                        from: .table(TableReference(ObjectName([name]))))))
        }
        return .subquery(
            SubqueryTable(
                select, alias: reference.alias ?? TableAlias(name: reference.name.name), range: reference.range))
    }
}

extension SelectStatement {
    /// Calls for each common table of the query and of the queries inside it.
    func forEachCommonTable(_ body: (CommonTableExpression) -> Void) {
        SyntaxNode.select(self).walk { node in
            if case .commonTable(let table) = node { body(table) }
            return .descend
        }
    }
}

extension Statement {
    func forEachCommonTable(_ body: (CommonTableExpression) -> Void) {
        SyntaxNode.statement(self).walk { node in
            if case .commonTable(let table) = node { body(table) }
            return .descend
        }
    }
}

extension SelectBody {
    /// Whether the name is read from anywhere in the query: a common table whose own query reads it is recursive.
    func references(_ name: String) -> Bool {
        var isFound = false
        SelectStatement(body: self).forEachTable(includingSubqueries: true) { reference in
            if reference.name.schema == nil, reference.name.name.folded == name { isFound = true }
        }
        return isFound
    }

    var firstArm: SelectBody { arms[0] }
}
