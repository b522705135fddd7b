/// Statements by their first word.
extension StatementParser {
    mutating func statement() throws(SQLSyntaxError) -> Statement {
        try enter()
        defer { leave() }
        let start = token.start
        switch token.keyword {
        case .select, .values: return .select(try selectStatement())
        case .table where has(.nestedSetOperands): return .select(try selectStatement())
        case .insert: return .insert(try insertStatement(with: nil, start))
        case .replace where has(.conflictActions): return .insert(try insertStatement(with: nil, start))
        case .update: return .update(try updateStatement(with: nil, start))
        case .delete: return .delete(try deleteStatement(with: nil, start))
        case .with: return try statementWithTables(start)
        case .create: return try create(start)
        case .alter: return try alter(start)
        case .drop: return try drop(start)
        case .begin, .commit, .rollback, .savepoint, .release, .end, .start, .abort:
            return try transaction(start)
        case .explain: return try explain(start)
        case .pragma where has(.embeddedEngine): return .pragma(try pragma())
        case .show: return try show(start)
        case .set where has(.serverStatements), .reset where has(.serverStatements): return try setting(start)
        default: break
        }
        if at(.leftParenthesis), has(.nestedSetOperands) { return .select(try selectStatement()) }
        if has(.embeddedEngine), let statement = try engineStatement(start) { return statement }
        if has(.serverStatements), let statement = try serverStatement(start) { return statement }
        throw unexpected("a statement")
    }

    private mutating func statementWithTables(_ start: Int32) throws(SQLSyntaxError) -> Statement {
        let first = position
        let with = try withClause()
        switch token.keyword {
        case .insert: return .insert(try insertStatement(with: with, start))
        case .replace where has(.conflictActions): return .insert(try insertStatement(with: with, start))
        case .update: return .update(try updateStatement(with: with, start))
        case .delete: return .delete(try deleteStatement(with: with, start))
        case .merge where has(.serverStatements): return try merge(first, start)
        default: return .select(try selectStatement(with: with, start))
        }
    }

    private mutating func explain(_ start: Int32) throws(SQLSyntaxError) -> Statement {
        advance()
        if has(.embeddedEngine) {
            if at(.query, .plan) {
                advance()
                advance()
                return .explain(ExplainStatement(mode: .queryPlan, options: nil, statement: try explained()))
            }
            return .explain(ExplainStatement(mode: .plan, options: nil, statement: try explained()))
        }
        let first = position
        if at(.leftParenthesis), !startsQuery(peek()), peek().kind != .leftParenthesis {
            try skipGroup()
        } else {
            if at(.analyze) || at(.analyse) { advance() }
            if at(.verbose) { advance() }
        }
        let options = position > first ? written(from: first) : nil
        return .explain(ExplainStatement(mode: .plan, options: options, statement: try explained()))
    }

    private mutating func explained() throws(SQLSyntaxError) -> Statement {
        if at(.explain) { throw unexpected("a statement to explain") }
        return try statement()
    }

    private mutating func transaction(_ start: Int32) throws(SQLSyntaxError) -> Statement {
        let first = position
        let keyword = token.keyword
        advance()
        let action: TransactionStatement.Action
        switch keyword {
        case .begin, .start:
            if keyword == .start {
                guard has(.serverStatements) else { throw unexpected("a statement") }
                try expect(.transaction)
            }
            let mode = try transactionMode(isStart: keyword == .start)
            action = .begin(mode: mode)
        case .commit, .end, .abort:
            if keyword == .abort, !has(.serverStatements) {
                position = first
                throw unexpected("a statement")
            }
            if has(.serverStatements), take(word: "prepared") {
                return try preparedTransaction(first, "COMMIT PREPARED", start)
            }
            transactionWord(allowsName: true)
            if has(.serverStatements), at(.and) { return try chained(first, keyword, start) }
            action = keyword == .abort ? .rollback : .commit
        case .rollback:
            if has(.serverStatements), take(word: "prepared") {
                return try preparedTransaction(first, "ROLLBACK PREPARED", start)
            }
            transactionWord(allowsName: true)
            if has(.serverStatements), at(.and) { return try chained(first, keyword, start) }
            if take(.to) {
                _ = take(.savepoint)
                action = .rollbackTo(try name("a savepoint's name"))
            } else {
                action = .rollback
            }
        case .savepoint: action = .savepoint(try name("a savepoint's name"))
        default:
            _ = take(.savepoint)
            action = .release(try name("a savepoint's name"))
        }
        return .transaction(TransactionStatement(action, text: written(from: first)))
    }

