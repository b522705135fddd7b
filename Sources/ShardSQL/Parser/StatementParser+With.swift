/// WITH, LIMIT and the locks of a query.
extension StatementParser {
    mutating func withClause() throws(SQLSyntaxError) -> WithClause {
        let start = token.start
        advance()
        var isRecursive = false
        if at(.recursive), peek().keyword != .as || peek().kind == .string { isRecursive = take(.recursive) }
        var tables: [CommonTableExpression] = []
        repeat { tables.append(try commonTable()) } while take(.comma)
        return WithClause(isRecursive: isRecursive, tables: tables, range: range(from: start))
    }

    private mutating func commonTable() throws(SQLSyntaxError) -> CommonTableExpression {
        let start = token.start
        let name = try name("a table's name")
        let columns = try nameListIfPresent("a column's name")
        try expect(.as)
        var isMaterialized: Bool?
        if take(.materialized) {
            isMaterialized = true
        } else if take(.not) {
            try expect(.materialized)
            isMaterialized = false
        }
        try expect(.leftParenthesis, "\"(\"")
        let statement = has(.extendedWrites) ? try queryOrWrite() : .select(try selectStatement())
        try expect(.rightParenthesis, "\")\"")
        var table = CommonTableExpression(
            name: name, columns: columns, isMaterialized: isMaterialized, statement: statement)
        if has(.extendedSelect) { table.suffix = try searchAndCycle() }
        table.range = range(from: start)
        return table
    }

    /// A query, or an INSERT, UPDATE, DELETE or MERGE.
    private mutating func queryOrWrite() throws(SQLSyntaxError) -> Statement {
        try enter()
        defer { leave() }
        let start = token.start
        let first = position
        let with = at(.with) ? try withClause() : nil
        switch token.keyword {
        case .insert: return .insert(try insertStatement(with: with, start))
        case .update: return .update(try updateStatement(with: with, start))
        case .delete: return .delete(try deleteStatement(with: with, start))
        case .merge:
            var open = 0
            let merge = position
            while !(open == 0 && at(.rightParenthesis)), token.kind != .end, !at(.semicolon) {
                if at(.leftParenthesis) { open += 1 } else if at(.rightParenthesis) { open -= 1 }
                advance()
            }
            _ = try verbatim(from: merge)
            return .other(OtherStatement(kind: "MERGE", text: written(from: first), range: range(from: start)))
        default: return .select(try selectStatement(with: with, start))
        }
    }

    /// `SEARCH … SET c`, `CYCLE … USING p`, as text.
    private mutating func searchAndCycle() throws(SQLSyntaxError) -> String? {
        let first = position
        if take(word: "search") {
            if !take(word: "depth") { try expect(word: "breadth") }
            try expect(.first)
            try expect(.by)
            repeat { _ = try name("a column's name") } while take(.comma)
            try expect(.set)
            _ = try name("a column's name")
        }
        if take(word: "cycle") {
            repeat { _ = try name("a column's name") } while take(.comma)
            try expect(.set)
            _ = try name("a column's name")
            if take(.to) {
                _ = try expression()
                try expect(.default)
                _ = try expression()
            }
            try expect(.using)
            _ = try name("a column's name")
        }
        return position > first ? written(from: first) : nil
    }

    /// LIMIT, OFFSET and FETCH in every order that the dialect has.
    mutating func limitClause() throws(SQLSyntaxError) -> LimitClause {
        let start = token.start
        var limit = LimitClause(count: nil, offset: nil)
        if !has(.fetchFirst) {
            try expect(.limit)
            limit.count = try expression()
            if take(.offset) {
                limit.offset = try expression()
            } else if has(.limitComma), take(.comma) {
                limit.offset = limit.count
                limit.count = try expression()
                limit.style = .offsetComma
            }
            limit.range = range(from: start)
            return limit
        }
        var sawCount = false
        while true {
            if !sawCount, take(.limit) {
                sawCount = true
                if !take(.all) { limit.count = try expression() }
            } else if limit.offset == nil, take(.offset) {
                limit.offset = try expression()
                if at(.row) || at(.rows) { advance() }
            } else if !sawCount, take(.fetch) {
                sawCount = true
                limit.style = .fetch
                try fetch(&limit)
            } else {
                break
            }
        }
        limit.range = range(from: start)
        return limit
    }

    private mutating func fetch(_ limit: inout LimitClause) throws(SQLSyntaxError) {
        guard at(.first) || at(word: "next") else { throw unexpected("FIRST or NEXT") }
        advance()
        if at(.row) || at(.rows) {
            limit.count = .literal(Literal(.integer, text: "1"))
        } else {
            limit.count = try expression(above: precedence.additive)
        }
        guard at(.row) || at(.rows) else { throw unexpected("ROW or ROWS") }
        advance()
        if take(.with) {
            try expect(.ties)
            limit.withTies = true
        } else {
            try expect(.only)
        }
    }

    /// `FOR UPDATE [OF t, …] [NOWAIT | SKIP LOCKED]`; nil for `FOR READ ONLY`, which locks nothing.
    mutating func lockingClause() throws(SQLSyntaxError) -> LockingClause? {
        try expect(.for)
        if take(word: "read") {
            try expect(.only)
            return nil
        }
        var lock: LockingClause
        if take(.update) {
            lock = LockingClause(strength: .update)
        } else if take(.no) {
            try expect(.key)
            try expect(.update)
            lock = LockingClause(strength: .noKeyUpdate)
        } else if take(.key) {
            try expect(word: "share")
            lock = LockingClause(strength: .keyShare)
        } else {
            try expect(word: "share")
            lock = LockingClause(strength: .share)
        }
        if take(.of) {
            repeat { lock.of.append(try objectName("a table's name")) } while take(.comma)
        }
        if take(.nowait) {
            lock.waitPolicy = "NOWAIT"
        } else if at(word: "skip"), at(word: "locked", ahead: 1) {
            advance()
            advance()
            lock.waitPolicy = "SKIP LOCKED"
        }
        return lock
    }
}
