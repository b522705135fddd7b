/// PRAGMA, SET, RESET, SHOW.
extension StatementParser {
    mutating func pragma() throws(SQLSyntaxError) -> PragmaStatement {
        advance()
        let name = try objectName("a pragma's name")
        var pragma = PragmaStatement(schema: name.schema, name: name.name, argument: nil)
        if take(.equal) {
            pragma.argument = .assigned(try pragmaValue())
        } else if take(.leftParenthesis) {
            pragma.argument = .called(try pragmaValue())
            try expect(.rightParenthesis, "\")\"")
        }
        return pragma
    }

    /// A signed number, a name, or ON, DELETE and DEFAULT.
    private mutating func pragmaValue() throws(SQLSyntaxError) -> String {
        let first = position
        if at(.plus) || at(.minus) {
            advance()
            guard at(Token.Kind.integer) || at(Token.Kind.real) else { throw unexpected("a number") }
            advance()
        } else if at(Token.Kind.integer) || at(Token.Kind.real) || atName() || at(.on) || at(.delete) || at(.default) {
            advance()
        } else {
            throw unexpected("a value")
        }
        return written(from: first)
    }

    mutating func show(_ start: Int32) throws(SQLSyntaxError) -> Statement {
        let first = position
        if let subject = try topologySubject() { return .showTopology(ShowTopologyStatement(subject)) }
        position = first
        guard has(.serverStatements) else { throw unexpected("a statement") }
        advance()
        let name = try settingName()
        return .setting(
            SettingStatement(verb: .show, name: name, value: nil, scope: nil, text: written(from: first)))
    }

    /// ShardKit's own subjects of SHOW, alone or with OF and a table.
    private mutating func topologySubject() throws(SQLSyntaxError) -> ShowTopologyStatement.Subject? {
        advance()
        if take(word: "partitions") {
            try expect(.of)
            return .partitions(of: try objectName("a table's name"))
        }
        let isWhole = peek().kind == .end || peek().kind == .semicolon
        if isWhole {
            if take(word: "shards") { return .shards }
            if take(word: "tables") { return .tables }
            if take(word: "slots") { return .slots }
            for word in Self.topologyWords where at(word: word) {
                advance()
                return .named("\(word)".uppercased())
            }
        }
        if at(word: "transactions"), peek().keyword == .in, at(word: "doubt", ahead: 2) {
            for _ in 0..<3 { advance() }
            return .named("TRANSACTIONS IN DOUBT")
        }
        return nil
    }

    private static let topologyWords: [StaticString] = [
        "pools", "replicas", "statements", "transactions", "migrations", "leases", "stats", "health", "plans",
        "backups", "schemas", "epochs",
    ]

    /// `a.b`, `all`, `time zone`, `transaction isolation level`, `session authorization`: in lower case.
    private mutating func settingName() throws(SQLSyntaxError) -> String {
        if at(.time, .zone) {
            advance()
            advance()
            return "time zone"
        }
        if at(.transaction), at(word: "isolation", ahead: 1) {
            for _ in 0..<3 { advance() }
            return "transaction isolation level"
        }
        if at(word: "session"), peek().keyword == .authorization {
            advance()
            advance()
            return "session authorization"
        }
        var name = try label("a setting's name").folded
        while take(.dot) { name += "." + (try label("a name after the dot").folded) }
        return name
    }

    mutating func setting(_ start: Int32) throws(SQLSyntaxError) -> Statement {
        let first = position
        let isReset = at(.reset)
        advance()
        if isReset {
            let name = try settingName()
            return .setting(
                SettingStatement(verb: .reset, name: name, value: nil, scope: nil, text: written(from: first)))
        }
        if at(.constraint) || at(word: "constraints") {
            try skipToEndOfStatement()
            return .other(
                OtherStatement(kind: "SET CONSTRAINTS", text: written(from: first), range: range(from: start)))
        }
        var scope: String?
        if at(word: "local") || at(word: "session") && peek().keyword != .authorization {
            scope = text(of: token).uppercased()
            advance()
        }
        let valueStart: Int
        let name: String
        if take(.transaction) {
            name = "transaction"
            valueStart = position
        } else if take(word: "characteristics") {
            try expect(.as)
            try expect(.transaction)
            name = "session characteristics"
            valueStart = position
        } else {
            name = try settingName()
            if name != "time zone", name != "session authorization" {
                if !take(.equal), !take(.to), !isValueWithoutSign(name) { throw unexpected("\"=\" or TO") }
            }
            valueStart = position
        }
        if token.kind == .end || at(.semicolon) { throw unexpected("a value") }
        try skipToEndOfStatement()
        return .setting(
            SettingStatement(
                verb: .set, name: name, value: try verbatim(from: valueStart), scope: scope,
                text: written(from: first)))
    }

    /// Settings whose value follows the name at once: `SET NAMES 'x'`, `SET ROLE r`, `SET SCHEMA 's'`.
    private func isValueWithoutSign(_ name: String) -> Bool {
        switch name {
        case "names", "role", "schema", "catalog": true
        case "xml": at(word: "option")
        default: at(.from, .current)
        }
    }
}