    /// TRANSACTION or WORK; in SQLite TRANSACTION may have a name, which says nothing.
    private mutating func transactionWord(allowsName: Bool) {
        if take(.transaction) {
            if allowsName, has(.immediateTransactions), atName() { advance() }
        } else if has(.serverStatements) {
            _ = take(word: "work")
        }
    }

    private mutating func transactionMode(isStart: Bool) throws(SQLSyntaxError) -> String? {
        if has(.immediateTransactions) {
            var mode: String?
            if at(.deferred) || at(.immediate) || at(.exclusive) {
                mode = text(of: token).uppercased()
                advance()
            }
            transactionWord(allowsName: true)
            return mode
        }
        if !isStart { transactionWord(allowsName: false) }
        let first = position
        while true {
            if at(word: "isolation"), at(word: "level", ahead: 1) {
                advance()
                advance()
                if take(word: "read") {
                    guard take(word: "committed") || take(word: "uncommitted") else { throw unexpected("COMMITTED") }
                } else if take(word: "repeatable") {
                    try expect(word: "read")
                } else {
                    try expect(word: "serializable")
                }
            } else if take(word: "read") {
                guard take(.only) || take(word: "write") else { throw unexpected("ONLY or WRITE") }
            } else if at(.deferrable) || at(.not, .deferrable) {
                _ = take(.not)
                advance()
            } else {
                break
            }
            _ = take(.comma)
        }
        return position > first ? written(from: first).uppercased() : nil
    }

    private mutating func chained(
        _ first: Int, _ keyword: Keyword, _ start: Int32
    ) throws(SQLSyntaxError) -> Statement {
        advance()
        _ = take(.no)
        try expect(word: "chain")
        let kind = keyword == .rollback || keyword == .abort ? "ROLLBACK AND CHAIN" : "COMMIT AND CHAIN"
        return .other(OtherStatement(kind: kind, text: written(from: first), range: range(from: start)))
    }

    private mutating func preparedTransaction(
        _ first: Int, _ kind: String, _ start: Int32
    ) throws(SQLSyntaxError) -> Statement {
        guard at(.string) else { throw unexpected("a transaction's name as a string") }
        advance()
        return .other(OtherStatement(kind: kind, text: written(from: first), range: range(from: start)))
    }

    /// Moves to the semicolon or the end that ends the statement: semicolons in parentheses do not, nor do those
    /// of a body between BEGIN ATOMIC and its END.
    mutating func skipToEndOfStatement() throws(SQLSyntaxError) {
        var open = 0
        var bodies = 0
        while token.kind != .end {
            switch token.kind {
            case .leftParenthesis, .leftBracket: open += 1
            case .rightParenthesis, .rightBracket:
                open -= 1
                if open < 0 { throw unexpected("the end of the statement") }
            case .semicolon where open == 0 && bodies == 0: return
            case .word:
                if at(.begin), at(word: "atomic", ahead: 1) {
                    bodies += 1
                } else if bodies > 0, at(.case) {
                    bodies += 1
                } else if bodies > 0, token.keyword == .end {
                    bodies -= 1
                }
            default: break
            }
            advance()
        }
        if open > 0 { throw unexpected("a closing parenthesis") }
    }
}
