import ShardSQL
import Testing

/// What the parser makes of statements, where a flat print would not show it.
@Suite struct StatementShapeTests {
    private func select(_ sql: String, _ dialect: Dialect) throws -> SelectStatement {
        guard case .select(let select) = try Parser.parse(sql, dialect: dialect).statement else {
            throw UnexpectedShape("no query")
        }
        return select
    }

    private func core(_ sql: String, _ dialect: Dialect) throws -> SelectCore {
        guard case .core(let core) = try select(sql, dialect).body else { throw UnexpectedShape("no core") }
        return core
    }

    /// A join tree as `((a,b) JOIN c)`.
    private func shape(_ table: TableExpression?) -> String {
        switch table {
        case .table(let node): return node.name.name.text
        case .join(let join): return "(\(shape(join.left)) \(join.spelling) \(shape(join.right)))"
        case .parenthesized(let inner, _): return "[\(shape(inner))]"
        case .subquery: return "query"
        case .function(let node): return "\(node.call.name.name.text)()"
        case .verbatim(let node, _): return node.kind
        case nil: return ""
        }
    }

    @Test func `a comma ranks as a join in SQLite and below it in PostgreSQL`() throws {
        let sql = "SELECT 1 FROM a, b JOIN c ON 1 = 1, d"
        #expect(shape(try core(sql, .sqlite).from) == "(((a , b) JOIN c) , d)")
        #expect(shape(try core(sql, .postgresql).from) == "((a , (b JOIN c)) , d)")
    }

    @Test func `a join that waits for its ON takes the next one in`() throws {
        let from = try core("SELECT 1 FROM a JOIN b LEFT JOIN c ON x ON y JOIN d USING (z)", .postgresql).from
        #expect(shape(from) == "((a JOIN (b LEFT JOIN c)) JOIN d)")
        guard case .join(let outer) = from, case .join(let inner) = outer.left, case .on(let on) = inner.constraint
        else {
            throw UnexpectedShape("no joins")
        }
        #expect(SQLPrinter.print(on) == "y")
        #expect(throws: SQLSyntaxError.self) { try Parser.parse("SELECT 1 FROM a JOIN b", dialect: .postgresql) }
    }

    @Test func `INTERSECT binds tighter in PostgreSQL only`() throws {
        let sql = "SELECT 1 UNION SELECT 2 INTERSECT SELECT 3"
        guard case .compound(let left) = try select(sql, .sqlite).body,
            case .compound(let right) = try select(sql, .postgresql).body
        else { throw UnexpectedShape("no set operation") }
        #expect(left.operator == .intersect)
        #expect(right.operator == .union)
    }

    @Test func `a word is a name where the dialect lets it be one`() throws {
        #expect(try core("SELECT a desc FROM t offset", .sqlite).items[0].alias?.text == "desc")
        #expect(try core("SELECT a 'x y' FROM t", .sqlite).items[0].alias?.quote == .single)
        #expect(try core("SELECT left FROM t", .sqlite).items.count == 1)
        #expect(try core("SELECT a AS select FROM t", .postgresql).items[0].alias?.text == "select")
        #expect(throws: SQLSyntaxError.self) { try Parser.parse("SELECT a AS select FROM t", dialect: .sqlite) }
        #expect(throws: SQLSyntaxError.self) { try Parser.parse("SELECT left FROM t", dialect: .postgresql) }
        #expect(throws: SQLSyntaxError.self) { try Parser.parse("SELECT a day FROM t", dialect: .postgresql) }
        #expect(try core("SELECT filter, over, window FROM t", .sqlite).items.count == 3)
    }

    @Test func `LIMIT with a comma has its offset first`() throws {
        let limit = try select("SELECT 1 LIMIT 5, 7", .sqlite).limit
        #expect(limit?.offset.map { SQLPrinter.print($0) } == "5")
        #expect(limit?.count.map { SQLPrinter.print($0) } == "7")
    }

    @Test func `parameters are numbered as SQLite numbers them`() throws {
        let parsed = try Parser.parse("SELECT ?, ?5, ?, :a, @a, :a, ?2, $b, ?", dialect: .sqlite)
        var indices: [Int] = []
        parsed.statement.forEachExpression(includingSubqueries: true) { expression in
            if case .parameter(let parameter) = expression { indices.append(parameter.index + 1) }
        }
        #expect(indices == [1, 5, 6, 7, 8, 7, 2, 9, 10])
        #expect(parsed.parameterNames == [nil, nil, nil, nil, nil, nil, ":a", "@a", "$b", nil])
        #expect(throws: SQLSyntaxError.self) { try Parser.parse("SELECT ?0", dialect: .sqlite) }
        #expect(throws: SQLSyntaxError.self) { try Parser.parse("SELECT ?32767", dialect: .sqlite) }
        #expect(try Parser.parse("SELECT $3", dialect: .postgresql).parameterNames.count == 3)
        #expect(try Parser.parse("COPY (SELECT $2) TO STDOUT", dialect: .postgresql).parameterNames.count == 2)
    }

