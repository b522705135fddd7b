import Foundation
import Testing

@testable import shardkit

/// `lint`: what statements will cost, and whether that got worse.
struct LintTests {
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

    private static let schema = """
        CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE orders (user_id INTEGER, id INTEGER, total REAL, PRIMARY KEY (user_id, id))
            SHARD BY HASH (user_id) COLOCATE WITH users;
        CREATE TABLE countries (code TEXT PRIMARY KEY) BROADCAST;
        """

    private func withFolder(_ body: (_ folder: String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-lint-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(Self.schema, "schema.sql", folder)
        try body(folder)
    }

    private func write(_ text: String, _ file: String, _ folder: String) throws {
        try text.write(toFile: folder + "/" + file, atomically: true, encoding: .utf8)
    }

    private let lint = ["lint", "--schema", "schema.sql", "q.sql"]

    @Test("each statement has its rung, its shards and its warnings; lines fit 80 columns")
    func report() throws {
        try withFolder { folder in
            try write(
                """
                SELECT name FROM users WHERE id = ?; -- by key
                SELECT count(*) FROM users;

                -- a comment
                SELECT a.name FROM users a JOIN users b ON a.name < b.name;
                SELECT id FROM users ORDER BY name LIMIT 10 OFFSET ?;
                SELECT id FROM users ORDER BY name LIMIT 10 OFFSET 20;
                UPDATE countries SET code = upper(code); INSERT INTO users VALUES (?, ?);
                SELECT u.name FROM users u JOIN orders o ON o.user_id = u.id WHERE u.id = 5;
                CREATE INDEX i ON users (name); SELECT a.name FROM users a, users b WHERE a.id = 1 AND b.name = 'x';
                """, "q.sql", folder)
            let made = try run(lint, in: folder)
            #expect(made.status == 0 && made.errors.isEmpty, "\(made.errors)\(made.output)")
            let lines = made.output.split(separator: "\n").map(String.init)
            for line in lines { #expect(line.count <= 80, "\(line)") }
            func costs(_ line: Int) -> [String] {
                lines.filter { $0.hasPrefix(String(repeating: " ", count: 4 - "\(line)".count) + "\(line)  ") }.map {
                    $0.split(separator: " ")[1...2].joined(separator: " ")
                }
            }
            #expect(costs(1) == ["fast-path 1"] && costs(2) == ["merge all"] && costs(5) == ["combine all"])
            #expect(
                costs(8) == ["merge all", "route 1"] && costs(9) == ["route 1"] && costs(10) == ["- -", "combine all"])
            #expect(made.output.contains("\n      gathers-table: brings all rows of users into one engine;"))
            #expect(
                made.output.hasSuffix(
                    """
                    10 statements: 1 fast-path, 2 route, 4 merge, 2 combine, 1 skipped.
                    Warnings: scatters 3, gathers-table 1, unbounded-offset 1.

                    """), "\(made.output)")
        }
    }

