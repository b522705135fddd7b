import Conformance
import Foundation
import Fuzzing
import PlainEngine
import ShardBase
import ShardKit
import ShardSQL
import ShardValues
import Testing

/// Chinook and Sakila on four shards under several declarations; each query of `fixtures/queries` is compared with plain
/// SQLite on the same rows.
@Suite("sample databases", .serialized)
struct SampleDatabaseTests {
    struct Layout: Sendable, CustomTestStringConvertible {
        var name: String
        var tables: [String: String]
        var byDefault: String?
        var testDescription: String { name }
    }

    static let chinookLayouts = [
        Layout(
            name: "tracks with their playlists",
            tables: [
                "PlaylistTrack": "SHARD BY HASH (TrackId)",
                "Track": "SHARD BY HASH (TrackId) COLOCATE WITH PlaylistTrack",
                "InvoiceLine": "SHARD BY HASH (InvoiceLineId)", "Customer": "SHARD BY HASH (CustomerId)",
            ], byDefault: "BROADCAST"),
        Layout(
            name: "sales",
            tables: [
                "InvoiceLine": "SHARD BY MOD (InvoiceLineId)", "Invoice": "SHARD BY HASH (InvoiceId) INTO 8 PARTITIONS",
                "Album": "SHARD BY HASH (AlbumId)", "Employee": "SINGLE ON s1",
            ], byDefault: "BROADCAST"),
        Layout(name: "hash of every primary key", tables: [:], byDefault: nil),
    ]

    @Test("Chinook answers as one plain database", arguments: chinookLayouts)
    func chinook(_ layout: Layout) async throws {
        try #require(!Corpora.isMissingUnderCI)
        guard let corpus = Corpora.require("Chinook") else { return }
        let script = try Corpora.unzipped(corpus.appending(path: "chinook/Chinook_Sqlite.sql.gz"))
        try await compare(script: script, queries: try Corpora.queries("chinook.sql"), layout, minimumRight: 25)
    }

    static let sakilaLayouts = [
        Layout(
            name: "films with their actors and categories",
            tables: [
                "film": "SHARD BY HASH (film_id)", "film_actor": "SHARD BY HASH (film_id) COLOCATE WITH film",
                "film_category": "SHARD BY HASH (film_id) COLOCATE WITH film", "rental": "SHARD BY HASH (rental_id)",
                "payment": "SHARD BY MOD (payment_id)",
            ], byDefault: "BROADCAST"),
        Layout(
            name: "customers and inventory",
            tables: [
                "customer": "SHARD BY HASH (customer_id) INTO 8 PARTITIONS",
                "inventory": "SHARD BY HASH (inventory_id)",
                "payment": "SHARD BY HASH (payment_id)", "rental": "SHARD BY HASH (rental_id)", "staff": "SINGLE ON s3",
            ], byDefault: "BROADCAST"),
    ]

    @Test("Sakila answers as one plain database", arguments: sakilaLayouts)
    func sakila(_ layout: Layout) async throws {
        try #require(!Corpora.isMissingUnderCI)
        guard let corpus = Corpora.require("Sakila") else { return }
        let schema = try Corpora.unzipped(corpus.appending(path: "sakila/sqlite-sakila-schema.sql.gz"))
        let data = try Corpora.unzipped(
            corpus.appending(path: "sakila/postgres-sakila-insert-data-using-copy.sql.gz"))
        // Triggers set last_update; they are refused on sharded tables and left out on both sides.
        let definitions = Parser.split(schema, dialect: .sqlite).map { String(schema[$0]) }.filter { sql in
            guard let parsed = try? Parser.parse(sql, dialect: .sqlite) else { return false }
            if case .createTrigger = parsed.statement { return false }
            return true
        }
        let script = (definitions + SakilaRows(copyScript: data).inserts).joined(separator: ";\n")
        try await compare(
            script: script, queries: try Corpora.queries("sakila.sql"), layout, minimumRight: 30)
    }

    private func compare(
        script: String, queries: [String], _ layout: Layout, minimumRight: Int
    ) async throws {
        let plain = try PlainDatabase()
        try await withTemporaryDatabase(shards: 4, tables: layout.tables, byDefault: layout.byDefault) { database in
            try await database.withSession { session in
                var text = script
                if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
                _ = try plain.run("BEGIN")
                var failures = 0
                var isBegun = false
                for piece in Parser.split(text, dialect: .sqlite) {
                    let sql = String(text[piece])
                    guard (try? Parser.parse(sql, dialect: .sqlite)) != nil else { continue }
                    // The script's rows in one transaction each side; definitions stand before it.
                    if sql.uppercased().contains("INSERT INTO"), !isBegun {
                        isBegun = true
                        try await session.execute("BEGIN")
                    }
                    if isBegun, sql.uppercased().contains("CREATE INDEX") {
                        isBegun = false
                        try await session.execute("COMMIT")
                    }
                    do {
                        try await session.execute(SQLText(sql, values: []))
                        _ = try plain.run(sql)
                    } catch let error as ShardError where error.code == .uniqueWithoutShardKey {
                        // Left out on both sides, as an import leaves it out and says so.
                        print("\(layout.name): left out: \(error.message)")
                    } catch {
                        failures += 1
                        Issue.record("\(layout.name): \(sql.prefix(200)): \(error)")
                        if failures > 5 { return }
                    }
                }
                if isBegun { try await session.execute("COMMIT") }
                _ = try plain.run("COMMIT")
                var tally = Tally()
                for sql in queries {
                    tally.add(await Comparison.run(sql, sharded: session, plain: plain), sql)
                }
                print("\(layout.name): \(queries.count) queries: \(tally.summary)")
                for wrong in tally.wrong { Issue.record("\(layout.name): \(wrong)") }
                #expect(tally.right >= minimumRight)
                #expect(tally.several >= 10)
            }
        }
    }
}
