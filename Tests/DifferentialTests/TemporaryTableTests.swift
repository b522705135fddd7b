import Fuzzing
import PlainEngine
import ShardBase
import ShardKit
import Testing

/// Statements that meet TEMP tables and tables on shards, beside plain SQLite: on one shard and on four with several
/// partitions each. After every statement the session's counters are compared too.
@Suite("TEMP tables and tables on shards")
struct TemporaryTableTests {
    struct Script: Sendable, CustomTestStringConvertible {
        var name: String
        var statements: [String]
        var testDescription: String { name }
    }

    static let schema = [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, g INT, v TEXT)",
        "CREATE TABLE c (k TEXT PRIMARY KEY COLLATE NOCASE, n REAL) WITHOUT ROWID", "CREATE TABLE f (a, b)",
        "CREATE INDEX i ON t (g)", "CREATE VIEW w AS SELECT g, count(*) AS n FROM t GROUP BY g",
        "INSERT INTO t VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 2, NULL), (5, 3, 'e'), (6, NULL, 'f')",
        "INSERT INTO c VALUES ('A', 1.5), ('b', 2), ('C', NULL)", "INSERT INTO f VALUES (1, 'x'), (2, 'y'), (2, 'z')",
        "CREATE TEMP TABLE ids (id INTEGER PRIMARY KEY, n)", "INSERT INTO ids VALUES (1, 10), (3, 30), (9, 90)",
    ]

    @Test("they are answered as by one plain database", arguments: scripts, [1, 4])
    func answers(_ script: Script, shards: Int) async throws {
        let plain = try PlainDatabase()
        let clause = shards == 1 ? "HASH (PRIMARY KEY)" : "HASH (PRIMARY KEY) INTO 9 PARTITIONS"
        try await withTemporaryDatabase(shards: shards, tables: ["f": "HASH (a)"], byDefault: clause) { database in
            try await database.withSession { session in
                for sql in Self.schema + script.statements {
                    let outcome = await Comparison.run(sql, sharded: session, plain: plain, comparesErrors: true)
                    switch outcome {
                    case .right, .bothFail: break
                    case .refused(let code): Issue.record("refused (\(code)): \(sql)")
                    case .wrong(let why): Issue.record("\(sql)\n    \(why)")
                    }
                    let counters = "SELECT changes(), total_changes(), last_insert_rowid()"
                    if case .wrong(let why) = await Comparison.run(counters, sharded: session, plain: plain) {
                        Issue.record("after \(sql)\n    \(counters)\n    \(why)")
                    }
                }
            }
        }
    }

    @Test("a prepared statement follows TEMP tables that come and go", arguments: [1, 4])
    func prepared(shards: Int) async throws {
        try await withTemporaryDatabase(shards: shards) { database in
            try await database.withSession { session in
                for sql in ["CREATE TABLE t (id INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (1, 'main')"] {
                    try await session.execute(SQLText(sql, values: []))
                }
                let statement = try await session.prepare("SELECT v FROM t WHERE id = ?")
                func seen() async throws -> [Value] {
                    var values: [Value] = []
                    for try await row in try await statement.query([.integer(1)]) { values.append(row.values[0]) }
                    return values
                }
                #expect(try await seen() == [.text("main")])
                try await session.execute("CREATE TEMP TABLE t (id, v)")
                #expect(try await seen() == [])
                try await session.execute("INSERT INTO t VALUES (1, 'temp')")
                #expect(try await seen() == [.text("temp")])
                try await session.execute("BEGIN")
                try await session.execute("DROP TABLE temp.t")
                #expect(try await seen() == [.text("main")])
                try await session.execute("ROLLBACK")
                #expect(try await seen() == [.text("temp")])
                try await session.execute("DROP TABLE t")
                #expect(try await seen() == [.text("main")])
            }
        }
    }

    /// What has no right answer is refused.
    @Test("what is left is refused", arguments: [1, 4])
    func refused(shards: Int) async throws {
        try await withTemporaryDatabase(shards: shards) { database in
            try await database.withSession { session in
                for sql in [
                    "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v)", "INSERT INTO t (v) VALUES ('a'), ('b')",
                    "CREATE TEMP TABLE u (id INTEGER PRIMARY KEY, n)",
                ] { try await session.execute(SQLText(sql, values: [])) }
                for sql in [
                    "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM u; END",
                    "CREATE TRIGGER g AFTER INSERT ON u BEGIN INSERT INTO t (v) VALUES ('c'); END",
                    "SELECT (SELECT count(*) FROM sqlite_master), u.* FROM u, t",
                    "SELECT seq, n FROM main.sqlite_sequence, u", "CREATE TEMP VIEW z AS SELECT last_insert_rowid()",
                    "INSERT INTO t VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET v = (SELECT max(n) FROM u)",
                    "CREATE TEMP TRIGGER g AFTER INSERT ON u BEGIN INSERT INTO u SELECT id, changes() FROM t; END",
                ] {
                    let error = await #expect(throws: ShardError.self, "\(sql)") {
                        try await session.execute(SQLText(sql, values: []))
                    }
                    #expect(error?.isRefusal == true, "\(sql): \(String(describing: error))")
                }
            }
        }
    }

    @Test("what TEMP views see is not changed by what ShardKit adds", arguments: [1, 4])
    func hiddenColumns(shards: Int) async throws {
        try await withTemporaryDatabase(shards: shards, tables: ["f": "HASH (a) INTO 5 PARTITIONS"]) { database in
            try await database.withSession { session in
                for sql in [
                    "CREATE TABLE f (a, b)", "INSERT INTO f VALUES (1, 2), (3, 4)",
                    "CREATE TEMP VIEW v AS SELECT * FROM f", "CREATE TEMP VIEW n AS SELECT count(*) FROM v",
                ] { try await session.execute(SQLText(sql, values: [])) }
                let sql = "UPDATE f SET a = a + 1 WHERE (a, b) IN (SELECT * FROM v)"
                let error = await #expect(throws: ShardError.self) {
                    try await session.execute(SQLText(sql, values: []))
                }
                #expect(error?.isRefusal == true, "\(String(describing: error))")
                for sql in [
                    "ALTER TABLE f RENAME TO ff", "ALTER TABLE f DROP COLUMN b", "ALTER TABLE f RENAME COLUMN b TO c",
                ] {
                    let error = await #expect(throws: ShardError.self, "\(sql)") {
                        try await session.execute(SQLText(sql, values: []))
                    }
                    #expect(error?.code == .statementNotModelled, "\(sql): \(String(describing: error))")
                }
            }
        }
    }

    static let scripts = [
        Script(
            name: "queries",
            statements: [
                "SELECT * FROM ids JOIN t USING (id) ORDER BY id",
                "SELECT t.v, temp.ids.n FROM t, temp.ids WHERE t.id = ids.id",
                "SELECT * FROM t NATURAL JOIN ids ORDER BY id",
                "SELECT id FROM t WHERE id NOT IN (SELECT id FROM ids) ORDER BY id",
                "SELECT id FROM t WHERE id IN ids ORDER BY id",
                "SELECT ids.id, v FROM ids LEFT JOIN t ON t.id = ids.id ORDER BY 1",
                "SELECT id, (SELECT count(*) FROM t WHERE g >= ids.id) FROM ids ORDER BY id",
                "SELECT id FROM t UNION SELECT id FROM ids ORDER BY 1", "SELECT id FROM ids EXCEPT SELECT id FROM t",
                "WITH x AS (SELECT g, max(id) AS m FROM t GROUP BY g) SELECT * FROM x JOIN ids ON ids.id = x.m ORDER BY 1",
                "WITH ids AS (SELECT 2 AS id) SELECT v FROM t JOIN ids USING (id)",
                "SELECT count(*), sum(n) FROM t JOIN ids ON t.id = ids.id WHERE t.v <> 'c'",
                "SELECT * FROM w JOIN ids ON ids.id = w.g ORDER BY 1", "SELECT count(*) FROM ids, t, c, f",
                "SELECT t.id FROM t INDEXED BY i JOIN ids ON ids.id = t.g WHERE t.g = 1 ORDER BY 1",
                "SELECT k, n FROM c WHERE k IN (SELECT 'a' FROM ids)",
                "SELECT rowid, a, b FROM f WHERE a < (SELECT max(id) FROM ids) ORDER BY rowid",
                "SELECT changes() + id FROM ids WHERE id IN (SELECT id FROM t) ORDER BY 1",
                "SELECT t.g, count(*) FROM t, ids GROUP BY t.g ORDER BY 1 LIMIT 2 OFFSET 1",
                "SELECT id, sum(n) OVER (ORDER BY id) FROM ids WHERE EXISTS (SELECT 1 FROM t WHERE t.id = ids.id) ORDER BY 1",
                "SELECT no FROM ids JOIN t", "SELECT name FROM sqlite_temp_master ORDER BY 1",
                "SELECT name FROM temp.sqlite_schema ORDER BY 1",
                "SELECT date('now') = date('now', '+0 days') FROM ids JOIN t USING (id)",
            ]),
        Script(
            name: "TEMP tables made of shards' rows",
            statements: [
                "CREATE TEMP TABLE x AS SELECT * FROM t", "SELECT * FROM x ORDER BY id",
                "SELECT sql FROM sqlite_temp_master WHERE name = 'x'",
                "CREATE TEMPORARY TABLE IF NOT EXISTS x AS SELECT 1",
                "CREATE TABLE temp.y AS SELECT g, count(*) FROM w GROUP BY g",
                "SELECT * FROM y ORDER BY 1", "CREATE TEMP TABLE x AS SELECT 1",
                "INSERT INTO ids SELECT id + 100, v FROM t WHERE id < 4",
                "INSERT INTO ids (n, id) SELECT count(*), 50 FROM t", "INSERT INTO ids SELECT id, v FROM t",
                "INSERT OR IGNORE INTO ids SELECT id, v FROM t",
                "INSERT OR REPLACE INTO ids SELECT id, v FROM t WHERE g = 1",
                "INSERT INTO ids VALUES (70, (SELECT count(*) FROM t)), (71, (SELECT max(k) FROM c)) RETURNING id, n",
                "INSERT INTO ids VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = n || (SELECT count(*) FROM t)",
                "INSERT INTO ids SELECT id, 0 FROM t WHERE true ON CONFLICT DO UPDATE SET n = excluded.n RETURNING *",
                "WITH x AS (SELECT count(*) AS n FROM t) INSERT INTO ids SELECT 80, n FROM x",
                "CREATE TEMP TABLE z (id INTEGER PRIMARY KEY, g INT, v TEXT)", "INSERT INTO z SELECT * FROM t",
                "SELECT * FROM z ORDER BY id", "INSERT INTO z (v) SELECT b FROM f", "SELECT * FROM ids ORDER BY id",
                "CREATE TEMP TABLE wr (k PRIMARY KEY) WITHOUT ROWID", "INSERT INTO wr SELECT k FROM c",
                "INSERT INTO t VALUES (40, 4, 'q')", "INSERT INTO wr VALUES (last_insert_rowid())",
                "SELECT * FROM wr ORDER BY k",
                "INSERT INTO ids VALUES (last_insert_rowid() + 1000, changes())", "SELECT * FROM ids ORDER BY id",
                "INSERT OR FAIL INTO ids SELECT id, 1 FROM (SELECT id FROM t UNION SELECT 5000) ORDER BY id DESC",
                "SELECT * FROM ids ORDER BY id",
            ]),
        Script(
            name: "TEMP tables changed by shards' rows",
            statements: [
                "UPDATE ids SET n = (SELECT v FROM t WHERE t.id = ids.id)", "SELECT * FROM ids ORDER BY id",
                "UPDATE ids SET n = t.g FROM t WHERE t.id = ids.id RETURNING *",
                "UPDATE temp.ids SET n = n + 1 WHERE id IN (SELECT g FROM w)",
                "SELECT * FROM ids ORDER BY id", "UPDATE ids SET id = (SELECT max(id) FROM t) WHERE id < 4",
                "DELETE FROM ids WHERE id NOT IN (SELECT id FROM t) RETURNING id",
                "DELETE FROM temp.ids WHERE EXISTS (SELECT 1 FROM t WHERE t.id = ids.id AND g = 2)",
                "SELECT * FROM ids ORDER BY id", "WITH x AS (SELECT id FROM t) DELETE FROM ids WHERE id IN x",
                "SELECT count(*) FROM ids",
            ]),
        Script(
            name: "shards' rows changed by TEMP tables",
            statements: [
                "DELETE FROM t WHERE id IN (SELECT id FROM ids WHERE n = 30)", "SELECT * FROM t ORDER BY id",
                "UPDATE t SET v = 'u' WHERE id IN ids",
                "UPDATE t SET v = v || (SELECT n FROM ids WHERE ids.id = t.id) RETURNING id, v",
                "UPDATE t SET g = ids.n FROM ids WHERE ids.id = t.id", "SELECT * FROM t ORDER BY id",
                "UPDATE t SET id = id + 100 WHERE id IN (SELECT id FROM temp.ids)", "SELECT * FROM t ORDER BY id",
                "INSERT INTO t SELECT id + 200, n, 'i' FROM ids",
                "INSERT INTO t (g, v) SELECT n, 'r' FROM ids JOIN f ON ids.id = f.a ORDER BY n",
                "INSERT INTO t VALUES (300, (SELECT max(n) FROM ids), 'v')",
                "INSERT OR REPLACE INTO t SELECT ids.id, t.g, 'x' FROM ids, t WHERE t.id = 2",
                "SELECT * FROM t ORDER BY id", "DELETE FROM c WHERE n < (SELECT max(id) FROM ids) RETURNING k",
                "SELECT * FROM c ORDER BY k",
                "UPDATE f SET b = 'w' WHERE a IN (SELECT id + 1 FROM ids)",
                "DELETE FROM f WHERE a = (SELECT min(id) FROM ids)",
                "SELECT rowid, * FROM f ORDER BY rowid",
                "CREATE TABLE made AS SELECT t.id, t.v, ids.n + 1 AS m FROM t JOIN ids USING (id)",
                "SELECT * FROM made ORDER BY id", "SELECT sql FROM sqlite_master WHERE name = 'made'",
                "CREATE TABLE IF NOT EXISTS made AS SELECT n FROM ids",
                "CREATE TABLE made AS SELECT n FROM ids",
                "WITH d AS (SELECT id FROM ids) DELETE FROM t WHERE id IN (SELECT id FROM d)",
                "SELECT * FROM t ORDER BY id", "SELECT * FROM ids ORDER BY id",
            ]),
        Script(
            name: "transactions",
            statements: [
                "BEGIN", "INSERT INTO ids SELECT id + 100, v FROM t", "DELETE FROM t WHERE id IN (SELECT id FROM ids)",
                "SELECT count(*) FROM t, ids", "SAVEPOINT s", "INSERT INTO t SELECT id, n, 's' FROM ids WHERE id < 4",
                "UPDATE ids SET n = (SELECT count(*) FROM t)",
                "SELECT * FROM ids JOIN t USING (id) ORDER BY id", "CREATE TEMP TABLE s AS SELECT id FROM t",
                "SELECT count(*) FROM s, t",
                "ROLLBACK TO s", "SELECT count(*) FROM s", "SELECT * FROM ids ORDER BY id",
                "SELECT * FROM t ORDER BY id", "RELEASE s",
                "SELECT * FROM ids LEFT JOIN t USING (id) ORDER BY id", "COMMIT",
                "SELECT * FROM ids LEFT JOIN t USING (id) ORDER BY id",
                "BEGIN", "CREATE TEMP TABLE t (id, v)", "INSERT INTO t SELECT id, v FROM main.t",
                "SELECT * FROM t ORDER BY id",
                "SELECT count(*) FROM w", "ROLLBACK", "SELECT id, v FROM t ORDER BY id",
                "SELECT * FROM ids ORDER BY id",
                "BEGIN", "DELETE FROM ids", "INSERT INTO ids SELECT id, g FROM t ORDER BY id",
                "INSERT OR ROLLBACK INTO ids SELECT id, g FROM t ORDER BY id",
                "COMMIT", "SELECT * FROM ids ORDER BY id", "BEGIN", "ALTER TABLE t ADD COLUMN z DEFAULT 7",
                "SELECT max(z), count(n) FROM t, ids",
                "ROLLBACK", "SELECT * FROM t JOIN ids USING (id) ORDER BY id", "BEGIN",
                "CREATE TABLE q AS SELECT n FROM ids",
                "SELECT count(*) FROM q, t", "COMMIT", "SELECT * FROM q ORDER BY n",
            ]),
        Script(
            name: "TEMP views",
            statements: [
                "CREATE TEMP VIEW v AS SELECT t.id, t.v, ids.n FROM t LEFT JOIN ids USING (id)",
                "SELECT * FROM v ORDER BY id",
                "SELECT count(*) FROM v WHERE n > 5",
                "SELECT v.id, t.g FROM v JOIN t ON v.id = t.id WHERE t.g = 1 ORDER BY 1",
                "CREATE TEMP VIEW vv (a, b) AS SELECT id, n FROM v UNION ALL SELECT g, n FROM w",
                "SELECT * FROM vv ORDER BY a, b",
                "SELECT count(*) FROM vv", "INSERT INTO ids SELECT id + 10, v FROM v WHERE id < 3",
                "SELECT * FROM v ORDER BY id",
                "DELETE FROM t WHERE id IN (SELECT id FROM v WHERE n IS NULL)", "SELECT * FROM t ORDER BY id",
                "INSERT INTO t SELECT id + 500, n, v FROM v", "SELECT * FROM v ORDER BY id", "DROP VIEW vv",
                "SELECT * FROM vv",
                "CREATE TEMP VIEW w AS SELECT id AS g FROM ids", "SELECT * FROM w ORDER BY g",
                "SELECT * FROM main.w ORDER BY g",
                "DELETE FROM t WHERE id IN (SELECT g FROM w)", "SELECT * FROM t ORDER BY id",
                "INSERT INTO f SELECT g, 'w' FROM w", "SELECT * FROM f ORDER BY a, b",
                "UPDATE v SET n = 1",
                "CREATE TRIGGER vi INSTEAD OF UPDATE ON v BEGIN UPDATE ids SET n = new.n WHERE id = old.id; END",
                "UPDATE v SET n = id + 7 WHERE v IS NOT NULL", "SELECT * FROM ids ORDER BY id",
                "DROP VIEW IF EXISTS temp.w", "SELECT * FROM w ORDER BY g",
                "CREATE TEMP VIEW IF NOT EXISTS v AS SELECT 1",
                "CREATE VIEW temp.e AS SELECT * FROM t NATURAL JOIN ids", "SELECT * FROM e ORDER BY id",
                "SELECT count(*) FROM e",
            ]),
        Script(
            name: "a TEMP table hides one on shards",
            statements: [
                "CREATE TEMP TABLE t (id INTEGER PRIMARY KEY, x)", "INSERT INTO t SELECT id * 2, v FROM main.t",
                "SELECT * FROM t ORDER BY id",
                "SELECT a.id, b.x FROM main.t AS a JOIN t AS b ON a.id = b.id WHERE g = 2 ORDER BY 1",
                "SELECT count(*) FROM main.t", "SELECT count(*) FROM t",
                "SELECT * FROM w ORDER BY g", "SELECT g, x FROM w JOIN t ON t.id = w.g ORDER BY 1",
                "DELETE FROM main.t WHERE id IN (SELECT id FROM t)",
                "SELECT * FROM main.t ORDER BY id",
                "UPDATE main.t SET v = (SELECT x FROM t WHERE t.id = main.t.id + 1) WHERE g > 0",
                "SELECT * FROM main.t ORDER BY id",
                "INSERT INTO main.t (id, v) SELECT id, x FROM t", "SELECT * FROM main.t ORDER BY id",
                "UPDATE t SET x = (SELECT g FROM main.t AS m WHERE m.id = t.id)",
                "SELECT * FROM t ORDER BY id", "DELETE FROM t WHERE id IN (SELECT g FROM w)",
                "SELECT * FROM t ORDER BY id", "DROP TABLE t", "SELECT * FROM t ORDER BY id",
                "DELETE FROM ids WHERE id IN (SELECT g FROM w)", "SELECT * FROM ids ORDER BY id",
            ]),
        Script(
            name: "TEMP triggers that read shards",
            statements: [
                "CREATE TEMP TABLE log (what, n)",
                "CREATE TEMP TRIGGER g AFTER INSERT ON ids BEGIN INSERT INTO log SELECT new.id, count(*) FROM t WHERE id > new.id; END",
                "INSERT INTO ids VALUES (2, 20), (4, 40)", "SELECT * FROM log ORDER BY what",
                "INSERT INTO ids SELECT id + 60, v FROM t", "SELECT * FROM log ORDER BY what",
                "CREATE TRIGGER d BEFORE DELETE ON ids WHEN (SELECT g FROM t WHERE t.id = old.id) = 1 BEGIN SELECT RAISE(ABORT, 'kept'); END",
                "DELETE FROM ids WHERE id = 3", "DELETE FROM ids WHERE id = 1", "DELETE FROM ids",
                "SELECT count(*) FROM ids", "DROP TRIGGER g", "DROP TRIGGER temp.d",
                "DELETE FROM ids", "SELECT count(*) FROM ids",
            ]),
        Script(
            name: "settings",
            statements: [
                "PRAGMA foreign_keys = 1", "CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TEMP TABLE m (a)",
                "INSERT INTO m SELECT id FROM t", "PRAGMA case_sensitive_like = 1",
                "SELECT * FROM c, m WHERE k LIKE 'a%' ORDER BY a", "PRAGMA query_only = 1", "SELECT count(*) FROM m, t",
                "INSERT INTO m SELECT id FROM t",
                "DELETE FROM t WHERE id IN m", "PRAGMA query_only = 0", "INSERT INTO m SELECT id FROM t",
                "DELETE FROM t WHERE id = 4 RETURNING id, (SELECT sum(a) FROM m)",
                "SELECT * FROM pragma_table_info('m') JOIN m ON a = cid",
                "EXPLAIN QUERY PLAN SELECT no FROM m, t", "CREATE TEMP TABLE c (k)", "PRAGMA temp_store = 1",
                "SELECT * FROM c ORDER BY k", "SELECT * FROM m",
                "CREATE TEMP TABLE m (a)",
                "SELECT count(*) FROM m",
            ]),
    ]
}
