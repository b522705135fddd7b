/// What stands in FROM: tables, joins, subqueries, functions.
extension StatementParser {
    mutating func tableExpression() throws(SQLSyntaxError) -> TableExpression {
        try enter()
        defer { leave() }
        var left = try joinedTable()
        var length = 0
        while !has(.commaBindsLikeJoin), take(.comma) {
            try count(&length)
            left = .join(JoinExpression(left, .comma, spelling: ",", try joinedTable()))
        }
        return left
    }

    private func count(_ length: inout Int) throws(SQLSyntaxError) {
        length += 1
        guard length <= Self.chainLimit else {
            throw SQLSyntaxError(
                .nestingTooDeep, "more than \(Self.chainLimit) joins stand in a chain", offset: Int(token.start))
        }
    }

    /// A table and the joins behind it, left to right.
    private mutating func joinedTable() throws(SQLSyntaxError) -> TableExpression {
        try joins(try tablePrimary(), 0)
    }

    /// - Parameter open: How many joins before this one still wait for their ON: `a JOIN b JOIN c ON … ON …`.
    private mutating func joins(_ first: TableExpression, _ open: Int) throws(SQLSyntaxError) -> TableExpression {
        var left = first
        var length = 0
        while let join = try joinOperator() {
            try count(&length)
            var right = try tablePrimary()
            var constraint = try joinConstraint()
            if constraint == nil, !has(.optionalJoinConstraint), !join.isNatural, join.kind != .cross {
                try enter()
                right = try joins(right, open + 1)
                leave()
                constraint = try joinConstraint()
                if constraint == nil { throw unexpected("ON or USING") }
            }
            left = .join(
                JoinExpression(
                    left, join.kind, isNatural: join.isNatural, spelling: join.spelling, right,
                    constraint: constraint))
            if open > 0, at(.on) || at(.using) { break }
        }
        return left
    }

    private mutating func joinOperator() throws(SQLSyntaxError) -> (
        kind: JoinExpression.Kind, isNatural: Bool, spelling: String
    )? {
        let token = token
        switch token.kind {
        case .comma where has(.commaBindsLikeJoin):
            advance()
            return (.comma, false, ",")
        case .word: break
        default: return nil
        }
        if take(.join) { return (.inner, false, "JOIN") }
        var kind: JoinExpression.Kind?
        var isNatural = false
        var words: [String] = []
        scan: while words.count < 4 {
            switch self.token.keyword {
            case .natural where !isNatural: isNatural = true
            case .inner: kind = .inner
            case .cross: kind = .cross
            case .left: kind = kind == .right ? .full : .left
            case .right: kind = kind == .left ? .full : .right
            case .full: kind = .full
            case .outer where !words.isEmpty || has(.optionalJoinConstraint): break
            default: break scan
            }
            words.append(text(of: self.token).uppercased())
            advance()
        }
        if words.isEmpty { return nil }
        try expect(.join)
        words.append("JOIN")
        return (kind ?? .inner, isNatural, words.joined(separator: " "))
    }

    private mutating func joinConstraint() throws(SQLSyntaxError) -> JoinExpression.Constraint? {
        if take(.on) { return .on(try expression()) }
        guard take(.using) else { return nil }
        let columns = try nameList("a column's name")
        var alias: Identifier?
        if has(.extendedFrom), take(.as) { alias = try name("an alias") }
        return .using(columns, alias: alias)
    }

    private mutating func tablePrimary() throws(SQLSyntaxError) -> TableExpression {
        try enter()
        defer { leave() }
        let start = token.start
        if has(.extendedFrom) {
            switch token.keyword {
            case .only: return try onlyTable()
            case .lateral:
                advance()
                if at(.leftParenthesis) { return try parenthesizedTable(isLateral: true) }
                return try functionTable(isLateral: true, start)
            case .rows where peek().keyword == .from: return try verbatimTable("ROWS FROM", words: 2)
            case .xmltable, .json_table:
                if peek().kind == .leftParenthesis {
                    return try verbatimTable(text(of: token).uppercased(), words: 1)
                }
            default: break
            }
        }
        if at(.leftParenthesis) { return try parenthesizedTable(isLateral: false) }
        if has(.extendedFrom), startsFunction() { return try functionTable(isLateral: false, start) }
        let name = try objectName("a table")
        if !has(.extendedFrom), at(.leftParenthesis) {
            var function = FunctionTable(FunctionCall(name, arguments: []))
            let arguments = try expressionListInParentheses()
            function.call.arguments = arguments.map { FunctionArgument($0) }
            function.call.range = range(from: start)
            function.alias = try tableAlias()
            function.range = range(from: start)
            return .function(function)
        }
        return .table(try tableReference(name, start))
    }

    /// Behind a table's name: alias, index hint, sample.
    private mutating func tableReference(_ name: ObjectName, _ start: Int32) throws(SQLSyntaxError) -> TableReference {
        var reference = TableReference(name)
        if has(.extendedFrom) { _ = take(.star) }
        reference.alias = try tableAlias()
        if has(.indexHints) { reference.indexHint = try indexHint() }
        if has(.extendedFrom), at(.tablesample) {
            let first = position
            advance()
            _ = try objectName("a sampling method")
            _ = try expressionListInParentheses()
            if take(word: "repeatable") { _ = try expressionListInParentheses() }
            reference.sample = written(from: first)
        }
        reference.range = range(from: start)
        return reference
    }

