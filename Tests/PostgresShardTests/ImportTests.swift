import Foundation
import PostgresPair
import PostgresServer
import ShardKit
import Testing

/// What comes from one PostgreSQL database, or a dump of one, is all there.
@Suite("imports into PostgreSQL shards", .enabled(if: PostgresInstallation.shouldTest))
struct ImportTests {
    private static let definitions = [
        "CREATE TYPE mood AS ENUM ('sad', 'fine', 'so so')",
        "CREATE DOMAIN year AS integer CONSTRAINT year_check CHECK (VALUE BETWEEN 1901 AND 2155)",
        "CREATE TYPE size AS (width int, height int)",
        "CREATE FUNCTION initials(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(left($1, 1)) $$",
        "CREATE FUNCTION joined(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN $1 IS NULL THEN $2 ELSE $1 || '+' || $2 END $$",
        "CREATE AGGREGATE join_all(text) (SFUNC = joined, STYPE = text)",
        "CREATE SEQUENCE track_numbers START 100 INCREMENT 5",
        "CREATE TABLE artists (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mood mood DEFAULT 'fine')",
        "CREATE TABLE \"Odd Table\" (\"The Key\" uuid PRIMARY KEY, \"a\tb\" text, size size)",
        """
        CREATE TABLE albums (artist_id int NOT NULL, id serial, title varchar(40) COLLATE "C", released year, tags text[],
          length int, minutes int GENERATED ALWAYS AS (length / 60) STORED, PRIMARY KEY (artist_id, id),
          CONSTRAINT lengths CHECK (length > 0), FOREIGN KEY (artist_id) REFERENCES artists (id) ON DELETE CASCADE)
        """,
        "CREATE TABLE tracks (number int DEFAULT nextval('track_numbers'), artist_id int, body bytea, doc jsonb)",
        "CREATE INDEX by_title ON albums (lower(title)) WHERE released > 1950",
        "CREATE VIEW long_albums AS SELECT a.name, b.title FROM artists a JOIN albums b ON b.artist_id = a.id WHERE b.length > 100",
        "CREATE TABLE measures (at date NOT NULL, v int) PARTITION BY RANGE (at)",
        "CREATE TABLE measures_2020 PARTITION OF measures FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
        "CREATE TABLE measures_2021 PARTITION OF measures FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
        "INSERT INTO artists (name, mood) SELECT 'artist ' || i, CASE i % 3 WHEN 0 THEN 'so so'::mood WHEN 1 THEN 'sad' END FROM generate_series(1, 50) i",
        "INSERT INTO \"Odd Table\" SELECT md5(i::text)::uuid, E'tab\\t, line\\n, back\\\\slash, \\\\N ' || i, (i, NULL)::size FROM generate_series(1, 40) i",
        "INSERT INTO \"Odd Table\" VALUES ('00000000-0000-0000-0000-000000000000', NULL, NULL)",
        "INSERT INTO albums (artist_id, title, released, tags, length) SELECT i % 50 + 1, 'T' || i, 1901 + i, ARRAY['a', 'b\"', NULL], i FROM generate_series(1, 200) i",
        "INSERT INTO tracks (artist_id, body, doc) SELECT NULLIF(i % 7, 0), decode(md5(i::text), 'hex'), jsonb_build_object('k', i) FROM generate_series(1, 100) i",
        "INSERT INTO measures SELECT date '2020-06-01' + i * 9, i FROM generate_series(1, 60) i",
    ]

    private static let questions = [
        "SELECT * FROM artists ORDER BY id", "SELECT * FROM albums ORDER BY id", "SELECT * FROM tracks ORDER BY number",
        "SELECT * FROM \"Odd Table\" ORDER BY 1", "SELECT * FROM measures ORDER BY 1, 2",
        "SELECT * FROM long_albums ORDER BY 1, 2", "SELECT count(*), sum(length(\"a\tb\")) FROM \"Odd Table\"",
        "SELECT initials(name), count(*), join_all(name ORDER BY name) FROM artists GROUP BY 1",
        "SELECT id, initials(name) FROM artists WHERE id = 7",
        "SELECT join_all(title ORDER BY id) FROM albums WHERE artist_id = 3",
        // Sequences go on where they stood.
        "INSERT INTO artists (name) VALUES ('new') RETURNING id",
        "INSERT INTO albums (artist_id, title, released, length) VALUES (51, 'new', 2000, 61) RETURNING *",
        "INSERT INTO tracks (artist_id) VALUES (1) RETURNING number",
        // What was forbidden is.
        "INSERT INTO albums (artist_id, title, length) VALUES (51, 'bad', -1)",
        "INSERT INTO albums (artist_id, title, released) VALUES (51, 'bad', 1800)",
        "INSERT INTO albums (artist_id, title) VALUES (999, 'bad')",
        "DELETE FROM artists WHERE id = 51", "SELECT count(*) FROM albums",
    ]

