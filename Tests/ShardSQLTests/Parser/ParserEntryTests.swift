import ShardBase
import ShardSQL
import Testing

/// The entries: one statement, errors with their place, scripts.
@Suite struct ParserEntryTests {
    private func failure(_ sql: String, _ dialect: Dialect = .sqlite) -> SQLSyntaxError? {
        do throws(SQLSyntaxError) { _ = try Parser.parse(sql, dialect: dialect) } catch { return error }
        return nil
    }

    @Test func `an error tells line, column and caret`() throws {
        let sql = "SELECT a,\n       b FRM t\nWHERE x"
        let error = try #require(failure(sql)).shardError(in: sql)
        #expect(error.code == .syntax)
        #expect(error.place?.line == 2 && error.place?.column == 14)
        #expect(error.place?.excerpt == "       b FRM t\n             ^")
        #expect(error.message == "unexpected \"t\"; the end of the statement is expected")
    }

    @Test(arguments: ["", "  \n", "-- nothing", "/* nothing */ ; ;"])
    func `a text without a statement says so`(_ sql: String) {
        #expect(failure(sql)?.kind == .noStatement)
        #expect(failure(sql, .postgresql)?.kind == .noStatement)
    }

    @Test func `one statement is taken, with semicolons and comments behind it`() {
        #expect(failure("SELECT 1; ; -- done") == nil)
        #expect(failure("SELECT 1; SELECT 2")?.offset == 10)
    }

    @Test func `every statement cut off anywhere is an error or a statement, never a trap`() {
        let sql = """
            WITH x(a) AS (SELECT 1) INSERT INTO t(a, b) SELECT CASE WHEN a IN (1, 2) THEN 'x''y' END, \
            count(*) FILTER (WHERE a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) \
            FROM x, y LEFT JOIN z USING (k) WHERE NOT EXISTS (SELECT 1) ON CONFLICT DO NOTHING RETURNING *
            """
        for end in sql.indices {
            for dialect in [Dialect.sqlite, .postgresql] {
                if let error = failure(String(sql[..<end]), dialect) {
                    #expect(error.offset <= sql.utf8.count)
                }
            }
        }
        #expect(failure(sql) == nil)
        #expect(failure(sql, .postgresql) == nil)
    }

    @Test func `nesting is bounded and its error has a code`() throws {
        let sql = "SELECT " + String(repeating: "(", count: 5_000) + "1" + String(repeating: ")", count: 5_000)
        let error = try #require(failure(sql))
        #expect(error.isNestingTooDeep && error.shardError(in: sql).code == .nestingTooDeep)
        let chain = "SELECT 1" + String(repeating: " + 1", count: 5_000)
        #expect(failure(chain)?.isNestingTooDeep == true)
        let short = "SELECT 1" + String(repeating: " + 1", count: 900)
        #expect(failure(short) == nil)
        let union = Array(repeating: "SELECT 1", count: 500).joined(separator: " UNION ALL ")
        #expect(failure(union) == nil)
    }

    @Test func `texts that tempt a parser to read twice are read in time`() {
        let numeric = "SELECT " + String(repeating: "numeric(", count: 190) + "1" + String(repeating: ")", count: 190)
        #expect(failure(numeric, .postgresql)?.isNestingTooDeep == nil)
        let with = String(repeating: "WITH a AS (", count: 90) + "SELECT 1" + String(repeating: ") SELECT 1", count: 90)
        #expect(failure(with, .postgresql) == nil)
        let join =
            "SELECT 1 FROM a" + String(repeating: " JOIN b", count: 190) + String(repeating: " ON 1 = 1", count: 190)
        #expect(failure(join, .postgresql) == nil)
    }

    private func pieces(_ script: String, _ dialect: Dialect) -> [String] {
        Parser.split(script, dialect: dialect).map { String(script[$0]) }
    }

    @Test func `a script splits at its semicolons and nowhere else`() {
        #expect(
            pieces("SELECT ';'; -- a;b\nSELECT \";\" ; ;; /*+ h */ SELECT 2", .sqlite) == [
                "SELECT ';'", "-- a;b\nSELECT \";\"", "/*+ h */ SELECT 2",
            ])
        #expect(pieces("-- only\n;", .sqlite).isEmpty)
        let trigger = "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM u; END"
        #expect(pieces("SELECT 1;\(trigger); SELECT 2;", .sqlite) == ["SELECT 1", trigger, "SELECT 2"])
        #expect(pieces("DO $$ a; b $$; SELECT 1", .postgresql) == ["DO $$ a; b $$", "SELECT 1"])
        let body = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END"
        #expect(pieces("\(body); SELECT 3", .postgresql) == [body, "SELECT 3"])
        let rule = "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)"
        #expect(pieces("\(rule); SELECT 3", .postgresql) == [rule, "SELECT 3"])
    }

    @Test func `what cannot be read on is one piece`() {
        #expect(
            pieces("SELECT 1; SELECT 'é'; SELECT 'open; SELECT 2", .sqlite) == [
                "SELECT 1", "SELECT 'é'", "SELECT 'open; SELECT 2",
            ])
    }

    @Test(arguments: [
        ("VACUUM", "VACUUM"), ("ANALYZE main.t", "ANALYZE"), ("REINDEX", "REINDEX"), ("ATTACH 'a.db' AS b", "ATTACH"),
        ("DETACH DATABASE b", "DETACH"),
    ])
    func `SQLite's small statements are read to their end`(_ sql: String, _ kind: String) throws {
        guard case .other(let other) = try Parser.parse(sql, dialect: .sqlite).statement else {
            throw UnexpectedShape("no statement")
        }
        #expect(other.kind == kind && other.text == sql)
        #expect(failure(sql + " 1 2 3") != nil)
    }

    @Test(arguments: [
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE", "MERGE"), ("COPY t FROM STDIN", "COPY"),
        ("CREATE SEQUENCE s", "CREATE SEQUENCE"), ("GRANT ALL ON t TO u", "GRANT"), ("TRUNCATE t, u", "TRUNCATE"),
        ("ALTER SEQUENCE s RESTART", "ALTER SEQUENCE"), ("DROP FUNCTION f(int)", "DROP FUNCTION"),
        ("LISTEN c", "LISTEN"), ("COMMENT ON TABLE t IS 'x'", "COMMENT ON"), ("VACUUM (FULL) t", "VACUUM"),
    ])
    func `a server's statements are recognised by class`(_ sql: String, _ kind: String) throws {
        guard case .other(let other) = try Parser.parse(sql, dialect: .postgresql).statement else {
            throw UnexpectedShape("no statement")
        }
        #expect(other.kind == kind && other.text == sql)
        #expect(failure(sql) != nil)
    }
}
