extension Statement {
    /// The statement with expressions replaced, top down (see ``Expression/mapped(includingSubqueries:_:)``). Queries
    /// and writes are entered; definitions (CREATE TABLE, CREATE INDEX, triggers) come back as they are.
    public func mapped(
        includingSubqueries: Bool = false, _ transform: (Expression) throws -> Expression?
    ) rethrows -> Statement {
        try edited(includingSubqueries) { node in
            guard case .expression(let expression) = node else { return nil }
            return try transform(expression).map(SyntaxNode.expression)
        }
    }

    /// The statement with what stands in FROM replaced, top down: nil goes on inside (the sides of a join). The table that
    /// is written stays.
    public func mappedTables(
        includingSubqueries: Bool = false, _ transform: (TableExpression) throws -> TableExpression?
    ) rethrows -> Statement {
        try edited(includingSubqueries) { node in
            guard case .table(let table) = node else { return nil }
            return try transform(table).map(SyntaxNode.table)
        }
    }

    /// The statement with its queries replaced, wherever they stand, from the innermost outwards.
    public func mappedSelects(_ transform: (SelectStatement) throws -> SelectStatement?) rethrows -> Statement {
        try edited(true) { node in
            guard case .select(let select) = node else { return nil }
            return try transform(select).map(SyntaxNode.select)
        }
    }

    func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Statement {
        switch self {
        case .select(let node): return .select(try node.edited(deep, edit))
        case .insert(let node): return .insert(try node.edited(deep, edit))
        case .update(let node): return .update(try node.edited(deep, edit))
        case .delete(let node): return .delete(try node.edited(deep, edit))
        case .createView(var node):
            node.select = try node.select.edited(deep, edit)
            return .createView(node)
        case .explain(var node):
            node.statement = try node.statement.edited(deep, edit)
            return .explain(node)
        case .createTable, .createIndex, .createTrigger, .createVirtualTable, .alterTable, .drop, .transaction, .pragma,
            .setting, .showTopology, .other:
            return self
        }
    }
}

extension InsertStatement {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        if deep { copy.with = try with?.edited(deep, edit) }
        switch source {
        case .values(let values): copy.source = .values(try values.edited(deep, edit))
        case .select(let select): copy.source = .select(try select.edited(deep, edit))
        case .defaultValues: break
        }
        copy.upserts = try upserts.map { try $0.edited(deep, edit) }
        copy.returning = try returning.edited(deep, edit)
        return copy
    }
}

extension UpsertClause {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        if case .columns(let columns, let condition) = target {
            copy.target = .columns(columns, where: try condition?.edited(deep, edit))
        }
        if case .update(let assignments, let condition) = action {
            copy.action = .update(try assignments.edited(deep, edit), where: try condition?.edited(deep, edit))
        }
        return copy
    }
}

extension [Assignment] {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        try map { assignment in
            var copy = assignment
            copy.value = try assignment.value.edited(deep, edit)
            return copy
        }
    }
}

extension UpdateStatement {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        if deep { copy.with = try with?.edited(deep, edit) }
        copy.assignments = try assignments.edited(deep, edit)
        copy.from = try from?.edited(deep, edit)
        copy.where = try `where`?.edited(deep, edit)
        copy.returning = try returning.edited(deep, edit)
        copy.orderBy = try orderBy.edited(deep, edit)
        copy.limit = try limit?.edited(deep, edit)
        return copy
    }
}

extension DeleteStatement {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        if deep { copy.with = try with?.edited(deep, edit) }
        copy.using = try using?.edited(deep, edit)
        copy.where = try `where`?.edited(deep, edit)
        copy.returning = try returning.edited(deep, edit)
        copy.orderBy = try orderBy.edited(deep, edit)
        copy.limit = try limit?.edited(deep, edit)
        return copy
    }
}
