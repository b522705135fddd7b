/// A column's definition and its constraints.
extension StatementParser {
    mutating func columnDefinition() throws(SQLSyntaxError) -> ColumnDefinition {
        let start = token.start
        let name = try name("a column's name")
        var column = ColumnDefinition(name: name, type: nil, constraints: [])
        let type = try typeName()
        if !type.text.isEmpty { column.type = type }
        while let constraint = try columnConstraint() { column.constraints.append(constraint) }
        column.range = range(from: start)
        return column
    }

    private mutating func columnConstraint() throws(SQLSyntaxError) -> ColumnConstraint? {
        var name: Identifier?
        if take(.constraint) {
            name = try self.name("a constraint's name")
            // SQLite takes a name without a constraint behind it.
            if has(.looseColumnDefinitions), at(.comma) || at(.rightParenthesis) || at(.constraint) {
                return ColumnConstraint(name: name, kind: .verbatim(""))
            }
        }
        guard let kind = try columnConstraintKind() else {
            if name != nil { throw unexpected("a constraint") }
            return nil
        }
        return ColumnConstraint(name: name, kind: kind)
    }

    private mutating func columnConstraintKind() throws(SQLSyntaxError) -> ColumnConstraint.Kind? {
        let first = position
        switch token.keyword {
        case .primary:
            advance()
            try expect(.key)
            var isDescending: Bool?
            if has(.looseColumnDefinitions) {
                if take(.asc) { isDescending = false } else if take(.desc) { isDescending = true }
            }
            let conflict = try onConflict()
            let isAutoIncrement = take(.autoincrement)
            if let suffix = try constraintStorage() { return .verbatim("PRIMARY KEY " + suffix) }
            return .primaryKey(isDescending: isDescending, conflict: conflict, isAutoIncrement: isAutoIncrement)
        case .not:
            if peek().keyword == .deferrable { return .verbatim(try deferral()) }
            advance()
            try expect(.null)
            if at(.no), at(word: "inherit", ahead: 1) {
                advance()
                advance()
                return .verbatim(written(from: first))
            }
            return .notNull(conflict: try onConflict())
        case .null:
            advance()
            if try onConflict() != nil { return .verbatim(written(from: first)) }
            return .null
        case .unique:
            advance()
            if at(.nulls) {
                advance()
                _ = take(.not)
                try expect(.distinct)
                _ = try constraintStorage()
                return .verbatim(written(from: first))
            }
            if let suffix = try constraintStorage() { return .verbatim("UNIQUE " + suffix) }
            return .unique(conflict: try onConflict())
        case .check:
            advance()
            let condition = try parenthesizedCondition()
            if at(.no), at(word: "inherit", ahead: 1) {
                advance()
                advance()
                return .verbatim(written(from: first))
            }
            if has(.looseColumnDefinitions), try onConflict() != nil { return .verbatim(written(from: first)) }
            return .check(condition)
        case .default: return .defaultValue(try defaultExpression())
        case .collate:
            advance()
            if has(.looseColumnDefinitions) {
                return .collate(ObjectName([try name("a collation's name")]))
            }
            return .collate(try objectName("a collation's name"))
        case .references: return .references(try foreignKeyReference())
        case .generated, .as: return try generated()
        case .deferrable, .initially: return .verbatim(try deferral())
        case .no where has(.serverStatements) && at(word: "inherit", ahead: 1):
            advance()
            advance()
            return .verbatim("NO INHERIT")
        default:
            guard has(.serverStatements) else { return nil }
            if at(word: "storage") || at(word: "compression") {
                advance()
                _ = try label("a kind")
                return .verbatim(written(from: first))
            }
            if at(word: "options"), peek().kind == .leftParenthesis {
                advance()
                try skipGroup()
                return .verbatim(written(from: first))
            }
            return nil
        }
    }

    /// WITH (…) and USING INDEX TABLESPACE of an index behind a constraint, as text.
    private mutating func constraintStorage() throws(SQLSyntaxError) -> String? {
        guard has(.serverStatements) else { return nil }
        let first = position
        if at(.with), peek().kind == .leftParenthesis {
            advance()
            try skipGroup()
        }
        if at(.using, .index) {
            advance()
            advance()
            try expect(word: "tablespace")
            _ = try name("a tablespace's name")
        }
        return position > first ? written(from: first) : nil
    }

