import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Finds where the rows of a join tree are, from the leaves up.
///
/// Conditions travel down with what they may assume: a condition above an outer join restricts the NULL-supplied side
/// only where NULL does not satisfy it, and ON of an outer join restricts the NULL-supplied side only.
struct Locator {
    let scope: Scope
    let environment: Environment
    let operands: Operands

    /// Conditions in force on the way down.
    struct InForce {
        var conjuncts: [(expression: Expression, rejectsNullOnly: Bool)] = []
        var pairs: [(ColumnID, ColumnID)] = []

        func crossingOuterJoin() -> InForce {
            var result = self
            for index in result.conjuncts.indices { result.conjuncts[index].rejectsNullOnly = true }
            return result
        }

        func adding(_ node: JoinTree.Node) -> InForce {
            var result = self
            result.conjuncts += node.conjuncts.map { ($0, false) }
            result.pairs += node.pairs
            return result
        }
    }

    func locate(_ tree: JoinTree, where conjuncts: [Expression]) throws(PlanningRefusal) -> Distribution {
        try locate(tree, InForce(conjuncts: conjuncts.map { ($0, false) }))
    }

    private func locate(_ tree: JoinTree, _ inForce: InForce) throws(PlanningRefusal) -> Distribution {
        switch tree {
        case .leaf(let id):
            guard let source = scope.source(id) else { return .anywhere }
            return leaf(source, inForce)
        case .join(let node):
            let leftForce: InForce
            let rightForce: InForce
            switch node.kind {
            case .comma, .inner, .cross:
                leftForce = inForce.adding(node)
                rightForce = leftForce
            case .left:
                leftForce = inForce
                rightForce = inForce.crossingOuterJoin().adding(node)
            case .right:
                leftForce = inForce.crossingOuterJoin().adding(node)
                rightForce = inForce
            case .full:
                leftForce = inForce.crossingOuterJoin()
                rightForce = leftForce
            }
            let left = try locate(node.left, leftForce)
            let right = try locate(node.right, rightForce)
            return try combine(left, right, node, inForce)
        }
    }

    // MARK: Leaves

    private func leaf(_ source: Source, _ inForce: InForce) -> Distribution {
        guard case .partitioned(var partitioned) = source.distribution else { return source.distribution }
        let classes = self.classes(inForce)
        let keys = partitioned.anchors.map { classes.closure($0) }
        var conditions: [KeyCondition] = [partitioned.condition]
        let builder = KeyConditionBuilder(
            scope: scope, sharding: partitioned.sharding, keys: keys, operands: operands)
        for conjunct in inForce.conjuncts {
            conditions.append(builder.condition(conjunct.expression, rejectsNullOnly: conjunct.rejectsNullOnly))
        }
        for outer in environment.conjuncts {
            let builder = KeyConditionBuilder(
                scope: outer.scope, sharding: partitioned.sharding, keys: keys, operands: operands)
            conditions.append(builder.condition(outer.expression, rejectsNullOnly: true))
        }
        partitioned.condition = KeyConditionBuilder.conjunction(conditions)
        if partitioned.place == nil {
            partitioned.place = KeyConditionBuilder.place(
                in: partitioned.condition, keyCount: partitioned.sharding.keyColumns.count)
        }
        return .partitioned(partitioned)
    }

    private func classes(_ inForce: InForce) -> EqualityClasses {
        var classes = environment.classes
        for conjunct in inForce.conjuncts { classes.add(conjunct.expression, in: scope) }
        for pair in inForce.pairs { addPair(pair, to: &classes) }
        return classes
    }

    func addPair(_ pair: (ColumnID, ColumnID), to classes: inout EqualityClasses) {
        guard let left = scope.source(pair.0.source)?.columns[pair.0.column],
            let right = scope.source(pair.1.source)?.columns[pair.1.column]
        else { return }
        classes.addEquality(pair.0, left, pair.1, right)
    }

    // MARK: Joins

