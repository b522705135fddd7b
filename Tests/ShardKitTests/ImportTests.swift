import Foundation
import ShardKit
import Testing

struct ImportTests {
    /// Writes a file into a folder that is removed afterwards.
    private func withFile<Result>(
        _ name: String, _ text: String, _ body: (String) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-import-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return try await body(file.path)
    }

    private func leftOut(_ report: ImportReport) -> [String: ErrorCode] {
        var result: [String: ErrorCode] = [:]
        for object in report.objects {
            if let error = object.outcome.error { result["\(object.kind.rawValue) \(object.name)"] = error.code }
        }
        return result
    }

    static let dump = """
        PRAGMA foreign_keys=OFF;
        BEGIN TRANSACTION;
        CREATE TABLE items (user_id INTEGER, n INTEGER, what TEXT, PRIMARY KEY (user_id, n)); -- first
        INSERT INTO items VALUES (1, 1, 'a;b'), (1, 2, NULL), (2, 1, x'00ff');
        CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, upper TEXT AS (upper(name)));
        INSERT INTO users VALUES (1, 'Ada'), (2, 'Ben'), (9, 'Noël');
        CREATE TABLE codes (code TEXT PRIMARY KEY, n INTEGER UNIQUE);
        INSERT INTO codes VALUES ('x', 1), ('y', 2);
        CREATE INDEX by_name ON users (name);
        CREATE VIEW names AS SELECT name FROM users;
        COMMIT;
        """

    @Test("a dump comes over with rows, indexes and views; colocated tables wait for those they go with")
    func dump() async throws {
        try await withTemporaryDatabase { database in
            var options = ImportOptions()
            options.declarations = [
                "items": "HASH (user_id) COLOCATE WITH users", "users": "HASH (id)", "codes": "BROADCAST",
            ]
            let report = try await withFile("shop.sql", Self.dump) {
                try await DatabaseImport(into: database, options: options).run($0)
            }
            #expect(report.isComplete, "\(leftOut(report))")
            #expect(report.rowCount == 8)
            #expect(
                try await database.query("SELECT id, upper FROM users ORDER BY id").decode((Int, String).self).all()
                    .map { "\($0.0) \($0.1)" } == ["1 ADA", "2 BEN", "9 NOëL"])
            let items = try await database.query("SELECT what FROM items ORDER BY user_id, n").all().map { $0[0] }
            #expect(items == [.text("a;b"), .null, .blob([0, 255])])
            #expect(try await database.query("SELECT count(*) FROM names").decode(Int.self).first() == 3)
            let joined = try await database.query(
                "SELECT count(*) FROM users JOIN items ON items.user_id = users.id"
            ).decode(Int.self).first()
            #expect(joined == 3)
        }
    }

    @Test("what cannot be sharded is left out with its reason, leaves nothing behind, and the rest goes on")
    func leavingOut() async throws {
        try await withTemporaryDatabase { database in
            let report = try await withFile(
                "x.sql",
                """
                CREATE TABLE bad (a INTEGER PRIMARY KEY, b INTEGER UNIQUE);
                INSERT INTO bad VALUES (1, 1);
                CREATE TABLE good (a INTEGER PRIMARY KEY AUTOINCREMENT);
                INSERT INTO good VALUES (5), (8);
                DELETE FROM good WHERE a = 8;
                CREATE TRIGGER t AFTER INSERT ON good BEGIN DELETE FROM bad; END;
                CREATE VIRTUAL TABLE words USING fts5(w);
                """
            ) { try await DatabaseImport(into: database, options: ImportOptions()).run($0) }
            let left = leftOut(report)
            #expect(!report.isComplete)
            #expect(left["table bad"]?.category == .refusal)
            #expect(left["table words"] == .statementNotModelled)
            #expect(left["trigger t"] == nil)
            #expect(left["sequence good"] == nil)
            #expect(left["table good"] == nil)
            #expect(try await database.query("SELECT a FROM good").decode(Int.self).all() == [5])
            // Its table was left out, so that it would fail.
            try await database.execute("DROP TRIGGER t")
            // 8 was deleted in the source; AUTOINCREMENT never gives it again.
            #expect(try await database.execute("INSERT INTO good DEFAULT VALUES").lastInsertID == 9)
            let names = try await database.query("SELECT name FROM sqlite_master WHERE name IN ('bad', 'words')").all()
            #expect(names.isEmpty)
        }
    }

    @Test("CSV makes a table of the types its values have; an empty field is NULL, a quoted one an empty text")
    func csv() async throws {
        try await withTemporaryDatabase { database in
            let text = "id,name,price,zip\r\n1,\"Smith, \"\"J\"\"\",1.5,00501\r\n2,,2,10001\r\n3,\"\",1e3,\"x\ny\"\r\n"
            let report = try await withFile("people.csv", text) {
                try await DatabaseImport(into: database).run($0)
            }
            #expect(report.isComplete, "\(leftOut(report))")
            let rows = try await database.query("SELECT id, name, price, zip FROM people ORDER BY id").all().map(
                \.values)
            #expect(
                rows == [
                    [1, "Smith, \"J\"", .real(1.5), "00501"], [2, .null, .real(2), "10001"],
                    [3, "", .real(1000), "x\ny"],
                ])
            let broken = try await withFile("broken.csv", "a,b\n1,2\n3\n") {
                try await DatabaseImport(into: database).run($0)
            }
            #expect(leftOut(broken) == ["table broken": .input])
        }
    }

    @Test("a file that is not there, or is no text, is an error at once")
    func unreadable() async throws {
        try await withTemporaryDatabase { database in
            let error = try await #require(throws: ShardError.self) {
                try await DatabaseImport(into: database).run("/nowhere/x.sqlite")
            }
            #expect(error.code == .notFound)
        }
    }
}

