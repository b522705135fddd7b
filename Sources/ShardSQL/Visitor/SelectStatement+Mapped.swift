extension SelectStatement {
    /// The query with expressions replaced, top down (see ``Expression/mapped(includingSubqueries:_:)``). All arms of a
    /// set operation are the query's own; subqueries and common tables are entered on request only.
    public func mapped(
        includingSubqueries: Bool = false, _ transform: (Expression) throws -> Expression?
    ) rethrows -> SelectStatement {
        try edited(includingSubqueries) { node in
            guard case .expression(let expression) = node else { return nil }
            return try transform(expression).map(SyntaxNode.expression)
        }
    }

    /// The query with what stands in FROM replaced, top down: nil goes on inside (the sides of a join).
    public func mappedTables(
        includingSubqueries: Bool = false, _ transform: (TableExpression) throws -> TableExpression?
    ) rethrows -> SelectStatement {
        try edited(includingSubqueries) { node in
            guard case .table(let table) = node else { return nil }
            return try transform(table).map(SyntaxNode.table)
        }
    }

    func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> SelectStatement {
        var copy = self
        if deep { copy.with = try with?.edited(deep, edit) }
        copy.body = try body.edited(deep, edit)
        copy.orderBy = try orderBy.edited(deep, edit)
        copy.limit = try limit?.edited(deep, edit)
        if deep, case .select(let replacement)? = try edit(.select(copy)) { return replacement }
        return copy
    }
}

extension TableExpression {
    /// The table expression with expressions replaced (join conditions, arguments), top down.
    public func mapped(
        includingSubqueries: Bool = false, _ transform: (Expression) throws -> Expression?
    ) rethrows -> TableExpression {
        try edited(includingSubqueries) { node in
            guard case .expression(let expression) = node else { return nil }
            return try transform(expression).map(SyntaxNode.expression)
        }
    }

    func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> TableExpression {
        if case .join(let node) = self { return try node.edited(deep, edit) }
        if let replacement = try edit(.table(self)) { return replacement.asTable }
        switch self {
        case .table, .verbatim: return self
        case .subquery(var node):
            if deep { node.select = try node.select.edited(deep, edit) }
            return .subquery(node)
        case .function(var node):
            node.call = try node.call.edited(deep, edit)
            return .function(node)
        case .join(let node): return try node.edited(deep, edit)
        case .parenthesized(let inner, let alias): return .parenthesized(try inner.edited(deep, edit), alias: alias)
        }
    }
}

extension JoinExpression {
    /// The left spine is a loop.
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> TableExpression {
        var spine: [JoinExpression] = []
        var current = TableExpression.join(self)
        var result: TableExpression?
        while case .join(let node) = current {
            result = try edit(.table(current))?.asTable
            if result != nil { break }
            spine.append(node)
            current = node.left
        }
        var left: TableExpression
        if let result { left = result } else { left = try current.edited(deep, edit) }
        for node in spine.reversed() {
            var copy = node
            copy.left = left
            copy.right = try node.right.edited(deep, edit)
            if case .on(let condition) = node.constraint { copy.constraint = .on(try condition.edited(deep, edit)) }
            left = .join(copy)
        }
        return left
    }
}

extension WithClause {
    func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        for index in tables.indices { copy.tables[index].statement = try tables[index].statement.edited(deep, edit) }
        return copy
    }
}

extension LimitClause {
    func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        copy.count = try count?.edited(deep, edit)
        copy.offset = try offset?.edited(deep, edit)
        return copy
    }
}

extension ValuesClause {
    func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        for index in rows.indices { copy.rows[index].values = try rows[index].values.map { try $0.edited(deep, edit) } }
        return copy
    }
}

extension SelectBody {
    /// A chain of set operations is a loop over its left spine.
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> SelectBody {
        var spine: [CompoundSelect] = []
        var current = self
        while case .compound(let node) = current {
            spine.append(node)
            current = node.left
        }
        var left = try current.editedArm(deep, edit)
        for node in spine.reversed() {
            var copy = node
            copy.left = left
            copy.right = try node.right.edited(deep, edit)
            left = .compound(copy)
        }
        return left
    }

    private func editedArm(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> SelectBody {
        switch self {
        case .core(let core): .core(try core.edited(deep, edit))
        case .values(let values): .values(try values.edited(deep, edit))
        case .nested(let select): .nested(try select.edited(deep, edit))
        case .table, .compound: self
        }
    }
}

extension SelectCore {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        if case .on(let keys) = distinctness { copy.distinctness = .on(try keys.map { try $0.edited(deep, edit) }) }
        copy.items = try items.edited(deep, edit)
        copy.from = try from?.edited(deep, edit)
        copy.where = try `where`?.edited(deep, edit)
        copy.groupBy = try groupBy.map { try $0.edited(deep, edit) }
        copy.having = try having?.edited(deep, edit)
        for index in windows.indices {
            copy.windows[index].specification = try windows[index].specification.edited(deep, edit)
        }
        return copy
    }
}

extension [SelectItem] {
    func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        try map { item in
            guard case .expression(let expression) = item.content else { return item }
            var copy = item
            copy.content = .expression(try expression.edited(deep, edit))
            return copy
        }
    }
}

extension GroupingElement {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        switch self {
        case .expression(let expression): .expression(try expression.edited(deep, edit))
        case .empty: .empty
        case .rollup(let keys): .rollup(try keys.map { try $0.edited(deep, edit) })
        case .cube(let keys): .cube(try keys.map { try $0.edited(deep, edit) })
        case .tuple(let keys): .tuple(try keys.map { try $0.edited(deep, edit) })
        case .sets(let elements): .sets(try elements.map { try $0.edited(deep, edit) })
        }
    }
}