    private func combine(
        _ left: Distribution, _ right: Distribution, _ node: JoinTree.Node, _ inForce: InForce
    ) throws(PlanningRefusal) -> Distribution {
        switch (left, right) {
        case (.anywhere, .anywhere): return .anywhere
        case (.catalog, .anywhere), (.anywhere, .catalog), (.catalog, .catalog): return .catalog
        case (.catalog, .shard), (.catalog, .partitioned), (.shard, .catalog), (.partitioned, .catalog):
            throw PlanningRefusal(
                .joinOffKey, "the schema tables cannot be joined with tables on shards",
                hint: "Read the schema in a statement of its own.")
        case (.shard(let a), .shard(let b)):
            guard a == b else {
                throw PlanningRefusal(
                    .joinOffKey, "\(names(node.left)) and \(names(node.right)) are whole on different shards")
            }
            return left
        case (.shard, .anywhere): return left
        case (.anywhere, .shard): return right
        case (.shard, .partitioned), (.partitioned, .shard):
            throw PlanningRefusal(
                .joinOffKey,
                "\(names(node.left)) and \(names(node.right)) are joined, but one is whole on one shard and the other "
                    + "is sharded")
        case (.partitioned(let partitioned), .anywhere):
            switch node.kind {
            case .comma, .inner, .cross, .left: return left
            case .right, .full: return try atPlace(partitioned, preserved: node.right, sharded: node.left)
            }
        case (.anywhere, .partitioned(let partitioned)):
            switch node.kind {
            case .comma, .inner, .cross, .right: return right
            case .left, .full: return try atPlace(partitioned, preserved: node.left, sharded: node.right)
            }
        case (.partitioned(let a), .partitioned(let b)):
            return .partitioned(try join(a, b, node, inForce))
        }
    }

    /// A preserved broadcast side is right where everything is in one place.
    private func atPlace(
        _ partitioned: Partitioned, preserved: JoinTree, sharded: JoinTree
    ) throws(PlanningRefusal) -> Distribution {
        guard partitioned.place != nil else { throw outerJoinTrap(preserved: preserved, sharded: sharded) }
        var result = partitioned
        result.needsPlace = true
        // The preserved side's rows have no key.
        result.anchors = result.anchors.map { _ in [] }
        return .partitioned(result)
    }

    private func join(
        _ left: Partitioned, _ right: Partitioned, _ node: JoinTree.Node, _ inForce: InForce
    ) throws(PlanningRefusal) -> Partitioned {
        let isSamePlace = left.isSamePlace(as: right)
        if !isSamePlace {
            guard left.group == right.group else {
                throw PlanningRefusal(
                    .joinOffKey,
                    "\(names(node.left)) and \(names(node.right)) are not colocated: their rows lie on different shards",
                    hint: "Declare one COLOCATE WITH the other, or make the smaller one BROADCAST.")
            }
            var classes = self.classes(inForce.adding(node))
            for tree in [node.left, node.right] {
                tree.forEachInnerJoin { inner in
                    for conjunct in inner.conjuncts { classes.add(conjunct, in: scope) }
                    for pair in inner.pairs { addPair(pair, to: &classes) }
                }
            }
            guard !left.links.isEmpty else {
                throw PlanningRefusal(
                    .joinOffKey,
                    "\(names(node.left)) and \(names(node.right)) are sharded by HINT: no equality ties their rows",
                    hint: "Name one partition in a hint: /*+ partition(0) */.")
            }
            for key in left.links.indices {
                guard !classes.closure(left.links[key]).isDisjoint(with: right.links[key]) else {
                    throw PlanningRefusal(
                        .joinOffKey,
                        "\(names(node.left)) and \(names(node.right)) are not joined by equality of their shard keys",
                        hint: "Add the equality of the shard keys, or make the smaller table BROADCAST.")
                }
            }
        }
        var result = left
        result.links = zip(left.links, right.links).map { $0.union($1) }
        switch node.kind {
        case .comma, .inner, .cross:
            result.condition = KeyConditionBuilder.conjunction([left.condition, right.condition])
            result.place = left.place ?? right.place
            result.anchors = zip(left.anchors, right.anchors).map { $0.union($1) }
        // Same place without a link: the two keys are the same value all the same.
        case .left: break
        case .right:
            result.condition = right.condition
            result.place = right.place
            result.anchors = right.anchors
        case .full:
            result.condition = KeyConditionBuilder.disjunction([left.condition, right.condition])
            result.place = isSamePlace ? left.place : nil
            result.anchors = left.anchors.map { _ in [] }
        }
        result.needsPlace = left.needsPlace || right.needsPlace || isSamePlace
        if result.needsPlace && result.place == nil {
            throw PlanningRefusal(
                .joinOffKey,
                "\(names(node.left)) and \(names(node.right)) are joined, but one of them is an answer of one shard only",
                hint: "Filter both by the same shard key.")
        }
        return result
    }

    private func outerJoinTrap(preserved: JoinTree, sharded: JoinTree) -> PlanningRefusal {
        // Each shard would supply NULLs for the preserved rows that have no partner on it: one false row per shard.
        PlanningRefusal(
            .outerJoinBroadcast,
            "the outer join preserves \(names(preserved)), which is whole on every shard, beside sharded "
                + "\(names(sharded)): no shard can tell alone which rows have no partner",
            hint: "Use an inner join, or put the sharded table on the preserved side.")
    }

    private func names(_ tree: JoinTree) -> String {
        tree.sourceIDs.compactMap { scope.source($0)?.alias }.joined(separator: ", ")
    }
}
