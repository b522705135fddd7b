import PostgresPair
import PostgresServer
import ShardKit
import Testing

/// PostgreSQL databases answer as one plain PostgreSQL.
@Suite("PostgreSQL shards", .enabled(if: PostgresInstallation.shouldTest))
struct AnswerTests {
    private static func fill(_ pair: PostgresPair) async throws {
        try await pair.define(
            "CREATE TABLE users (id BIGINT PRIMARY KEY, name TEXT NOT NULL, city TEXT, born DATE)",
            sharding: "SHARD BY HASH (id)")
        try await pair.define(
            """
            CREATE TABLE orders (id BIGINT, user_id BIGINT REFERENCES users (id), total NUMERIC(10, 2), note TEXT,
              PRIMARY KEY (user_id, id))
            """, sharding: "SHARD BY HASH (user_id) COLOCATE WITH users")
        try await pair.define("CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT)", sharding: "BROADCAST")
        try await pair.define("CREATE TABLE settings (key TEXT PRIMARY KEY, value JSONB)", sharding: "SINGLE")
        try await pair.expectRight([
            """
            INSERT INTO users VALUES (1, 'ann', 'berlin', '1990-01-01'), (2, 'bob', 'rome', NULL), (3, 'cy', 'berlin', '2000-02-02'),
              (4, 'di', 'oslo', '1980-03-03'), (5, 'eve', NULL, '1999-09-09')
            """,
            """
            INSERT INTO orders (id, user_id, total, note) VALUES (1, 1, 10.50, 'a'), (2, 1, 3.25, NULL), (3, 2, 99.99, 'b'),
              (4, 3, 1, 'c'), (5, 4, 7.77, 'a')
            """,
            "INSERT INTO countries VALUES ('de', 'Germany'), ('it', 'Italy')",
            "INSERT INTO settings VALUES ('theme', '{\"dark\": true}')",
        ])
    }

    @Test("reads of every rung", arguments: [1, 2, 3])
    func reads(shards: Int) async throws {
        try await withPair(shards: shards) { pair in
            try await Self.fill(pair)
            try await pair.expectRight([
                "SELECT * FROM users WHERE id = 3",
                "SELECT * FROM users WHERE id IN (1, 4)",
                "SELECT * FROM users",
                "SELECT name, born FROM users ORDER BY name DESC LIMIT 2",
                "SELECT name FROM users ORDER BY city NULLS FIRST, id",
                "SELECT name FROM users ORDER BY id OFFSET 2",
                "SELECT city, count(*), array_agg(name ORDER BY name) FROM users GROUP BY city ORDER BY city",
                "SELECT count(*), sum(total), avg(total), min(note), max(total) FROM orders",
                "SELECT u.name, sum(o.total) AS s FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.name ORDER BY s DESC",
                "SELECT u.name, o.total FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE u.id = 1 ORDER BY o.total",
                "SELECT name FROM users WHERE EXISTS (SELECT FROM orders WHERE user_id = users.id AND total > 5) ORDER BY 1",
                "SELECT c.name FROM countries c ORDER BY code",
                "SELECT value ->> 'dark' FROM settings",
                "SELECT DISTINCT city FROM users",
                "SELECT name, rank() OVER (ORDER BY born) FROM users",
                "WITH big AS (SELECT * FROM orders WHERE total > 5) SELECT count(*) FROM big",
                "SELECT 1 + 1 AS two, 'x' || 'y', now() IS NOT NULL",
                "SELECT name FROM users UNION ALL SELECT name FROM countries",
                "SELECT avg(total), count(DISTINCT user_id), count(DISTINCT note) FILTER (WHERE total > 2) FROM orders",
                "SELECT avg(id), avg(length(name)::real), avg(length(name)) FROM users",
                // A filter on rows that an outer join makes is no filter on the table.
                """
                SELECT t.n FROM (SELECT o.note AS k, count(*) AS n FROM users u FULL JOIN orders o ON u.id = o.id GROUP BY o.note) t
                WHERE t.k IS NULL
                """,
                "SELECT u.name FROM users u LEFT JOIN orders o ON o.id = u.id WHERE o.note IS NULL",
                "SELECT city, name, grouping(city), count(*) FROM users GROUP BY ROLLUP (city, name)",
                "SELECT city, rank() OVER (ORDER BY count(*) DESC) FROM users GROUP BY city",
                "SELECT u.name, t.c FROM users u JOIN (SELECT user_id, count(*) AS c FROM orders GROUP BY user_id) t ON t.user_id = u.id",
                "SELECT t.c, count(*) FROM (SELECT user_id, count(*) AS c FROM orders GROUP BY user_id) t GROUP BY t.c",
                "SELECT name FROM users ORDER BY born DESC NULLS LAST LIMIT 2",
                "SELECT note, total FROM orders ORDER BY total DESC, id LIMIT 3 OFFSET 1",
                "SELECT nam FROM users", "SELECT * FROM nothing", "SELECT 1 / 0", "SELEC 1",
                "SELECT name FROM users WHERE id = 'x'",
            ])
        }
    }

