extension SelectStatement {
    /// Calls `body` for each expression of this query, a parent before its children; with subqueries also for those in
    /// subqueries (of expressions and of FROM) and common tables. All arms of a set operation are the query's own.
    public func forEachExpression(includingSubqueries: Bool = false, _ body: (Expression) throws -> Void) rethrows {
        try SyntaxNode.select(self).forEachExpression(includingSubqueries, body)
    }

    /// Calls `body` for each table named in FROM, after IN or after TABLE. Names of common tables are among them.
    public func forEachTable(includingSubqueries: Bool = false, _ body: (TableReference) throws -> Void) rethrows {
        try SyntaxNode.select(self).forEachTable(includingSubqueries, body)
    }

    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        if let with { try with.forEachNode(body) }
        try self.body.forEachNode(body)
        for term in orderBy { try body(.expression(term.expression)) }
        if let limit { try limit.forEachNode(body) }
    }
}

extension SyntaxNode {
    func forEachExpression(_ includingSubqueries: Bool, _ body: (Expression) throws -> Void) rethrows {
        try walk { node in
            switch node {
            case .expression(let expression):
                try body(expression)
                return .descend
            case .subquery, .commonTable: return includingSubqueries ? .descend : .skip
            case .statement, .select, .table: return .descend
            }
        }
    }

    func forEachTable(_ includingSubqueries: Bool, _ body: (TableReference) throws -> Void) rethrows {
        try walk { node in
            switch node {
            case .table(.table(let reference)):
                try body(reference)
                return .descend
            case .subquery, .commonTable: return includingSubqueries ? .descend : .skip
            case .statement, .select, .table, .expression: return .descend
            }
        }
    }
}

extension WithClause {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        for table in tables { try body(.commonTable(table)) }
    }
}

extension LimitClause {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        // In the order of the text: FETCH and the comma form name the offset first.
        let isOffsetFirst = style != .limit
        if isOffsetFirst, let offset { try body(.expression(offset)) }
        if let count { try body(.expression(count)) }
        if !isOffsetFirst, let offset { try body(.expression(offset)) }
    }
}

extension SelectBody {
    /// The arms of a set operation from left to right; one arm otherwise. The chain's left spine is a loop.
    public var arms: [SelectBody] {
        var rights: [SelectBody] = []
        var current = self
        while case .compound(let node) = current {
            rights.append(node.right)
            current = node.left
        }
        return [current] + rights.reversed()
    }

    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        for arm in arms {
            switch arm {
            case .core(let core): try core.forEachNode(body)
            case .values(let values):
                for row in values.rows { for value in row.values { try body(.expression(value)) } }
            case .table(let name): try body(.table(.table(TableReference(name, range: name.range))))
            case .nested(let select): try body(.select(select))
            case .compound: try arm.forEachNode(body)
            }
        }
    }
}

extension SelectCore {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        if case .on(let keys) = distinctness { for key in keys { try body(.expression(key)) } }
        for item in items {
            if case .expression(let expression) = item.content { try body(.expression(expression)) }
        }
        if let from { try body(.table(from)) }
        if let condition = `where` { try body(.expression(condition)) }
        for element in groupBy { try element.forEachNode(body) }
        if let having { try body(.expression(having)) }
        for window in windows { try window.specification.forEachNode(body) }
    }
}

extension GroupingElement {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        switch self {
        case .expression(let expression): try body(.expression(expression))
        case .empty: break
        case .rollup(let keys), .cube(let keys), .tuple(let keys): for key in keys { try body(.expression(key)) }
        case .sets(let elements): for element in elements { try element.forEachNode(body) }
        }
    }
}

extension TableExpression {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        switch self {
        case .table, .verbatim: break
        case .subquery(let node): try body(.subquery(node.select))
        case .function(let node): try body(.expression(.function(node.call)))
        case .join(let node):
            try body(.table(node.left))
            try body(.table(node.right))
            if case .on(let condition) = node.constraint { try body(.expression(condition)) }
        case .parenthesized(let inner, _): try body(.table(inner))
        }
    }

    /// Whether a column can be qualified by that (folded) name: an alias, or a table's name without one.
    func exposes(_ name: String) -> Bool {
        switch self {
        case .table(let node): (node.alias?.name ?? node.name.name).folded == name
        case .subquery(let node): node.alias?.name.folded == name
        case .function(let node): (node.alias?.name ?? node.call.name.name).folded == name
        case .join(let node): node.right.exposes(name) || node.left.exposes(name)
        case .parenthesized(let inner, let alias): alias?.name.folded == name || inner.exposes(name)
        case .verbatim(_, let alias): alias?.name.folded == name
        }
    }
}
