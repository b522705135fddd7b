import ShardSQL
import ShardValues

/// What ORDER BY terms mean: an output column by ordinal, alias or equality, or an expression that the fragments have
/// to select besides. SQLite's rules: an alias before a column, both before an expression.
struct OrderResolution {
    let rule: MergeRule

    struct Keys {
        var keys: [SortKey] = []
        /// Expressions to append to the select list, in order.
        var hidden: [Expression] = []
        /// The terms as the fragments sort by them: hidden expressions by ordinal, so that each is computed once.
        /// (Counter-example: ORDER BY random() computed for sorting and again for merging.)
        var terms: [OrderingTerm] = []
    }

    init(_ rule: MergeRule) { self.rule = rule }

    func keys(_ terms: [OrderingTerm]) throws(PlanningRefusal) -> Keys {
        var result = Keys()
        for term in terms {
            var fragmentTerm = term
            var expression = term.expression.unparenthesized
            var explicit: Collation?
            while case .collate(let collate) = expression {
                explicit = explicit ?? Collation(named: collate.collation.name.text)
                expression = collate.operand.unparenthesized
            }
            let column: Int
            let natural: Collation?
            if let position = outputPosition(of: expression) {
                column = position
                natural = rule.output[position].collation
            } else {
                let full = substitutingAliases(in: expression)
                column = rule.work.facts.columns.count + result.hidden.count
                natural = rule.types.collation(of: full)
                result.hidden.append(full)
                fragmentTerm.expression = .literal(Literal(.integer, text: "\(column + 1)"))
                if case .collate(var collate) = term.expression.unparenthesized {
                    collate.operand = fragmentTerm.expression
                    fragmentTerm.expression = .collate(collate)
                }
            }
            result.terms.append(fragmentTerm)
            let nullsFirst: Bool? =
                switch term.nulls {
                case .first: true
                case .last: false
                case nil: nil
                }
            result.keys.append(
                SortKey(
                    column: column, descending: term.isDescending, nullsFirst: nullsFirst,
                    collation: try rule.comparable(explicit ?? natural ?? .binary)))
        }
        return result
    }

    /// The output column a term names. Nil also where `*` hides how many columns stand before it.
    private func outputPosition(of expression: Expression) -> Int? {
        guard rule.output.count == rule.work.facts.columns.count else { return nil }
        if let ordinal = expression.ordinal, ordinal >= 1, ordinal <= rule.output.count { return ordinal - 1 }
        let starts = itemStarts
        if case .column(let reference) = expression, reference.table == nil {
            for (index, item) in rule.core.items.enumerated() where item.alias?.folded == reference.name.folded {
                return starts[index]
            }
        }
        if let id = rule.relation.scope.columnID(of: expression) {
            return rule.output.firstIndex { $0.origin == id }
        }
        for (index, item) in rule.core.items.enumerated() {
            if case .expression(let selected) = item.content, selected.isEquivalent(to: expression) {
                return starts[index]
            }
        }
        return nil
    }

    /// The output ordinal of each item's first column.
    private var itemStarts: [Int] {
        var starts: [Int] = []
        var next = 0
        for item in rule.core.items {
            starts.append(next)
            switch item.content {
            case .expression: next += 1
            case .wildcard(let wildcard): next += rule.relation.scope.expand(wildcard).count
            }
        }
        return starts
    }

    /// `ORDER BY total + 1` where total is an alias: the select list cannot name its own aliases.
    private func substitutingAliases(in expression: Expression) -> Expression {
        expression.mapped { part in
            guard case .column(let reference) = part, reference.table == nil,
                case .unknown = rule.relation.scope.resolve(reference)
            else { return nil }
            for item in rule.core.items where item.alias?.folded == reference.name.folded {
                if case .expression(let selected) = item.content {
                    return .parenthesized(ParenthesizedExpression(selected))
                }
            }
            return nil
        }
    }
}
