import ShardSQL
import Testing

@Suite("rows of literals")
struct LiteralRowsTests {
    @Test("a template stands for the statement, and cells hold the values")
    func cells() throws {
        let sql = "INSERT INTO t (a, \"b(\") VALUES (-1, 'it''s'), (NULL, x'0aFF'),\n (+2.50, '') /* end */;"
        let rows = try #require(LiteralRows(sql, dialect: .sqlite))
        #expect(rows.template == "INSERT INTO t (a, \"b(\") VALUES (NULL, NULL), (NULL, NULL) /* end */;")
        #expect(rows.count == 3)
        #expect(rows.width == 2)
        #expect([rows[0, 0], rows[1, 0], rows[2, 0]] == [.integer(-1), .null, .real(2.5)])
        #expect(Self.content(rows, 0, 1) == Array("it's".utf8))
        #expect(Self.content(rows, 1, 1) == [0x0a, 0xff])
        #expect(Self.content(rows, 2, 1) == [])
        #expect(LiteralRows("REPLACE INTO t VALUES(1)", dialect: .sqlite)?.template == "REPLACE INTO t VALUES (NULL)")
    }

    @Test(
        "whatever is unusual is left to the parser",
        arguments: [
            "INSERT INTO t VALUES (1), (?)", "INSERT INTO t VALUES (1, 2), (3)", "INSERT INTO t VALUES (1 + 1)",
            "INSERT INTO t VALUES (random())", "INSERT INTO t VALUES (\"a\")", "INSERT INTO t VALUES ()",
            "INSERT INTO t SELECT * FROM (VALUES (1))", "INSERT INTO t VALUES (9223372036854775808)",
            "INSERT INTO t VALUES (0x10)", "INSERT INTO t VALUES (1e999)", "INSERT INTO t VALUES (x'0')",
            "INSERT INTO t VALUES ('a' 'b')", "INSERT INTO t VALUES (1) , ", "INSERT INTO t VALUES (1", "INSERT INTO t",
            "EXPLAIN INSERT INTO t VALUES (1)", "/*+ shard(s0) */ INSERT INTO t VALUES (1)",
            "INSERT INTO t VALUES ((1))",
            "INSERT INTO t VALUES ('a\u{0}b')", "WITH c AS (SELECT 1) INSERT INTO t VALUES (1)", "", "VALUES (1)",
            "INSERT INTO t VALUES (- -1)", "INSERT INTO t VALUES (1) 'x",
        ])
    func unusual(sql: String) {
        #expect(LiteralRows(sql, dialect: .sqlite) == nil, "\(sql)")
    }

    @Test("literals of PostgreSQL take their types from their columns")
    func otherDialect() {
        #expect(LiteralRows("INSERT INTO t VALUES (1)", dialect: .postgresql) == nil)
    }

    @Test("values are those of the parser's literals", arguments: [UInt64(11), 12, 13])
    func values(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let width = Int.random(in: 1...4, using: &random)
            let texts = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                (0..<width).map { _ in Self.literal(&random) }
            }
            let sql =
                "INSERT INTO t VALUES "
                + texts.map { "(\($0.joined(separator: [", ", ",", " ,\n"].randomElement(using: &random) ?? ",")))" }
                .joined(separator: ", ")
            let rows = try #require(LiteralRows(sql, dialect: .sqlite), "seed \(seed): \(sql)")
            guard case .insert(let insert) = try Parser.parse(sql, dialect: .sqlite).statement,
                case .values(let values) = insert.source
            else {
                Issue.record("seed \(seed): \(sql)")
                return
            }
            #expect(rows.count == values.rows.count)
            for (row, cells) in values.rows.enumerated() {
                for (cell, expression) in cells.values.enumerated() {
                    #expect(
                        Self.value(rows, row, cell) == Self.value(expression), "seed \(seed): \(texts[row][cell])")
                }
            }
        }
    }

    private static func literal(_ random: inout SeededGenerator) -> String {
        let sign = ["", "-", "+", "- "].randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "NULL"
        case 1:
            let shift = Int64.random(in: 0..<63, using: &random)
            return sign + "\(Int64.random(in: 0...(.max), using: &random) >> shift)"
        case 2:
            return sign + "\(Int.random(in: 0..<100_000, using: &random)).\(Int.random(in: 0..<100, using: &random))"
        case 3: return "x'\(["", "00", "aF01"].randomElement(using: &random) ?? "")'"
        case 4: return "'" + ["", "''", "a''b", "ü – 漢", "(1), ", "--"].randomElement(using: &random)! + "'"
        default: return sign + "\(Int.random(in: 0..<50, using: &random))e\(Int.random(in: -3..<20, using: &random))"
        }
    }

    private static func content(_ rows: LiteralRows, _ row: Int, _ cell: Int) -> [UInt8] {
        rows.withText { bytes in
            var spare: [UInt8] = []
            return rows[row, cell].withContent(bytes, spare: &spare) { Array($0) }
        }
    }

    private static func value(_ rows: LiteralRows, _ row: Int, _ cell: Int) -> LiteralValue {
        switch rows[row, cell] {
        case .null: .null
        case .integer(let integer): .integer(integer)
        case .real(let real): .real(real)
        case .text: .text(String(decoding: content(rows, row, cell), as: UTF8.self))
        case .blob: .blob(content(rows, row, cell))
        }
    }

    private static func value(_ expression: Expression) -> LiteralValue? {
        if case .unary(let unary) = expression {
            switch value(unary.operand) {
            case .integer(let integer): return .integer(unary.operator == .minus ? -integer : integer)
            case .real(let real): return .real(unary.operator == .minus ? -real : real)
            case .text, .blob, .null, .boolean, nil: return nil
            }
        }
        guard case .literal(let literal) = expression else { return nil }
        return literal.value(dialect: .sqlite)
    }
}
