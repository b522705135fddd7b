/// Any node that a walk stops at. A walk goes through a tree in the order of the text; chains of operators, joins and
/// set operations that lean to the left are loops in it, so that ten thousand terms do not overflow the stack.
public enum SyntaxNode: Sendable {
    case statement(Statement)
    /// A query at the level of its parent: the statement's own, INSERT's source, a parenthesised arm.
    case select(SelectStatement)
    /// A query inside an expression or in FROM.
    case subquery(SelectStatement)
    case commonTable(CommonTableExpression)
    case table(TableExpression)
    case expression(Expression)
}

/// What a walk does after a node.
public enum WalkStep: Sendable, Hashable {
    case descend
    /// Leaves out what is inside the node.
    case skip
}

extension SyntaxNode {
    /// Calls `body` for this node and everything inside it, a parent before its children. O(size), stack O(nesting).
    public func walk(_ body: (SyntaxNode) throws -> WalkStep) rethrows {
        switch self {
        case .expression(.binary(let node)): try Self.walk(node, body)
        case .table(.join(let node)): try Self.walk(node, body)
        case .statement, .select, .subquery, .commonTable, .table, .expression:
            guard try body(self) == .descend else { return }
            try forEachChild { try $0.walk(body) }
        }
    }

    private static func walk(_ node: BinaryExpression, _ body: (SyntaxNode) throws -> WalkStep) rethrows {
        var spine: [BinaryExpression] = []
        var current = Expression.binary(node)
        while case .binary(let node) = current {
            guard try body(.expression(current)) == .descend else { break }
            spine.append(node)
            current = node.left
        }
        if case .binary = current {} else { try SyntaxNode.expression(current).walk(body) }
        for node in spine.reversed() { try SyntaxNode.expression(node.right).walk(body) }
    }

    private static func walk(_ node: JoinExpression, _ body: (SyntaxNode) throws -> WalkStep) rethrows {
        var spine: [JoinExpression] = []
        var current = TableExpression.join(node)
        while case .join(let node) = current {
            guard try body(.table(current)) == .descend else { break }
            spine.append(node)
            current = node.left
        }
        if case .join = current {} else { try SyntaxNode.table(current).walk(body) }
        for node in spine.reversed() {
            try SyntaxNode.table(node.right).walk(body)
            if case .on(let condition) = node.constraint { try SyntaxNode.expression(condition).walk(body) }
        }
    }

    /// Calls `body` for each direct child, in the order of the text.
    public func forEachChild(_ body: (SyntaxNode) throws -> Void) rethrows {
        switch self {
        case .statement(let node): try node.forEachNode(body)
        case .select(let node), .subquery(let node): try node.forEachNode(body)
        case .commonTable(let node): try body(.statement(node.statement))
        case .table(let node): try node.forEachNode(body)
        case .expression(let node): try node.forEachNode(body)
        }
    }
}
