import Foundation
import Testing

@testable import shardkit

/// `verify`: the user's statements on the shards and on plain SQLite.
struct VerifyTests {
    /// Runs the command; outputs go to files, so that they may be long.
    private func run(_ arguments: [String], in folder: String) throws -> (status: Int32, output: String, errors: String)
    {
        let process = Process()
        process.executableURL = CommandRunTests.command
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: folder)
        let files = [folder + "/output.txt", folder + "/errors.txt"]
        for file in files { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: files[0])
        process.standardError = FileHandle(forWritingAtPath: files[1])
        try process.run()
        process.waitUntilExit()
        return (
            process.terminationStatus, try String(contentsOfFile: files[0], encoding: .utf8),
            try String(contentsOfFile: files[1], encoding: .utf8)
        )
    }

    /// A folder with a database on three shards, and a plain one (the only file of another) where row 2 differs.
    private func withTwins(_ body: (_ folder: String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-verify-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let rows = (1...40).map { "(\($0), 'v\($0 % 4)', \(Double($0) / 10))" }.joined(separator: ",")
        let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, r REAL)"
        let log = "CREATE TABLE log (v TEXT)"
        for (name, shards, clause) in [("many", "3", ""), ("one", "1", " SINGLE")] {
            #expect(try run(["init", "--shards", shards, "--dir", name], in: folder).status == 0)
            let made = try run(
                [
                    "exec", "--config", name + "/shardkit.yaml",
                    "\(table)\(clause); \(log)\(clause); INSERT INTO t VALUES \(rows); INSERT INTO log VALUES ('x'), ('y')",
                ], in: folder)
            #expect(made.status == 0, "\(made.errors)")
        }
        let change = ["exec", "--config", "one/shardkit.yaml", "UPDATE t SET v = 'other' WHERE id = 2"]
        #expect(try run(change, in: folder).status == 0)
        try body(folder)
    }

    private func write(_ sql: String, to folder: String) throws {
        try sql.write(toFile: folder + "/q.sql", atomically: true, encoding: .utf8)
    }

    private let verify = ["verify", "--config", "many/shardkit.yaml", "q.sql"]

    @Test("differences are named with the rows that differ, and make the status 1")
    func differences() throws {
        try withTwins { folder in
            try write(
                """
                -- all is well here
                SELECT count(*), sum(r) FROM t;
                SELECT id, v FROM t WHERE id < 4 ORDER BY id;
                SELECT v FROM t WHERE id = 2;
                SELECT id FROM t ORDER BY v DESC, id;
                SELECT nope FROM t; SELEC 1;
                ATTACH 'x' AS y;
                INSERT INTO t VALUES (100, 'w', 1);
                SELECT id FROM t LIMIT 2;
                SELECT id FROM t ORDER BY id LIMIT 1 OFFSET 2000000;
                """, to: folder)
            let found = try run(verify + ["--plain", "one/s0.sqlite"], in: folder)
            #expect(found.status == 1 && found.errors.isEmpty, "\(found.errors)")
            for line in found.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            #expect(
                found.output.contains(
                    """
                    different line 3: SELECT id, v FROM t WHERE id < 4 ORDER BY id
                      rows: 3 rows, plain 3; 1 only sharded, 1 only plain
                        sharded (2, 'v2')
                        plain   (2, 'other')

                    """), "\(found.output)")
            #expect(found.output.contains("different line 5: SELECT id FROM t ORDER BY v DESC, id\n  order: "))
            #expect(found.output.contains("skipped   line 8: INSERT INTO t VALUES (100, 'w', 1)\n"))
            #expect(found.output.contains("open      line 9: SELECT id FROM t LIMIT 2\n"))
            #expect(found.output.contains("10 statements: 3 equal, 3 different, 1 open, 1 refused, 2 skipped.\n"))
        }
    }

    @Test("without --plain it makes a copy, which answers alike; writes are rolled back on both sides")
    func copy() throws {
        try withTwins { folder in
            try write(
                """
                SELECT * FROM t ORDER BY id; SELECT rowid, * FROM log;
                INSERT INTO t (v) VALUES ('new') RETURNING *; UPDATE t SET v = v || '!' WHERE id > 3;
                DELETE FROM t WHERE v = 'v1!'; SELECT v, count(*), sum(r) FROM t GROUP BY v;
                INSERT INTO t (id) VALUES (2); SELECT count(*) FROM t; SELECT v FROM t WHERE id = ?;
                """, to: folder)
            let equal = try run(verify + ["--writes", "--verbose"], in: folder)
            #expect(equal.status == 0, "\(equal.output)")
            #expect(equal.output.contains("\n9 statements: 9 equal.\n"), "\(equal.output)")
            #expect(equal.output.split(separator: "\n").count == 11)
            let file = try run(verify + ["--writes", "--plain", "one/s0.sqlite"], in: folder)
            #expect(file.status == 1)
            for name in ["one", "many"] {
                let left = try run(
                    [
                        "exec", "--config", name + "/shardkit.yaml", "--format", "csv",
                        "SELECT count(*), max(id) FROM t",
                    ],
                    in: folder)
                #expect(left.output == "count(*),max(id)\r\n40,40\r\n")
            }
        }
    }

    @Test("a copy keeps rowids, generated columns, odd names, views and triggers; equal values are no difference")
    func oddSchema() throws {
        try withTwins { folder in
            let schema = """
                CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT COLLATE NOCASE, up TEXT GENERATED ALWAYS AS (upper(v)));
                CREATE TABLE w (k TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
                CREATE TABLE "odd ""name" ("rowid" TEXT, "select" INT, x); CREATE INDEX ia ON a (v);
                CREATE VIEW va AS SELECT v, count(*) AS n FROM a GROUP BY v;
                INSERT INTO a (v) VALUES ('x'), ('X'), ('y'), (NULL), ('Y'); INSERT INTO w VALUES ('p', 1), ('q', 2);
                INSERT INTO "odd ""name" VALUES ('r', 1, x'00ff'), (NULL, 2, 1e300); DELETE FROM log WHERE v = 'x';
                CREATE TRIGGER g AFTER UPDATE ON w BEGIN INSERT INTO log VALUES ('g'); END
                """
            #expect(try run(["exec", "--config", "many/shardkit.yaml", schema], in: folder).status == 0)
            try write(
                """
                SELECT total_changes(); SELECT *, up FROM a ORDER BY id; SELECT n FROM va ORDER BY n; SELECT * FROM w;
                SELECT oid, * FROM "odd ""name"; SELECT typeof(x), "select" FROM "odd ""name"; SELECT rowid, v FROM log;
                UPDATE w SET n = 3; SELECT rowid, v FROM log; SELECT name, type FROM sqlite_master;
                SELECT DISTINCT v FROM a; SELECT v, count(*) FROM a GROUP BY 1; SELECT max(v) FROM a;
                """, to: folder)
            let found = try run(verify + ["--writes"], in: folder)
            #expect(found.status == 0, "\(found.output)")
            #expect(found.output.contains("13 statements: 1") && !found.output.contains("skipped"), "\(found.output)")
        }
    }

    @Test("JSON says the same; what cannot be compared is status 2")
    func formats() throws {
        try withTwins { folder in
            try write(
                "SELECT v FROM t WHERE id = 2; SELECT 1; SELECT id FROM t ORDER BY id LIMIT 1 OFFSET 2000000",
                to: folder)
            let found = try run(verify + ["--plain", "one/s0.sqlite", "--format", "json"], in: folder)
            #expect(found.status == 1)
            let json = try JSONReader.read(Array(found.output.utf8))
            #expect(json["counts"]?["different"] == .integer(1) && json["counts"]?["equal"] == .integer(1))
            guard case .array(let statements)? = json["statements"],
                case .array(let differences)? = statements[0]["differences"]
            else {
                Issue.record("no differences")
                return
            }
            #expect(differences[0]["onlySharded"] == .array([.array([.string("v2")])]))
            #expect(statements[2]["outcome"] == .string("refused") && statements[2]["error"]?["code"] != nil)

            let missing = try run(verify + ["--plain", "none.db"], in: folder)
            #expect(missing.status == 2 && missing.errors == "error [not-found]: there is no file none.db\n")
            let noDatabase = try run(verify + ["--plain", "q.sql"], in: folder)
            #expect(
                noDatabase.status == 2
                    && noDatabase.errors.hasPrefix("error [corrupt]: the file q.sql cannot be opened"))
            #expect(try run(["verify", "--config", "many/shardkit.yaml", "none.sql"], in: folder).status == 2)
            #expect(try run(verify + ["--max-copy", "0"], in: folder).status == 64)
        }
    }
}
