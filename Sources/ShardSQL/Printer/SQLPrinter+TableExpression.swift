extension SQLPrinter {
    mutating func table(_ node: TableExpression) {
        switch node {
        case .table(let reference): tableReference(reference)
        case .subquery(let subquery): subqueryTable(subquery)
        case .function(let function): functionTable(function)
        case .join(let join): self.join(join)
        case .parenthesized(let inner, let alias):
            put("(")
            table(inner)
            put(")")
            tableAlias(alias)
        case .verbatim(let node, let alias):
            putVerbatim(node.text)
            tableAlias(alias)
        }
    }

    mutating func tableReference(_ node: TableReference) {
        if node.isOnly { put("ONLY ") }
        let replacement = objectName(node.name)
        if node.alias == nil, replacement != nil {
            put(" AS ")
            name(node.name.name)
        }
        tableAlias(node.alias)
        if let hint = node.indexHint {
            switch hint {
            case .indexedBy(let index):
                put(" INDEXED BY ")
                objectName(ObjectName([index], range: index.range))
            case .notIndexed: put(" NOT INDEXED")
            }
        }
        if let sample = node.sample {
            put(" ")
            putVerbatim(sample)
        }
    }

    private mutating func subqueryTable(_ node: SubqueryTable) {
        subquery(node.isLateral ? "LATERAL (" : "(", node.select)
        tableAlias(node.alias)
    }

    private mutating func functionTable(_ node: FunctionTable) {
        if node.isLateral { put("LATERAL ") }
        function(node.call)
        if node.withOrdinality { put(" WITH ORDINALITY") }
        tableAlias(node.alias)
    }

    private mutating func tableAlias(_ alias: TableAlias?) {
        guard let alias else { return }
        // PostgreSQL's `f() AS (a int)` has definitions and no name.
        let isNamed = !alias.name.text.isEmpty || alias.name.quote != .none
        if alias.hasAs || isCanonical { put(" AS") }
        if isNamed {
            put(" ")
            name(alias.name)
        }
        nameList(alias.columns)
        if let definitions = alias.definitions {
            put(" ")
            putVerbatim(definitions)
        }
    }

    /// Joins lean to the left; the spine is a loop. A join on the right that a rewriting made stands in parentheses,
    /// and so does a comma join on the left of a join where the comma binds looser.
    private mutating func join(_ node: JoinExpression) {
        var spine = [node]
        while case .join(let left) = spine[spine.count - 1].left {
            if isLooser(left, than: spine[spine.count - 1]) { break }
            spine.append(left)
        }
        let bottom = spine[spine.count - 1]
        if case .join = bottom.left { joinOperand(bottom.left, isClosed: true) } else { table(bottom.left) }
        for node in spine.reversed() {
            joinOperator(node)
            var isClosed = false
            if case .join(let right) = node.right { isClosed = !isLooser(node, than: right) && !nests(right, in: node) }
            joinOperand(node.right, isClosed: isClosed)
            joinConstraint(node.constraint)
        }
    }

    private func isLooser(_ join: JoinExpression, than other: JoinExpression) -> Bool {
        !traits.commaBindsLikeJoin && join.kind == .comma && other.kind != .comma
    }

    /// `a JOIN b JOIN c ON … ON …`: in PostgreSQL the second condition closes the outer join.
    private func nests(_ right: JoinExpression, in node: JoinExpression) -> Bool {
        !traits.commaBindsLikeJoin && node.constraint != nil && right.constraint != nil
    }

    private mutating func joinOperand(_ operand: TableExpression, isClosed: Bool) {
        if isClosed { put("(") }
        table(operand)
        if isClosed { put(")") }
    }

    private mutating func joinOperator(_ node: JoinExpression) {
        if node.kind == .comma, !node.isNatural { return put(", ") }
        put(" ")
        let spelling = isCanonical ? "\(node.kind)" : node.spelling.asciiUppercased()
        if node.isNatural, !spelling.split(separator: " ").contains("NATURAL") { put("NATURAL ") }
        putVerbatim(spelling)
        put(" ")
    }

    private mutating func joinConstraint(_ constraint: JoinExpression.Constraint?) {
        guard let constraint else { return }
        switch constraint {
        case .on(let condition):
            put(" ON ")
            expression(condition)
        case .using(let columns, let alias):
            put(" USING (")
            names(columns)
            put(")")
            if let alias {
                put(" AS ")
                name(alias)
            }
        }
    }
}