/// What an import takes from the source, and what it leaves behind when it fails.
struct ImportFailureTests {
    private func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit import \(UUID().uuidString) é?#%")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder.path)
    }

    private func sqlite(_ path: String, _ sql: String) throws {
        let engine = try PlainFile(path)
        try engine.execute(sql)
    }

    /// All bytes of a folder's files by name.
    private func contents(_ folder: String) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            contents[name] = FileManager.default.contents(atPath: folder + "/" + name)
        }
        return contents
    }

    @Test("a database file comes over with counters, views and indexes, and is not touched")
    func readOnly() async throws {
        try await withFolder { folder in
            let file = folder + "/shop.db"
            try sqlite(
                file,
                """
                CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT);
                INSERT INTO a (v) VALUES ('x'), ('y'), ('z'); DELETE FROM a WHERE id = 3;
                CREATE TABLE e (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO e VALUES (41); DELETE FROM e;
                CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL);
                INSERT INTO b VALUES (100, 1); DELETE FROM b;
                CREATE INDEX by_v ON a (v); CREATE VIEW w AS SELECT v FROM a;
                """)
            let before = try contents(folder)
            try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder)
            defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder) }
            try await withTemporaryDatabase { database in
                var options = ImportOptions()
                options.declarations = ["b": "BROADCAST"]
                let report = try await DatabaseImport(into: database, options: options).run(file)
                #expect(report.isComplete, "\(report.objects.compactMap(\.outcome.error))")
                #expect(try await database.execute("INSERT INTO a (v) VALUES ('w')").lastInsertID == 4)
                #expect(try await database.execute("INSERT INTO e DEFAULT VALUES").lastInsertID == 42)
                #expect(try await database.execute("INSERT INTO b (n) VALUES (2)").lastInsertID == 101)
                #expect(
                    try await database.query("SELECT v FROM w ORDER BY v").decode(String.self).all() == ["w", "x", "y"])
                #expect(try await database.check().isClean)
            }
            #expect(try contents(folder) == before)
        }
    }

    @Test("a source left in the middle of a transaction is refused and stays as it is")
    func hotJournal() async throws {
        try await withFolder { folder in
            let file = folder + "/shop.db"
            try sqlite(file, "CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO a VALUES (1, 'before')")
            let copy = folder + "/copy"
            do {
                let engine = try PlainFile(file)
                // So small a cache spills into the file before the transaction ends.
                try engine.execute(
                    """
                    PRAGMA cache_size = 2; BEGIN; UPDATE a SET v = 'half';
                    WITH RECURSIVE c(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM c WHERE x < 5000)
                    INSERT INTO a SELECT x, hex(randomblob(50)) FROM c
                    """)
                try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
                for name in ["shop.db", "shop.db-journal"] {
                    try FileManager.default.copyItem(atPath: folder + "/" + name, toPath: copy + "/" + name)
                }
                try engine.execute("ROLLBACK")
            }
            let before = try contents(copy)
            #expect(before.count == 2)
            try await withTemporaryDatabase { database in
                let error = try await #require(throws: ShardError.self) {
                    try await DatabaseImport(into: database).run(copy + "/shop.db")
                }
                #expect(error.code == .readOnly && error.message.contains("in the middle of a transaction"))
            }
            #expect(try contents(copy) == before)
        }
    }

    @Test("a CSV file that fails half-way leaves nothing of a new table, and says what stays of an old one")
    func halfCSV() async throws {
        try await withFolder { folder in
            let lines = (1...2_500).map { "\($0),v\($0)" }.joined(separator: "\n")
            let file = folder + "/things.csv"
            try "id,v\n\(lines)\n2501,v,too many\n".write(toFile: file, atomically: true, encoding: .utf8)
            try await withTemporaryDatabase { database in
                var options = ImportOptions()
                options.rowsPerTransaction = 1_000
                let report = try await DatabaseImport(into: database, options: options).run(file)
                #expect(report.rowCount == 0)
                #expect(report.objects.first?.outcome.error?.message == "line 2502 has 3 fields, the header has 2")
                #expect(try await database.query("SELECT 1 FROM sqlite_master WHERE name = 'things'").all().isEmpty)

                try await database.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, v TEXT)")
                let second = try await DatabaseImport(into: database, options: options).run(file)
                guard case .partial(let rows, let error)? = second.objects.first?.outcome else {
                    Issue.record("\(second)")
                    return
                }
                #expect(error.code == .input)
                let there = try await database.query("SELECT count(*) FROM things").decode(Int64.self).first()
                #expect(there == rows && rows == 2_000 && second.rowCount == rows)
            }
        }
    }

    @Test("a dump that fails names the line, and nothing of it is there")
    func brokenDump() async throws {
        try await withFolder { folder in
            let file = folder + "/dump.sql"
            try
                "CREATE TABLE a (id INTEGER PRIMARY KEY);\n-- note\nINSERT INTO a VALUES (1);\n\nINSERT INTO b VALUES (1);\n"
                .write(toFile: file, atomically: true, encoding: .utf8)
            try await withTemporaryDatabase { database in
                let error = try await #require(throws: ShardError.self) {
                    try await DatabaseImport(into: database).run(file)
                }
                #expect(error.message == "dump.sql, line 5: no such table: b")
                #expect(try await database.query("SELECT 1 FROM sqlite_master").all().isEmpty)
            }
        }
    }

    @Test("a cancelled import takes its table back and reports the rest as left out")
    func cancelled() async throws {
        try await withFolder { folder in
            let file = folder + "/shop.db"
            try sqlite(
                file,
                """
                CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY);
                WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 200000)
                INSERT INTO a SELECT x, 'v' FROM c; INSERT INTO b VALUES (1)
                """)
            try await withTemporaryDatabase { database in
                let importing = Task {
                    try await DatabaseImport(into: database) { progress in
                        if progress.rows > 10_000 { withUnsafeCurrentTask { $0?.cancel() } }
                    }.run(file)
                }
                let report = try await importing.value
                #expect(report.objects.count == 2)
                #expect(report.objects.allSatisfy { $0.outcome.error?.code == .cancelled })
                #expect(try await database.query("SELECT name FROM sqlite_master WHERE type = 'table'").all().isEmpty)
            }
        }
    }
}
