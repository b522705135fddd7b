extension Statement {
    /// Calls `body` for each expression of the statement, a parent before its children; with subqueries also for those
    /// in subqueries and common tables. INSERT's source query, a view's query and what EXPLAIN explains are its own.
    public func forEachExpression(includingSubqueries: Bool = false, _ body: (Expression) throws -> Void) rethrows {
        try SyntaxNode.statement(self).forEachExpression(includingSubqueries, body)
    }

    /// Calls `body` for each table that the statement reads or writes by name: targets, FROM, `IN t`, `TABLE t`. Names
    /// of common tables are among them; the subjects of CREATE, ALTER and DROP are not.
    public func forEachTable(includingSubqueries: Bool = false, _ body: (TableReference) throws -> Void) rethrows {
        try SyntaxNode.statement(self).forEachTable(includingSubqueries, body)
    }

    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        switch self {
        case .select(let node): try body(.select(node))
        case .insert(let node): try node.forEachNode(body)
        case .update(let node): try node.forEachNode(body)
        case .delete(let node): try node.forEachNode(body)
        case .createTable(let node): try node.forEachNode(body)
        case .createIndex(let node):
            for column in node.columns { try body(.expression(column.expression)) }
            if let condition = node.where { try body(.expression(condition)) }
        case .createView(let node): try body(.select(node.select))
        case .createTrigger(let node): for statement in node.body { try body(.statement(statement)) }
        case .alterTable(let node):
            if case .addColumn(let column, _) = node.action { try column.forEachNode(body) }
        case .explain(let node): try body(.statement(node.statement))
        case .createVirtualTable, .drop, .transaction, .pragma, .setting, .showTopology, .other: break
        }
    }
}

extension InsertStatement {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        if let with { try with.forEachNode(body) }
        let alias = alias.map { TableAlias(name: $0) }
        try body(.table(.table(TableReference(table, alias: alias, range: table.range))))
        switch source {
        case .values(let values): for row in values.rows { for value in row.values { try body(.expression(value)) } }
        case .select(let select): try body(.select(select))
        case .defaultValues: break
        }
        for upsert in upserts { try upsert.forEachNode(body) }
        try returning.forEachNode(body)
    }
}

extension UpsertClause {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        if case .columns(let columns, let condition) = target {
            for column in columns { try body(.expression(column.expression)) }
            if let condition { try body(.expression(condition)) }
        }
        if case .update(let assignments, let condition) = action {
            for assignment in assignments { try body(.expression(assignment.value)) }
            if let condition { try body(.expression(condition)) }
        }
    }
}

extension [SelectItem] {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        for item in self {
            if case .expression(let expression) = item.content { try body(.expression(expression)) }
        }
    }
}

extension UpdateStatement {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        if let with { try with.forEachNode(body) }
        try body(.table(.table(table)))
        for assignment in assignments { try body(.expression(assignment.value)) }
        if let from { try body(.table(from)) }
        if let condition = `where` { try body(.expression(condition)) }
        try returning.forEachNode(body)
        for term in orderBy { try body(.expression(term.expression)) }
        if let limit { try limit.forEachNode(body) }
    }
}

extension DeleteStatement {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        if let with { try with.forEachNode(body) }
        try body(.table(.table(table)))
        if let using { try body(.table(using)) }
        if let condition = `where` { try body(.expression(condition)) }
        try returning.forEachNode(body)
        for term in orderBy { try body(.expression(term.expression)) }
        if let limit { try limit.forEachNode(body) }
    }
}

extension CreateTableStatement {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        switch content {
        case .columns(let columns, let constraints):
            for column in columns { try column.forEachNode(body) }
            for constraint in constraints { try constraint.forEachNode(body) }
        case .select(let select, _, _): try body(.select(select))
        case .verbatim: break
        }
        guard case .sharded(let sharded) = sharding?.kind else { return }
        for partition in sharded.partitions {
            switch partition.bound {
            case .lessThan(let bounds): for case let bound? in bounds { try body(.expression(bound)) }
            case .list(let values): for value in values { try body(.expression(value)) }
            case .starting(let value): try body(.expression(value))
            case .default: break
            }
        }
    }
}

extension ColumnDefinition {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        for constraint in constraints {
            switch constraint.kind {
            case .check(let expression), .defaultValue(let expression), .generated(let expression, _, _):
                try body(.expression(expression))
            case .primaryKey, .notNull, .null, .unique, .collate, .references, .identity, .generator, .verbatim: break
            }
        }
    }
}

extension TableConstraint {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        switch kind {
        case .primaryKey(let columns, _, _), .unique(let columns, _):
            for column in columns { try body(.expression(column.expression)) }
        case .check(let condition): try body(.expression(condition))
        case .foreignKey, .verbatim: break
        }
    }
}
