/// INSERT, UPDATE and DELETE.
extension StatementParser {
    mutating func insertStatement(with: WithClause?, _ start: Int32) throws(SQLSyntaxError) -> InsertStatement {
        let isReplace = at(.replace)
        advance()
        let conflict = isReplace ? nil : try conflictAction()
        try expect(.into)
        let table = try objectName("a table's name")
        var insert = InsertStatement(
            with: with, verb: isReplace ? .replace : .insert, conflictAction: conflict, table: table,
            source: .defaultValues)
        if take(.as) { insert.alias = try name("an alias") }
        if at(.leftParenthesis), !startsQuery(peek()), peek().kind != .leftParenthesis {
            insert.columns = try targetColumns()
        }
        if has(.extendedWrites), take(word: "overriding") {
            guard at(word: "system") || at(.user) else { throw unexpected("SYSTEM or USER") }
            insert.overriding = text(of: token).uppercased()
            advance()
            try expect(word: "value")
        }
        if take(.default) {
            try expect(.values)
        } else if at(.values) {
            let valuesStart = token.start
            let values = try valuesClause(takesDefault: true)
            insert.source =
                continuesQuery()
                ? .select(try selectStatement(from: .values(values), valuesStart)) : .values(values)
        } else {
            insert.source = .select(try selectStatement())
        }
        while at(.on, .conflict) { insert.upserts.append(try upsert()) }
        insert.returning = try returning()
        insert.range = range(from: start)
        return insert
    }

    /// `OR ROLLBACK | ABORT | FAIL | IGNORE | REPLACE`
    private mutating func conflictAction() throws(SQLSyntaxError) -> String? {
        guard has(.conflictActions), take(.or) else { return nil }
        return try conflictWord()
    }

    mutating func conflictWord() throws(SQLSyntaxError) -> String {
        switch token.keyword {
        case .rollback, .abort, .fail, .ignore, .replace:
            let word = text(of: token).uppercased()
            advance()
            return word
        default: throw unexpected("ROLLBACK, ABORT, FAIL, IGNORE or REPLACE")
        }
    }

    /// `(a, b.c, d[1])`
    private mutating func targetColumns() throws(SQLSyntaxError) -> [InsertColumn] {
        try expect(.leftParenthesis, "\"(\"")
        var columns: [InsertColumn] = []
        repeat { columns.append(try targetColumn()) } while take(.comma)
        try expect(.rightParenthesis, "\",\" or \")\"")
        return columns
    }

    private mutating func targetColumn() throws(SQLSyntaxError) -> InsertColumn {
        let column = try name("a column's name")
        guard has(.extendedWrites), at(.dot) || at(.leftBracket) else { return InsertColumn(column) }
        let first = position
        while at(.dot) || at(.leftBracket) {
            if take(.dot) { _ = try label("a field's name") } else { try skipGroup() }
        }
        return InsertColumn(column, suffix: try verbatim(from: first))
    }

    private mutating func upsert() throws(SQLSyntaxError) -> UpsertClause {
        advance()
        advance()
        var target: UpsertClause.Target?
        if at(.leftParenthesis) {
            advance()
            let columns = try indexedColumns()
            let filter: Expression? = take(.where) ? try expression() : nil
            target = .columns(columns, where: filter)
        } else if has(.extendedWrites), take(.on) {
            try expect(.constraint)
            target = .constraint(try name("a constraint's name"))
        }
        try expect(.do)
        if take(.nothing) { return UpsertClause(target: target, action: .nothing) }
        try expect(.update)
        try expect(.set)
        let assignments = try assignments()
        let filter: Expression? = take(.where) ? try expression() : nil
        return UpsertClause(target: target, action: .update(assignments, where: filter))
    }

    private mutating func assignments() throws(SQLSyntaxError) -> [Assignment] {
        var list: [Assignment] = []
        repeat {
            if at(.leftParenthesis) {
                let columns = try targetColumns()
                try expect(.equal, "\"=\"")
                list.append(Assignment(columns: columns, isTuple: true, value: try expression()))
            } else {
                let column = try targetColumn()
                try expect(.equal, "\"=\"")
                list.append(Assignment(columns: [column], value: try expression()))
            }
        } while take(.comma)
        return list
    }

