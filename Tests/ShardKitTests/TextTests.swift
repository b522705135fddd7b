import ShardKit
import Testing

struct TextTests {
    @Test("an interpolation binds values, lists and raw text")
    func interpolation() {
        let name: String? = nil
        let text: SQLText = "SELECT \(raw: "a") FROM t WHERE b = \(5) AND c IN (\(list: ["x", "y"])) AND d IS \(name)"
        #expect(text.text == "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3) AND d IS $4")
        #expect(text.values == [5, "x", "y", .null])
        #expect("\(text)" == text.text)
    }

    @Test(
        "a script is taken apart at the semicolons that end statements",
        arguments: [
            ("SELECT 1; SELECT 'a;b'; -- c;\n", ["SELECT 1", "SELECT 'a;b'"], true),
            ("SELECT 1", ["SELECT 1"], false),
            ("SELECT 'open; ", ["SELECT 'open; "], false), ("/* open;", [], true),
            ("SELECT 1 -- not; yet", ["SELECT 1"], false), ("SELECT #1;", ["SELECT #1;"], true),
            ("SELECT #1", ["SELECT #1"], false),
            (
                "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END;",
                ["CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END"], true
            ),
            ("  -- nothing\n", [], true),
        ])
    func scripts(text: String, statements: [String], isComplete: Bool) {
        let script = SQLScript(text)
        #expect(script.statements.map(String.init) == statements)
        #expect(script.isComplete == isComplete)
    }

    @Test("the nearest word is found, and none where none is near")
    func nearest() {
        #expect(NearestWord.of("shrads", among: ["shards", "tables"]) == "shards")
        #expect(NearestWord.of("completely", among: ["shards", "tables"]) == nil)
    }

    @Test("a report of a statement has its class, canonical text and a fingerprint without literals")
    func report() throws {
        let one = try StatementReport(of: "select  a from t where b=1", dialect: "sqlite")
        let two = try StatementReport(of: "SELECT a FROM t WHERE b = 2 -- x", dialect: "sqlite")
        #expect(one.statementClass == "select")
        #expect(one.printed == "SELECT a FROM t WHERE b = 1")
        #expect(one.fingerprint == two.fingerprint && one.fingerprint.count == 16)
        #expect(throws: ShardError.self) { try StatementReport(of: "SELECT", dialect: "sqlite") }
        #expect(throws: ShardError.self) { try StatementReport(of: "SELECT 1", dialect: "oracle") }
    }
}
