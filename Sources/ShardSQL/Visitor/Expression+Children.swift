extension Expression {
    /// Calls `body` for each direct child expression, in the order of the text; subqueries are not entered.
    public func forEachChild(_ body: (Expression) throws -> Void) rethrows {
        try forEachNode { node in
            if case .expression(let child) = node { try body(child) }
        }
    }

    /// Calls `body` for each query that stands directly in this expression: EXISTS, IN, ANY, a scalar subquery.
    public func forEachSubquery(_ body: (SelectStatement) throws -> Void) rethrows {
        try forEachNode { node in
            if case .subquery(let select) = node { try body(select) }
        }
    }

    /// Calls `body` for this expression and all inside it, a parent before its children.
    public func forEach(includingSubqueries: Bool = false, _ body: (Expression) throws -> Void) rethrows {
        try SyntaxNode.expression(self).walk { node in
            switch node {
            case .expression(let expression):
                try body(expression)
                return .descend
            case .subquery: return includingSubqueries ? .descend : .skip
            case .statement, .select, .commonTable, .table: return .descend
            }
        }
    }

    /// Whether this expression or one inside it satisfies `predicate`.
    public func contains(
        includingSubqueries: Bool = false, where predicate: (Expression) throws -> Bool
    ) rethrows -> Bool {
        var isFound = false
        try SyntaxNode.expression(self).walk { node in
            if isFound { return .skip }
            switch node {
            case .expression(let expression):
                isFound = try predicate(expression)
                return isFound ? .skip : .descend
            case .subquery: return includingSubqueries ? .descend : .skip
            case .statement, .select, .commonTable, .table: return .descend
            }
        }
        return isFound
    }

    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        switch self {
        case .literal, .parameter, .column, .wildcard, .defaultValue, .verbatim: break
        case .unary(let node): try body(.expression(node.operand))
        case .binary(let node):
            try body(.expression(node.left))
            try body(.expression(node.right))
        case .isNull(let node): try body(.expression(node.operand))
        case .between(let node):
            try body(.expression(node.operand))
            try body(.expression(node.low))
            try body(.expression(node.high))
        case .inList(let node): try node.forEachNode(body)
        case .match(let node):
            try body(.expression(node.operand))
            try body(.expression(node.pattern))
            if let escape = node.escape { try body(.expression(escape)) }
        case .function(let node): try node.forEachNode(body)
        case .cast(let node): try body(.expression(node.operand))
        case .collate(let node): try body(.expression(node.operand))
        case .conditional(let node): try node.forEachNode(body)
        case .exists(let node): try body(.subquery(node.select))
        case .subquery(let node): try body(.subquery(node.select))
        case .row(let node): for element in node.elements { try body(.expression(element)) }
        case .parenthesized(let node): try body(.expression(node.inner))
        case .quantified(let node):
            try body(.expression(node.operand))
            switch node.source {
            case .subquery(let select): try body(.subquery(select))
            case .array(let array): try body(.expression(array))
            }
        case .array(let node): for element in node.elements { try body(.expression(element)) }
        case .subscripted(let node):
            try body(.expression(node.operand))
            if let lower = node.lower { try body(.expression(lower)) }
            if let upper = node.upper { try body(.expression(upper)) }
        case .field(let node): try body(.expression(node.operand))
        case .atTimeZone(let node):
            try body(.expression(node.operand))
            try body(.expression(node.zone))
        case .raise(let node): if let message = node.message { try body(.expression(message)) }
        }
    }
}

extension InExpression {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        try body(.expression(operand))
        switch source {
        case .list(let elements): for element in elements { try body(.expression(element)) }
        case .subquery(let select): try body(.subquery(select))
        case .table(let name, nil): try body(.table(.table(TableReference(name, range: name.range))))
        case .table(_, let arguments?): for argument in arguments { try body(.expression(argument)) }
        }
    }
}

extension FunctionCall {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        for argument in arguments { try body(.expression(argument.value)) }
        for term in orderBy { try body(.expression(term.expression)) }
        for term in withinGroup { try body(.expression(term.expression)) }
        if let filter { try body(.expression(filter)) }
        if case .inline(let window) = over { try window.forEachNode(body) }
    }
}

extension WindowSpecification {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        for key in partitionBy { try body(.expression(key)) }
        for term in orderBy { try body(.expression(term.expression)) }
        guard let frame else { return }
        for bound in [frame.start, frame.end] {
            switch bound {
            case .preceding(let offset), .following(let offset): try body(.expression(offset))
            case .unboundedPreceding, .unboundedFollowing, .currentRow, nil: break
            }
        }
    }
}

extension CaseExpression {
    func forEachNode(_ body: (SyntaxNode) throws -> Void) rethrows {
        if let operand { try body(.expression(operand)) }
        for branch in branches {
            try body(.expression(branch.condition))
            try body(.expression(branch.result))
        }
        if let otherwise { try body(.expression(otherwise)) }
    }
}
