/// Statements that are recognised by class and kept as text.
extension StatementParser {
    /// SQLite's small ones, read to their end: VACUUM, ANALYZE, REINDEX, ATTACH, DETACH.
    mutating func engineStatement(_ start: Int32) throws(SQLSyntaxError) -> Statement? {
        let first = position
        let kind: String
        var object: ObjectName?
        switch token.keyword {
        case .vacuum:
            kind = "VACUUM"
            advance()
            if atName(), !at(.into) { object = ObjectName([try name("a schema's name")]) }
            if take(.into) { _ = try expression() }
        case .analyze, .reindex:
            kind = at(.analyze) ? "ANALYZE" : "REINDEX"
            advance()
            if atName() { object = try objectName("a table's name") }
        case .attach:
            kind = "ATTACH"
            advance()
            _ = take(.database)
            _ = try expression()
            try expect(.as)
            _ = try expression()
            if take(.key) { _ = try expression() }
        case .detach:
            kind = "DETACH"
            advance()
            _ = take(.database)
            _ = try expression()
        default: return nil
        }
        return .other(
            OtherStatement(kind: kind, text: written(from: first), object: object, range: range(from: start)))
    }

    /// A server's statements, by their first words; what they hold is not looked into.
    mutating func serverStatement(_ start: Int32) throws(SQLSyntaxError) -> Statement? {
        let first = position
        switch token.keyword {
        case .merge: return try merge(first, start)
        case .copy: return try copy(start)
        case .prepare:
            if peek().keyword == .transaction { return try other("PREPARE TRANSACTION", words: 2, start) }
            return try other("PREPARE", words: 1, start)
        case .truncate:
            advance()
            _ = take(.table)
            _ = take(.only)
            let object = try objectName("a table's name")
            try skipToEndOfStatement()
            return .other(
                OtherStatement(
                    kind: "TRUNCATE", text: written(from: first), object: object, range: range(from: start)))
        case .vacuum, .analyze, .analyse, .reindex, .cluster: return try maintenance(start)
        case .comment, .security, .import, .refresh, .reassign:
            let kind = text(of: token).uppercased() + " " + text(of: peek()).uppercased()
            guard peek().kind == .word else { throw unexpected("a statement") }
            return try other(kind, words: 2, start)
        case .grant, .revoke, .lock, .listen, .notify, .unlisten, .load, .call, .do, .declare, .fetch, .move, .close,
            .execute, .deallocate, .discard, .checkpoint:
            return try other(text(of: token).uppercased(), words: 1, start)
        default: return nil
        }
    }

    private mutating func other(_ kind: String, words: Int, _ start: Int32) throws(SQLSyntaxError) -> Statement {
        let first = position
        for _ in 0..<words { advance() }
        try skipToEndOfStatement()
        return .other(OtherStatement(kind: kind, text: try verbatim(from: first), range: range(from: start)))
    }

    /// MERGE, whose WITH (where it has one) begins at `first`.
    mutating func merge(_ first: Int, _ start: Int32) throws(SQLSyntaxError) -> Statement {
        let own = position
        advance()
        try expect(.into)
        _ = take(.only)
        let object = try objectName("a table's name")
        while token.keyword != .using {
            if token.kind == .end { throw unexpected(.using) }
            advance()
        }
        try mergeActions()
        _ = try verbatim(from: own)
        return .other(
            OtherStatement(kind: "MERGE", text: written(from: first), object: object, range: range(from: start)))
    }

    /// Walks to the end, and refuses the INSERT forms that MERGE does not have.
    private mutating func mergeActions() throws(SQLSyntaxError) {
        let first = position
        try skipToEndOfStatement()
        for index in first..<position where tokens[index].keyword == .then && tokens[index + 1].keyword == .insert {
            let behind = tokens[min(index + 2, tokenCount - 1)]
            if behind.keyword == .values { try checkSingleRow(behind: index + 3) }
            if behind.keyword == .into || behind.keyword == .select {
                position = index + 2
                throw unexpected("VALUES or columns")
            }
        }
    }

    /// MERGE inserts one row: no comma follows its parenthesis.
    private mutating func checkSingleRow(behind opening: Int) throws(SQLSyntaxError) {
        let end = position
        position = min(opening, tokenCount - 1)
        if at(.leftParenthesis) {
            try skipGroup()
            if at(.comma) { throw unexpected("one row of values") }
        }
        position = end
    }

    private mutating func copy(_ start: Int32) throws(SQLSyntaxError) -> Statement {
        let first = position
        advance()
        var object: ObjectName?
        let isQuery = at(.leftParenthesis)
        if isQuery {
            try skipGroup()
        } else {
            if take(.binary) {}
            object = try objectName("a table's name")
            if at(.leftParenthesis) { try skipGroup() }
        }
        guard at(.to) || at(.from) && !isQuery else { throw unexpected(isQuery ? "TO" : "FROM or TO") }
        try skipToEndOfStatement()
        return .other(
            OtherStatement(
                kind: "COPY", text: try verbatim(from: first), object: object, range: range(from: start)))
    }

