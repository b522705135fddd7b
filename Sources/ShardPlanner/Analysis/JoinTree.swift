import ShardSQL

/// A FROM clause with its sources registered in a scope.
indirect enum JoinTree {
    case leaf(sourceID: Int)
    case join(Node)

    struct Node {
        var left: JoinTree
        var right: JoinTree
        var kind: JoinExpression.Kind
        /// ON, split.
        var conjuncts: [Expression]
        /// USING and NATURAL: pairs of equal columns.
        var pairs: [(ColumnID, ColumnID)]
    }

    var sourceIDs: [Int] {
        switch self {
        case .leaf(let id): [id]
        case .join(let node): node.left.sourceIDs + node.right.sourceIDs
        }
    }

    /// Calls for each inner join of the tree whose condition holds in every row in which its columns are not NULL.
    func forEachInnerJoin(_ body: (Node) -> Void) {
        guard case .join(let node) = self else { return }
        node.left.forEachInnerJoin(body)
        node.right.forEachInnerJoin(body)
        if node.kind.isInner { body(node) }
    }

    /// Calls for each join whose condition holds in every row: inner joins not below a NULL-supplied side.
    func forEachTopInnerJoin(_ body: (Node) -> Void) {
        guard case .join(let node) = self else { return }
        switch node.kind {
        case .comma, .inner, .cross:
            body(node)
            node.left.forEachTopInnerJoin(body)
            node.right.forEachTopInnerJoin(body)
        case .left: node.left.forEachTopInnerJoin(body)
        case .right: node.right.forEachTopInnerJoin(body)
        case .full: break
        }
    }
}

extension JoinExpression.Kind {
    var isInner: Bool {
        switch self {
        case .comma, .inner, .cross: true
        case .left, .right, .full: false
        }
    }
}
