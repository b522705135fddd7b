import Foundation
import ShardBackend
import ShardBase
import ShardValues

/// A private engine through which the tables to be imported are read: an SQLite file beside it, or a dump run in it.
struct ImportSource {
    let engine: any PrivateDatabase
    /// The schema that holds the tables, quoted.
    let schema: String

    /// What a file is, by its first bytes and its name.
    enum Kind { case database, dump, csv }

    static func kind(of path: String) throws(ShardError) -> Kind {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw ShardError(.notFound, "there is no file \(path), or it cannot be read")
        }
        defer { try? file.close() }
        let head = (try? file.read(upToCount: 16)) ?? Data()
        if head == Data("SQLite format 3\u{0}".utf8) { return .database }
        let name = path.lowercased()
        return name.hasSuffix(".csv") || name.hasSuffix(".tsv") ? .csv : .dump
    }

    /// Opens an SQLite file beside an empty private engine that may only read.
    static func database(_ path: String, engine: any PrivateDatabase) async throws -> ImportSource {
        _ = try await engine.execute(ShardStatement("ATTACH ?1 AS source"), values: [.text(path)])
        try await engine.executeScript("PRAGMA query_only = ON")
        return ImportSource(engine: engine, schema: "source")
    }

    /// Runs a dump in the private engine; large ones spill to a temporary file by themselves.
    static func dump(_ path: String, engine: any PrivateDatabase) async throws -> ImportSource {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ShardError(.notFound, "the file \(path) cannot be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ShardError(.input, "\(path) is neither an SQLite database nor SQL text in UTF-8")
        }
        try await engine.executeScript(text)
        return ImportSource(engine: engine, schema: "main")
    }

    /// All rows of a small query as values.
    func rows(_ sql: String, _ values: [Value] = []) async throws -> [[Value]] {
        var rows: [[Value]] = []
        try await forEachBatch(sql, values) { batch in
            for row in 0..<batch.rowCount { rows.append(batch.row(row)) }
        }
        return rows
    }

    func forEachBatch(
        _ sql: String, _ values: [Value] = [], _ body: (borrowing RowBatch) async throws -> Void
    ) async throws {
        let start = try await engine.query(ShardStatement(sql), values: values, rowLimit: 1_024)
        defer { start.cursor?.close() }
        try await body(start.batch)
        guard let cursor = start.cursor else { return }
        var batch = RowBatch(columnCount: start.batch.columnCount)
        while true {
            batch.removeAll()
            batch = try await cursor.next(batch)
            if batch.isEmpty { return }
            try await body(batch)
        }
    }
}
