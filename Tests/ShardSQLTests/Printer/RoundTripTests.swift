import ShardSQL
import Testing

/// print ∘ parse is the identity on canonical texts; print ∘ parse ∘ print is print on all.
@Suite struct RoundTripTests {
    private func check(_ fixture: Fixture) throws {
        let options = SQLPrinter.Options(dialect: fixture.dialect)
        let first = try Parser.parse(fixture.sql, dialect: fixture.dialect).statement
        let printed = SQLPrinter.print(first, options: options)
        if fixture.isCanonical { #expect(printed == fixture.sql, "\(fixture.testDescription)") }
        let second = try Parser.parse(printed, dialect: fixture.dialect).statement
        #expect(SQLPrinter.print(second, options: options) == printed, "\(fixture.testDescription)")
        #expect(second.classification == first.classification, "\(fixture.testDescription)")
    }

    @Test(arguments: try Fixtures.statements())
    func `a fixture comes back as it was written`(_ fixture: Fixture) throws {
        do {
            try check(fixture)
        } catch let error as SQLSyntaxError {
            Issue.record("\(fixture.testDescription): \(error.shardError(in: fixture.sql))")
        }
    }

    @Test(arguments: try Fixtures.statements())
    func `a fixture's shape is that of its printed form`(_ fixture: Fixture) throws {
        guard fixture.isCanonical else { return }
        let spaced = " /* c */ " + fixture.sql + " -- end"
        var scratch = FingerprintScratch()
        let hash = Fingerprint.of(fixture.sql, dialect: fixture.dialect, into: &scratch)
        #expect(hash != nil)
        #expect(Fingerprint.of(spaced, dialect: fixture.dialect, into: &scratch) == hash)
        #expect(Fingerprint.matches(spaced, fixture.sql, dialect: fixture.dialect))
    }

    @Test func `classes are stable words`() throws {
        let expected: [(String, Dialect, String)] = [
            ("SELECT 1", .sqlite, "select"), ("VALUES (1)", .sqlite, "select"),
            ("WITH a AS (SELECT 1) DELETE FROM t", .sqlite, "delete"), ("REPLACE INTO t VALUES (1)", .sqlite, "insert"),
            ("UPDATE t SET a = 1", .sqlite, "update"), ("CREATE TABLE t (a)", .sqlite, "create-table"),
            ("CREATE INDEX i ON t (a)", .sqlite, "create-index"), ("DROP VIEW v", .sqlite, "drop-view"),
            ("BEGIN", .sqlite, "begin"), ("END", .sqlite, "commit"), ("ROLLBACK TO a", .sqlite, "rollback-to"),
            ("PRAGMA x", .sqlite, "pragma"), ("VACUUM", .sqlite, "vacuum"), ("EXPLAIN SELECT 1", .sqlite, "explain"),
            ("SHOW SHARDS", .sqlite, "show"), ("SET a TO 1", .postgresql, "set"),
            ("COPY t FROM STDIN", .postgresql, "copy"),
            ("CREATE SEQUENCE s", .postgresql, "create-sequence"),
            ("MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", .postgresql, "merge"),
        ]
        for (sql, dialect, word) in expected {
            #expect(try Parser.parse(sql, dialect: dialect).statement.classification == word, "\(sql)")
        }
    }

    @Test func `a report holds class, canonical text and a fingerprint that every run gives`() throws {
        let report = try ParseReport.line(sql: "select  a from t where id=5", dialect: .sqlite)
        #expect(report.statementClass == "select")
        #expect(report.printed == "SELECT a FROM t WHERE id = 5")
        #expect(
            try report.fingerprint
                == ParseReport.line(sql: "SELECT a FROM t WHERE id = 77", dialect: .sqlite).fingerprint)
        #expect(report.fingerprint == "4e7c015761d2af9f")
        #expect(throws: (any Error).self) { try ParseReport.line(sql: "select from", dialect: .sqlite) }
    }
}
