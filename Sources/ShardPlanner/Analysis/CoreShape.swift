import ShardSQL

/// What a core does beyond choosing rows.
struct CoreShape {
    /// Aggregate calls of this block, in order of appearance.
    var aggregates: [FunctionCall] = []
    var windowCalls: [FunctionCall] = []
    var isAggregated: Bool

    init(of core: SelectCore, orderBy: [OrderingTerm]) {
        var aggregates: [FunctionCall] = []
        var windows: [FunctionCall] = []
        func visit(_ expression: Expression) {
            if case .function(let call) = expression {
                if call.isWindow {
                    windows.append(call)
                } else if call.isAggregate {
                    aggregates.append(call)
                    return
                }
            }
            expression.forEachChild(visit)
        }
        for item in core.items { if case .expression(let expression) = item.content { visit(expression) } }
        if let having = core.having { visit(having) }
        for term in orderBy { visit(term.expression) }
        self.aggregates = aggregates
        self.windowCalls = windows
        self.isAggregated = !aggregates.isEmpty || !core.groupBy.isEmpty || core.having != nil
    }

    /// The windows' specifications, named ones looked up; a base window's PARTITION BY counts.
    func windows(_ core: SelectCore) -> [WindowSpecification] {
        windowCalls.compactMap { call in
            switch call.over {
            case nil: return nil
            case .named(let name): return CoreShape.named(name, core)
            case .inline(let specification):
                guard let base = specification.base, let named = CoreShape.named(base, core) else {
                    return specification
                }
                var merged = specification
                merged.partitionBy = named.partitionBy
                return merged
            }
        }
    }

    private static func named(_ name: Identifier, _ core: SelectCore) -> WindowSpecification? {
        guard let window = core.windows.first(where: { $0.name.folded == name.folded }) else { return nil }
        guard let base = window.specification.base, base.folded != name.folded, let parent = named(base, core) else {
            return window.specification
        }
        var merged = window.specification
        merged.partitionBy = parent.partitionBy
        return merged
    }
}

extension SelectCore {
    /// The GROUP BY terms, with ordinals and aliases replaced by the items they mean. A name that is a column of FROM
    /// means the column, also where an alias is spelled alike.
    func groupingExpressions(in scope: Scope) -> [Expression] {
        var result: [Expression] = []
        for element in groupBy {
            element.forEachGroupingExpression { expression in
                if case .column(let reference) = expression.unparenthesized {
                    if case .unknown = scope.resolve(reference) {
                        result.append(selected(by: expression) ?? expression)
                    } else {
                        result.append(expression)
                    }
                } else {
                    result.append(selected(by: expression) ?? expression)
                }
            }
        }
        return result
    }

    /// The item that an ordinal (`2`) or an alias means, for GROUP BY and ORDER BY.
    func selected(by expression: Expression) -> Expression? {
        if let ordinal = expression.ordinal {
            guard ordinal >= 1, ordinal <= items.count, !items.prefix(ordinal).contains(where: \.isWildcard),
                case .expression(let item) = items[ordinal - 1].content
            else { return nil }
            return item
        }
        guard case .column(let reference) = expression.unparenthesized, reference.table == nil else { return nil }
        for item in items {
            guard item.alias?.folded == reference.name.folded, case .expression(let expression) = item.content
            else { continue }
            return expression
        }
        return nil
    }
}

extension Expression {
    /// The position that ORDER BY or GROUP BY means by an integer: SQLite looks through parentheses and signs, so that
    /// `+2` and `- -2` are the second column and no constants.
    var ordinal: Int? {
        switch unparenthesized {
        case .literal(let literal): return literal.kind == .integer ? Int(literal.text) : nil
        case .unary(let unary):
            switch unary.operator {
            case .plus: return unary.operand.ordinal
            case .minus: return unary.operand.ordinal.map { -$0 }
            case .not, .bitNot, .custom: return nil
            }
        case .parameter, .column, .binary, .isNull, .between, .inList, .match, .function, .cast, .collate,
            .conditional, .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field,
            .atTimeZone, .raise, .wildcard, .defaultValue, .verbatim:
            return nil
        }
    }
}

extension SelectItem {
    var isWildcard: Bool {
        if case .wildcard = content { return true }
        return false
    }
}

extension GroupingElement {
    func forEachGroupingExpression(_ body: (Expression) -> Void) {
        switch self {
        case .expression(let expression): body(expression)
        case .empty: break
        case .rollup(let expressions), .cube(let expressions), .tuple(let expressions): expressions.forEach(body)
        case .sets(let elements): for element in elements { element.forEachGroupingExpression(body) }
        }
    }

    /// Whether this is a plain GROUP BY term.
    var isPlain: Bool {
        if case .expression = self { return true }
        return false
    }
}

extension WindowSpecification {
    func forEachWindowExpression(_ body: (Expression) -> Void) {
        partitionBy.forEach(body)
        for term in orderBy { body(term.expression) }
        for bound in [frame?.start, frame?.end] {
            switch bound {
            case .preceding(let expression)?, .following(let expression)?: body(expression)
            case .unboundedPreceding?, .unboundedFollowing?, .currentRow?, nil: break
            }
        }
    }
}

extension Expression {
    /// Calls for each column reference in the expression, subqueries left out.
    func forEachColumn(_ body: (ColumnReference) -> Void) {
        forEach { expression in
            if case .column(let reference) = expression { body(reference) }
        }
    }
}
