import ShardSQL
import Testing

@Suite struct LiteralValueTests {
    private func value(_ text: String, _ kind: Literal.Kind, _ dialect: Dialect = .sqlite) -> LiteralValue? {
        Literal(kind, text: text).value(dialect: dialect)
    }

    @Test func `integers are 64 bits, beyond that SQLite has reals`() {
        #expect(value("0", .integer) == .integer(0))
        #expect(value("9223372036854775807", .integer) == .integer(.max))
        #expect(value("9223372036854775808", .integer) == .real(9_223_372_036_854_775_808))
        #expect(value("0x10", .integer) == .integer(16))
        #expect(value("0XfFffFFFFffffffff", .integer) == .integer(-1))
        #expect(value("0x10000000000000000", .integer) == nil)
        #expect(value("9223372036854775808", .integer, .postgresql) == nil)
        #expect(LiteralValue.isSmallestMagnitude(Literal(.integer, text: "9223372036854775808")))
        #expect(!LiteralValue.isSmallestMagnitude(Literal(.integer, text: "9223372036854775807")))
    }

    @Test func `texts lose their quotes`() {
        #expect(value("'it''s'", .string) == .text("it's"))
        #expect(value("''", .string) == .text(""))
        #expect(value("''''", .string) == .text("'"))
        #expect(value("'a' -- c'\n 'b'", .string, .postgresql) == .text("ab"))
        #expect(value("E'a\\'b\\n\\x41\\101\\u00e9\\\\'", .string, .postgresql) == .text("a'b\nAA\u{e9}\\"))
        #expect(value("$$it's$$", .string, .postgresql) == .text("it's"))
        #expect(value("$t$a$$b$t$", .string, .postgresql) == .text("a$$b"))
        #expect(value("N'x'", .string, .postgresql) == .text("x"))
        #expect(value("U&'\\0061'", .string, .postgresql) == nil)
    }

    @Test func `the rest is what it is`() {
        #expect(value("x'CAfe'", .blob) == .blob([0xCA, 0xFE]))
        #expect(value("NULL", .null) == .null)
        #expect(value("TRUE", .boolean) == .integer(1))
        #expect(value("false", .boolean, .postgresql) == .boolean(false))
        #expect(value("1.5", .real, .postgresql) == nil)
        #expect(value("CURRENT_DATE", .currentTime) == nil)
    }

    @Test func `SQLite reads every literal as the value says`() throws {
        let engine = try PlainEngine()
        var literals: [(Literal.Kind, String)] = [
            (.real, "5."), (.real, ".5"), (.real, "5.e3"), (.real, "0.1"), (.real, "1E-5"),
            (.integer, "007"), (.integer, "18446744073709551616"), (.integer, "0xFF"), (.blob, "X''"),
            (.string, "'a''''b'"), (.string, "'\n'"),
        ]
        let seed: UInt64 = 64
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<3_000 {
            literals.append(
                (
                    .integer,
                    String(
                        UInt64.random(in: .min ... .max, using: &generator)
                            >> UInt64.random(in: 0..<64, using: &generator))
                ))
            let whole = UInt32.random(in: 0..<1_000_000, using: &generator)
            literals.append((.real, "\(whole).\(UInt32.random(in: 0..<1_000_000, using: &generator))"))
        }
        var known = 0
        for (kind, text) in literals {
            guard let own = value(text, kind) else { continue }
            known += 1
            #expect(own == engine.value(of: "SELECT \(text)"), "seed \(seed): \(text)")
        }
        #expect(known * 100 > literals.count * 90, "only \(known) of \(literals.count) have a value")
    }

    @Test func `a folded literal has the value of its node`() throws {
        let sql = "SELECT 1, 'it''s', x'0A', 2.5, 99999999999999999999"
        var scratch = FingerprintScratch()
        _ = Fingerprint.of(sql, dialect: .sqlite, into: &scratch)
        let expression = try Parser.parse(sql, dialect: .sqlite).statement
        var nodes: [Literal] = []
        expression.forEachExpression { if case .literal(let literal) = $0 { nodes.append(literal) } }
        #expect(nodes.count == 5)
        #expect(
            nodes.map { SourceRange($0.range.start, $0.range.end) }
                == scratch.literals.map { SourceRange($0.start, $0.end) })
        let bytes = Array(sql.utf8)
        bytes.withUnsafeBufferPointer { buffer in
            #expect(
                scratch.literals.map { $0.value(in: buffer, dialect: .sqlite) }
                    == nodes.map { $0.value(dialect: .sqlite) })
            #expect(scratch.literals[0].integerValue(in: buffer) == 1)
            #expect(scratch.literals[1].integerValue(in: buffer) == nil)
            #expect(scratch.literals[4].integerValue(in: buffer) == nil)
        }
    }
}
