import ShardBase
import Testing

@testable import ShardPostgres

/// What the first words of a statement say, and what follows from it when a connection breaks.
struct StatementTraitsTests {
    @Test(
        "reads are told from what may write",
        arguments: [
            ("SELECT 1", false), ("  -- a\n/* b /* c */ d */ (select 1)", false), ("VALUES (1)", false),
            ("TABLE t", false),
            ("SHOW work_mem", false), ("SET work_mem = 1", false), ("BEGIN", false), ("ROLLBACK", false),
            ("WITH x AS (DELETE FROM t RETURNING 1) SELECT * FROM x", true), ("INSERT INTO t VALUES (1)", true),
            ("COMMIT", true), ("CALL f()", true), ("", true), ("ROLLBACK PREPARED 'x'", true),
            ("EXPLAIN ANALYZE DELETE FROM t", true),
        ])
    func writes(sql: String, mayWrite: Bool) {
        #expect(StatementTraits(sql).mayWrite == mayWrite)
    }

    @Test(
        "in a transaction, only what ends it leaves a doubt",
        arguments: [
            ("COMMIT", true), ("END", true), ("PREPARE TRANSACTION 'x'", true), ("COMMIT PREPARED 'x'", true),
            ("ROLLBACK PREPARED 'x'", true), ("ROLLBACK", false), ("INSERT INTO t VALUES (1)", false),
            ("PREPARE x AS SELECT 1", false),
        ])
    func ends(sql: String, isInDoubt: Bool) {
        let traits = StatementTraits(sql)
        let context = FailureContext(
            isInTransaction: true, mayWrite: traits.mayWrite, endsTransaction: traits.endsTransaction)
        #expect(context.retryWithoutAnswer == (isInDoubt ? .unknownOutcome : .connectionLost))
    }

    @Test("scripts are as dangerous as their worst statement, or as one that is not understood")
    func scripts() {
        #expect(!StatementTraits(script: "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").mayWrite)
        #expect(StatementTraits(script: "BEGIN; INSERT INTO t VALUES (1)").mayWrite)
        #expect(!StatementTraits(script: "BEGIN; INSERT INTO t VALUES (1)").endsTransaction)
        #expect(StatementTraits(script: "SELECT 1; COMMIT").endsTransaction)
        let hidden = StatementTraits(script: "SELECT ';'; COMMIT")
        #expect(hidden.mayWrite && hidden.endsTransaction)
    }
}
