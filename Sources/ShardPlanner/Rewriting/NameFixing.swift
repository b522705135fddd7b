import ShardSQL

/// SQLite names a derived column without alias by its text: `SELECT "a+b" FROM (SELECT a+b FROM t)`. A rewritten
/// statement has another text, so the names are written down as aliases before anything is rewritten. (Counter-example:
/// printed as `a + b`, the outer `"a+b"` would no longer name the column and become a text literal, silently.)
struct NameFixing {
    let dialect: Dialect

    /// The statement with such aliases; the source stays what the user wrote.
    func fix(_ parsed: ParsedStatement) -> ParsedStatement {
        guard hasDerivedColumns(parsed.statement) else { return parsed }
        let text = SQLPrinter.print(
            parsed.statement,
            options: .init(dialect: dialect, parameterStyle: .numbered, includesSharding: true, source: parsed.source))
        guard let again = try? Parser.parse(text, dialect: dialect) else { return parsed }
        var result = parsed
        result.statement = again.statement
        return result
    }

    private func hasDerivedColumns(_ statement: Statement) -> Bool {
        if case .createView = statement { return true }
        var isFound = false
        SyntaxNode.statement(statement).walk { node in
            switch node {
            case .commonTable, .table(.subquery): isFound = true
            case .statement, .select, .subquery, .table, .expression: break
            }
            return isFound ? .skip : .descend
        }
        return isFound
    }
}