    @Test("parameters decide places, are filters of what is gathered, and limits")
    func parameters() async throws {
        try await withPair { pair in
            try await Self.fill(pair)
            try await pair.expectRight(["SELECT * FROM users WHERE id = $1"], values: [.integer(3)])
            try await pair.expectRight(["SELECT * FROM users WHERE id = $1"], values: [.text("4")])
            try await pair.expectRight(["SELECT * FROM users WHERE name = $1"], values: [.text("it's")])
            try await pair.expectRight(
                [
                    "SELECT name FROM users ORDER BY id LIMIT $1 OFFSET $2",
                    "SELECT a.name FROM users a JOIN users b ON b.name > a.name WHERE a.id > $1 AND b.id < $2 ORDER BY 1",
                    "SELECT city, count(*) + $1 FROM users WHERE id <> $2 GROUP BY city HAVING count(*) >= $1 ORDER BY 1",
                ], values: [.integer(1), .integer(5)])
            try await pair.expectRight(
                ["SELECT name FROM users ORDER BY id LIMIT $1 OFFSET $2"], values: [.null, .integer(2)])
            try await pair.expectRight(
                ["SELECT name FROM users ORDER BY id LIMIT $1 OFFSET $2"], values: [.integer(-1), .integer(2)])
        }
    }

    @Test("writes, their counts and what they return")
    func writes() async throws {
        try await withPair { pair in
            try await Self.fill(pair)
            try await pair.expectRight([
                "UPDATE users SET city = 'paris' WHERE id = 2 RETURNING *",
                "UPDATE users SET city = upper(city)",
                "DELETE FROM orders WHERE total < 5 RETURNING id, total",
                "INSERT INTO users VALUES (1, 'again', NULL, NULL)",
                "INSERT INTO users VALUES (1, 'again', NULL, NULL) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING name",
                "INSERT INTO users (id, name) SELECT id + 100, name || '!' FROM users",
                "UPDATE countries SET name = 'Deutschland' WHERE code = 'de'",
                "SELECT * FROM users ORDER BY id", "SELECT * FROM orders ORDER BY id",
                "SELECT * FROM countries ORDER BY code",
                "UPDATE orders SET user_id = 3 WHERE id = 1 RETURNING user_id, id, total, note",
                "UPDATE orders SET user_id = 4, note = upper(note) WHERE user_id <> 4",
                "UPDATE orders SET user_id = 99 WHERE id = 1",
                "UPDATE orders SET user_id = 2, id = 7",
                "SELECT * FROM orders ORDER BY id",
                "INSERT INTO orders DEFAULT VALUES",
                "DELETE FROM users WHERE id = 2",
                "TRUNCATE orders",
                "SELECT count(*) FROM orders",
            ])
        }
    }

    @Test("statements that come down to others")
    func others() async throws {
        try await withPair { pair in
            try await Self.fill(pair)
            try await pair.expectRight([
                "PREPARE q (bigint, text) AS SELECT name FROM users WHERE id = $1 OR city = $2 ORDER BY 1",
                "EXECUTE q(2, 'berlin')", "EXECUTE q(1 + 2, upper('x'))", "EXECUTE q(1)", "PREPARE q AS SELECT 1",
                "DEALLOCATE q", "EXECUTE q(1, 'x')",
                "CREATE TABLE rich AS SELECT user_id, sum(total) AS total, count(*) FROM orders GROUP BY user_id",
                "SELECT * FROM rich ORDER BY 1",
                "CREATE TABLE named (a, b) AS SELECT id, name FROM users WHERE id < 3 WITH NO DATA",
                "SELECT * FROM named", "CREATE TABLE rich AS SELECT 1 AS one",
                "CREATE TABLE none AS SELECT id / 0 AS x FROM users", "SELECT * FROM none",
                "ALTER TABLE users ALTER name DROP NOT NULL", "INSERT INTO users (id) VALUES (77)",
            ])
        }
    }

