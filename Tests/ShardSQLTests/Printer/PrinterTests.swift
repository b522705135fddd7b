import ShardSQL
import Testing

/// Trees made by hand, as rewritings make them: the parentheses that keep their meaning, names, parameters.
@Suite struct PrinterTests {
    private let a = Expression.column(ColumnReference([Identifier("a")]))
    private let b = Expression.column(ColumnReference([Identifier("b")]))
    private let c = Expression.column(ColumnReference([Identifier("c")]))
    private let one = Expression.literal(Literal(.integer, text: "1"))

    private func binary(
        _ left: Expression, _ operation: BinaryOperator, _ spelling: String, _ right: Expression
    ) -> Expression {
        .binary(BinaryExpression(left, operation, spelling: spelling, right))
    }
    private func not(_ operand: Expression) -> Expression { .unary(UnaryExpression(.not, operand)) }
    private func minus(_ operand: Expression) -> Expression { .unary(UnaryExpression(.minus, operand)) }
    private func sqlite(_ expression: Expression) -> String { SQLPrinter.print(expression) }
    private func postgresql(_ expression: Expression) -> String {
        SQLPrinter.print(expression, options: SQLPrinter.Options(dialect: .postgresql))
    }

    @Test func `an operand that binds looser than its operator gets parentheses`() {
        let sum = binary(a, .add, "+", b)
        #expect(sqlite(binary(sum, .multiply, "*", c)) == "(a + b) * c")
        #expect(sqlite(binary(c, .multiply, "*", sum)) == "c * (a + b)")
        #expect(sqlite(binary(sum, .add, "+", c)) == "a + b + c")
        #expect(sqlite(binary(c, .subtract, "-", sum)) == "c - (a + b)")
        let either = binary(a, .or, "OR", b)
        #expect(sqlite(binary(either, .and, "AND", c)) == "(a OR b) AND c")
        #expect(sqlite(not(either)) == "NOT (a OR b)")
        #expect(sqlite(binary(either, .or, "OR", c)) == "a OR b OR c")
    }

    @Test func `each dialect has its own ranks`() {
        let joined = binary(a, .concatenate, "||", b)
        #expect(sqlite(binary(joined, .multiply, "*", c)) == "a || b * c")
        #expect(postgresql(binary(joined, .multiply, "*", c)) == "(a || b) * c")
        #expect(sqlite(binary(joined, .add, "+", c)) == "a || b + c")
        #expect(postgresql(binary(c, .concatenate, "||", binary(a, .add, "+", b))) == "c || a + b")
        #expect(sqlite(binary(c, .concatenate, "||", binary(a, .add, "+", b))) == "c || (a + b)")
        let equal = binary(a, .equal, "=", b)
        #expect(sqlite(binary(equal, .equal, "=", c)) == "a = b = c")
        #expect(postgresql(binary(equal, .equal, "=", c)) == "(a = b) = c")
    }

    @Test func `a prefix operator does not draw in what follows it`() {
        let tail = binary(a, .equal, "=", not(b))
        #expect(sqlite(tail) == "a = NOT b")
        #expect(sqlite(binary(tail, .equal, "=", c)) == "(a = NOT b) = c")
        #expect(sqlite(binary(tail, .and, "AND", c)) == "a = NOT b AND c")
        #expect(sqlite(binary(a, .is, "IS", not(b))) == "a IS (NOT b)")
        #expect(sqlite(.isNull(NullTest(not(a), isNegated: false, spelling: "IS NULL"))) == "(NOT a) IS NULL")
    }

    @Test func `two signs never touch`() {
        #expect(sqlite(minus(minus(a))) == "- -a")
        #expect(sqlite(minus(.literal(Literal(.integer, text: "-5")))) == "- -5")
        #expect(sqlite(binary(a, .subtract, "-", minus(b))) == "a - -b")
        #expect(sqlite(minus(binary(a, .add, "+", b))) == "-(a + b)")
    }

