import ShardSQL
import Testing

/// The shape of expressions: SQLite itself is asked, PostgreSQL's shapes stand here.
@Suite struct PrecedenceTests {
    /// Every operator with parentheses around it.
    static func parenthesized(_ expression: Expression) -> Expression {
        var isRoot = true
        let inside = expression.mapped(includingSubqueries: true) { node in
            if isRoot {
                isRoot = false
                return nil
            }
            return parenthesized(node)
        }
        switch expression {
        case .binary, .unary, .isNull, .between, .inList, .match, .collate, .cast, .quantified, .subscripted,
            .atTimeZone:
            return .parenthesized(ParenthesizedExpression(inside))
        case .literal, .parameter, .column, .function, .conditional, .exists, .subquery, .row, .parenthesized, .array,
            .field, .raise, .wildcard, .defaultValue, .verbatim:
            return inside
        }
    }

    private static let binary = [
        "+", "-", "*", "/", "%", "||", "<<", ">>", "&", "|", "<", "<=", ">", ">=", "=", "==", "<>", "!=", "IS",
        "IS NOT", "AND", "OR", "LIKE", "GLOB", "NOT LIKE", "->", "->>", "IS DISTINCT FROM", "IS NOT DISTINCT FROM",
    ]

    private func operand(_ random: inout SeededGenerator) -> String {
        let prefix = ["", "", "", "", "-", "+", "~", "NOT ", "- "].randomElement(using: &random)!
        let postfix = [
            "", "", "", "", "", " COLLATE nocase", " ISNULL", " NOTNULL", " NOT NULL", " IN (1, 2)", " IN (b)",
        ]
        .randomElement(using: &random)!
        return prefix + ["a", "b", "c", "1", "'x'", "2.5", "NULL"].randomElement(using: &random)! + postfix
    }

