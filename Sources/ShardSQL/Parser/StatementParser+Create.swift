/// CREATE of everything but tables, ALTER and DROP.
extension StatementParser {
    mutating func create(_ start: Int32) throws(SQLSyntaxError) -> Statement {
        let first = position
        advance()
        let orReplace = has(.serverStatements) && take(.or, .replace)
        var isTemporary = false
        var modifiers: [String] = []
        scan: while true {
            switch token.keyword {
            case .temp, .temporary: isTemporary = true
            case .recursive where has(.serverStatements), .materialized where has(.serverStatements):
                modifiers.append(text(of: token).uppercased())
            default:
                guard has(.serverStatements), at(word: "unlogged") || at(word: "global") || at(word: "local") else {
                    break scan
                }
                modifiers.append(text(of: token).uppercased())
            }
            advance()
        }
        let words = modifiers.isEmpty ? nil : modifiers.joined(separator: " ")
        switch token.keyword {
        case .table where !orReplace:
            return try createTable(isTemporary: isTemporary, modifiers: words, start)
        case .index where !isTemporary: return .createIndex(try createIndex(isUnique: false, start))
        case .unique where !isTemporary:
            advance()
            guard at(.index) else { throw unexpected(.index) }
            return .createIndex(try createIndex(isUnique: true, start))
        case .view: return .createView(try createView(isTemporary, orReplace, words, start))
        case .trigger, .constraint:
            if has(.serverStatements) {
                if take(.constraint) { guard at(.trigger) else { throw unexpected(.trigger) } }
                return .createTrigger(try serverTrigger(isTemporary, start))
            }
            guard at(.trigger) else { break }
            return .createTrigger(try createTrigger(isTemporary, start))
        case .virtual where has(.embeddedEngine) && !isTemporary:
            return .createVirtualTable(try createVirtualTable(start))
        default: break
        }
        guard has(.serverStatements) else { throw unexpected("TABLE, INDEX, VIEW or TRIGGER") }
        return try otherDefinition("CREATE", first, start)
    }

    private mutating func createIndex(isUnique: Bool, _ start: Int32) throws(SQLSyntaxError) -> CreateIndexStatement {
        advance()
        let isConcurrent = has(.serverStatements) && take(.concurrently)
        let ifNotExists = try ifNotExists()
        var name: ObjectName?
        if !(has(.serverStatements) && at(.on)) { name = try objectName("an index's name") }
        try expect(.on)
        if has(.serverStatements) { _ = take(.only) }
        let table =
            has(.serverStatements)
            ? try objectName("a table's name") : ObjectName([try self.name("a table's name")])
        var index = CreateIndexStatement(
            isUnique: isUnique, isConcurrent: isConcurrent, ifNotExists: ifNotExists, name: name, table: table,
            columns: [])
        if has(.serverStatements), take(.using) { index.method = try self.name("an access method's name") }
        try expect(.leftParenthesis, "\"(\"")
        index.columns = try indexedColumns()
        index.isGlobal = take(word: "global")
        if has(.serverStatements) {
            let first = position
            if take(word: "include") { try skipIndexGroup() }
            if take(.nulls) {
                _ = take(.not)
                try expect(.distinct)
            }
            if take(.with) { try skipIndexGroup() }
            if take(word: "tablespace") { _ = try self.name("a tablespace's name") }
            if position > first { index.suffix = written(from: first) }
        }
        if take(.where) { index.where = try expression() }
        if !index.isGlobal { index.isGlobal = take(word: "global") }
        index.range = range(from: start)
        return index
    }

    private mutating func skipIndexGroup() throws(SQLSyntaxError) {
        guard at(.leftParenthesis) else { throw unexpected("\"(\"") }
        try skipGroup()
    }

    private mutating func createView(
        _ isTemporary: Bool, _ orReplace: Bool, _ modifiers: String?, _ start: Int32
    ) throws(SQLSyntaxError) -> CreateViewStatement {
        advance()
        let ifNotExists = try ifNotExists()
        let name = try objectName("a view's name")
        let columns = try nameListIfPresent("a column's name")
        var options: [String] = []
        if has(.serverStatements) {
            let first = position
            if modifiers?.contains("MATERIALIZED") == true, take(.using) {
                _ = try self.name("an access method's name")
            }
            if at(.with), peek().kind == .leftParenthesis {
                advance()
                try skipGroup()
            }
            if take(word: "tablespace") { _ = try self.name("a tablespace's name") }
            if position > first { options.append(written(from: first)) }
        }
        try expect(.as)
        let select = try selectStatement()
        var view = CreateViewStatement(
            isTemporary: isTemporary, orReplace: orReplace, modifiers: modifiers, ifNotExists: ifNotExists, name: name,
            columns: columns, select: select)
        if has(.serverStatements), at(.with) {
            let first = position
            advance()
            if take(.no) || at(word: "data") {
                try expect(word: "data")
            } else {
                if at(word: "cascaded") || at(word: "local") { advance() }
                try expect(.check)
                try expect(word: "option")
            }
            options.append(written(from: first))
        }
        if !options.isEmpty { view.suffix = options.joined(separator: " ") }
        view.range = range(from: start)
        return view
    }