    @Test func `hints are the inner texts of their comments`() throws {
        let sql = "/*+ shard(s1) */ SELECT /* no */ 1 -- /*+ nor this */\n /*+two*/"
        #expect(try Parser.parse(sql, dialect: .sqlite).hints == ["shard(s1)", "two"])
        #expect(try Parser.parse("SELECT '/*+ x */'", dialect: .sqlite).hints.isEmpty)
    }

    @Test func `an upsert chain keeps its clauses in order`() throws {
        let sql = """
            INSERT INTO t(a) VALUES (1) ON CONFLICT (a, b COLLATE nocase) WHERE c > 1 \
            DO UPDATE SET (x, y) = (1, 2), z = 3 WHERE w ON CONFLICT DO NOTHING RETURNING *, a AS b
            """
        guard case .insert(let insert) = try Parser.parse(sql, dialect: .sqlite).statement else {
            throw UnexpectedShape("no insert")
        }
        #expect(insert.upserts.count == 2)
        #expect(insert.returning.count == 2)
        guard case .update(let assignments, let filter) = insert.upserts[0].action else {
            throw UnexpectedShape("no update")
        }
        #expect(assignments.count == 2 && assignments[0].isTuple && filter != nil)
        guard case .columns(let columns, let partial) = insert.upserts[0].target else {
            throw UnexpectedShape("no target")
        }
        #expect(columns.count == 2 && partial != nil)
    }

    @Test func `a row of VALUES covers its parentheses`() throws {
        let sql = "INSERT INTO t VALUES (1, 'a'), ( 2 , 'b' )"
        guard case .insert(let insert) = try Parser.parse(sql, dialect: .sqlite).statement,
            case .values(let values) = insert.source
        else { throw UnexpectedShape("no rows") }
        let texts = values.rows.map { row in
            String(decoding: Array(sql.utf8)[Int(row.range.start)..<Int(row.range.end)], as: UTF8.self)
        }
        #expect(texts == ["(1, 'a')", "( 2 , 'b' )"])
    }

    @Test func `a query in two pairs of parentheses behind IN is a query`() throws {
        for dialect in [Dialect.sqlite, .postgresql] {
            guard case .inList(let node) = try Parser.parseExpression("a IN ((SELECT 1))", dialect: dialect),
                case .subquery(let select) = node.source, case .nested = select.body
            else { throw UnexpectedShape("no query") }
        }
        guard
            case .subquery(let node) = try Parser.parseExpression(
                "(((SELECT 1)) UNION SELECT 2)", dialect: .postgresql),
            case .compound = node.select.body
        else { throw UnexpectedShape("no set operation") }
    }

    @Test func `IS tests a literal and compares everything else`() throws {
        guard case .isNull(let test) = try Parser.parseExpression("a IS NOT NULL", dialect: .sqlite) else {
            throw UnexpectedShape("no test")
        }
        #expect(test.isNegated && test.spelling == "IS NOT NULL")
        guard case .binary(let node) = try Parser.parseExpression("a IS NULL + 1", dialect: .sqlite) else {
            throw UnexpectedShape("no comparison")
        }
        #expect(node.operator == .is)
    }

    @Test func `a trigger's body is parsed and a text keeps it`() throws {
        let sql = """
            CREATE TEMP TRIGGER x AFTER UPDATE OF a ON t WHEN new.a > 1 \
            BEGIN INSERT INTO u VALUES (1); DELETE FROM v; END
            """
        guard case .createTrigger(let trigger) = try Parser.parse(sql, dialect: .sqlite).statement else {
            throw UnexpectedShape("no trigger")
        }
        #expect(trigger.body.count == 2)
        #expect(trigger.isTemporary && trigger.table.name.text == "t")
        #expect(trigger.text.hasPrefix("AFTER UPDATE OF a ON t") && trigger.text.hasSuffix("; END"))
    }

    @Test func `a typed literal and the call of its name differ`() throws {
        for text in [
            "DATE '2020-01-01'", "interval '1' day", "timestamp(3) with time zone 'x'",
            "numeric(4, 2) '1'", "s.t 'x'",
        ] {
            guard case .literal(let literal) = try Parser.parseExpression(text, dialect: .postgresql) else {
                Issue.record("no literal: \(text)")
                continue
            }
            #expect(literal.kind == .typed && literal.text == text)
        }
        guard case .function = try Parser.parseExpression("numeric(4, 2)", dialect: .postgresql) else {
            throw UnexpectedShape("no call")
        }
    }

    @Test func `special calls keep their text and show their arguments`() throws {
        for (text, count) in [
            ("EXTRACT(year FROM a)", 1), ("SUBSTRING(a FROM 1 FOR b)", 3), ("POSITION(a IN b)", 2),
            ("TRIM(LEADING 'x' FROM a)", 2), ("OVERLAY(a PLACING b FROM 1)", 3), ("TRIM(a)", 1),
        ] {
            guard case .function(let call) = try Parser.parseExpression(text, dialect: .postgresql) else {
                Issue.record("no call: \(text)")
                continue
            }
            #expect(call.arguments.count == count, "\(text)")
            #expect((call.specialSyntax == nil) == (text == "TRIM(a)"))
        }
    }
}