    @Test("a baseline is written, compared with, and exits 1 when something got worse")
    func baseline() throws {
        try withFolder { folder in
            let compare = lint + ["--baseline", "b.txt"]
            try write(
                """
                SELECT name FROM users WHERE id = 5; SELECT count(*) FROM users WHERE id < 3;
                SELECT o.total FROM users u JOIN orders o ON o.user_id = u.id; SELECT nope FROM users; SELEC 1;
                ATTACH 'x' AS y; SELECT 1;
                """, "q.sql", folder)
            #expect(try run(compare, in: folder).status == 2)
            #expect(try run(compare + ["--write-baseline"], in: folder).status == 0)
            let text = try String(contentsOfFile: folder + "/b.txt", encoding: .utf8)
            #expect(text.contains(" fast-path 1 - SELECT name FROM users WHERE id = 5\n"))
            #expect(text.contains(" merge all scatters SELECT o.total FROM"))
            #expect(text.contains(" refused:attach-refused 0 - ATTACH 'x' AS y\n"))
            let same = try run(compare, in: folder)
            #expect(same.status == 0, "\(same.output)")
            #expect(same.output.hasSuffix("Against the baseline: 0 worse, 0 better, 0 new, 0 gone.\n"))

            // Other literals are the same statement; orders leave the users; a table goes; a statement is new.
            try write(
                """
                SELECT name FROM users WHERE id = 77; SELECT count(*) FROM users WHERE id < 4;
                SELECT o.total FROM users u JOIN orders o ON o.user_id = u.id; SELECT 2; SELECT max(id) FROM users;
                ATTACH 'x' AS y;
                """, "q.sql", folder)
            try write(
                Self.schema.replacingOccurrences(
                    of: "SHARD BY HASH (user_id) COLOCATE WITH users", with: "SHARD BY HASH (id)"),
                "schema.sql", folder)
            let worse = try run(compare, in: folder)
            #expect(worse.status == 1)
            #expect(worse.output.contains("      WORSE: rung combine, before merge\n"), "\(worse.output)")
            #expect(worse.output.contains("      WORSE: new warning gathers-table\n"))
            #expect(worse.output.contains("      new: the baseline does not know it\n"))
            #expect(worse.output.hasSuffix("Against the baseline: 1 worse, 0 better, 1 new, 2 gone.\n"))

            try write("SELECT name FROM users WHERE id = 1; DETACH z", "q.sql", folder)
            let refused = try run(compare + ["--format", "json"], in: folder)
            #expect(refused.status == 1)
            let json = try JSONReader.read(Array(refused.output.utf8))
            guard case .array(let statements)? = json["statements"] else {
                Issue.record("no statements")
                return
            }
            #expect(json["isWorse"] == .bool(true))
            #expect(statements[0]["standing"] == .string("same") && statements[0]["shards"] == .integer(1))
            #expect(statements[1]["error"]?["code"] == .string("attach-refused"))
            #expect(
                statements[1]["worse"]
                    == .array([.string("refused: attach-refused, and the baseline does not know it")]))
        }
    }

    @Test("statements get better, and a refusal or more shards is worse")
    func directions() throws {
        try withFolder { folder in
            let compare = lint + ["--baseline", "b.txt"]
            try write("SELECT name FROM users WHERE id = 1; SELECT count(*) FROM users", "q.sql", folder)
            #expect(try run(compare + ["--write-baseline"], in: folder).status == 0)
            let text = try String(contentsOfFile: folder + "/b.txt", encoding: .utf8)
            let dearer = text.replacingOccurrences(of: " fast-path 1 - ", with: " combine all gathers-table ")
            try write(dearer, "b.txt", folder)
            let better = try run(compare, in: folder)
            #expect(better.status == 0 && better.output.contains("      better than the baseline\n"))
            try write(
                text.replacingOccurrences(of: " merge all scatters ", with: " merge 2 scatters "), "b.txt", folder)
            let more = try run(compare, in: folder)
            #expect(more.status == 1 && more.output.contains("      WORSE: asks all shards, before 2\n"))
            try write(text + "nonsense\n", "b.txt", folder)
            let broken = try run(compare, in: folder)
            #expect(broken.status == 2)
            #expect(broken.errors.hasPrefix("error [input]: b.txt, line 4 is no line of a lint baseline\nhint: "))
            #expect(try run(lint + ["--write-baseline"], in: folder).status == 64)
            try write("CREATE TABLE t (a, b", "schema.sql", folder)
            let schema = try run(lint, in: folder)
            #expect(schema.status == 2 && schema.errors.contains("schema.sql, line 1: "))
        }
    }

    @Test("a configured database is linted from its catalog")
    func configured() throws {
        try withFolder { folder in
            #expect(try run(["init", "--shards", "2", "--dir", "d"], in: folder).status == 0)
            let config = ["--config", "d/shardkit.yaml"]
            #expect(try run(["exec"] + config + ["CREATE TABLE t (id INTEGER PRIMARY KEY)"], in: folder).status == 0)
            try write("SELECT * FROM t; SELECT * FROM t WHERE id = 4; SELECT * FROM u", "q.sql", folder)
            let made = try run(["lint"] + config + ["q.sql"], in: folder)
            #expect(made.status == 1)
            #expect(made.output.contains("   1  error           -  SELECT * FROM u\n      [engine] no such table: u\n"))
        }
    }
}
