import Foundation
import ShardBase
import ShardKit
import Testing

/// The numbers of rows that bring none, over openings and beside other openings of the same files.
@Suite("key numbers")
struct KeyNumberTests {
    private static let tables = [
        "CREATE TABLE plain (id INTEGER PRIMARY KEY, v)",
        "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, v)",
        "CREATE TABLE hidden (v)",
    ]

    private func withFiles(_ body: (Configuration) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var configuration = Configuration(directory: folder.path, shardCount: 3)
        configuration.synchronous = .off
        let database = try await ShardedDatabase.create(configuration)
        for table in Self.tables { try await database.execute(SQLText(table, values: [])) }
        await database.close()
        try await body(configuration)
    }

    @Test("an opening goes on where the one before ended", arguments: ["plain", "counted", "hidden"])
    func reopening(_ table: String) async throws {
        try await withFiles { configuration in
            for round in 0..<4 {
                let database = try await ShardedDatabase.open(configuration)
                try await database.execute("INSERT INTO \(raw: table) (v) VALUES ('a'), ('b')")
                let ids = try await database.query("SELECT rowid FROM \(raw: table) ORDER BY 1").decode(Int.self)
                var found: [Int] = []
                for try await id in ids { found.append(id) }
                #expect(found == Array(1...(2 * round + 2)))
                await database.close()
            }
        }
    }

    @Test("what was rolled back leaves no more than its own gap")
    func rollback() async throws {
        try await withFiles { configuration in
            let first = try await ShardedDatabase.open(configuration)
            try await first.execute("INSERT INTO counted (v) VALUES (1)")
            try? await first.withTransaction { transaction in
                try await transaction.execute("INSERT INTO counted (v) VALUES (2), (3)")
                throw ShardError(.input, "never mind")
            }
            await first.close()
            let second = try await ShardedDatabase.open(configuration)
            let id = try await second.query("INSERT INTO counted (v) VALUES (4) RETURNING id").decode(Int.self).first()
            #expect(try #require(id) <= 4)
            await second.close()
        }
    }

    @Test("openings side by side never give one number twice, whoever closes first")
    func sideBySide() async throws {
        try await withFiles { configuration in
            let first = try await ShardedDatabase.open(configuration)
            let second = try await ShardedDatabase.open(configuration)
            try await first.execute("INSERT INTO hidden (v) VALUES (1)")
            try await second.execute("INSERT INTO hidden (v) VALUES (2)")
            try await first.execute("INSERT INTO hidden (v) VALUES (3)")
            await second.close()
            let third = try await ShardedDatabase.open(configuration)
            for number in 4..<40 {
                try await first.execute("INSERT INTO hidden (v) VALUES (\(number))")
                try await third.execute("INSERT INTO hidden (v) VALUES (\(number))")
            }
            await first.close()
            try await third.execute("INSERT INTO hidden (v) VALUES (40)")
            let (rows, numbers) = try #require(
                try await third.query("SELECT count(*), count(DISTINCT rowid) FROM hidden").decode((Int, Int).self)
                    .first())
            #expect(rows == numbers && rows == 76)
            await third.close()
        }
    }
}
