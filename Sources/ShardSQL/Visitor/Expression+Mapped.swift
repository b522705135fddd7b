/// What a rewriting is asked for at each node, top down: the node to put in its place, or nil to go into it.
/// An expression is answered with an expression, a table with a table.
typealias SyntaxEdit = (SyntaxNode) throws -> SyntaxNode?

extension Expression {
    /// The expression with parts replaced. `transform` is asked top down: what it gives replaces the node and is not
    /// entered again, nil goes on inside. Subqueries are entered on request only. Ranges stay what they were.
    public func mapped(
        includingSubqueries: Bool = false, _ transform: (Expression) throws -> Expression?
    ) rethrows -> Expression {
        try edited(includingSubqueries) { node in
            guard case .expression(let expression) = node else { return nil }
            return try transform(expression).map(SyntaxNode.expression)
        }
    }

    func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Expression {
        if case .binary(let node) = self { return try node.edited(deep, edit) }
        if let replacement = try edit(.expression(self)) { return replacement.asExpression }
        return try editedInside(deep, edit)
    }

    /// The operands replaced, the operator kept. Dispatches only, so that its stack frame stays small.
    private func editedInside(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Expression {
        switch self {
        case .literal, .parameter, .column, .wildcard, .defaultValue, .verbatim: self
        case .binary(let node): try node.edited(deep, edit)
        case .unary(let node): .unary(try node.with(\.operand) { try $0.edited(deep, edit) })
        case .isNull(let node): .isNull(try node.with(\.operand) { try $0.edited(deep, edit) })
        case .between(let node): .between(try node.edited(deep, edit))
        case .inList(let node): .inList(try node.edited(deep, edit))
        case .match(let node): .match(try node.edited(deep, edit))
        case .function(let node): .function(try node.edited(deep, edit))
        case .cast(let node): .cast(try node.with(\.operand) { try $0.edited(deep, edit) })
        case .collate(let node): .collate(try node.with(\.operand) { try $0.edited(deep, edit) })
        case .conditional(let node): .conditional(try node.edited(deep, edit))
        case .exists(let node): .exists(deep ? try node.with(\.select) { try $0.edited(deep, edit) } : node)
        case .subquery(let node): .subquery(deep ? try node.with(\.select) { try $0.edited(deep, edit) } : node)
        case .row(let node): .row(try node.with(\.elements) { try $0.map { try $0.edited(deep, edit) } })
        case .parenthesized(let node): .parenthesized(try node.with(\.inner) { try $0.edited(deep, edit) })
        case .quantified(let node): .quantified(try node.edited(deep, edit))
        case .array(let node): .array(try node.with(\.elements) { try $0.map { try $0.edited(deep, edit) } })
        case .subscripted(let node): .subscripted(try node.edited(deep, edit))
        case .field(let node): .field(try node.with(\.operand) { try $0.edited(deep, edit) })
        case .atTimeZone(let node): .atTimeZone(try node.edited(deep, edit))
        case .raise(let node): .raise(try node.with(\.message) { try $0.map { try $0.edited(deep, edit) } })
        }
    }
}

extension SyntaxNode {
    /// What a rewriting gave for an expression.
    var asExpression: Expression {
        guard case .expression(let expression) = self else {
            preconditionFailure("a rewriting answered an expression with another kind of node: \(self)")
        }
        return expression
    }

