import ShardSQL
import Testing

@Suite struct FingerprintTests {
    private func hash(
        _ sql: String, _ dialect: Dialect = .sqlite, _ options: Fingerprint.Options = Fingerprint.Options()
    ) -> UInt64? {
        var scratch = FingerprintScratch()
        return Fingerprint.of(sql, dialect: dialect, options: options, into: &scratch)
    }

    private func literals(_ sql: String, _ dialect: Dialect = .sqlite) -> [String] {
        var scratch = FingerprintScratch()
        _ = Fingerprint.of(sql, dialect: dialect, into: &scratch)
        let bytes = Array(sql.utf8)
        return scratch.literals.map { String(decoding: bytes[Int($0.start)..<Int($0.end)], as: UTF8.self) }
    }

    static let same: [(String, String)] = [
        ("SELECT a FROM t WHERE id = 1", "select  A from\tT where ID=99999 -- x"),
        ("SELECT 'a', 1.5, x'00'", "SELECT 'it''s', .5e3, X'CAFE'"),
        ("SELECT /* c */ 1", "SELECT 2"),
        ("SELECT _a_b1, verylongidentifiername FROM t", "select _A_B1, VeryLongIdentifierName from T"),
        ("SELECT a<=b", "SELECT a <= b"),
        ("INSERT INTO t VALUES (1, 'x'), (2, 'y')", "INSERT INTO t VALUES(3,'z'),(4,'')"),
    ]

    static let different: [(String, String)] = [
        ("SELECT 1", "SELECT 1.0"), ("SELECT 1", "SELECT '1'"), ("SELECT 'a'", "SELECT x'00'"),
        ("SELECT 1", "SELECT NULL"),
        ("SELECT 1", "SELECT -1"), ("SELECT a", "SELECT b"), ("SELECT \"a\"", "SELECT \"A\""),
        ("SELECT \"a\"", "SELECT a"),
        ("SELECT ?1", "SELECT ?2"), ("SELECT :a", "SELECT :A"), ("SELECT 1, 2", "SELECT 1, 2, 3"),
        ("SELECT a", "SELECT a /*+ hint */"), ("SELECT a /*+ one */", "SELECT a /*+ two */"),
        ("SELECT a b", "SELECT ab"),
        ("SELECT aaaaaaaa, b", "SELECT aaaaaaaab"), ("SELECT abcdefgh1", "SELECT abcdefgh2"), ("SELECT a", "SELECT a;"),
        ("SELECT (1)", "SELECT 1"), ("SELECT a_", "SELECT a"), ("SELECT TRUE", "SELECT FALSE"),
        ("SELECT a1", "SELECT a 1"),
    ]

    @Test(arguments: same)
    func `texts of one shape share hash and match`(_ left: String, _ right: String) {
        #expect(hash(left) == hash(right))
        #expect(Fingerprint.matches(left, right, dialect: .sqlite))
    }

    @Test(arguments: different)
    func `texts of different shapes have different hashes and do not match`(_ left: String, _ right: String) {
        #expect(hash(left) != hash(right))
        #expect(!Fingerprint.matches(left, right, dialect: .sqlite))
    }

    @Test func `operators match only where their characters touch alike`() {
        #expect(!Fingerprint.matches("SELECT a -> b", "SELECT a - > b", dialect: .sqlite))
        #expect(!Fingerprint.matches("SELECT a <= b", "SELECT a < = b", dialect: .sqlite))
        #expect(Fingerprint.matches("SELECT a ->> b", "SELECT a->>b", dialect: .sqlite))
        #expect(Fingerprint.matches("SELECT f( (a))", "SELECT f ((a) )", dialect: .sqlite))
    }

    @Test func `literals come in order, with their places`() {
        #expect(
            literals("SELECT 1, 'it''s', x'00', -2.5 FROM t WHERE a IN (3, 4) LIMIT 0x10")
                == ["1", "'it''s'", "x'00'", "2.5", "3", "4", "0x10"])
        #expect(
            literals("SELECT E'a\\'b', $$x$$, $t$y$t$, U&'z', N'n', B'1', $1, 'a'\n 'b'", .postgresql)
                == ["E'a\\'b'", "$$x$$", "$t$y$t$", "U&'z'", "N'n'", "B'1'", "'a'\n 'b'"])
    }

    @Test func `what the lexer does not read has no fingerprint`() {
        for sql in ["SELECT 'open", "SELECT \"open", "SELECT 1a", "SELECT \u{1}", "SELECT x'0'", "SELECT [a"] {
            #expect(hash(sql) == nil, "\(sql)")
            #expect(!Fingerprint.matches(sql, sql, dialect: .sqlite))
        }
    }

    @Test func `each option does what it says`() {
        let exact = Fingerprint.Options(foldsCase: false)
        #expect(hash("SELECT a", .sqlite, exact) != hash("select a", .sqlite, exact))
        #expect(!Fingerprint.matches("SELECT a", "select a", dialect: .sqlite, options: exact))
        #expect(
            hash("SELECT a", .sqlite, Fingerprint.Options(seed: 1))
                != hash("SELECT a", .sqlite, Fingerprint.Options(seed: 2)))
        let collapsing = Fingerprint.Options(collapsesLists: true)
        func collapsed(_ sql: String) -> UInt64? { hash(sql, .sqlite, collapsing) }
        #expect(collapsed("SELECT a IN (1, 2)") == collapsed("SELECT a IN (1, ?, -3.5, 'x')"))
        #expect(collapsed("INSERT INTO t VALUES (1, 2)") == collapsed("INSERT INTO t VALUES (1, 2), (3, 4), (?, ?)"))
        #expect(collapsed("SELECT a IN (1, 2)") != collapsed("SELECT a IN (1, b)"))
        #expect(collapsed("SELECT f(1, 2)") != collapsed("SELECT f(1)"))
        #expect(hash("SELECT a IN (1, 2)") != hash("SELECT a IN (1, 2, 3)"))
    }

    @Test func `a normalised text is one for people`() {
        func text(_ sql: String, collapses: Bool = false) -> String? {
            Fingerprint.normalizedText(sql, dialect: .sqlite, options: Fingerprint.Options(collapsesLists: collapses))
        }
        #expect(
            text("SELECT  a,b FROM t -- c\n WHERE id=12 AND f(x, 'y')>=2.5")
                == "SELECT a, b FROM t WHERE id = ? AND f(x, ?) >= ?")
        #expect(text("INSERT INTO t (a) VALUES (1,2), (3,4)", collapses: true) == "INSERT INTO t (a) VALUES (…)")
        #expect(
            text("SELECT 1 WHERE a IN ( 1,2 ) ORDER BY t.b", collapses: true) == "SELECT ? WHERE a IN (…) ORDER BY t.b")
        #expect(text("SELECT 'open") == nil)
    }

    @Test func `the stable seed gives the same hash in every run`() {
        #expect(
            hash("SELECT a FROM t WHERE id = 5", .sqlite, Fingerprint.Options(seed: Fingerprint.stableSeed))
                == 5_655_396_706_885_480_351)
    }

    @Test func `one-byte changes of identifiers hardly ever collide`() {
        var seen: Set<UInt64> = []
        var count = 0
        for first in "abcdefghijklmnopqrstuvwxyz" {
            for second in "abcdefghijklmnopqrstuvwxyz0123456789_" {
                for tail in ["", "x", "identifier", "averylongidentifiername"] {
                    if let value = hash("SELECT \(first)\(second)\(tail) FROM t") { seen.insert(value) }
                    count += 1
                }
            }
        }
        #expect(seen.count == count)
    }
}
