/// CREATE TABLE: columns, constraints, options.
extension StatementParser {
    /// Behind CREATE and the words before TABLE, at TABLE.
    mutating func createTable(
        isTemporary: Bool, modifiers: String?, _ start: Int32
    ) throws(SQLSyntaxError) -> Statement {
        advance()
        let ifNotExists = try ifNotExists()
        let name = try objectName("a table's name")
        var table = CreateTableStatement(
            isTemporary: isTemporary, modifiers: modifiers, ifNotExists: ifNotExists, name: name,
            content: .columns([], []))
        if has(.serverStatements), at(.partition, .of) || at(.of) {
            let first = position
            try skipToEndOfStatement()
            table.content = .verbatim(try verbatim(from: first))
            table.range = range(from: start)
            return .createTable(table)
        }
        if at(.as) {
            try createAsSelect(&table, columns: [])
        } else if has(.serverStatements), startsColumnNames() {
            let columns = try nameList("a column's name")
            table.suffix = try serverOptions()
            guard at(.as) else { throw unexpected(.as) }
            try createAsSelect(&table, columns: columns)
        } else if has(.serverStatements), !at(.leftParenthesis) {
            table.suffix = try serverOptions()
            guard at(.as) else { throw unexpected("\"(\" or AS") }
            try createAsSelect(&table, columns: [])
        } else {
            try expect(.leftParenthesis, "\"(\" or AS")
            try definitions(&table)
            try expect(.rightParenthesis, "\",\" or \")\"")
            if has(.serverStatements) { table.suffix = try serverOptions() } else { try tableOptions(&table) }
        }
        table.sharding = try shardingClauseIfPresent()
        table.range = range(from: start)
        return .createTable(table)
    }

    mutating func ifNotExists() throws(SQLSyntaxError) -> Bool {
        guard at(.if, .not) else { return false }
        advance()
        advance()
        try expect(.exists)
        return true
    }

    /// Whether `(a, b) AS` and not definitions stand there: names alone, then AS or an option.
    private func startsColumnNames() -> Bool {
        guard at(.leftParenthesis) else { return false }
        var distance = 1
        while atName(distance) {
            distance += 1
            if peek(distance).kind == .comma { distance += 1 } else { break }
        }
        guard distance > 1, peek(distance).kind == .rightParenthesis else { return false }
        return true
    }

    private mutating func createAsSelect(
        _ table: inout CreateTableStatement, columns: [Identifier]
    ) throws(SQLSyntaxError) {
        advance()
        if has(.serverStatements), at(.execute) {
            let first = position - 1
            try skipToEndOfStatement()
            table.content = .verbatim(try verbatim(from: first))
            return
        }
        let select = try selectStatement()
        var suffix: String?
        if has(.serverStatements), at(.with) {
            let first = position
            advance()
            _ = take(.no)
            try expect(word: "data")
            suffix = written(from: first)
        }
        table.content = .select(select, columns: columns, suffix: suffix)
    }

    private mutating func definitions(_ table: inout CreateTableStatement) throws(SQLSyntaxError) {
        var columns: [ColumnDefinition] = []
        var constraints: [TableConstraint] = []
        if has(.serverStatements), at(.rightParenthesis) { return }
        repeat {
            if startsTableConstraint() {
                if !has(.serverStatements), columns.isEmpty { throw unexpected("a column's name") }
                constraints.append(try tableConstraint())
                // In the loose grammar a constraint follows another without a comma, and no column any more.
                while has(.looseColumnDefinitions), !at(.rightParenthesis), !at(.comma) {
                    constraints.append(try tableConstraint())
                }
            } else {
                if has(.looseColumnDefinitions), !constraints.isEmpty { throw unexpected("a table constraint") }
                columns.append(try columnDefinition())
            }
        } while take(.comma)
        table.content = .columns(columns, constraints)
    }

    private func startsTableConstraint() -> Bool {
        switch token.keyword {
        case .constraint, .primary, .unique, .check, .foreign: return true
        case .like: return has(.serverStatements)
        case .exclude: return has(.serverStatements) && (peek().keyword == .using || peek().kind == .leftParenthesis)
        default: return false
        }
    }

    /// WITHOUT ROWID, STRICT.
    private mutating func tableOptions(_ table: inout CreateTableStatement) throws(SQLSyntaxError) {
        guard at(.without) || at(word: "strict") else { return }
        repeat {
            if take(.without) {
                guard at(word: "rowid") else { throw unexpected("ROWID") }
                advance()
                table.isWithoutRowID = true
            } else if take(word: "strict") {
                table.isStrict = true
            } else {
                throw unexpected("WITHOUT ROWID or STRICT")
            }
        } while take(.comma)
    }

    /// INHERITS, PARTITION BY, USING, WITH, ON COMMIT, TABLESPACE, as text.
    private mutating func serverOptions() throws(SQLSyntaxError) -> String? {
        let first = position
        while true {
            if take(word: "inherits") || at(.with) && peek().kind == .leftParenthesis {
                if at(.with) { advance() }
                guard at(.leftParenthesis) else { throw unexpected("\"(\"") }
                try skipGroup()
            } else if at(.partition, .by) {
                advance()
                advance()
                guard at(word: "range") || at(word: "list") || at(word: "hash") else {
                    throw unexpected("RANGE, LIST or HASH")
                }
                advance()
                guard at(.leftParenthesis) else { throw unexpected("\"(\"") }
                try skipGroup()
            } else if take(.using) {
                _ = try name("an access method's name")
            } else if at(.without), at(word: "oids", ahead: 1) {
                advance()
                advance()
            } else if at(.on, .commit) {
                advance()
                advance()
                if take(.drop) { continue }
                guard take(word: "preserve") || take(.delete) else { throw unexpected("DROP, DELETE or PRESERVE") }
                try expect(.rows)
            } else if take(word: "tablespace") {
                _ = try name("a tablespace's name")
            } else {
                return position > first ? try verbatim(from: first) : nil
            }
        }
    }
}