    @Test("writes that need rows of several places, and writes to views", arguments: [2, 3])
    func rehearsals(shards: Int) async throws {
        try await withPair(shards: shards) { pair in
            try await Self.fill(pair)
            try await pair.define(
                "CREATE TABLE items (id BIGINT GENERATED BY DEFAULT AS IDENTITY, kind TEXT, n INT, twice INT GENERATED ALWAYS AS (n * 2) STORED)",
                sharding: "SHARD BY HASH (id)")
            try await pair.define("CREATE TABLE bag (k INT, v TEXT)", sharding: "SHARD BY HASH (k)")
            try await pair.define(
                "CREATE VIEW berliners AS SELECT id, name, city FROM users WHERE city = 'berlin' WITH CHECK OPTION")
            try await pair.expectRight([
                "INSERT INTO items (kind, n) VALUES ('a', 1), ('b', 2), ('a', 3) RETURNING id, twice",
                "INSERT INTO bag VALUES (1, 'x'), (1, 'x'), (1, 'y'), (2, NULL), (NULL, 'n'), (3, '(\"q\", ''s'')')",
                // Rows of other shards.
                "UPDATE orders SET note = u.name FROM users u WHERE u.id = orders.id RETURNING orders.id, note",
                "SELECT * FROM orders ORDER BY user_id, id",
                "DELETE FROM orders USING items i WHERE i.n = orders.id AND i.kind = 'b' RETURNING *",
                "UPDATE items SET n = n + (SELECT max(n) FROM items i WHERE i.kind = items.kind)",
                "SELECT * FROM items ORDER BY id",
                // One of several copies, and keys that move.
                "UPDATE bag SET k = k + 1 WHERE v IN (SELECT v FROM bag b WHERE b.k = 1) RETURNING *",
                "UPDATE bag SET (k, v) = (SELECT k + 5, 'moved') WHERE k IS NULL OR k > 2",
                "SELECT * FROM bag ORDER BY k, v",
                "UPDATE bag SET k = 7 WHERE v = 'moved' AND k > (SELECT avg(k) FROM bag)",
                "SELECT * FROM bag ORDER BY k, v",
                "DELETE FROM bag WHERE k IN (SELECT count(*) FROM bag GROUP BY v)", "SELECT * FROM bag ORDER BY k, v",
                // Views.
                "INSERT INTO berliners VALUES (50, 'zoe', 'berlin')",
                "INSERT INTO berliners VALUES (51, 'zed', 'rome')",
                "UPDATE berliners SET name = upper(name) WHERE id < 40 RETURNING *",
                "UPDATE berliners SET city = 'rome'",
                "DELETE FROM berliners WHERE id = 50", "SELECT * FROM users ORDER BY id",
                // Writes in WITH, and MERGE.
                "WITH gone AS (DELETE FROM bag RETURNING *) INSERT INTO items (kind, n) SELECT v, k FROM gone RETURNING kind, n",
                "SELECT kind, n, twice FROM items ORDER BY 1, 2", "SELECT * FROM bag",
                """
                MERGE INTO users u USING (SELECT id, city FROM users WHERE id > 2 UNION ALL SELECT 70, 'bern') s ON u.id = s.id
                WHEN MATCHED AND s.city IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET city = s.city || '!'
                WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, 'new')
                """, "SELECT * FROM users ORDER BY id",
                "MERGE INTO countries c USING items i ON c.code = i.kind WHEN NOT MATCHED THEN INSERT VALUES (i.kind, 'item')",
                "MERGE INTO settings USING countries ON key = code WHEN NOT MATCHED THEN INSERT VALUES (code, '1')",
                "SELECT * FROM settings ORDER BY 1", "SELECT * FROM countries ORDER BY 1",
                "INSERT INTO users (id, name) SELECT id, 'again' FROM users ON CONFLICT (id) DO UPDATE SET name = users.name || (SELECT count(*) FROM countries)",
                "SELECT * FROM users ORDER BY id",
                "CREATE TABLE keyed (id INT PRIMARY KEY, v TEXT)", "INSERT INTO keyed VALUES (1, 'a'), (2, 'b')",
                "INSERT INTO keyed VALUES (1, 'c'), (3, 'd') ON CONFLICT (id) DO UPDATE SET id = keyed.id + 500, v = excluded.v RETURNING *",
                "SELECT * FROM keyed ORDER BY id",
                "UPDATE users SET name = NULL WHERE id IN (SELECT user_id FROM orders)",
                "BEGIN",
                "WITH n AS (UPDATE items SET n = 0 RETURNING kind) SELECT kind, count(*) FROM n GROUP BY 1 ORDER BY 1",
                "SELECT sum(n) FROM items", "ROLLBACK", "SELECT sum(n) FROM items",
                // Columns that were added and dropped.
                "ALTER TABLE items ADD COLUMN late TEXT DEFAULT 'd'", "ALTER TABLE items DROP COLUMN kind",
                "UPDATE items SET late = i.late || 'x' FROM items i WHERE i.n = items.n",
                "SELECT n, late FROM items ORDER BY 1",
            ])
            try await pair.expectRefused(
                "CREATE TABLE kids (user_id BIGINT REFERENCES users (id) ON DELETE SET NULL) SHARD BY HASH (user_id) COLOCATE WITH users",
                .foreignKeyAcrossShards)
            try await pair.expectRefused(
                "CREATE TABLE dwellers (code TEXT REFERENCES countries (code) ON UPDATE CASCADE) SHARD BY HASH (code)",
                .foreignKeyAcrossShards)
        }
    }

