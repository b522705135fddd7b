extension SQLPrinter {
    mutating func select(_ node: SelectStatement) {
        if let with = node.with { self.with(with) }
        selectBody(node.body)
        if !node.orderBy.isEmpty {
            put(" ")
            orderBy(node.orderBy)
        }
        if let limit = node.limit { self.limit(limit) }
        for clause in node.locking { locking(clause) }
    }

    /// `WITH … `, with a blank after it.
    mutating func with(_ node: WithClause) {
        put(node.isRecursive ? "WITH RECURSIVE " : "WITH ")
        list(node.tables) { $0.commonTable($1) }
        put(" ")
    }

    private mutating func commonTable(_ node: CommonTableExpression) {
        name(node.name)
        nameList(node.columns)
        put(" AS ")
        if let isMaterialized = node.isMaterialized { put(isMaterialized ? "MATERIALIZED " : "NOT MATERIALIZED ") }
        put("(")
        nesting += 1
        statement(node.statement)
        nesting -= 1
        put(")")
        if let suffix = node.suffix {
            put(" ")
            putVerbatim(suffix)
        }
    }

    private mutating func selectBody(_ body: SelectBody) {
        switch body {
        case .core(let core): selectCore(core)
        case .values(let values): self.values(values)
        case .table(let table):
            put("TABLE ")
            objectName(table)
        case .compound(let compound): self.compound(compound)
        case .nested(let select): subquery("(", select)
        }
    }

    /// Chains of set operations lean to the left; the spine is a loop.
    private mutating func compound(_ node: CompoundSelect) {
        var spine = [node]
        while case .compound(let left) = spine[spine.count - 1].left {
            // PostgreSQL's INTERSECT would take only the last arm of what stands on its left.
            if traits.selectsNest, spine[spine.count - 1].operator == .intersect, left.operator != .intersect {
                break
            }
            spine.append(left)
        }
        nesting += 1
        defer { nesting -= 1 }
        compoundArm(spine[spine.count - 1].left, isNestedCompound: true)
        for node in spine.reversed() {
            put(" ")
            put(node.operator.rawValue)
            put(node.isAll ? " ALL " : " ")
            let isTighter = traits.selectsNest && node.operator != .intersect && isIntersect(node.right)
            compoundArm(node.right, isNestedCompound: !isTighter)
        }
    }

    private func isIntersect(_ body: SelectBody) -> Bool {
        if case .compound(let node) = body { return node.operator == .intersect }
        return false
    }

    /// An arm that a rewriting made a compound of its own is closed off, as the dialect can.
    private mutating func compoundArm(_ body: SelectBody, isNestedCompound: Bool) {
        guard case .compound = body, isNestedCompound else { return selectBody(body) }
        put(traits.selectsNest ? "(" : "SELECT * FROM (")
        selectBody(body)
        put(")")
    }

    private mutating func selectCore(_ node: SelectCore) {
        let outerTarget = unaliasedTarget
        // An inner table of the target's name hides it.
        if let target = outerTarget, node.from?.exposes(target.name.name.folded) == true { unaliasedTarget = nil }
        defer { unaliasedTarget = outerTarget }
        put("SELECT")
        distinctness(node.distinctness)
        if !node.items.isEmpty {
            put(" ")
            list(node.items) { $0.selectItem($1) }
        }
        if let into = node.into {
            put(" INTO ")
            putVerbatim(into)
        }
        if let from = node.from {
            put(" FROM ")
            table(from)
        }
        self.where(node.where)
        groupBy(node)
        if let having = node.having {
            put(" HAVING ")
            expression(having)
        }
        if !node.windows.isEmpty {
            put(" WINDOW ")
            list(node.windows) { $0.namedWindow($1) }
        }
    }

    private mutating func namedWindow(_ window: NamedWindow) {
        name(window.name)
        put(" AS (")
        windowSpecification(window.specification)
        put(")")
    }

    private mutating func distinctness(_ distinctness: SelectCore.Distinctness) {
        switch distinctness {
        case .unspecified: break
        case .all: put(" ALL")
        case .distinct: put(" DISTINCT")
        case .on(let keys):
            put(" DISTINCT ON (")
            expressions(keys)
            put(")")
        }
    }

    mutating func `where`(_ condition: Expression?) {
        guard let condition else { return }
        put(" WHERE ")
        expression(condition)
    }

    mutating func selectItem(_ item: SelectItem) {
        switch item.content {
        case .wildcard(let wildcard): self.wildcard(wildcard)
        case .expression(let expression): self.expression(expression)
        }
        guard let alias = item.alias ?? implicitName(of: item) else { return }
        put(item.hasAs || item.alias == nil || isCanonical ? " AS " : " ")
        name(alias)
    }

    /// The text that names the item's column; nil where the column is named otherwise.
    private func implicitName(of item: SelectItem) -> Identifier? {
        guard !source.isEmpty, case .expression(let expression) = item.content else { return nil }
        var named = expression.unparenthesized
        // An inner query names `a COLLATE c` by its column; the outermost by its text.
        while nesting > 0, case .collate(let node) = named { named = node.operand.unparenthesized }
        if case .column = named { return nil }
        let start = Int(item.range.start)
        let end = Int(item.range.end)
        guard start >= 0, start < end, end <= source.count else { return nil }
        return Identifier(String(decoding: source[start..<end], as: UTF8.self), quote: .double)
    }

    private mutating func groupBy(_ node: SelectCore) {
        guard !node.groupBy.isEmpty else { return }
        put(node.isGroupByDistinct ? " GROUP BY DISTINCT " : " GROUP BY ")
        list(node.groupBy) { $0.groupingElement($1) }
    }

    private mutating func groupingElement(_ element: GroupingElement) {
        switch element {
        case .expression(let expression): self.expression(expression)
        case .empty: put("()")
        case .rollup(let keys): grouping("ROLLUP (", keys)
        case .cube(let keys): grouping("CUBE (", keys)
        case .tuple(let keys): grouping("(", keys)
        case .sets(let elements):
            put("GROUPING SETS (")
            list(elements) { $0.groupingElement($1) }
            put(")")
        }
    }

    private mutating func grouping(_ opening: String, _ keys: [Expression]) {
        put(opening)
        expressions(keys)
        put(")")
    }

    mutating func limit(_ node: LimitClause) {
        switch node.style {
        case .limit:
            if let count = node.count {
                put(" LIMIT ")
                expression(count)
            }
            if let offset = node.offset {
                if node.count == nil, traits.offsetNeedsLimit { put(" LIMIT -1") }
                put(" OFFSET ")
                expression(offset)
            }
        case .offsetComma:
            put(" LIMIT ")
            if let offset = node.offset {
                expression(offset)
                put(", ")
            }
            if let count = node.count { expression(count) }
        case .fetch:
            if let offset = node.offset {
                put(" OFFSET ")
                fetchOperand(offset)
                put(" ROWS")
            }
            put(" FETCH FIRST ")
            if let count = node.count {
                fetchOperand(count)
                put(" ")
            }
            put(node.withTies ? "ROWS WITH TIES" : "ROWS ONLY")
        }
    }

    /// FETCH and OFFSET … ROWS take a constant, a parameter or an expression in parentheses.
    private mutating func fetchOperand(_ operand: Expression) {
        if ranks.rank(of: operand) >= ranks.table.sign { expression(operand) } else { parenthesized(operand) }
    }

    private mutating func locking(_ clause: LockingClause) {
        put(" FOR ")
        put(clause.strength.rawValue)
        if !clause.of.isEmpty {
            put(" OF ")
            list(clause.of) { $0.name($1) }
        }
        if let policy = clause.waitPolicy {
            put(" ")
            put(policy.asciiUppercased())
        }
    }

    mutating func values(_ node: ValuesClause) {
        put("VALUES ")
        list(node.rows) { $0.valuesRow($1) }
    }

    private mutating func valuesRow(_ row: ValuesRow) {
        put("(")
        expressions(row.values)
        put(")")
    }
}
