import Fuzzing
import PlainEngine
import ShardBase
import ShardKit
import Testing

/// Statements that were answered wrongly once. Each script runs on one shard and on four shards with several partitions
/// each, and beside plain SQLite; errors must have the same words.
@Suite("statements that were answered wrongly once")
struct FoundStatementTests {
    struct Script: Sendable, CustomTestStringConvertible {
        var name: String
        var statements: [String]
        var testDescription: String { name }
    }

    @Test("they are answered as by one plain database", arguments: scripts, [1, 4])
    func answers(_ script: Script, shards: Int) async throws {
        let plain = try PlainDatabase()
        let clause = shards == 1 ? "HASH (PRIMARY KEY)" : "HASH (PRIMARY KEY) INTO 9 PARTITIONS"
        try await withTemporaryDatabase(shards: shards, byDefault: clause) { database in
            try await database.withSession { session in
                for sql in script.statements {
                    let outcome = await Comparison.run(sql, sharded: session, plain: plain, comparesErrors: true)
                    switch outcome {
                    case .right, .bothFail: break
                    case .refused(let code): Issue.record("refused (\(code)): \(sql)")
                    case .wrong(let why): Issue.record("\(sql)\n    \(why)")
                    }
                }
            }
        }
    }

    /// Some row order leaves the rows before the bad one: none of several shards knows it.
    @Test("ON CONFLICT FAIL of a constraint counts as the statement's own")
    func declaredFail() async throws {
        try await withTemporaryDatabase(shards: 4) { database in
            try await database.withSession { session in
                for sql in [
                    "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT FAIL, v)", "INSERT INTO t VALUES (2, 'x')",
                    "CREATE TABLE u (id INTEGER PRIMARY KEY, v NOT NULL ON CONFLICT FAIL)",
                    "INSERT INTO u VALUES (1, 'x')", "INSERT INTO u VALUES (2, 'y')",
                ] { try await session.execute(SQLText(sql, values: [])) }
                for sql in [
                    "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')", "INSERT INTO t SELECT id, v FROM u",
                    "UPDATE u SET v = NULL",
                ] {
                    let error = await #expect(throws: ShardError.self, "\(sql)") {
                        try await session.execute(SQLText(sql, values: []))
                    }
                    #expect(error?.code == .conflictClauseAcrossShards, "\(sql): \(String(describing: error))")
                }
            }
        }
    }

    @Test("a row whose new version a constraint would leave out is not lost")
    func movedRows() async throws {
        try await withTemporaryDatabase(shards: 3) { database in
            try await database.withSession { session in
                for sql in [
                    "CREATE TABLE t (a PRIMARY KEY, d NOT NULL ON CONFLICT IGNORE)",
                    "INSERT INTO t VALUES (1, 2), (2, 3)",
                    "CREATE TABLE k (a INTEGER PRIMARY KEY ON CONFLICT IGNORE, b)",
                    "INSERT INTO k VALUES (1, 1), (2, 2)",
                ] { try await session.execute(SQLText(sql, values: [])) }
                for sql in ["UPDATE t SET d = NULL, a = a + 9", "UPDATE k SET a = 2 WHERE a = 1"] {
                    // Refused, or answered as by one plain database: no row is changed.
                    do {
                        let written = try await session.execute(SQLText(sql, values: []))
                        #expect(written.changes == 0, "\(sql)")
                    } catch let error as ShardError {
                        #expect(error.isRefusal, "\(sql): \(error)")
                    }
                }
                for table in ["t", "k"] {
                    let rows = try await session.query(SQLText("SELECT * FROM \(table)", values: []))
                    var count = 0
                    for try await _ in rows { count += 1 }
                    #expect(count == 2, "\(table)")
                }
            }
        }
    }

    static let scripts = [
        Script(
            name: "an UPDATE's condition sees the rows that were written before",
            statements: [
                "CREATE TABLE t (id INTEGER PRIMARY KEY, k, w INT)",
                "INSERT INTO t VALUES (1, 1, 1), (2, 1, 1), (3, 2, 1), (4, 3, 1), (5, 3, 1)",
                "UPDATE t SET k = 9 WHERE (SELECT count(*) FROM t z WHERE z.k = t.k) = 2",
                "SELECT k, count(*) FROM t GROUP BY k ORDER BY k",
                "UPDATE t SET w = 0 WHERE (SELECT sum(w) FROM t) = 5", "SELECT sum(w) FROM t",
                "UPDATE t SET id = id + 10 WHERE EXISTS (SELECT 1 FROM t z WHERE z.k = t.k AND z.id <> t.id)",
                "SELECT count(*) FROM t",
            ]),
        Script(
            name: "an automatic index in place of the table's own knows RTRIM",
            statements: [
                "CREATE TABLE t (k REAL, j TEXT COLLATE RTRIM, PRIMARY KEY (j, k))", "CREATE TABLE u (k TEXT, a INT)",
                "INSERT INTO t VALUES (1, 'a'), (9, 't5')", "INSERT INTO u VALUES ('a ', 5)",
                "SELECT x3.k FROM u x1 JOIN t x2 ON x2.j = (x1.k || '') AND x2.j = 'a' FULL OUTER JOIN u x3 ON NULL",
            ]),
        Script(
            name: "the largest rowid is given before the table is full",
            statements: [
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (9223372036854775805, 'a')",
                "INSERT INTO t (v) VALUES ('b')", "INSERT INTO t (v) VALUES ('c')", "SELECT * FROM t ORDER BY id",
                "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, v)",
                "INSERT INTO a VALUES (9223372036854775806, 'a')", "INSERT INTO a (v) VALUES ('b')",
                "INSERT INTO a (v) VALUES ('c')", "SELECT * FROM a ORDER BY id",
            ]),
        Script(
            name: "a reader remembers a schema in which a statement fails",
            statements: [
                "CREATE TABLE u (a, b)", "CREATE TABLE t (a, b AS (a + c), c AS (b))", "SELECT * FROM u",
                "DROP TABLE t",
                "CREATE TABLE t (a, b, c)", "SELECT * FROM t",
            ]),
        Script(
            name: "common tables of subqueries that nothing reads",
            statements: [
                "CREATE TABLE t (x, y)", "INSERT INTO t VALUES (1, 2), (3, 4)",
                "SELECT * FROM (WITH a AS (SELECT * FROM t) SELECT 10)",
                "WITH a AS (SELECT * FROM t), b AS (SELECT * FROM a) SELECT * FROM (WITH c AS (SELECT * FROM b) SELECT 5)",
                "SELECT count(*) FROM t WHERE x IN (WITH a AS (SELECT * FROM t) SELECT 3)",
                "INSERT INTO t WITH a AS (SELECT * FROM t) SELECT 10, 11",
                "UPDATE t SET y = (WITH a AS (SELECT * FROM t) SELECT 7)", "SELECT * FROM t ORDER BY x",
            ]),
        Script(
            name: "keys that change meet each other row by row",
            statements: [
                "CREATE TABLE a (k INT PRIMARY KEY, v)", "INSERT INTO a VALUES (1, 'x'), (2, 'y'), (-3, 'z'), (3, 'w')",
                "UPDATE a SET k = k + 1", "UPDATE a SET k = -k", "UPDATE a SET k = k + 10 RETURNING k",
                "SELECT * FROM a",
                "CREATE TABLE b (k TEXT, j INT, v, PRIMARY KEY (k, j)) WITHOUT ROWID",
                "INSERT INTO b VALUES ('a', 1, 1), ('a', 2, 2), ('b', 1, 3), ('b', 2, 4)",
                "UPDATE b SET j = 3 - j", "UPDATE b SET k = CASE k WHEN 'a' THEN 'b' ELSE 'a' END",
                "UPDATE b SET j = j + 10, k = k || 'x'", "SELECT * FROM b ORDER BY k, j",
                "CREATE TABLE c (id INTEGER PRIMARY KEY, v)", "INSERT INTO c VALUES (1, 1), (2, 2), (5, 5)",
                "UPDATE c SET id = id + 1", "UPDATE c SET id = -id", "SELECT * FROM c ORDER BY id",
            ]),
        Script(
            name: "LIMIT counts rows of UNION, not those of its arms",
            statements: [
                "CREATE TABLE t (id INT PRIMARY KEY, a, b REAL)",
                "INSERT INTO t VALUES (0, 7.0, 5.0), (NULL, 12, 3.5), (NULL, 9, 3.0), (NULL, 9, 3.0), (NULL, 9, 3.0)",
                "CREATE TABLE u (k TEXT COLLATE NOCASE PRIMARY KEY, v TEXT)",
                "INSERT INTO u VALUES ('a', 'x'), ('b', 'x'), ('c', 'X'), ('d', 'x'), ('e', 'y'), ('f', 'X')",
                "SELECT id FROM t UNION SELECT a FROM t ORDER BY 1 DESC LIMIT 2 OFFSET 2",
                "SELECT v FROM u UNION SELECT a FROM t ORDER BY 1 LIMIT 4",
                "SELECT k FROM u UNION SELECT v FROM u ORDER BY 1 LIMIT 8",
                "SELECT v FROM u UNION ALL SELECT b FROM t ORDER BY 1 LIMIT 5 OFFSET 3",
            ]),
        Script(
            name: "UNION counts a row once before LIMIT",
            statements: [
                "CREATE TABLE t1 (id INT, a DEFAULT 7, b REAL, PRIMARY KEY (id))",
                "INSERT INTO t1 (id, a, b) VALUES (0, 7.0, 5.0), (NULL, 12, 3.5), (NULL, 9007199254740993, 3.0)",
                "INSERT INTO t1 (id, a, b) VALUES (1, 1, 5.0), (2, 1, 5.0), (3, 1, 5.0), (4, 1, 5.0), (5, 2, 3.5)",
                "SELECT x1.b FROM t1 x1 UNION SELECT x2.id FROM t1 x2 ORDER BY 1 LIMIT 2",
                "SELECT x1.b FROM t1 x1 UNION SELECT x2.a FROM t1 x2 ORDER BY 1 DESC LIMIT 3 OFFSET 1",
                "SELECT x1.b FROM t1 x1 UNION ALL SELECT x2.id FROM t1 x2 ORDER BY 1 LIMIT 5",
            ]),
        Script(
            name: "each arm of a set operation has the common tables that it reads",
            statements: [
                "CREATE TABLE t0 (k INTEGER PRIMARY KEY, c REAL)", "CREATE TABLE t1 (k TEXT PRIMARY KEY, b INTEGER)",
                "INSERT INTO t0 VALUES (1, 1.5), (2, 2.5), (3, 3.5)", "INSERT INTO t1 VALUES ('a', 7), ('b', 8)",
                "WITH w (m) AS (SELECT c FROM t0) SELECT b FROM t1 UNION ALL SELECT m FROM w ORDER BY 1",
                "WITH w (m) AS (SELECT c FROM t0), v AS (SELECT m FROM w) SELECT b FROM t1 UNION SELECT m FROM v ORDER BY 1",
            ]),
        Script(
            name: "derived and common tables that are gathered as answers",
            statements: [
                "CREATE TABLE o (id INTEGER PRIMARY KEY, u INTEGER, name TEXT COLLATE NOCASE, total REAL, x, k NUMERIC)",
                "INSERT INTO o VALUES (1, 1, 'a', 1.5, '5', 5), (2, 2, 'B', 2.5, 5, '5'), (3, 1, 'b', 3.0, 5.0, 2.5), "
                    + "(4, 3, NULL, NULL, NULL, NULL), (5, 2, 'c', -1.0, x'35', 'z'), (6, 1, 'A', 7, 'q', 9e15)",
                "CREATE TABLE s (id INTEGER PRIMARY KEY, t TEXT, n TEXT)",
                "INSERT INTO s VALUES (1, '1', 'A'), (2, '2', 'b'), (3, '3.0', 'C'), (4, NULL, NULL), (5, '5', 'x')",
                "SELECT s.id, d.c FROM s JOIN (SELECT u, count(*) AS c FROM o GROUP BY u) AS d ON d.u = s.id ORDER BY 1",
                "SELECT s.id, d.u FROM s JOIN (SELECT u, max(id) AS m FROM o GROUP BY u) AS d ON d.u = s.t ORDER BY 1, 2",
                "SELECT s.id, d.m FROM s JOIN (SELECT u, count(*) AS m FROM o GROUP BY u) AS d ON d.m = s.t ORDER BY 1, 2",
                "SELECT s.id FROM s JOIN (SELECT DISTINCT name FROM o) AS d ON d.name = s.n ORDER BY 1",
                "SELECT s.id FROM s JOIN (SELECT DISTINCT name AS v FROM o) AS d ON s.n = d.v ORDER BY 1",
                "SELECT s.id, typeof(d.x), d.x FROM s JOIN (SELECT DISTINCT x FROM o) AS d ON d.x = s.t ORDER BY 1, 2",
                "SELECT s.id, d.k, typeof(d.k) FROM s JOIN (SELECT DISTINCT k FROM o) AS d ON d.k = s.t ORDER BY 1",
                "WITH d AS (SELECT u AS a, sum(total) AS b FROM o GROUP BY u), t AS (SELECT id, name FROM o ORDER BY id DESC "
                    + "LIMIT 4) SELECT d.*, t.* FROM d LEFT JOIN t ON t.id = d.a ORDER BY 1, 3",
                "WITH d(p, q) AS (SELECT u, avg(total) FROM o GROUP BY u) SELECT p, q FROM d WHERE q > (SELECT avg(q) FROM d)",
                "SELECT max(c), min(c), typeof(sum(c)) FROM (SELECT count(*) AS c FROM o GROUP BY u)",
                "SELECT n FROM s WHERE id IN (SELECT u FROM (SELECT u, count(*) AS c FROM o GROUP BY u HAVING count(*) > 1))",
                "SELECT s.id, (SELECT d.c FROM (SELECT u, count(*) AS c FROM o GROUP BY u) AS d WHERE d.u = s.id) AS c FROM s "
                    + "ORDER BY 1",
                "SELECT a.u, b.u FROM (SELECT u, min(name) AS m FROM o GROUP BY u) AS a JOIN (SELECT u, max(name) AS m FROM o "
                    + "GROUP BY u) AS b ON a.m < b.m ORDER BY 1, 2",
                "SELECT name FROM (SELECT DISTINCT name FROM o) UNION SELECT n FROM s ORDER BY 1",
                "SELECT v FROM (SELECT id AS v FROM o ORDER BY id DESC LIMIT 2) UNION SELECT n FROM s ORDER BY 1",
            ]),
        Script(
            name: "common tables of an INSERT are read by ON CONFLICT and RETURNING too",
            statements: [
                "CREATE TABLE u (a INTEGER PRIMARY KEY, b TEXT)", "INSERT INTO u VALUES (1, 'Boo'), (3, 'Zoo')",
                "WITH w AS (SELECT 1 AS a, 'Foo' AS b) INSERT INTO u SELECT a, b FROM w WHERE true "
                    + "ON CONFLICT (a) DO UPDATE SET b = (SELECT b || a FROM w) RETURNING *",
                "WITH w AS (SELECT 3 AS a, 'Bar' AS b) INSERT INTO u VALUES (3, 'x') "
                    + "ON CONFLICT (a) DO UPDATE SET (b, a) = (SELECT b, a FROM w) RETURNING a, b, (SELECT b FROM w)",
                "SELECT * FROM u ORDER BY a",
            ]),
        Script(
            name: "values of subqueries that are asked first",
            statements: [
                "CREATE TABLE o (id INTEGER PRIMARY KEY, u INTEGER, name TEXT COLLATE NOCASE, total REAL)",
                "INSERT INTO o VALUES (1, 1, 'a', 1.5), (2, 2, 'B', 2.5), (3, 1, 'b', 3.5), (4, 3, NULL, NULL), "
                    + "(5, 2, 'c', -1.0), (6, 9223372036854775807, 'A', 0.0)",
                "SELECT id FROM o WHERE total > (SELECT avg(total) FROM o) ORDER BY id",
                "SELECT id FROM o WHERE name = (SELECT max(name) FROM o WHERE id < 4) ORDER BY id",
                "SELECT id FROM o WHERE name = (SELECT min(upper(name)) FROM o) ORDER BY id",
                "SELECT id FROM o WHERE id = (SELECT max(id) FROM o) - 1",
                "SELECT (SELECT count(*) FROM o), (SELECT sum(total) FROM o WHERE id > 2), typeof((SELECT min(id) FROM o))",
                "SELECT u, count(*) FROM o GROUP BY u HAVING count(*) > (SELECT count(DISTINCT u) FROM o) - 3 ORDER BY u",
                "SELECT id FROM o ORDER BY id LIMIT (SELECT count(*) FROM o WHERE u = 1) OFFSET (SELECT min(id) FROM o)",
                "SELECT id FROM o AS x WHERE total = (SELECT max(total) FROM o WHERE u = x.u) ORDER BY id",
                "SELECT id FROM o AS x WHERE id < (SELECT max(x.id) FROM o) ORDER BY id",
                "SELECT id FROM o WHERE id > 3 AND id < (SELECT sum(u) FROM o)",
                "SELECT id FROM o WHERE total > (SELECT avg(total) FROM o WHERE id > (SELECT min(id) FROM o)) ORDER BY id",
                "SELECT '1' = (SELECT count(*) FROM o WHERE id = 1), 1 = (SELECT max('1') FROM o)",
                "SELECT x.id, y.id FROM o AS x JOIN o AS y ON x.u = y.id WHERE y.total < (SELECT max(total) FROM o) ORDER BY 1",
                "INSERT INTO o SELECT id + (SELECT max(id) FROM o), u, name, total FROM o WHERE id = (SELECT min(id) FROM o)",
                "SELECT * FROM o ORDER BY id",
            ]),
        Script(
            name: "a rowid has no collation, its set operation takes the next arm's",
            statements: [
                "CREATE TABLE a (id INTEGER PRIMARY KEY, x, u TEXT COLLATE NOCASE)",
                "CREATE TABLE e (id INTEGER PRIMARY KEY, t TEXT)",
                "INSERT INTO a VALUES (1, NULL, 'a'), (2, NULL, 'A'), (3, NULL, 'b')", "INSERT INTO e VALUES (1, 'x')",
                "SELECT id, id FROM e UNION SELECT x, u FROM a ORDER BY 1, 2",
                "SELECT id, id + 1 FROM e UNION SELECT x, u FROM a ORDER BY 1, 2",
                "SELECT t, t FROM e UNION SELECT x, u FROM a ORDER BY 1, 2",
                "SELECT s, s FROM (SELECT id AS s FROM e) UNION SELECT x, u FROM a ORDER BY 1, 2",
                "SELECT s, s FROM (SELECT id AS s FROM e LIMIT 1) UNION SELECT x, u FROM a ORDER BY 1, 2",
                "SELECT s, s FROM (SELECT t || '' AS s FROM e) UNION SELECT x, u FROM a ORDER BY 1, 2",
                "SELECT value, value FROM json_each('[1]') UNION SELECT x, u FROM a ORDER BY 1, 2",
            ]),
        Script(
            name: "sums that are no numbers in one partition",
            statements: [
                "CREATE TABLE f (p INT, x)",
                "INSERT INTO f VALUES (4, 9e999), (4, -9e999), (4, 1), (8, 9e999), (1, 9e999), (2, -9e999), (3, NULL)",
                "INSERT INTO f SELECT p + 100, x FROM f", "SELECT sum(x), total(x), avg(x) FROM f WHERE p IN (4, 3)",
                "SELECT p % 4, sum(x), count(*) FROM f GROUP BY p % 4", "SELECT sum(x) FROM f WHERE p IN (4, 104, 1)",
                "SELECT p % 4 AS q, sum(x) IS NULL, avg(x), count(x), sum(x) FROM f GROUP BY q ORDER BY q",
            ]),
        Script(
            name: "positions with signs",
            statements: [
                "CREATE TABLE t (a INTEGER PRIMARY KEY, b)", "INSERT INTO t VALUES (1, 10), (2, 9), (3, 10), (4, 8)",
                "SELECT a, b FROM t ORDER BY +2, 1", "SELECT a, b FROM t ORDER BY - -2 DESC, (+1)",
                "SELECT b, count(*) FROM t GROUP BY +1 ORDER BY +2, +1", "SELECT a FROM t ORDER BY -1",
                "SELECT a, b FROM t UNION SELECT 5, 1 ORDER BY +2, 1", "SELECT a FROM t ORDER BY +1 DESC",
                "SELECT a, b FROM t ORDER BY +1 DESC LIMIT 1", "SELECT a, b FROM t ORDER BY +2 DESC, 1 LIMIT 1",
            ]),
        Script(
            name: "a row found by a generated column moves",
            statements: [
                "CREATE TABLE g (a INT PRIMARY KEY, b AS (a * 2), c AS (a || 's') STORED, d)",
                "INSERT INTO g (a, d) VALUES (1, 'x'), (2, 'y'), (3, 'z')", "UPDATE g SET a = 10 WHERE b = 6",
                "UPDATE g SET a = a + 100, d = b WHERE c = '2s'", "SELECT * FROM g",
            ]),
        Script(
            name: "hints name indexes by their logical names",
            statements: [
                "CREATE TABLE t (a INTEGER PRIMARY KEY, b)", "CREATE INDEX i ON t (b)",
                "INSERT INTO t VALUES (1, 'x'), (2, 'y')", "SELECT a FROM t INDEXED BY i WHERE b = 'x'",
                "UPDATE t INDEXED BY i SET b = 'z' WHERE b = 'x'", "DELETE FROM t INDEXED BY i WHERE b = 'z'",
                "SELECT a FROM t INDEXED BY j WHERE b = 'x'", "SELECT * FROM t",
            ]),
        Script(
            name: "CHECK constraints are named by the user's words",
            statements: [
                "CREATE TABLE t (a INTEGER PRIMARY KEY, n INT CHECK(n<100), CHECK( a+n   <> 7 ), CONSTRAINT c CHECK(n>0))",
                "INSERT INTO t VALUES (1, 100)", "INSERT INTO t VALUES (1, 6)", "INSERT INTO t VALUES (1, 0)",
                "INSERT INTO t VALUES (1, 1)", "UPDATE t SET n = n + 200", "ALTER TABLE t RENAME COLUMN n TO m",
                "UPDATE t SET m = 100",
            ]),
        Script(
            name: "a query whose rows are inserted has values of its own",
            statements: [
                "CREATE TABLE t (a INTEGER PRIMARY KEY, b)", "CREATE TABLE u (a INTEGER PRIMARY KEY, b)",
                "INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z')",
                "INSERT INTO u SELECT a + 10, changes() FROM t WHERE a = 2",
                "INSERT INTO u SELECT a + 20, date('now') = date() FROM t RETURNING a, b, date('now') = date()",
                "INSERT INTO u SELECT a + 30, b FROM t ORDER BY b DESC LIMIT 2 OFFSET 1",
                "INSERT INTO u (b) SELECT name FROM sqlite_master ORDER BY name",
                "CREATE TEMP TABLE m AS SELECT 90 AS a, 'm' AS b", "INSERT INTO u SELECT a, b FROM m",
                "INSERT INTO u SELECT a + 1, b FROM m RETURNING *", "SELECT * FROM u",
            ]),
        Script(
            name: "upserts that name their table",
            statements: [
                "CREATE TABLE u (a INTEGER PRIMARY KEY, b)", "INSERT INTO u VALUES (1, 'x')",
                "INSERT INTO u VALUES (1, 'y') ON CONFLICT (a) DO UPDATE SET b = u.b || excluded.b WHERE u.b <> 'q'",
                "INSERT INTO u VALUES (1, 'z'), (2, 'w') ON CONFLICT (a) DO UPDATE SET b = u.b || excluded.b RETURNING u.a, u.b",
                "INSERT INTO u AS v VALUES (1, 'z') ON CONFLICT (a) DO UPDATE SET b = v.b || '!' RETURNING *",
                "INSERT INTO u VALUES (7, 'r') RETURNING u.b, main.u.a", "SELECT * FROM u",
            ]),
        Script(
            name: "common tables that nothing reads",
            statements: [
                "CREATE TABLE t (x INTEGER, y INTEGER)", "WITH c (a) AS (SELECT x FROM t) SELECT 10",
                "WITH c AS (SELECT x FROM t), d AS (SELECT * FROM c), e AS (SELECT 1 AS z) SELECT * FROM e",
                "WITH c (a) AS (SELECT x FROM t) INSERT INTO t VALUES (1, 2)",
                "WITH c (a) AS (SELECT x FROM t) INSERT INTO t SELECT 7, 8",
                "WITH c (a) AS (SELECT x FROM t) UPDATE t SET y = y + 1 WHERE x = 1",
                "WITH c (a, b) AS (SELECT * FROM t) SELECT 1 WHERE EXISTS (SELECT 1)", "SELECT * FROM t",
            ]),
        Script(
            name: "rows whose first column is REAL keep their values when they move",
            statements: [
                "CREATE TABLE f (r REAL, z, id INT PRIMARY KEY)",
                "INSERT INTO f VALUES (1.5, 9007199254740993, 1), (-2, 'x', 2), ('y', 7, 3)",
                "UPDATE f SET id = id + 10", "UPDATE f SET r = r * -1 WHERE z = (SELECT max(z) FROM f WHERE z < 'a')",
                "UPDATE f SET id = id + 10 WHERE r < 0 RETURNING r, z, id",
                "SELECT r, z, typeof(z), id, typeof(id) FROM f", "DELETE FROM f WHERE z = (SELECT min(z) FROM f)",
                "SELECT * FROM f",
            ]),
        Script(
            name: "the last row is left out by the constraint's own words",
            statements: [
                "CREATE TABLE k (a INTEGER PRIMARY KEY ON CONFLICT IGNORE, b)",
                "INSERT INTO k VALUES (1, 'a'), (2, 'b'), (1, 'c')", "SELECT changes(), last_insert_rowid()",
                "INSERT INTO k (b) VALUES ('d')", "SELECT a, b FROM k",
            ]),
        Script(
            name: "a TEMP table hides a table with an index",
            statements: [
                "CREATE TABLE t (w INT, x INT)", "CREATE INDEX i ON t (x)", "CREATE TEMP TABLE t (a, b)",
                "CREATE TABLE v (a INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1, 2)", "INSERT INTO v VALUES (1)",
                "INSERT INTO main.t VALUES (3, 4)", "SELECT * FROM t", "SELECT x FROM main.t INDEXED BY i WHERE x = 4",
            ]),
        Script(
            name: "DISTINCT aggregates of one column, one of them with FILTER",
            statements: [
                "CREATE TABLE t (k INTEGER PRIMARY KEY, c TEXT)",
                "INSERT INTO t VALUES (1, '5'), (2, 'x'), (3, '5'), (4, '7')",
                "SELECT sum(DISTINCT c), avg(DISTINCT c) FILTER (WHERE NULL) FROM t",
                "SELECT count(DISTINCT c), count(DISTINCT c) FILTER (WHERE k < 3), sum(DISTINCT c) FILTER (WHERE k > 2) FROM t",
            ]),
        Script(
            name: "whole numbers in a REAL key, rehearsed",
            statements: [
                "CREATE TABLE t (k REAL, j INT, a, c, PRIMARY KEY (k, j)) WITHOUT ROWID",
                "CREATE TABLE u (id TEXT PRIMARY KEY, c REAL)", "INSERT INTO u VALUES ('7', 1), ('13', 2)",
                "CREATE TRIGGER r AFTER UPDATE OF c ON t BEGIN UPDATE u SET c = c + 1 WHERE id = CAST(CAST(new.k AS INT) AS TEXT); END",
                "INSERT INTO t VALUES (7, 2, NULL, 5), (13, 5, 't2', 9)",
                "INSERT OR REPLACE INTO t VALUES (7, 2, 1, 8)",
                "UPDATE t SET a = 1, c = 3", "UPDATE t SET k = 8 WHERE k = 7",
                "SELECT k, typeof(k), j, a, c FROM t ORDER BY 1",
                "SELECT * FROM u ORDER BY 1", "DELETE FROM t WHERE k = 8", "SELECT count(*) FROM t",
            ]),
        Script(
            name: "a key in another order than the columns, and one under NOCASE, rehearsed",
            statements: [
                "CREATE TABLE u (id INT PRIMARY KEY, c)", "INSERT INTO u VALUES (1, 1), (2, 2), (3, 3)",
                "CREATE TABLE t (k NUMERIC, j REAL, v, n, PRIMARY KEY (j, k)) WITHOUT ROWID",
                "CREATE TABLE s (k TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID",
                "CREATE TABLE r (k TEXT COLLATE RTRIM PRIMARY KEY, v)",
                "CREATE TRIGGER tu UPDATE ON t BEGIN UPDATE u SET c = c + 1; END",
                "CREATE TRIGGER su UPDATE ON s BEGIN UPDATE u SET c = c + 1; END",
                "CREATE TRIGGER ru UPDATE ON r BEGIN UPDATE u SET c = c + 1; END",
                "INSERT INTO t VALUES (13, 5, NULL, 1.0), (13.5, 6, 2, 2), (14, 7.5, 3, 3)", "UPDATE t SET v = 1",
                "UPDATE t SET j = j + 1 WHERE k > 13", "SELECT k, typeof(k), j, v, n, typeof(n) FROM t ORDER BY 1",
                "INSERT INTO s VALUES ('a', 1), ('B', 2)", "UPDATE s SET k = upper(k)", "SELECT * FROM s ORDER BY 1",
                "INSERT INTO r VALUES ('a', 1), ('b ', 2)", "UPDATE r SET k = k || ' '",
                "SELECT k || '|', v FROM r ORDER BY 1",
                "SELECT * FROM u ORDER BY 1",
            ]),
        Script(
            name: "UPDATE OR IGNORE FROM of a key, two rows to one",
            statements: [
                "CREATE TABLE t (k INT, j TEXT COLLATE NOCASE, a TEXT, PRIMARY KEY (j, k)) WITHOUT ROWID",
                "CREATE TABLE u (id INTEGER PRIMARY KEY, a NUMERIC)", "INSERT INTO u VALUES (9, -3)",
                "INSERT INTO t VALUES (8, 't5', '3.0'), (9, 't5', NULL), (3, 'a', 'x')",
                "UPDATE OR IGNORE t SET k = o.a FROM u AS o", "SELECT * FROM t ORDER BY 1, 2",
                "UPDATE OR REPLACE t SET k = 7 - o.a FROM u AS o WHERE t.k < 10", "SELECT * FROM t ORDER BY 1, 2",
            ]),
        Script(
            name: "a join under RTRIM",
            statements: [
                "CREATE TABLE t (k INT, j TEXT COLLATE RTRIM, PRIMARY KEY (k, j))", "CREATE TABLE u (k TEXT, a)",
                "INSERT INTO t VALUES (12, 'a '), (8, 'A')", "INSERT INTO u VALUES ('a', 12.0)",
                "SELECT x.k, y.k FROM u x JOIN t AS y ON y.j = x.k",
            ]),
        Script(
            name: "DISTINCT in an arm of UNION does nothing",
            statements: [
                "CREATE TABLE t (k TEXT COLLATE NOCASE, a)", "INSERT INTO t VALUES ('A', x'00'), ('a', 'ab')",
                "SELECT a, a FROM t UNION SELECT DISTINCT k, NULL FROM t",
                "SELECT a FROM t UNION ALL SELECT DISTINCT k FROM t UNION SELECT DISTINCT k FROM t",
                "SELECT a FROM t UNION SELECT DISTINCT k FROM t ORDER BY 1",
                "SELECT a FROM t EXCEPT SELECT DISTINCT k FROM t",
            ]),
        Script(
            name: "a constant condition behind which a RIGHT JOIN stands",
            statements: [
                "CREATE TABLE t (id INTEGER PRIMARY KEY, b)", "CREATE TABLE u (k INT, a TEXT)",
                "CREATE TABLE w (k INT, j INT)",
                "INSERT INTO t VALUES (12, 5)",
                "SELECT y.a FROM t x JOIN u y ON (SELECT avg(z.j) FROM w z) RIGHT JOIN t v ON NULL",
            ]),
        Script(
            name: "new values that are computed from rows written before",
            statements: [
                "CREATE TABLE t (id INTEGER PRIMARY KEY, k, a NUMERIC, c NUMERIC, d TEXT)",
                "INSERT INTO t VALUES (1, 'x_y', x'', 3.0, '50%'), (2, 7, 9.5, -0.0, '50%')",
                "UPDATE t SET k = (SELECT max(x.k) FROM t x JOIN t y USING (a, c) WHERE y.d = t.d), a = 1",
                "SELECT * FROM t ORDER BY id",
            ]),
    ]
}