    @Test("writes that are rehearsed wait for one another: no change is lost")
    func rehearsalsAtOnce() async throws {
        try await withPair(shards: 2) { pair in
            try await pair.define("CREATE TABLE counters (id INT, n INT)", sharding: "SHARD BY HASH (id)")
            _ = try await pair.sharded.execute("INSERT INTO counters SELECT i, 0 FROM generate_series(1, 6) AS i")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        for _ in 0..<5 {
                            _ = try await pair.sharded.execute(
                                "UPDATE counters SET n = n + 1 WHERE id <= (SELECT max(id) FROM counters)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let rows = try await pair.sharded.query("SELECT min(n), max(n), count(*) FROM counters").all()
            #expect(rows.map(\.values) == [[.integer(15), .integer(15), .integer(6)]])
        }
    }

    @Test("definitions of tables and views that are not of one piece, TRUNCATE of several tables, AND CHAIN")
    func moreDefinitions() async throws {
        try await withPair { pair in
            try await Self.fill(pair)
            try await pair.expectRight([
                "CREATE TABLE twins (LIKE users INCLUDING ALL)", "INSERT INTO twins SELECT * FROM users",
                "INSERT INTO twins VALUES (1, 'twice')", "SELECT * FROM twins ORDER BY id",
                "CREATE TABLE stored (id INT PRIMARY KEY, a INT, b TEXT) WITH (autovacuum_enabled = off, fillfactor = 70)",
                "INSERT INTO stored VALUES (1, 2, '3'), (4, 5, '6')",
                "ALTER TABLE stored ALTER a SET NOT NULL, ALTER b TYPE INT USING b::int * 2, ADD COLUMN c TEXT DEFAULT 'c'",
                "SELECT * FROM stored ORDER BY id", "ALTER TABLE stored DROP COLUMN a, DROP COLUMN IF EXISTS nothing",
                "SELECT * FROM stored ORDER BY id", "ALTER TABLE stored SET (fillfactor = 90)",
                "ALTER TABLE stored ADD COLUMN d INT, ADD COLUMN d INT",
                "CREATE VIEW seen AS SELECT id, b FROM stored", "ALTER VIEW seen RENAME TO watched",
                "SELECT * FROM watched ORDER BY id", "SELECT * FROM seen",
                "ALTER VIEW watched SET (check_option = local)",
                "INSERT INTO watched VALUES (7, 8)", "SELECT * FROM watched ORDER BY id",
                "CREATE TABLE numbers (id SERIAL PRIMARY KEY, v TEXT)", "INSERT INTO numbers (v) VALUES ('a'), ('b')",
                "TRUNCATE numbers, stored RESTART IDENTITY", "INSERT INTO numbers (v) VALUES ('c') RETURNING id",
                "SELECT count(*) FROM stored", "TRUNCATE users", "TRUNCATE TABLE users CASCADE",
                "SELECT count(*) FROM orders",
                "TRUNCATE numbers, nothing",
                // What the coordinator has locked for the transaction is the transaction's.
                "BEGIN", "TRUNCATE numbers RESTART IDENTITY", "INSERT INTO numbers (v) VALUES ('inside') RETURNING id",
                "ROLLBACK",
                "BEGIN", "INSERT INTO numbers (v) VALUES ('kept')", "COMMIT AND CHAIN",
                "INSERT INTO numbers (v) VALUES ('lost')",
                "ROLLBACK AND CHAIN", "SELECT v FROM numbers ORDER BY id", "COMMIT", "COMMIT AND CHAIN",
                "CREATE TEMP SEQUENCE s START 5", "SELECT nextval('s')", "SELECT nextval('s')", "DROP SEQUENCE s",
                "SELECT nextval('s')",
            ])
            try await pair.expectRight([
                "CREATE INDEX CONCURRENTLY by_v ON numbers (v)",
                "CREATE TABLE stamped (id SERIAL, k INT PRIMARY KEY, at TIMESTAMP DEFAULT now())",
                "INSERT INTO stamped (k, at) VALUES (1, '2001-01-01'), (2, '2002-02-02'), (3, '2003-03-03')",
                "UPDATE stamped SET id = DEFAULT WHERE k > 1", "SELECT id, k FROM stamped ORDER BY k",
                "UPDATE stamped SET (id, at) = (DEFAULT, DEFAULT) WHERE k = 3", "SELECT id, k FROM stamped ORDER BY k",
                "INSERT INTO stamped (k) VALUES (1) ON CONFLICT (k) DO UPDATE SET id = DEFAULT RETURNING id, k",
                "BEGIN", "UPDATE stamped SET at = DEFAULT", "SELECT count(DISTINCT at) FROM stamped WHERE at = now()",
                "COMMIT",
            ])
            try await pair.expectRefused("ALTER TABLE stored ADD COLUMN x INT, DROP COLUMN id", .alterNotModelled)
            try await pair.expectRefused("ALTER TABLE stored ALTER b TYPE TEXT USING random()::text", .alterNotModelled)
            try await pair.expectRefused("ALTER VIEW watched ALTER COLUMN b SET DEFAULT 1", .statementNotModelled)
            try await pair.expectRefused(
                "CREATE TABLE like_settings (LIKE settings) SHARD BY HASH (key)", .statementNotModelled)
        }
    }

    @Test("temporary tables are the session's, alone and together with tables of the logical database")
    func temporaryTables() async throws {
        try await withPair { pair in
            try await Self.fill(pair)
            try await pair.expectRight([
                "CREATE TEMP TABLE notes (id SERIAL PRIMARY KEY, body TEXT, user_id BIGINT)",
                "INSERT INTO notes (body, user_id) VALUES ('x', 1), ('y', 2), ('z', 9) RETURNING *",
                "SELECT * FROM notes ORDER BY id",
                "SELECT n.body, u.name FROM notes n LEFT JOIN users u ON u.id = n.user_id ORDER BY 1",
                "INSERT INTO notes (body, user_id) SELECT name, id FROM users WHERE id > 3",
                "UPDATE notes SET body = u.name FROM users u WHERE u.id = user_id",
                "DELETE FROM notes WHERE user_id NOT IN (SELECT id FROM users)",
                "INSERT INTO users (id, name) SELECT user_id + 1000, body FROM notes",
                "SELECT id, name FROM users ORDER BY id",
                "CREATE TEMP TABLE totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id",
                "SELECT * FROM totals ORDER BY user_id",
                "CREATE TEMPORARY TABLE countries (code TEXT)", "SELECT * FROM countries",
                "INSERT INTO countries VALUES ('xx')", "SELECT * FROM countries", "SELECT code FROM pg_temp.countries",
                "CREATE VIEW bodies AS SELECT body FROM notes", "SELECT * FROM bodies ORDER BY 1",
                "ALTER TABLE notes ADD COLUMN more INT DEFAULT 7", "SELECT * FROM notes ORDER BY id",
                "CREATE INDEX ON notes (body)", "SELECT * FROM nothing", "INSERT INTO notes (id) VALUES (1)",
                "BEGIN", "DELETE FROM notes", "SAVEPOINT a", "CREATE TEMP TABLE inner_one (i INT)",
                "INSERT INTO inner_one SELECT id FROM users", "SELECT count(*) FROM inner_one", "ROLLBACK TO a",
                "SELECT count(*) FROM notes", "ROLLBACK", "SELECT count(*) FROM notes",
                "BEGIN", "CREATE TEMP TABLE short (i INT) ON COMMIT DROP", "INSERT INTO short VALUES (1)",
                "SELECT i, name FROM short JOIN users ON i = id", "COMMIT", "SELECT * FROM short",
                "DROP TABLE countries", "SELECT * FROM countries ORDER BY 1", "DROP TABLE notes CASCADE",
                "DROP TABLE totals",
                "SELECT * FROM notes",
            ])
            // Another session sees nothing of them.
            try await pair.sharded.withSession { session in
                _ = try await session.execute("CREATE TEMP TABLE mine (i INT)")
                await #expect(throws: ShardError.self) { try await pair.sharded.execute("SELECT * FROM mine") }
            }
            await #expect(throws: ShardError.self) { try await pair.sharded.execute("SELECT * FROM mine") }
        }
    }

    @Test("cursors move over the rows of all shards")
    func cursors() async throws {
        try await withPair { pair in
            try await Self.fill(pair)
            try await pair.expectRight(
                [
                    "DECLARE c CURSOR FOR SELECT 1", "BEGIN",
                    "DECLARE c SCROLL CURSOR FOR SELECT id, name FROM users ORDER BY id",
                    "FETCH c", "FETCH 2 FROM c", "FETCH BACKWARD 1 FROM c", "FETCH LAST FROM c",
                    "FETCH ABSOLUTE 2 FROM c",
                    "FETCH ALL FROM c", "MOVE FIRST FROM c", "FETCH RELATIVE 1 IN c", "CLOSE c",
                    "DECLARE c CURSOR FOR SELECT total AS t, note FROM orders WHERE user_id = 1 ORDER BY id",
                    "FETCH ALL FROM c",
                    "SAVEPOINT s", "DECLARE d NO SCROLL CURSOR FOR SELECT count(*) FROM users", "FETCH d",
                    "FETCH PRIOR FROM d", "ROLLBACK TO s", "FETCH d", "ROLLBACK",
                    "BEGIN", "DECLARE h CURSOR WITH HOLD FOR SELECT name FROM users ORDER BY 1", "FETCH 1 FROM h",
                    "COMMIT",
                    "FETCH 2 FROM h", "DELETE FROM orders", "FETCH ALL FROM h", "CLOSE h", "FETCH h",
                    "DECLARE k CURSOR WITH HOLD FOR SELECT * FROM users ORDER BY id", "FETCH 3 FROM k", "CLOSE ALL",
                ], isOrdered: true)
        }
    }

    @Test("what a session sets is carried to every connection it uses, and ends with its transaction")
    func settings() async throws {
        try await withPair { pair in
            try await Self.fill(pair)
            try await pair.define(
                "CREATE TABLE moments (id BIGINT PRIMARY KEY, at TIMESTAMPTZ)", sharding: "SHARD BY HASH (id)")
            try await pair.expectRight([
                "INSERT INTO moments VALUES (1, '2024-01-01 12:00+00'), (2, '2024-06-01 12:00+00'), (3, '2024-09-01 12:00+00')",
                "SET TIME ZONE 'Asia/Tokyo'", "SELECT * FROM moments ORDER BY id",
                "SELECT at::text FROM moments WHERE id = 2",
                "SELECT max(at::text) FROM moments", "SHOW timezone",
                "BEGIN", "SET LOCAL timezone = 'America/New_York'", "SELECT * FROM moments ORDER BY id",
                "SHOW timezone",
                "COMMIT", "SHOW timezone", "BEGIN", "SET timezone TO 'UTC'", "SELECT * FROM moments ORDER BY id",
                "ROLLBACK",
                "SHOW timezone", "SET timezone TO 'nowhere'", "RESET timezone", "SELECT * FROM moments ORDER BY id",
            ])
            try await pair.expectRefused(
                "INSERT INTO moments (id) VALUES (generate_series(4, 5))", .statementNotModelled)
            try await pair.expectRefused("SET search_path TO elsewhere", .statementNotModelled)
            try await pair.expectRefused("SET datestyle TO german", .statementNotModelled)
        }
    }

    @Test("tables by ranges, lists, remainders, and in more partitions than shards")
    func methods() async throws {
        try await withPair { pair in
            try await pair.define(
                "CREATE TABLE r (id INT PRIMARY KEY, v TEXT)",
                sharding:
                    "SHARD BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10) ON s1, PARTITION p1 VALUES LESS THAN (MAXVALUE) ON s0)"
            )
            try await pair.define(
                "CREATE TABLE l (k TEXT, v INT)",
                sharding: "SHARD BY LIST (k) (PARTITION p0 VALUES IN ('de', 'fr') ON s0, PARTITION p1 DEFAULT ON s1)")
            try await pair.define("CREATE TABLE m (id BIGINT PRIMARY KEY, v INT)", sharding: "SHARD BY MOD (id)")
            try await pair.define(
                "CREATE TABLE h (id BIGINT PRIMARY KEY, v INT CONSTRAINT small CHECK (v < 100))",
                sharding: "SHARD BY HASH (id) INTO 6 PARTITIONS")
            try await pair.define("CREATE INDEX h_v ON h (v)")
            try await pair.expectRight([
                "INSERT INTO r SELECT i, 'v' || i FROM generate_series(1, 20) i",
                "INSERT INTO l VALUES ('de', 1), ('fr', 2), ('it', 3), (NULL, 4), ('de', 5)",
                "INSERT INTO m SELECT i, i % 3 FROM generate_series(-5, 20) i",
                "INSERT INTO h SELECT i, i % 7 FROM generate_series(1, 50) i", "INSERT INTO h VALUES (99, 100)",
                "SELECT * FROM r WHERE id = 9", "SELECT * FROM r WHERE id IN (9, 10) ORDER BY id",
                "SELECT count(*) FROM r WHERE id > 5",
                "SELECT k, sum(v) FROM l GROUP BY k ORDER BY k", "SELECT * FROM l WHERE k = 'it'",
                "SELECT * FROM l WHERE k IS NULL",
                "SELECT v, count(*) FROM m GROUP BY v ORDER BY v", "SELECT * FROM m WHERE id = -4",
                "SELECT v, count(*), min(id) FROM h GROUP BY v ORDER BY v",
                "SELECT h.id, m.v FROM h JOIN m ON m.id = h.v ORDER BY h.id",
                "SELECT * FROM h ORDER BY v, id LIMIT 5", "UPDATE h SET v = v + 1 WHERE id < 10",
                "UPDATE r SET id = id + 5 WHERE id = 7",
                "DELETE FROM h WHERE v = 3", "SELECT * FROM h ORDER BY id", "SELECT * FROM r ORDER BY id",
                "DROP INDEX h_v", "DROP TABLE h, m",
            ])
        }
    }

    @Test("a statement takes no longer than it may")
    func timeout() async throws {
        try await withPair(shards: 2, { $0.limits.statementTimeout = .milliseconds(300) }) { pair in
            try await Self.fill(pair)
            do {
                _ = try await pair.sharded.query("SELECT pg_sleep(20) FROM users").all()
                Issue.record("it slept")
            } catch let error as ShardError {
                #expect(error.code == .timeout, "\(error)")
            }
            #expect(try await pair.sharded.query("SELECT count(*) FROM users").first()?[0] == .integer(5))
        }
    }

    @Test("transactions, savepoints, and a transaction that has failed")
    func transactions() async throws {
        try await withPair { pair in
            try await Self.fill(pair)
            try await pair.expectRight([
                "BEGIN", "UPDATE users SET name = 'x' WHERE id = 1", "SAVEPOINT a", "UPDATE users SET name = 'y'",
                "SELECT name FROM users ORDER BY id", "ROLLBACK TO a", "SELECT name FROM users ORDER BY id", "COMMIT",
                "SELECT name FROM users ORDER BY id",
                "BEGIN", "SELECT 1 / 0", "SELECT 1", "COMMIT",
                "BEGIN", "DELETE FROM orders", "ROLLBACK", "SELECT count(*) FROM orders",
            ])
        }
    }
}