    private mutating func parenthesizedCondition() throws(SQLSyntaxError) -> Expression {
        try expect(.leftParenthesis, "\"(\"")
        let condition = try expression()
        try expect(.rightParenthesis, "\")\"")
        return condition
    }

    /// `ON CONFLICT action`
    mutating func onConflict() throws(SQLSyntaxError) -> String? {
        guard has(.looseColumnDefinitions), at(.on, .conflict) else { return nil }
        advance()
        advance()
        return try conflictWord()
    }

    /// Behind DEFAULT: in the loose grammar a literal, a signed one, a name or parentheses; else an expression
    /// without AND, IN, IS and their like.
    private mutating func defaultExpression() throws(SQLSyntaxError) -> Expression {
        advance()
        if !has(.looseColumnDefinitions) {
            stopsAtCollate = true
            defer { stopsAtCollate = false }
            return try expression(above: precedence.match + 1)
        }
        if at(.leftParenthesis) { return try parenthesized() }
        if at(.plus) || at(.minus) {
            let start = token.start
            let isMinus = at(.minus)
            advance()
            let term = try defaultTerm()
            return .unary(UnaryExpression(isMinus ? .minus : .plus, term, range: range(from: start)))
        }
        return try defaultTerm()
    }

    private mutating func defaultTerm() throws(SQLSyntaxError) -> Expression {
        if token.kind != .string, atName(), !at(.null), token.keyword == .none || !isConstant(token.keyword) {
            let identifier = takeIdentifier()
            return .column(ColumnReference([identifier], range: identifier.range))
        }
        switch token.kind {
        case .string, .integer, .real, .blob: return try primary()
        case .word where isConstant(token.keyword): return try primary()
        default: throw unexpected("a default value")
        }
    }

    private func isConstant(_ keyword: Keyword) -> Bool {
        switch keyword {
        case .null, .true, .false, .current_date, .current_time, .current_timestamp: true
        default: false
        }
    }

    /// `[GENERATED ALWAYS] AS (…) [STORED | VIRTUAL]`, identity, or ShardKit's GENERATED BY.
    private mutating func generated() throws(SQLSyntaxError) -> ColumnConstraint.Kind {
        let first = position
        let hasKeywords = take(.generated)
        if hasKeywords {
            if take(.by) {
                if take(.default) {
                    try expect(.as)
                    return .identity(try identity(first))
                }
                return .generator(try generator())
            }
            try expect(.always)
        }
        try expect(.as)
        if hasKeywords, has(.serverStatements), at(word: "identity") { return .identity(try identity(first)) }
        let value = try parenthesizedCondition()
        var storage: String?
        if has(.looseColumnDefinitions) {
            if at(.word), token.roles.contains(.bareAlias), !at(.generated) {
                storage = text(of: token).uppercased()
                advance()
            }
        } else if at(word: "stored") || at(.virtual) {
            storage = text(of: token).uppercased()
            advance()
        }
        return .generated(value, storage: storage, hasKeywords: hasKeywords)
    }

    private mutating func identity(_ first: Int) throws(SQLSyntaxError) -> String {
        try expect(word: "identity")
        if at(.leftParenthesis) { try skipGroup() }
        return written(from: first)
    }

    /// Behind `GENERATED BY`.
    private mutating func generator() throws(SQLSyntaxError) -> GeneratorClause {
        if take(word: "snowflake") { return GeneratorClause(kind: .snowflake) }
        if take(word: "uuidv7") { return GeneratorClause(kind: .uuidV7) }
        if take(word: "segment") {
            guard at(.string) else { throw unexpected("the segment's tag as a string") }
            let tag = unquoted(Int(token.start) + 1, Int(token.end) - 1, 39)
            advance()
            return GeneratorClause(kind: .segment, tag: tag)
        }
        throw unexpected("DEFAULT, SNOWFLAKE, SEGMENT or UUIDV7")
    }
}