    /// SQLite's: `[BEFORE | AFTER | INSTEAD OF] event ON t [FOR EACH ROW] [WHEN x] BEGIN …; END`.
    private mutating func createTrigger(
        _ isTemporary: Bool, _ start: Int32
    ) throws(SQLSyntaxError) -> CreateTriggerStatement {
        advance()
        let ifNotExists = try ifNotExists()
        let name = try objectName("a trigger's name")
        let first = position
        if take(.instead) { try expect(.of) } else if !take(.before) { _ = take(.after) }
        if take(.update) {
            if take(.of) {
                repeat { _ = try self.name("a column's name") } while take(.comma)
            }
        } else if !take(.insert), !take(.delete) {
            throw unexpected("INSERT, UPDATE or DELETE")
        }
        try expect(.on)
        let table = try objectName("a table's name")
        if take(.for) {
            try expect(.each)
            try expect(.row)
        }
        if take(.when) { _ = try expression() }
        try expect(.begin)
        var body: [Statement] = []
        repeat {
            switch token.keyword {
            case .select, .values, .with, .insert, .replace, .update, .delete: body.append(try statement())
            default: throw unexpected("SELECT, INSERT, UPDATE or DELETE")
            }
            try expect(.semicolon, "\";\"")
        } while token.keyword != .end
        advance()
        return CreateTriggerStatement(
            isTemporary: isTemporary, ifNotExists: ifNotExists, name: name, table: table, text: written(from: first),
            body: body, range: range(from: start))
    }

    /// PostgreSQL's, whose body is a function: recognised up to its table.
    private mutating func serverTrigger(
        _ isTemporary: Bool, _ start: Int32
    ) throws(SQLSyntaxError) -> CreateTriggerStatement {
        advance()
        let name = try objectName("a trigger's name")
        let first = position
        if take(.instead) {
            try expect(.of)
        } else if !take(.before), !take(.after) {
            throw unexpected("BEFORE, AFTER or INSTEAD OF")
        }
        var sawUpdate = false
        repeat {
            if take(.update) {
                if sawUpdate { throw unexpected("each event once") }
                sawUpdate = true
                if take(.of) {
                    repeat { _ = try self.name("a column's name") } while take(.comma)
                }
            } else if !take(.insert), !take(.delete), !take(.truncate) {
                throw unexpected("INSERT, UPDATE, DELETE or TRUNCATE")
            }
        } while take(.or)
        try expect(.on)
        let table = try objectName("a table's name")
        try skipToEndOfStatement()
        return CreateTriggerStatement(
            isTemporary: isTemporary, ifNotExists: false, name: name, table: table, text: try verbatim(from: first),
            range: range(from: start))
    }

    private mutating func createVirtualTable(_ start: Int32) throws(SQLSyntaxError) -> CreateVirtualTableStatement {
        advance()
        try expect(.table)
        let ifNotExists = try ifNotExists()
        let name = try objectName("a table's name")
        try expect(.using)
        var table = CreateVirtualTableStatement(
            ifNotExists: ifNotExists, name: name, module: try self.name("a module's name"), arguments: nil)
        if at(.leftParenthesis) {
            let opening = Int(token.end)
            try skipGroup()
            table.arguments = text(opening, Int(tokens[position - 1].start))
        }
        table.sharding = try shardingClauseIfPresent()
        table.range = range(from: start)
        return table
    }

    mutating func alter(_ start: Int32) throws(SQLSyntaxError) -> Statement {
        let first = position
        advance()
        guard take(.table) else {
            guard has(.serverStatements) else { throw unexpected(.table) }
            return try otherDefinition("ALTER", first, start)
        }
        if has(.serverStatements), at(.all), peek().keyword == .in {
            try skipToEndOfStatement()
            return .other(
                OtherStatement(kind: "ALTER TABLE ALL", text: written(from: first), range: range(from: start)))
        }
        var alter = AlterTableStatement(table: ObjectName([]), action: .verbatim(""))
        if has(.serverStatements), at(.if, .exists) {
            advance()
            advance()
            alter.ifExists = true
        }
        if has(.serverStatements) { _ = take(.only) }
        alter.table = try objectName("a table's name")
        if has(.serverStatements) { _ = take(.star) }
        alter.action = try alterAction()
        alter.range = range(from: start)
        return .alterTable(alter)
    }