    private func chain(_ random: inout SeededGenerator) -> String {
        var text = operand(&random)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: text += " BETWEEN \(operand(&random)) AND \(operand(&random))"
            case 1: text += " NOT BETWEEN \(operand(&random)) + 1 AND \(operand(&random))"
            case 2: text += " LIKE \(operand(&random)) ESCAPE 'x'"
            default: text += " \(Self.binary.randomElement(using: &random)!) \(operand(&random))"
            }
        }
        return text
    }

    @Test func `SQLite compiles the parenthesised tree to the same program`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let engine = try QueryCompiler()
        engine.run("CREATE TABLE t (a, b, c)")
        var compared = 0
        for _ in 0..<20_000 {
            let text = chain(&random)
            let plain = engine.program("SELECT \(text) FROM t")
            guard let tree = try? Parser.parseExpression(text, dialect: .sqlite) else {
                #expect(plain == nil, "seed \(seed): SQLite takes \(text)")
                continue
            }
            guard let plain else { continue }
            let shown = SQLPrinter.print(Self.parenthesized(tree))
            #expect(plain == engine.program("SELECT \(shown) FROM t"), "seed \(seed): \(text) is not \(shown)")
            compared += 1
        }
        #expect(compared > 10_000, "only \(compared) were compared")
    }

    @Test func `SQLite compiles its own tests' queries with parentheses to the same programs`() throws {
        guard let corpus = try Corpus.find() else { return }
        var engine = try QueryCompiler()
        var file: String?
        var failures: [String] = []
        var compared = 0
        for entry in try corpus.entries("sqlite") where entry.error == nil {
            if entry.file != file {
                engine = try QueryCompiler()
                file = entry.file
            }
            guard let statement = try? Parser.parse(entry.sql, dialect: .sqlite).statement else { continue }
            switch statement {
            case .select:
                guard let plain = engine.program(SQLPrinter.print(statement)) else { continue }
                let shown = SQLPrinter.print(statement.mapped(includingSubqueries: true) { Self.parenthesized($0) })
                compared += 1
                if plain != engine.program(shown) { failures.append("\(entry.sql)\n  \(shown)") }
            case .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop:
                engine.run(entry.sql)
            case .insert, .update, .delete, .transaction, .explain, .pragma, .setting, .showTopology, .other: continue
            }
        }
        #expect(failures.isEmpty, "\(failures.count) failures: \(failures.prefix(12).joined(separator: "\n"))")
        #expect(compared > 2_000, "only \(compared) were compared")
    }

    @Test(arguments: [
        ("a OR b AND NOT c = d", "(a OR (b AND (NOT (c = d))))"),
        ("a < b = c", nil), ("a = b = c", nil), ("a LIKE b LIKE c", nil),
        ("a + b * c ^ d", "(a + (b * (c ^ d)))"),
        ("a || b + c", "(a || (b + c))"), ("a -> b || c", "((a -> b) || c)"), ("a < b || c", "(a < (b || c))"),
        ("- a ^ b", "((- a) ^ b)"), ("-a::int", "(- (a::int))"), ("a::int[1]", "((a::int[1]))"),
        ("a BETWEEN b AND c = d", "((a BETWEEN b AND c) = d)"), ("a IS NULL = b", "((a IS NULL) = b)"),
        ("a = b IS NULL", "((a = b) IS NULL)"), ("a @> b AND c", "((a @> b) AND c)"),
        ("a <-> b < c", "((a <-> b) < c)"), ("@ a + b", "(@ (a + b))"), ("a IN (b) = c", "((a IN (b)) = c)"),
        ("a AT TIME ZONE b || c", "((a AT TIME ZONE b) || c)"), ("a COLLATE \"C\" || b", "((a COLLATE \"C\") || b)"),
        ("a = ANY (b) OR c", "((a = ANY (b)) OR c)"), ("NOT a IS NULL", "(NOT (a IS NULL))"),
        ("a = b IN (1, 2) NOT LIKE c", "(a = ((b IN (1, 2)) NOT LIKE c))"),
        ("a BETWEEN b AND 1 IS NULL || c LIKE d", "((((a BETWEEN b AND 1) IS NULL) || c) LIKE d)"),
        ("a BETWEEN b AND c BETWEEN d AND e", nil),
        ("a IS DISTINCT FROM b = c", "(a IS DISTINCT FROM (b = c))"), ("a % b - c - d", "(((a % b) - c) - d)"),
    ])
    func `PostgreSQL's operators bind as its grammar says`(_ text: String, _ shape: String?) throws {
        guard let shape else {
            #expect(throws: SQLSyntaxError.self) { try Parser.parseExpression(text, dialect: .postgresql) }
            return
        }
        let tree = try Parser.parseExpression(text, dialect: .postgresql)
        let options = SQLPrinter.Options(dialect: .postgresql)
        let shown = SQLPrinter.print(Self.parenthesized(tree), options: options)
        let expected = try SQLPrinter.print(Parser.parseExpression(shape, dialect: .postgresql), options: options)
        let found = shown.filter { $0 != " " }
        #expect(found == expected.filter { $0 != " " } || "(\(found))" == expected.filter { $0 != " " }, "\(shown)")
    }

    @Test(arguments: ["AND", "OR", "||"])
    func `ten thousand terms are a low tree that prints flat`(_ word: String) throws {
        let text = (0..<10_000).map { "c\($0)" }.joined(separator: " \(word) ")
        let tree = try Parser.parseExpression(text, dialect: .sqlite)
        #expect(SQLPrinter.print(tree) == text)
        func height(_ expression: Expression) -> Int {
            guard case .binary(let node) = expression else { return 1 }
            return 1 + max(height(node.left), height(node.right))
        }
        #expect(height(tree) < 120)
    }

    @Test(arguments: [1, 2, 99, 100, 101, 200, 201, 202, 1_000])
    func `a chain keeps its terms and their order, whatever its length`(_ count: Int) throws {
        let terms = (0..<count).map { "c\($0)" }
        for tail in ["", " OR z = 1", " IS NULL"] {
            let text = terms.joined(separator: " AND ") + tail
            let tree = try Parser.parseExpression(text, dialect: .sqlite)
            #expect(SQLPrinter.print(tree) == text)
            #expect(tree.range == SourceRange(0, Int32(text.utf8.count)))
        }
    }
}