    private mutating func returning() throws(SQLSyntaxError) -> [SelectItem] {
        take(.returning) ? try selectItems() : []
    }

    /// The target of an UPDATE or DELETE.
    private mutating func target() throws(SQLSyntaxError) -> TableReference {
        let start = token.start
        let isOnly = has(.extendedFrom) && take(.only)
        let isParenthesized = isOnly && take(.leftParenthesis)
        var reference = TableReference(try objectName("a table's name"), isOnly: isOnly)
        if isParenthesized { try expect(.rightParenthesis, "\")\"") }
        if has(.extendedFrom) { _ = take(.star) }
        if take(.as) {
            reference.alias = TableAlias(name: try name("an alias"))
        } else if has(.extendedFrom), !at(.set), let alias = bareAlias(.tableAlias) {
            reference.alias = TableAlias(name: alias, hasAs: false)
        }
        if has(.indexHints) { reference.indexHint = try indexHint() }
        reference.range = range(from: start)
        return reference
    }

    mutating func updateStatement(with: WithClause?, _ start: Int32) throws(SQLSyntaxError) -> UpdateStatement {
        advance()
        let conflict = try conflictAction()
        var update = UpdateStatement(with: with, conflictAction: conflict, table: try target(), assignments: [])
        try expect(.set)
        update.assignments = try assignments()
        if take(.from) { update.from = try tableExpression() }
        if take(.where) {
            update.whereCurrentOf = try currentOf()
            if update.whereCurrentOf == nil { update.where = try expression() }
        }
        update.returning = try returning()
        if has(.limitedWrites) {
            if take(.order) {
                try expect(.by)
                update.orderBy = try orderingTerms()
            }
            if at(.limit) { update.limit = try limitClause() }
        }
        update.range = range(from: start)
        return update
    }

    mutating func deleteStatement(with: WithClause?, _ start: Int32) throws(SQLSyntaxError) -> DeleteStatement {
        advance()
        try expect(.from)
        var delete = DeleteStatement(with: with, table: try target())
        if has(.extendedWrites), take(.using) { delete.using = try tableExpression() }
        if take(.where) {
            delete.whereCurrentOf = try currentOf()
            if delete.whereCurrentOf == nil { delete.where = try expression() }
        }
        delete.returning = try returning()
        if has(.limitedWrites) {
            if take(.order) {
                try expect(.by)
                delete.orderBy = try orderingTerms()
            }
            if at(.limit) { delete.limit = try limitClause() }
        }
        delete.range = range(from: start)
        return delete
    }

    /// The cursor of WHERE CURRENT OF.
    private mutating func currentOf() throws(SQLSyntaxError) -> Identifier? {
        guard has(.extendedWrites), take(.current, .of) else { return nil }
        return try name("a cursor's name")
    }

    /// `column [COLLATE c] [class] [ASC | DESC] [NULLS …], …)` with its closing parenthesis.
    mutating func indexedColumns() throws(SQLSyntaxError) -> [IndexedColumn] {
        var columns: [IndexedColumn] = []
        repeat { columns.append(try indexedColumn()) } while take(.comma)
        try expect(.rightParenthesis, "\",\" or \")\"")
        return columns
    }

    private mutating func indexedColumn() throws(SQLSyntaxError) -> IndexedColumn {
        var column = IndexedColumn(try expression())
        if has(.extendedWrites), atName() || at(.word) && token.roles.contains(.function), !at(.asc), !at(.desc),
            !(at(.nulls) && (peek().keyword == .first || peek().keyword == .last))
        {
            let first = position
            _ = try objectName("an operator class")
            if at(.leftParenthesis) { try skipGroup() }
            column.operatorClass = written(from: first)
        }
        if take(.asc) { column.direction = .ascending } else if take(.desc) { column.direction = .descending }
        column.nulls = nullsOrder()
        return column
    }
}