    private mutating func alterAction() throws(SQLSyntaxError) -> AlterTableStatement.Action {
        let first = position
        if take(.rename) {
            if take(.to) { return .renameTable(try name("a table's name")) }
            if has(.serverStatements), at(.constraint) { return try verbatimAction(first) }
            _ = take(.column)
            let column = try name("a column's name")
            try expect(.to)
            return .renameColumn(column, to: try name("a column's name"))
        }
        if at(.add), has(.serverStatements), addsForeignKey(), !hasSeveralActions() {
            advance()
            return .addConstraint(try tableConstraint())
        }
        if at(.add), !(has(.serverStatements) && (isConstraint(peek().keyword) || hasSeveralActions())) {
            advance()
            _ = take(.column)
            let ifNotExists = has(.serverStatements) ? try ifNotExists() : false
            return .addColumn(try columnDefinition(), ifNotExists: ifNotExists)
        }
        if at(.drop), peek().keyword != .constraint, !(has(.serverStatements) && hasSeveralActions()) {
            advance()
            _ = take(.column)
            if has(.serverStatements), at(.if) { return try verbatimAction(first) }
            let column = try name("a column's name")
            if at(.cascade) || at(.restrict), has(.serverStatements) { return try verbatimAction(first) }
            return .dropColumn(column)
        }
        guard has(.serverStatements) else { throw unexpected("RENAME, ADD or DROP") }
        return try verbatimAction(first)
    }

    private func isConstraint(_ keyword: Keyword) -> Bool {
        switch keyword {
        case .constraint, .check, .unique, .primary, .foreign, .exclude: true
        default: false
        }
    }

    /// Whether `ADD [CONSTRAINT name] FOREIGN KEY` follows.
    private func addsForeignKey() -> Bool {
        let word = peek().keyword == .constraint ? position + 3 : position + 1
        return word < tokenCount && tokens[word].keyword == .foreign
    }

    /// Whether a comma outside of parentheses separates several actions.
    private func hasSeveralActions() -> Bool {
        var open = 0
        for index in position..<tokenCount {
            switch tokens[index].kind {
            case .leftParenthesis, .leftBracket: open += 1
            case .rightParenthesis, .rightBracket: open -= 1
            case .comma where open == 0: return true
            case .semicolon where open == 0: return false
            default: break
            }
        }
        return false
    }

    private mutating func verbatimAction(_ first: Int) throws(SQLSyntaxError) -> AlterTableStatement.Action {
        position = first
        switch token.keyword {
        case .add, .alter, .drop, .attach, .detach, .cluster, .replace, .rename, .set, .reset, .not: break
        default:
            let words: [StaticString] = [
                "enable", "disable", "validate", "owner", "inherit", "no", "of", "force",
                "options", "replica",
            ]
            guard words.contains(where: { at(word: $0) }) else { throw unexpected("an action") }
        }
        advance()
        if tokens[first].keyword == .set, at(.with) || at(.without), peek().kind != .leftParenthesis {
            guard at(.without), at(word: "oids", ahead: 1) || at(.cluster, .none) || peek().keyword == .cluster else {
                throw unexpected("a setting")
            }
        }
        try skipToEndOfStatement()
        return .verbatim(try verbatim(from: first))
    }

    mutating func drop(_ start: Int32) throws(SQLSyntaxError) -> Statement {
        let first = position
        advance()
        let subject: DropStatement.Subject
        switch token.keyword {
        case .table: subject = .table
        case .index: subject = .index
        case .view: subject = .view
        case .trigger: subject = .trigger
        default:
            guard has(.serverStatements) else { throw unexpected("TABLE, INDEX, VIEW or TRIGGER") }
            return try otherDefinition("DROP", first, start)
        }
        advance()
        let suffixStart = position
        let isConcurrent = has(.serverStatements) && subject == .index && take(.concurrently)
        var drop = DropStatement(subject: subject, ifExists: false, names: [])
        if take(.if) {
            try expect(.exists)
            drop.ifExists = true
        }
        drop.names = [try objectName("a name")]
        while has(.serverStatements), take(.comma) { drop.names.append(try objectName("a name")) }
        guard has(.serverStatements) else {
            drop.range = range(from: start)
            return .drop(drop)
        }
        let tail = position
        if subject == .trigger {
            try expect(.on)
            _ = try objectName("a table's name")
        }
        if at(.cascade) || at(.restrict) { advance() }
        var suffix = position > tail ? written(from: tail) : nil
        if isConcurrent {
            // CONCURRENTLY stands before the names: the statement is kept whole.
            suffix = nil
            return .other(
                OtherStatement(
                    kind: "DROP INDEX CONCURRENTLY", text: written(from: first),
                    object: drop.names[0], range: range(from: tokens[suffixStart - 2].start)))
        }
        drop.suffix = suffix
        drop.range = range(from: start)
        return .drop(drop)
    }
}
