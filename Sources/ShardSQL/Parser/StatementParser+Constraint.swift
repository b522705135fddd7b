/// Table constraints, foreign keys and their clauses.
extension StatementParser {
    mutating func tableConstraint() throws(SQLSyntaxError) -> TableConstraint {
        var constraint = TableConstraint(kind: .verbatim(""))
        if take(.constraint) {
            constraint.name = try name("a constraint's name")
            if has(.looseColumnDefinitions), at(.comma) || at(.rightParenthesis) || at(.constraint) {
                return constraint
            }
        }
        let first = position
        switch token.keyword {
        case .primary:
            advance()
            try expect(.key)
            if at(.using, .index) { return try verbatimConstraint(constraint, first) }
            try expect(.leftParenthesis, "\"(\"")
            let (columns, isAutoIncrement) = try keyColumns()
            constraint.kind = .primaryKey(columns, conflict: try onConflict(), isAutoIncrement: isAutoIncrement)
        case .unique:
            advance()
            if at(.using, .index) || at(.nulls) { return try verbatimConstraint(constraint, first) }
            try expect(.leftParenthesis, "\"(\"")
            let (columns, _) = try keyColumns()
            constraint.kind = .unique(columns, conflict: try onConflict())
        case .check:
            advance()
            try expect(.leftParenthesis, "\"(\"")
            let condition = try expression()
            try expect(.rightParenthesis, "\")\"")
            constraint.kind = .check(condition)
            if let conflict = try onConflict() { constraint.suffix = "ON CONFLICT \(conflict)" }
        case .foreign:
            advance()
            try expect(.key)
            let columns = try nameList("a column's name")
            constraint.kind = .foreignKey(columns, try foreignKeyReference())
        case .exclude where has(.serverStatements), .like where has(.serverStatements):
            return try verbatimConstraint(constraint, first)
        default: throw unexpected("a table constraint")
        }
        if has(.serverStatements) { constraint.suffix = try constraintSuffix() }
        return constraint
    }

    /// The columns of a key; with AUTOINCREMENT before the parenthesis where the loose grammar has it.
    private mutating func keyColumns() throws(SQLSyntaxError) -> ([IndexedColumn], Bool) {
        var columns: [IndexedColumn] = []
        repeat {
            if has(.serverStatements) {
                let column = try name("a column's name")
                columns.append(IndexedColumn(.column(ColumnReference([column], range: column.range))))
                if take(.without) { try expect(.overlaps) }
            } else {
                var column = IndexedColumn(try expression())
                if take(.asc) { column.direction = .ascending } else if take(.desc) { column.direction = .descending }
                column.nulls = nullsOrder()
                columns.append(column)
            }
        } while take(.comma)
        let isAutoIncrement = has(.looseColumnDefinitions) && take(.autoincrement)
        try expect(.rightParenthesis, "\",\" or \")\"")
        return (columns, isAutoIncrement)
    }

    /// A constraint kept as text up to the comma or parenthesis behind it.
    private mutating func verbatimConstraint(
        _ constraint: TableConstraint, _ first: Int
    ) throws(SQLSyntaxError) -> TableConstraint {
        var constraint = constraint
        while !at(.comma), !at(.rightParenthesis), token.kind != .end, !at(.semicolon) {
            if at(.leftParenthesis) { try skipGroup() } else { advance() }
        }
        constraint.kind = .verbatim(try verbatim(from: first))
        return constraint
    }

    /// INCLUDE, WITH, USING INDEX TABLESPACE, DEFERRABLE, NOT VALID, NO INHERIT behind a constraint.
    private mutating func constraintSuffix() throws(SQLSyntaxError) -> String? {
        let first = position
        while true {
            if take(word: "include") || at(.with) && peek().kind == .leftParenthesis && take(.with) {
                guard at(.leftParenthesis) else { throw unexpected("\"(\"") }
                try skipGroup()
            } else if at(.using, .index) {
                advance()
                advance()
                try expect(word: "tablespace")
                _ = try name("a tablespace's name")
            } else if at(.not), at(word: "valid", ahead: 1) || at(word: "enforced", ahead: 1) {
                advance()
                advance()
            } else if at(.no), at(word: "inherit", ahead: 1) {
                advance()
                advance()
            } else if at(.deferrable) || at(.initially) || at(.not, .deferrable) {
                _ = try deferral()
            } else {
                return position > first ? written(from: first) : nil
            }
        }
    }

    /// REFERENCES with its actions.
    mutating func foreignKeyReference() throws(SQLSyntaxError) -> ForeignKeyReference {
        try expect(.references)
        let table =
            has(.serverStatements)
            ? try objectName("a table's name") : ObjectName([try name("a table's name")])
        let columns = try nameListIfPresent("a column's name")
        let first = position
        while true {
            if take(.on) {
                guard at(.delete) || at(.update) || at(.insert) && has(.looseColumnDefinitions) else {
                    throw unexpected("DELETE or UPDATE")
                }
                let isDelete = at(.delete)
                advance()
                try referentialAction(isDelete: isDelete)
            } else if take(.match) {
                _ = try label("FULL, PARTIAL or SIMPLE")
            } else if at(.deferrable) || at(.not, .deferrable) || at(.initially) && has(.serverStatements) {
                _ = try deferral()
            } else {
                break
            }
        }
        return ForeignKeyReference(
            table: table, columns: columns, actions: position > first ? written(from: first) : nil)
    }

    private mutating func referentialAction(isDelete: Bool) throws(SQLSyntaxError) {
        if take(.set) {
            guard take(.null) || take(.default) else { throw unexpected("NULL or DEFAULT") }
            if has(.serverStatements), isDelete { _ = try nameListIfPresent("a column's name") }
        } else if take(.no) {
            try expect(.action)
        } else if !take(.cascade), !take(.restrict) {
            throw unexpected("SET NULL, SET DEFAULT, CASCADE, RESTRICT or NO ACTION")
        }
    }

    /// `[NOT] DEFERRABLE [INITIALLY DEFERRED | IMMEDIATE]`
    mutating func deferral() throws(SQLSyntaxError) -> String {
        let first = position
        _ = take(.not)
        _ = take(.deferrable)
        if take(.initially), !take(.deferred), !take(.immediate) { throw unexpected("DEFERRED or IMMEDIATE") }
        return written(from: first)
    }
}