    /// VACUUM, ANALYZE, REINDEX, CLUSTER with options and a table.
    private mutating func maintenance(_ start: Int32) throws(SQLSyntaxError) -> Statement {
        let first = position
        let isVacuum = at(.vacuum) || at(.analyze) || at(.analyse)
        let kind = at(.analyse) ? "ANALYZE" : text(of: token).uppercased()
        advance()
        var object: ObjectName?
        if at(.leftParenthesis) {
            try checkOptions()
            try skipGroup()
        }
        if isVacuum {
            while at(.full) || at(.freeze) || at(.verbose) || at(.analyze) || at(.analyse) { advance() }
            if atName() { object = try objectName("a table's name") }
        }
        try skipToEndOfStatement()
        return .other(
            OtherStatement(
                kind: kind, text: try verbatim(from: first), object: object, range: range(from: start)))
    }

    /// `(NAME value, …)`: each option is a word and at most one value.
    private func checkOptions() throws(SQLSyntaxError) {
        var index = position + 1
        while tokens[index].kind == .word {
            index += 1
            let sign = tokens[index].kind
            if sign == .plus || sign == .minus, tokens[index + 1].kind == .word {
                throw SQLSyntaxError(
                    "unexpected \"\(text(of: tokens[index]))\"; an option's value is expected",
                    offset: Int(tokens[index].start))
            }
            while tokens[index].kind != .comma {
                if tokens[index].kind == .rightParenthesis || tokens[index].kind == .end { return }
                index += 1
            }
            index += 1
        }
    }

    /// CREATE, ALTER and DROP of what only a server has, by the words behind: at those words.
    mutating func otherDefinition(
        _ verb: String, _ first: Int, _ start: Int32
    ) throws(SQLSyntaxError) -> Statement {
        guard let (subject, words) = definitionSubject() else { throw unexpected(expecting: "what to \(verb)") }
        for _ in 0..<words { advance() }
        let kind = "\(verb) \(subject)"
        let behind = token
        let isNamed =
            atName() || at(.word) || behind.kind == .string || behind.kind == .integer && subject == "LARGE OBJECT"
        let takesOperator = subject == "OPERATOR" || subject == "CAST" || subject.hasPrefix("OPERATOR")
        let mayLackName = subject == "STATISTICS" || subject == "USER MAPPING" || subject == "CAST"
        if !isNamed, !takesOperator, !mayLackName || behind.kind == .end { throw unexpected("a name") }
        try skipToEndOfStatement()
        return .other(OtherStatement(kind: kind, text: try verbatim(from: first), range: range(from: start)))
    }

    private func definitionSubject() -> (String, words: Int)? {
        for (phrase, words) in Self.subjects {
            var matches = true
            for (distance, word) in words.enumerated() where !at(word: word, ahead: distance) { matches = false }
            if matches { return (phrase, words.count) }
        }
        return nil
    }

    private static let subjects: [(String, [StaticString])] = [
        ("ACCESS METHOD", ["access", "method"]), ("AGGREGATE", ["aggregate"]), ("CAST", ["cast"]),
        ("COLLATION", ["collation"]), ("CONVERSION", ["conversion"]), ("CONVERSION", ["default", "conversion"]),
        ("DATABASE", ["database"]), ("DEFAULT PRIVILEGES", ["default", "privileges"]), ("DOMAIN", ["domain"]),
        ("EVENT TRIGGER", ["event", "trigger"]), ("EXTENSION", ["extension"]),
        ("FOREIGN DATA WRAPPER", ["foreign", "data", "wrapper"]), ("FOREIGN TABLE", ["foreign", "table"]),
        ("FUNCTION", ["function"]), ("GROUP", ["group"]), ("INDEX", ["index"]),
        ("LANGUAGE", ["trusted", "procedural", "language"]), ("LANGUAGE", ["trusted", "language"]),
        ("LANGUAGE", ["procedural", "language"]), ("LANGUAGE", ["language"]), ("LARGE OBJECT", ["large", "object"]),
        ("MATERIALIZED VIEW", ["materialized", "view"]), ("OPERATOR CLASS", ["operator", "class"]),
        ("OPERATOR FAMILY", ["operator", "family"]), ("OPERATOR", ["operator"]), ("OWNED", ["owned"]),
        ("POLICY", ["policy"]), ("PROCEDURE", ["procedure"]), ("PUBLICATION", ["publication"]), ("ROLE", ["role"]),
        ("ROUTINE", ["routine"]), ("RULE", ["rule"]), ("SCHEMA", ["schema"]), ("SEQUENCE", ["sequence"]),
        ("SERVER", ["server"]), ("STATISTICS", ["statistics"]), ("SUBSCRIPTION", ["subscription"]),
        ("SYSTEM", ["system"]), ("TABLESPACE", ["tablespace"]),
        ("TEXT SEARCH CONFIGURATION", ["text", "search", "configuration"]),
        ("TEXT SEARCH DICTIONARY", ["text", "search", "dictionary"]),
        ("TEXT SEARCH PARSER", ["text", "search", "parser"]),
        ("TEXT SEARCH TEMPLATE", ["text", "search", "template"]), ("TRANSFORM", ["transform"]),
        ("TRIGGER", ["trigger"]), ("TYPE", ["type"]), ("USER MAPPING", ["user", "mapping"]), ("USER", ["user"]),
        ("VIEW", ["view"]),
    ]
}