    @Test func `BETWEEN, LIKE, IN and postfix tests keep their operands together`() {
        let both = binary(a, .and, "AND", b)
        #expect(
            sqlite(.between(BetweenExpression(a, isNegated: false, low: both, high: c))) == "a BETWEEN (a AND b) AND c")
        #expect(
            sqlite(.between(BetweenExpression(both, isNegated: true, low: a, high: binary(b, .equal, "=", c))))
                == "(a AND b) NOT BETWEEN a AND (b = c)")
        #expect(
            sqlite(.inList(InExpression(binary(a, .or, "OR", b), isNegated: true, source: .list([one]))))
                == "(a OR b) NOT IN (1)")
        #expect(
            sqlite(.match(MatchExpression(a, isNegated: false, operator: .like, pattern: both, escape: c)))
                == "a LIKE (a AND b) ESCAPE c")
        #expect(
            sqlite(.collate(CollateExpression(binary(a, .concatenate, "||", b), collation: ObjectName("NOCASE"))))
                == "(a || b) COLLATE NOCASE")
        #expect(
            postgresql(.cast(CastExpression(minus(a), type: TypeName("int"), usesDoubleColon: true)))
                == "(-a)::int")
        #expect(postgresql(.field(FieldAccess(a, field: Identifier("x")))) == "(a).x")
    }

    @Test func `ten thousand terms print without deep recursion`() {
        var chain = a
        for _ in 0..<10_000 { chain = binary(chain, .and, "AND", b) }
        #expect(sqlite(chain).utf8.count == 1 + 10_000 * 6)
    }

    @Test func `names keep their quotes, and get them where a rewriting made them`() {
        #expect(Identifier("x").quoted == "x")
        #expect(Identifier("X y").quoted == "\"X y\"")
        #expect(Identifier("1a").quoted == "\"1a\"")
        #expect(Identifier("").quoted == "\"\"")
        #expect(Identifier("a\"b", quote: .double).quoted == "\"a\"\"b\"")
        #expect(Identifier("a`b", quote: .backtick).quoted == "`a``b`")
        #expect(Identifier("a b", quote: .bracket).quoted == "[a b]")
        #expect(Identifier("it's", quote: .single).quoted == "'it''s'")
        #expect(Identifier("order").quoted == "\"order\"")
        #expect(Identifier("Order", range: SourceRange(3, 8)).quoted == "Order")
        #expect(ObjectName([Identifier("main"), Identifier("group")]).quoted == "main.\"group\"")
    }

    @Test func `parameters print as written or by number`() {
        let parameter = Expression.parameter(Parameter(text: ":name", index: 2))
        #expect(sqlite(parameter) == ":name")
        #expect(SQLPrinter.print(parameter, options: SQLPrinter.Options(parameterStyle: .numbered)) == "?3")
        let numbered = SQLPrinter.Options(dialect: .postgresql, parameterStyle: .numbered)
        #expect(SQLPrinter.print(parameter, options: numbered) == "$3")
    }

    @Test func `a set operation on the right is closed off as the dialect can`() {
        func core(_ name: String) -> SelectBody {
            .core(SelectCore(items: [SelectItem(.expression(.column(ColumnReference([Identifier(name)]))))]))
        }
        let inner = SelectBody.compound(CompoundSelect(core("b"), .except, isAll: false, core("c")))
        let outer = SelectStatement(body: .compound(CompoundSelect(core("a"), .union, isAll: true, inner)))
        #expect(SQLPrinter.print(outer) == "SELECT a UNION ALL SELECT * FROM (SELECT b EXCEPT SELECT c)")
        #expect(
            SQLPrinter.print(outer, options: SQLPrinter.Options(dialect: .postgresql))
                == "SELECT a UNION ALL (SELECT b EXCEPT SELECT c)")
    }

    @Test func `an offset without a limit gets one where the dialect asks for it`() {
        let core = SelectCore(items: [SelectItem(.expression(one))])
        let select = SelectStatement(body: .core(core), limit: LimitClause(count: nil, offset: one))
        #expect(SQLPrinter.print(select) == "SELECT 1 LIMIT -1 OFFSET 1")
        #expect(SQLPrinter.print(select, options: SQLPrinter.Options(dialect: .postgresql)) == "SELECT 1 OFFSET 1")
    }
}