    mutating func indexHint() throws(SQLSyntaxError) -> TableReference.IndexHint? {
        if take(.indexed) {
            try expect(.by)
            return .indexedBy(try name("an index's name"))
        }
        return take(.not, .indexed) ? .notIndexed : nil
    }

    private mutating func onlyTable() throws(SQLSyntaxError) -> TableExpression {
        let start = token.start
        advance()
        let isParenthesized = take(.leftParenthesis)
        let name = try objectName("a table's name")
        if isParenthesized { try expect(.rightParenthesis, "\")\"") }
        var reference = try tableReference(name, start)
        reference.isOnly = true
        return .table(reference)
    }

    /// `(SELECT …)`, `(a JOIN b …)`.
    private mutating func parenthesizedTable(isLateral: Bool) throws(SQLSyntaxError) -> TableExpression {
        let start = isLateral ? tokens[position - 1].start : token.start
        advance()
        var select: SelectStatement?
        if startsQuery(token) {
            select = try selectStatement()
        } else {
            let inner = token.start
            let table = try tableExpression()
            if case .subquery(let subquery) = table, subquery.alias == nil, !subquery.isLateral {
                // A query in two pairs of parentheses, or the first operand of one.
                select =
                    continuesQuery()
                    ? try selectStatement(continuing: subquery.select, inner)
                    : SelectStatement(body: .nested(subquery.select), range: subquery.range)
            } else {
                try expect(.rightParenthesis, "\")\"")
                let alias = try tableAlias()
                return .parenthesized(table, alias: alias)
            }
        }
        try expect(.rightParenthesis, "\")\"")
        guard let select else { throw unexpected("a query") }
        let alias = try tableAlias()
        return .subquery(SubqueryTable(select, alias: alias, isLateral: isLateral, range: range(from: start)))
    }

    /// Whether a function stands here: a name, dots and names, a parenthesis; or a session's word.
    private func startsFunction() -> Bool {
        guard at(.word) || atName() else { return false }
        var distance = 1
        while peek(distance).kind == .dot { distance += 2 }
        if peek(distance).kind == .leftParenthesis { return distance > 1 || !at(.select) }
        switch token.keyword {
        case .current_date, .current_time, .current_timestamp, .localtime, .localtimestamp, .current_user, .user,
            .session_user, .current_role, .current_catalog, .current_schema:
            return true
        default: return false
        }
    }

    private mutating func functionTable(isLateral: Bool, _ start: Int32) throws(SQLSyntaxError) -> TableExpression {
        let first = position
        if at(.rows, .from) || at(.xmltable) || at(.json_table) {
            let words = at(.rows) ? 2 : 1
            let kind = at(.rows) ? "ROWS FROM" : text(of: token).uppercased()
            return try verbatimTable(kind, words: words, isLateral: isLateral)
        }
        let expression = try primary()
        guard case .function(let call) = expression else {
            // CAST(…), CURRENT_DATE and other expressions that the dialect takes for functions.
            let text = (isLateral ? "LATERAL " : "") + written(from: first)
            let alias = try tableAlias()
            return .verbatim(
                VerbatimExpression(text: text, kind: "FUNCTION", range: range(from: start)), alias: alias)
        }
        if call.over != nil || call.filter != nil {
            throw SQLSyntaxError("a function in FROM has no FILTER and no OVER", offset: Int(start))
        }
        var function = FunctionTable(call, isLateral: isLateral)
        if at(.with), at(word: "ordinality", ahead: 1) {
            advance()
            advance()
            function.withOrdinality = true
        }
        if at(.as), peek().kind == .leftParenthesis {
            advance()
            try skipGroup()
            let text = (isLateral ? "LATERAL " : "") + written(from: first)
            return .verbatim(VerbatimExpression(text: text, kind: "FUNCTION", range: range(from: start)), alias: nil)
        }
        function.alias = try tableAlias()
        function.range = range(from: start)
        return .function(function)
    }

    /// Words and a group that are kept as text.
    private mutating func verbatimTable(
        _ kind: String, words: Int, isLateral: Bool = false
    ) throws(SQLSyntaxError) -> TableExpression {
        let first = position
        for _ in 0..<words { advance() }
        guard at(.leftParenthesis) else { throw unexpected("\"(\"") }
        try skipGroup()
        if at(.with), at(word: "ordinality", ahead: 1) {
            advance()
            advance()
        }
        let text = (isLateral ? "LATERAL " : "") + (try verbatim(from: first))
        let range = range(from: tokens[first].start)
        let alias = try tableAlias()
        return .verbatim(VerbatimExpression(text: text, kind: kind, range: range), alias: alias)
    }

    /// `[AS] alias [(columns)]`
    mutating func tableAlias() throws(SQLSyntaxError) -> TableAlias? {
        var alias: TableAlias
        if take(.as) {
            alias = TableAlias(name: has(.extendedFrom) ? try name("an alias") : try label("an alias"))
        } else if let name = bareAlias(.tableAlias) {
            alias = TableAlias(name: name, hasAs: false)
        } else {
            return nil
        }
        guard has(.extendedFrom), at(.leftParenthesis) else { return alias }
        if atName(1), peek(2).kind == .comma || peek(2).kind == .rightParenthesis {
            alias.columns = try nameList("a column's name")
        } else {
            let first = position
            try skipGroup()
            alias.definitions = written(from: first)
        }
        return alias
    }
}