    private static var options: ImportOptions {
        var options = ImportOptions()
        options.declarations = ["artists": "HASH (id)", "albums": "HASH (artist_id) COLOCATE WITH artists"]
        return options
    }

    @Test("a database", arguments: [2, 3])
    func database(shards: Int) async throws {
        try await withPair(shards: shards) { pair in
            for sql in Self.definitions { _ = try await pair.plain.run(sql) }
            let report = try await DatabaseImport(into: pair.sharded, options: Self.options).run(pair.plainLocation)
            let left = report.objects.filter { $0.outcome.error != nil }.map { "\($0.kind) \($0.name)" }
            #expect(left == ["table measures_2020", "table measures_2021"])
            #expect(report.rowCount == 451)
            try await pair.expectRight(Self.questions)
        }
    }

    @Test("a dump: rows behind COPY, keys behind the rows, psql's commands, other people's roles")
    func dump() async throws {
        let text = """
            -- A dump; of a kind.
            SET statement_timeout = 0;
            SET default_with_oids = false;
            SET some_newer_setting = 0;
            CREATE DATABASE other;
            \\connect other
            /* what's this? */
            CREATE FUNCTION public.half(integer) RETURNS integer
                LANGUAGE sql IMMUTABLE
                AS $_$ SELECT $1 / 2; -- it's half $_$;
            ALTER FUNCTION public.half(integer) OWNER TO nobody_here;
            CREATE TABLE public.people (
                id integer NOT NULL,
                name text,
                note text
            );
            ALTER TABLE public.people OWNER TO nobody_here;
            COPY public.people (id, name, note) FROM stdin;
            1\tann's\t\\N
            2\tbob; "quoted\tit\\'s -- no /* comment
            3\ttab\\t\\\\\t\\N
            \\.

            COPY public.people (id, name, note) FROM stdin;
            \\.
            INSERT INTO public.people VALUES (4, 'dump''s', E'\\n');
            ALTER TABLE ONLY public.people ADD CONSTRAINT people_pkey PRIMARY KEY (id);
            CREATE TABLE public.pets (id integer, owner integer);
            COPY public.pets FROM stdin;
            1\t1
            2\t4
            \\.
            ALTER TABLE ONLY public.pets ADD CONSTRAINT owners FOREIGN KEY (owner) REFERENCES public.people(id);
            GRANT ALL ON TABLE public.people TO nobody_here;
            """
        let file = FileManager.default.temporaryDirectory.appending(path: "dump-\(UUID().uuidString).sql")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await withPair(shards: 2) { pair in
            var options = ImportOptions()
            options.declarations = ["people": "BROADCAST", "pets": "HASH (id)"]
            let report = try await DatabaseImport(into: pair.sharded, options: options).run(file.path)
            #expect(report.isComplete, "\(report.objects.compactMap(\.outcome.error))")
            #expect(report.rowCount == 6)
            let rows = try await pair.sharded.query("SELECT id, name, note, half(id) FROM people ORDER BY id").all()
            #expect(
                rows.map(\.values) == [
                    [1, "ann's", .null, 0], [2, "bob; \"quoted", "it's -- no /* comment", 1], [3, "tab\t\\", .null, 1],
                    [4, "dump's", "\n", 2],
                ])
            await #expect(throws: ShardError.self) {
                try await pair.sharded.execute("INSERT INTO pets VALUES (9, 77)")
            }
            let scratch = try await pair.plain.run(
                "SELECT datname FROM pg_database WHERE datname LIKE 'shardkit_import%'")
            #expect(scratch.rows.isEmpty)
        }
    }

    @Test("what a dump does wrong is told with its line, and the scratch database goes")
    func brokenDump() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "dump-\(UUID().uuidString).sql")
        try Data("CREATE TABLE a (x int);\n\n-- here\nCREATE TABLE a (y int);\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await withPair(shards: 2) { pair in
            do {
                _ = try await DatabaseImport(into: pair.sharded).run(file.path)
                Issue.record("a broken dump was imported")
            } catch let error as ShardError {
                #expect(error.message.contains("line 4: relation \"a\" already exists"))
            }
        }
    }

    @Test("CSV with what COPY escapes")
    func csv() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "goods\(UUID().uuidString.prefix(4)).csv")
        let text = "id,name,price\n1,\"a\\b\",1.5\n2,\"tab\there\",2\n3,,3\n4,\"\",0.25\n5,\"line\nfeed\",7\n"
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try await withPair(shards: 2) { pair in
            var options = ImportOptions()
            options.csvTable = "goods"
            let report = try await DatabaseImport(into: pair.sharded, options: options).run(file.path)
            #expect(report.isComplete && report.rowCount == 5)
            let rows = try await pair.sharded.query("SELECT id, name, price FROM goods ORDER BY id").all()
            #expect(
                rows.map(\.values) == [
                    [1, "a\\b", 1.5], [2, "tab\there", 2.0], [3, .null, 3.0], [4, "", 0.25], [5, "line\nfeed", 7.0],
                ])
        }
    }

    @Test("functions that may look at tables, or give each shard another value, are refused")
    func functions() async throws {
        try await withPair(shards: 2) { pair in
            _ = try await pair.sharded.execute("CREATE TABLE notes (id int PRIMARY KEY, body text)")
            for sql in [
                "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
                "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint'",
                "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT count(*) FROM notes'",
                "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN EXECUTE ''SELECT 1''; RETURN 1; END'",
                "CREATE FUNCTION sum(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1'",
                "CREATE PROCEDURE f() LANGUAGE sql AS 'SELECT 1'",
            ] {
                await #expect("\(sql)") {
                    try await pair.sharded.execute(SQLText(sql))
                } throws: { ($0 as? ShardError)?.isRefusal ?? false }
            }
            await #expect(throws: ShardError.self) { try await pair.sharded.query("SELECT f()").all() }
        }
    }

    @Test("foreign keys that are added later keep rows together, and rows from moving")
    func foreignKeys() async throws {
        try await withPair(shards: 2) { pair in
            try await pair.define("CREATE TABLE parents (id BIGINT PRIMARY KEY)", sharding: "SHARD BY HASH (id)")
            try await pair.define(
                "CREATE TABLE kids (parent BIGINT, n INT)", sharding: "SHARD BY HASH (parent) COLOCATE WITH parents")
            try await pair.define("CREATE TABLE far (parent BIGINT, n INT)", sharding: "SHARD BY HASH (n)")
            try await pair.expectRight([
                "INSERT INTO parents SELECT generate_series(1, 20)",
                "INSERT INTO kids SELECT i, i FROM generate_series(1, 20) i",
                "INSERT INTO kids VALUES (99, 0)",
                "ALTER TABLE kids ADD CONSTRAINT own FOREIGN KEY (parent) REFERENCES parents (id)",
                "DELETE FROM kids WHERE n = 0",
                "ALTER TABLE kids ADD CONSTRAINT own FOREIGN KEY (parent) REFERENCES parents (id)",
                "INSERT INTO kids VALUES (99, 0)", "DELETE FROM parents WHERE id = 3",
                "UPDATE parents SET id = id + 1000 WHERE id = 4", "INSERT INTO parents SELECT generate_series(50, 60)",
            ])
            try await pair.expectRefused(
                "ALTER TABLE far ADD FOREIGN KEY (parent) REFERENCES parents", .foreignKeyAcrossShards)
            try await pair.expectRefused("UPDATE parents SET id = id + 1000 WHERE id > 49", .shardKeyUpdate)
            try await pair.expectRefused(
                "ALTER TABLE kids ADD COLUMN x INT, ADD FOREIGN KEY (parent) REFERENCES parents", .alterNotModelled)
        }
    }
}
