import ShardBase
import ShardSQL
import Testing

/// Deep texts are an error with a code, never an overflow; what the parser takes, the printer and the walkers take.
@Suite struct NestingTests {
    /// Texts around something in the middle, repeated.
    static let shapes: [(open: String, middle: String, close: String, before: String)] = [
        ("(", "1", ")", "SELECT "), ("NOT ", "1", "", "SELECT "), ("- ", "1", "", "SELECT "),
        ("(SELECT ", "1", ")", "SELECT "), ("abs(", "1", ")", "SELECT "), ("CASE WHEN ", "1", " THEN 1 END", "SELECT "),
        ("a IN (", "1", ")", "SELECT "), ("(SELECT * FROM ", "t", ")", "SELECT * FROM "),
        ("(", "t", ")", "SELECT * FROM "),
        ("a || (", "1", ")", "SELECT "), ("EXISTS (SELECT ", "1", ")", "SELECT "),
        ("CAST(", "1", " AS int)", "SELECT "),
        ("a BETWEEN 1 AND (", "1", ")", "SELECT "), ("EXPLAIN ", "SELECT 1", "", ""),
        ("WITH a AS (", "SELECT 1", ") SELECT 1", ""), ("1 + ", "1", "", "SELECT "), ("(a, ", "1", ")", "SELECT "),
    ]

    private func text(_ shape: Int, _ depth: Int) -> String {
        let (open, middle, close, before) = Self.shapes[shape]
        return before + String(repeating: open, count: depth) + middle + String(repeating: close, count: depth)
    }

    @Test(arguments: 0..<17, [Dialect.sqlite, .postgresql])
    func `a hundred thousand levels are an error`(_ shape: Int, _ dialect: Dialect) {
        let sql = text(shape, 100_000)
        do {
            _ = try Parser.parse(sql, dialect: dialect)
            Issue.record("parsed \(sql.prefix(40))…")
        } catch {
            #expect(error.shardError(in: sql).code == .nestingTooDeep || Self.shapes[shape].open == "EXPLAIN ")
        }
    }

    @Test(arguments: 0..<17, [Dialect.sqlite, .postgresql])
    func `the deepest text that parses also prints, rewrites and compares`(_ shape: Int, _ dialect: Dialect) throws {
        // The greatest depth that parses, by halving.
        var low = 0
        var high = 2_000
        while low + 1 < high {
            let depth = (low + high) / 2
            if (try? Parser.parse(text(shape, depth), dialect: dialect)) != nil { low = depth } else { high = depth }
        }
        let statement = try Parser.parse(text(shape, low), dialect: dialect).statement
        let options = SQLPrinter.Options(dialect: dialect)
        let printed = SQLPrinter.print(statement, options: options)
        #expect(SQLPrinter.print(statement.mapped(includingSubqueries: true) { _ in nil }, options: options) == printed)
        var count = 0
        statement.forEachExpression(includingSubqueries: true) { expression in
            count += 1
            if count == 1 { #expect(expression.isEquivalent(to: expression, dialect: dialect)) }
        }
        #expect(try SQLPrinter.print(Parser.parse(printed, dialect: dialect).statement, options: options) == printed)
    }
}
