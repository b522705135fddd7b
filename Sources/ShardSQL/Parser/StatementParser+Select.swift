extension StatementParser {
    /// Whether a token begins a query (parentheses aside).
    @inline(__always)
    func startsQuery(_ token: Token) -> Bool {
        switch token.keyword {
        case .select, .with: true
        case .values: has(.nestedSetOperands) ? peekIsParenthesis(behind: token) : true
        case .table: has(.nestedSetOperands)
        default: false
        }
    }

    /// VALUES may be a column's name where a dialect says so; a parenthesis behind it makes it the clause.
    private func peekIsParenthesis(behind token: Token) -> Bool {
        var index = position
        while index + 1 < tokenCount, tokens[index].start < token.start { index += 1 }
        return tokens[min(index + 1, tokenCount - 1)].kind == .leftParenthesis
    }

    /// Whether what stands here goes on a parenthesised query: a set operator or the clauses behind a body.
    func continuesQuery() -> Bool {
        switch token.keyword {
        case .union, .intersect, .except, .order, .limit, .offset, .fetch, .for: true
        default: false
        }
    }

    /// `( … )` around a query, with any further parentheses.
    mutating func queryInParentheses() throws(SQLSyntaxError) -> SelectStatement {
        try expect(.leftParenthesis, "\"(\"")
        let select = try selectStatement()
        try expect(.rightParenthesis, "\")\"")
        return select
    }

    /// A whole query with its WITH, set operations, ORDER BY, LIMIT and locks.
    mutating func selectStatement() throws(SQLSyntaxError) -> SelectStatement {
        try enter()
        let start = token.start
        let with = at(.with) ? try withClause() : nil
        let select = try selectStatement(with: with, start)
        leave()
        return select
    }

    /// A query whose WITH was taken.
    mutating func selectStatement(with: WithClause?, _ start: Int32) throws(SQLSyntaxError) -> SelectStatement {
        let body = try compound(try setOperand(), above: 0)
        return try tail(SelectStatement(with: with, body: body), start)
    }

    /// A query whose first operand, in parentheses, was taken as a subquery.
    mutating func selectStatement(
        continuing first: SelectStatement, _ start: Int32
    ) throws(SQLSyntaxError) -> SelectStatement {
        try selectStatement(from: .nested(first), start)
    }

    /// A query whose first operand was taken.
    mutating func selectStatement(from first: SelectBody, _ start: Int32) throws(SQLSyntaxError) -> SelectStatement {
        let body = try compound(first, above: 0)
        return try tail(SelectStatement(body: body), start)
    }

    private mutating func tail(_ body: SelectStatement, _ start: Int32) throws(SQLSyntaxError) -> SelectStatement {
        var select = body
        if take(.order) {
            try expect(.by)
            select.orderBy = try orderingTerms()
        }
        if has(.extendedSelect) {
            while true {
                if at(.limit) || at(.offset) || at(.fetch) {
                    if select.limit != nil { throw unexpected("one LIMIT clause") }
                    select.limit = try limitClause()
                } else if at(.for) {
                    guard let lock = try lockingClause() else { break }
                    select.locking.append(lock)
                } else {
                    break
                }
            }
        } else if at(.limit) {
            select.limit = try limitClause()
        }
        select.range = range(from: start)
        return select
    }

    /// UNION, EXCEPT and INTERSECT behind a first operand; all of one rank, or INTERSECT binding tighter.
    private mutating func compound(_ first: SelectBody, above minimum: Int) throws(SQLSyntaxError) -> SelectBody {
        var left = first
        var length = 0
        while true {
            let operation: CompoundSelect.Operator
            switch token.keyword {
            case .union: operation = .union
            case .intersect: operation = .intersect
            case .except: operation = .except
            default: return left
            }
            let rank = operation == .intersect && has(.nestedSetOperands) ? 2 : 1
            if rank <= minimum { return left }
            length += 1
            guard length <= Self.chainLimit else {
                throw SQLSyntaxError(
                    .nestingTooDeep, "a query has more than \(Self.chainLimit) set operations in a chain",
                    offset: Int(token.start))
            }
            advance()
            var isAll = false
            if operation == .union || has(.nestedSetOperands) { isAll = take(.all) }
            if !isAll, has(.nestedSetOperands) { _ = take(.distinct) }
            var right = try setOperand()
            if rank == 1, has(.nestedSetOperands) { right = try compound(right, above: 1) }
            left = .compound(CompoundSelect(left, operation, isAll: isAll, right))
        }
    }

    private mutating func setOperand() throws(SQLSyntaxError) -> SelectBody {
        switch token.keyword {
        case .select: return .core(try selectCore())
        case .values: return .values(try valuesClause())
        case .table where has(.nestedSetOperands):
            advance()
            _ = take(.only)
            let name = try objectName("a table's name")
            _ = take(.star)
            return .table(name)
        default:
            guard has(.nestedSetOperands), at(.leftParenthesis) else { throw unexpected(.select) }
            return .nested(try queryInParentheses())
        }
    }

    private mutating func selectCore() throws(SQLSyntaxError) -> SelectCore {
        let start = token.start
        advance()
        var core = SelectCore(items: [])
        if take(.distinct) {
            core.distinctness = .distinct
            if has(.extendedSelect), take(.on) {
                try expect(.leftParenthesis, "\"(\"")
                core.distinctness = .on(try expressionList())
                try expect(.rightParenthesis, "\",\" or \")\"")
            }
        } else if take(.all) {
            core.distinctness = .all
        }
        var mayLackItems = false
        if has(.extendedSelect), case .distinct = core.distinctness {} else { mayLackItems = has(.extendedSelect) }
        if !(mayLackItems && atEndOfItems()) { core.items = try selectItems() }
        if has(.extendedSelect), take(.into) {
            let first = position
            if at(.temporary) || at(.temp) || at(word: "unlogged") { advance() }
            _ = take(.table)
            _ = try objectName("a table's name")
            core.into = written(from: first)
        }
        if take(.from) { core.from = try tableExpression() }
        if take(.where) { core.where = try expression() }
        if at(.group) { try groupBy(&core) }
        if take(.having) { core.having = try expression() }
        if startsWindowClause() { core.windows = try windowClause() }
        core.range = range(from: start)
        return core
    }

    private func atEndOfItems() -> Bool {
        switch token.keyword {
        case .from, .where, .into, .group, .having, .order, .limit, .offset, .fetch, .union, .intersect, .except, .for,
            .window, .on, .returning, .with:
            return true
        default: return token.kind == .end || token.kind == .semicolon || token.kind == .rightParenthesis
        }
    }

    mutating func selectItems() throws(SQLSyntaxError) -> [SelectItem] {
        var items: [SelectItem] = []
        repeat { items.append(try selectItem()) } while take(.comma)
        return items
    }

    private mutating func selectItem() throws(SQLSyntaxError) -> SelectItem {
        let start = token.start
        if at(.star) {
            let range = token.range
            advance()
            return SelectItem(.wildcard(Wildcard(range: range)), range: range)
        }
        let expression = try expression()
        if case .wildcard(let wildcard) = expression {
            return SelectItem(.wildcard(wildcard), range: range(from: start))
        }
        if take(.as) {
            let alias = try label("an alias")
            return SelectItem(.expression(expression), alias: alias, range: range(from: start))
        }
        let alias = bareAlias(.bareAlias)
        return SelectItem(.expression(expression), alias: alias, hasAs: false, range: range(from: start))
    }

    private mutating func groupBy(_ core: inout SelectCore) throws(SQLSyntaxError) {
        advance()
        try expect(.by)
        guard has(.extendedSelect) else {
            core.groupBy = try expressionList().map { .expression($0) }
            return
        }
        if take(.distinct) { core.isGroupByDistinct = true } else { _ = take(.all) }
        repeat { core.groupBy.append(try groupingElement()) } while take(.comma)
    }

    private mutating func groupingElement() throws(SQLSyntaxError) -> GroupingElement {
        if at(.rollup), peek().kind == .leftParenthesis {
            advance()
            return .rollup(try expressionListInParentheses())
        }
        if at(.cube), peek().kind == .leftParenthesis {
            advance()
            return .cube(try expressionListInParentheses())
        }
        if at(.leftParenthesis), peek().kind == .rightParenthesis {
            advance()
            advance()
            return .empty
        }
        if at(.grouping), at(word: "sets", ahead: 1) {
            try enter()
            advance()
            advance()
            try expect(.leftParenthesis, "\"(\"")
            var sets: [GroupingElement] = []
            repeat { sets.append(try groupingElement()) } while take(.comma)
            try expect(.rightParenthesis, "\",\" or \")\"")
            leave()
            return .sets(sets)
        }
        let expression = try expression()
        if case .row(let row) = expression, !row.hasKeyword { return .tuple(row.elements) }
        return .expression(expression)
    }

    private mutating func windowClause() throws(SQLSyntaxError) -> [NamedWindow] {
        advance()
        var windows: [NamedWindow] = []
        repeat {
            let name = try name("a window's name")
            try expect(.as)
            windows.append(NamedWindow(name: name, specification: try windowSpecification()))
        } while take(.comma)
        return windows
    }

    /// VALUES with its rows; each row's range covers its parentheses.
    /// - Parameter takesDefault: of an INSERT, where `DEFAULT` may stand for a value. SQLite has no such word; ShardKit gives it to columns
    ///   that are generated, and SQLite itself objects to all others.
    mutating func valuesClause(takesDefault: Bool = false) throws(SQLSyntaxError) -> ValuesClause {
        let start = token.start
        advance()
        var rows: [ValuesRow] = []
        repeat {
            let rowStart = token.start
            try expect(.leftParenthesis, "\"(\"")
            var values: [Expression] = []
            values.reserveCapacity(rows.first?.values.count ?? 8)
            repeat {
                if takesDefault, at(.default), peek().kind == .comma || peek().kind == .rightParenthesis {
                    values.append(.defaultValue(token.range))
                    advance()
                } else {
                    values.append(try expression())
                }
            } while take(.comma)
            try expect(.rightParenthesis, "\",\" or \")\"")
            rows.append(ValuesRow(values: values, range: range(from: rowStart)))
        } while take(.comma)
        return ValuesClause(rows: rows, range: range(from: start))
    }
}
