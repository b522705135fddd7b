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
            switch object.outcome {
            case .imported: break
            case .leftOut(let error): result["\(object.kind.rawValue) \(object.name)"] = error.code
            }
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
            #expect(left["sequence good"] == .statementNotModelled)
            #expect(left["table good"] == nil)
            #expect(try await database.query("SELECT a FROM good").decode(Int.self).all() == [5])
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