    /// What a rewriting gave for a table.
    var asTable: TableExpression {
        guard case .table(let table) = self else {
            preconditionFailure("a rewriting answered a table with another kind of node: \(self)")
        }
        return table
    }
}

/// A copy with one field changed.
protocol SyntaxPayload {}

extension SyntaxPayload {
    func with<Field>(_ path: WritableKeyPath<Self, Field>, _ change: (Field) throws -> Field) rethrows -> Self {
        var copy = self
        copy[keyPath: path] = try change(copy[keyPath: path])
        return copy
    }
}

extension UnaryExpression: SyntaxPayload {}
extension NullTest: SyntaxPayload {}
extension CastExpression: SyntaxPayload {}
extension CollateExpression: SyntaxPayload {}
extension ExistsExpression: SyntaxPayload {}
extension SubqueryExpression: SyntaxPayload {}
extension RowExpression: SyntaxPayload {}
extension ParenthesizedExpression: SyntaxPayload {}
extension ArrayExpression: SyntaxPayload {}
extension FieldAccess: SyntaxPayload {}
extension RaiseExpression: SyntaxPayload {}

extension BinaryExpression {
    /// The left spine is a loop: ten thousand terms of AND do not overflow the stack.
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Expression {
        var spine: [BinaryExpression] = []
        var current = Expression.binary(self)
        var result: Expression?
        while case .binary(let node) = current {
            result = try edit(.expression(current))?.asExpression
            if result != nil { break }
            spine.append(node)
            current = node.left
        }
        var left: Expression
        if let result { left = result } else { left = try current.edited(deep, edit) }
        for node in spine.reversed() {
            var copy = node
            copy.left = left
            copy.right = try node.right.edited(deep, edit)
            left = .binary(copy)
        }
        return left
    }
}

extension BetweenExpression {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        copy.operand = try operand.edited(deep, edit)
        copy.low = try low.edited(deep, edit)
        copy.high = try high.edited(deep, edit)
        return copy
    }
}

extension InExpression {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        copy.operand = try operand.edited(deep, edit)
        switch source {
        case .list(let elements): copy.source = .list(try elements.map { try $0.edited(deep, edit) })
        case .subquery(let select): if deep { copy.source = .subquery(try select.edited(deep, edit)) }
        case .table(let name, let arguments):
            copy.source = .table(name, arguments: try arguments.map { try $0.map { try $0.edited(deep, edit) } })
        }
        return copy
    }
}

extension MatchExpression {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        copy.operand = try operand.edited(deep, edit)
        copy.pattern = try pattern.edited(deep, edit)
        copy.escape = try escape?.edited(deep, edit)
        return copy
    }
}

extension FunctionCall {
    func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        for index in arguments.indices { copy.arguments[index].value = try arguments[index].value.edited(deep, edit) }
        copy.orderBy = try orderBy.edited(deep, edit)
        copy.withinGroup = try withinGroup.edited(deep, edit)
        copy.filter = try filter?.edited(deep, edit)
        if case .inline(let window) = over { copy.over = .inline(try window.edited(deep, edit)) }
        return copy
    }
}

extension [OrderingTerm] {
    func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        try map { term in
            var copy = term
            copy.expression = try term.expression.edited(deep, edit)
            return copy
        }
    }
}

extension WindowSpecification {
    func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        copy.partitionBy = try partitionBy.map { try $0.edited(deep, edit) }
        copy.orderBy = try orderBy.edited(deep, edit)
        if let frame {
            copy.frame?.start = try frame.start.edited(deep, edit)
            copy.frame?.end = try frame.end?.edited(deep, edit)
        }
        return copy
    }
}

extension WindowFrame.Bound {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        switch self {
        case .unboundedPreceding, .unboundedFollowing, .currentRow: self
        case .preceding(let offset): .preceding(try offset.edited(deep, edit))
        case .following(let offset): .following(try offset.edited(deep, edit))
        }
    }
}

extension CaseExpression {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        copy.operand = try operand?.edited(deep, edit)
        for index in branches.indices {
            copy.branches[index].condition = try branches[index].condition.edited(deep, edit)
            copy.branches[index].result = try branches[index].result.edited(deep, edit)
        }
        copy.otherwise = try otherwise?.edited(deep, edit)
        return copy
    }
}

extension QuantifiedComparison {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        copy.operand = try operand.edited(deep, edit)
        switch source {
        case .subquery(let select): if deep { copy.source = .subquery(try select.edited(deep, edit)) }
        case .array(let array): copy.source = .array(try array.edited(deep, edit))
        }
        return copy
    }
}

extension SubscriptExpression {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        copy.operand = try operand.edited(deep, edit)
        copy.lower = try lower?.edited(deep, edit)
        copy.upper = try upper?.edited(deep, edit)
        return copy
    }
}

extension AtTimeZoneExpression {
    fileprivate func edited(_ deep: Bool, _ edit: SyntaxEdit) rethrows -> Self {
        var copy = self
        copy.operand = try operand.edited(deep, edit)
        copy.zone = try zone.edited(deep, edit)
        return copy
    }
}
