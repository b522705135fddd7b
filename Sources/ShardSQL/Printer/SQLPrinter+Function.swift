extension SQLPrinter {
    mutating func function(_ node: FunctionCall) {
        functionName(node.name)
        put("(")
        if let special = node.specialSyntax {
            putVerbatim(special)
            noteVerbatimTables(in: node.arguments)
        } else {
            functionArguments(node)
        }
        put(")")
        if !node.withinGroup.isEmpty {
            put(" WITHIN GROUP (")
            orderBy(node.withinGroup)
            put(")")
        }
        if let filter = node.filter {
            put(" FILTER (WHERE ")
            expression(filter)
            put(")")
        }
        if let treatment = node.nullTreatment {
            switch treatment {
            case .respect: put(" RESPECT NULLS")
            case .ignore: put(" IGNORE NULLS")
            }
        }
        if let over = node.over {
            put(" OVER ")
            windowReference(over)
        }
    }

    /// Reserved words are fine as names of functions (`coalesce`, `left`, `replace`).
    private mutating func functionName(_ name: ObjectName) {
        var isFirst = true
        for part in name.parts {
            if !isFirst { put(".") }
            isFirst = false
            if part.quote == .none, !isCanonical, Identifier.isBareWord(part.text) {
                put(part.text)
            } else {
                self.name(part)
            }
        }
    }

    private mutating func functionArguments(_ node: FunctionCall) {
        switch node.distinctness {
        case .unspecified: break
        case .distinct: put("DISTINCT ")
        case .all: put("ALL ")
        }
        list(node.arguments) { $0.functionArgument($1) }
        if !node.orderBy.isEmpty {
            put(" ")
            orderBy(node.orderBy)
        }
    }

    private mutating func functionArgument(_ argument: FunctionArgument) {
        if argument.isVariadic { put("VARIADIC ") }
        if let label = argument.label {
            name(label)
            put(" => ")
        }
        expression(argument.value)
    }

    /// Text between the parentheses is printed as it is; tables in its subqueries keep their names.
    private mutating func noteVerbatimTables(in arguments: [FunctionArgument]) {
        if case .asWritten = naming { return }
        for argument in arguments {
            SyntaxNode.expression(argument.value).forEachTable(true) { table in
                if replacement(of: table.name) != nil { hasVerbatimTables = true }
            }
        }
    }

    // MARK: Windows

    private mutating func windowReference(_ window: WindowReference) {
        switch window {
        case .named(let name): self.name(name)
        case .inline(let specification):
            put("(")
            windowSpecification(specification)
            put(")")
        }
    }

    /// What stands between the parentheses.
    mutating func windowSpecification(_ node: WindowSpecification) {
        let start = bytes.count
        let pieceCount = pieces.count
        func isEmpty(_ printer: Self) -> Bool { printer.bytes.count == start && printer.pieces.count == pieceCount }
        if let base = node.base { name(base) }
        if !node.partitionBy.isEmpty {
            if !isEmpty(self) { put(" ") }
            put("PARTITION BY ")
            expressions(node.partitionBy)
        }
        if !node.orderBy.isEmpty {
            if !isEmpty(self) { put(" ") }
            orderBy(node.orderBy)
        }
        if let frame = node.frame {
            if !isEmpty(self) { put(" ") }
            windowFrame(frame)
        }
    }

    private mutating func windowFrame(_ frame: WindowFrame) {
        put(frame.unit.rawValue)
        put(" ")
        if let end = frame.end {
            put("BETWEEN ")
            frameBound(frame.start)
            put(" AND ")
            frameBound(end)
        } else {
            frameBound(frame.start)
        }
        if let exclusion = frame.exclusion {
            put(" EXCLUDE ")
            put(exclusion.rawValue)
        }
    }

    private mutating func frameBound(_ bound: WindowFrame.Bound) {
        switch bound {
        case .unboundedPreceding: put("UNBOUNDED PRECEDING")
        case .unboundedFollowing: put("UNBOUNDED FOLLOWING")
        case .currentRow: put("CURRENT ROW")
        case .preceding(let offset):
            frameOffset(offset)
            put(" PRECEDING")
        case .following(let offset):
            frameOffset(offset)
            put(" FOLLOWING")
        }
    }

    /// Before AND, a condition would swallow it.
    private mutating func frameOffset(_ offset: Expression) {
        if ranks.rank(of: offset) <= ranks.table.not { parenthesized(offset) } else { expression(offset) }
    }

    // MARK: ORDER BY

    /// `ORDER BY a DESC, b`, without a blank before it.
    mutating func orderBy(_ terms: [OrderingTerm]) {
        put("ORDER BY ")
        list(terms) { $0.orderingTerm($1) }
    }

    mutating func orderingTerm(_ term: OrderingTerm) {
        expression(term.expression)
        ordering(term.direction, term.nulls)
    }

    mutating func ordering(_ direction: OrderingTerm.Direction?, _ nulls: OrderingTerm.Nulls?) {
        if let direction {
            switch direction {
            case .ascending: put(" ASC")
            case .descending: put(" DESC")
            case .using(let spelling):
                put(" USING ")
                putVerbatim(spelling)
            }
        }
        if let nulls {
            switch nulls {
            case .first: put(" NULLS FIRST")
            case .last: put(" NULLS LAST")
            }
        }
    }
}
