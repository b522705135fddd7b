import ShardSQL
import Testing

@Suite struct VisitorTests {
    private func select(_ sql: String, _ dialect: Dialect = .sqlite) throws -> SelectStatement {
        guard case .select(let select) = try Parser.parse(sql, dialect: dialect).statement else {
            throw VisitorTestError.notASelect(sql)
        }
        return select
    }

    private func names(_ body: ((Expression) -> Void) -> Void) -> [String] {
        var result: [String] = []
        body { if case .column(let column) = $0 { result.append(column.name.text) } }
        return result
    }

    @Test func `a query's expressions come in the order of the text`() throws {
        let query = try select(
            """
            SELECT a, sum(b) FILTER (WHERE c) OVER (PARTITION BY d ORDER BY e) FROM t JOIN u ON f = g \
            WHERE h IN (i, j) \
            GROUP BY k HAVING l BETWEEN m AND n ORDER BY CASE o WHEN p THEN q ELSE r END LIMIT s OFFSET v
            """)
        #expect(names { query.forEachExpression($0) }.joined() == "abcdefghijklmnopqrsv")
    }

    @Test func `subqueries and common tables are entered on request only`() throws {
        let query = try select(
            "WITH w AS (SELECT a) SELECT b, (SELECT c) FROM (SELECT d) WHERE EXISTS (SELECT e) UNION SELECT f")
        #expect(names { query.forEachExpression($0) } == ["b", "f"])
        #expect(names { query.forEachExpression(includingSubqueries: true, $0) } == ["a", "b", "c", "d", "e", "f"])
    }

    @Test func `tables are found wherever a name of one stands`() throws {
        let texts = [
            "SELECT * FROM a, (b JOIN c), (SELECT * FROM d) WHERE x IN e": ["a", "b", "c", "d", "e"],
            "WITH w AS (SELECT * FROM a) INSERT INTO b SELECT * FROM c": ["a", "b", "c"],
            "UPDATE a SET x = (SELECT 1 FROM b) FROM c": ["a", "b", "c"],
            "DELETE FROM a WHERE x IN (SELECT y FROM b)": ["a", "b"],
        ]
        for (sql, expected) in texts {
            var found: [String] = []
            let statement = try Parser.parse(sql, dialect: .sqlite).statement
            statement.forEachTable(includingSubqueries: true) { found.append($0.name.name.text) }
            #expect(found == expected, "\(sql)")
        }
    }

    @Test func `a rewriting replaces top down and leaves the rest`() throws {
        let query = try select("SELECT a + 1 FROM t JOIN u ON a = b WHERE a IN (SELECT a) AND NOT (a OR c) ORDER BY a")
        let renamed: (Expression) -> Expression? = { expression in
            guard case .column(let column) = expression, column.name.text == "a" else { return nil }
            return .parameter(Parameter(text: "?", index: 0))
        }
        #expect(
            SQLPrinter.print(query.mapped(renamed))
                == "SELECT ? + 1 FROM t JOIN u ON ? = b WHERE ? IN (SELECT a) AND NOT (? OR c) ORDER BY ?")
        #expect(
            SQLPrinter.print(query.mapped(includingSubqueries: true, renamed))
                == "SELECT ? + 1 FROM t JOIN u ON ? = b WHERE ? IN (SELECT ?) AND NOT (? OR c) ORDER BY ?")
        #expect(SQLPrinter.print(query.mapped { _ in nil }) == SQLPrinter.print(query))
    }

    @Test func `rewriting with nothing to do gives every fixture back`() throws {
        for fixture in try Fixtures.statements() {
            let statement = try Parser.parse(fixture.sql, dialect: fixture.dialect).statement
            let options = SQLPrinter.Options(dialect: fixture.dialect)
            let copy = statement.mapped(includingSubqueries: true) { _ in nil }
            #expect(SQLPrinter.print(copy, options: options) == SQLPrinter.print(statement, options: options))
        }
    }

    @Test func `tables in FROM can be replaced`() throws {
        let query = try select("SELECT * FROM a JOIN b ON a.x = b.x, (SELECT * FROM a) AS s")
        let mapped = query.mappedTables(includingSubqueries: true) { table in
            guard case .table(var reference) = table, reference.name.name.text == "a" else { return nil }
            reference.name = ObjectName("z")
            return .table(reference)
        }
        #expect(SQLPrinter.print(mapped) == "SELECT * FROM z JOIN b ON a.x = b.x, (SELECT * FROM z) AS s")
    }

    @Test func `expressions are equivalent but for case, quotes, parentheses and spelling`() throws {
        func equivalent(_ left: String, _ right: String, _ dialect: Dialect = .sqlite) throws -> Bool {
            let one = try Parser.parseExpression(left, dialect: dialect)
            let other = try Parser.parseExpression(right, dialect: dialect)
            return one.isEquivalent(to: other, dialect: dialect)
        }
        #expect(try equivalent("a + B", "(A) + \"b\""))
        #expect(try equivalent("a == 1", "a = 1"))
        #expect(try equivalent("a != 1", "a<>1"))
        #expect(try equivalent("a ISNULL", "a IS NULL"))
        #expect(try equivalent("Lower(x)", "LOWER( X )"))
        #expect(try equivalent("((a))", "a"))
        #expect(try equivalent("CASE WHEN a THEN b END", "case when A then B end"))
        #expect(try !equivalent("a + b", "b + a"))
        #expect(try !equivalent("a - (b - c)", "a - b - c"))
        #expect(try !equivalent("1", "1.0"))
        #expect(try !equivalent("'A'", "'a'"))
        #expect(try !equivalent("t.a", "a"))
        #expect(try !equivalent("?1", "?2"))
        #expect(try !equivalent("\"A\"", "a", .postgresql))
        #expect(try equivalent("a::int", "CAST(a AS int)", .postgresql))
    }

    @Test func `ten thousand terms are walked, rewritten and compared without deep recursion`() throws {
        let column = Expression.column(ColumnReference([Identifier("a")]))
        var chain = column
        for _ in 0..<10_000 { chain = .binary(BinaryExpression(chain, .and, spelling: "AND", column)) }
        var count = 0
        chain.forEach { _ in count += 1 }
        #expect(count == 20_001)
        #expect(chain.mapped { _ in nil }.isEquivalent(to: chain))
        #expect(!chain.contains { if case .literal = $0 { true } else { false } })
    }
}

enum VisitorTestError: Error { case notASelect(String) }
