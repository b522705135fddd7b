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

    /// Opens an SQLite file beside an empty private engine, for reading only: nothing is written to it or beside it, not
    /// even to finish what a crash has left there.
    static func database(_ path: String, engine: any PrivateDatabase) async throws -> ImportSource {
        var name = path.hasPrefix("/") ? "file://" : "file:"
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                name.unicodeScalars.append(Unicode.Scalar(byte))
            default: name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        let source = ImportSource(engine: engine, schema: "source")
        do {
            _ = try await engine.execute(ShardStatement("ATTACH ?1 AS source"), values: [.text(name + "?mode=ro")])
            // The first look at the file: it may hold what only its owner can finish.
            _ = try await source.rows("SELECT count(*) FROM source.sqlite_master")
        } catch let error as ShardError where error.code == .readOnly {
            throw ShardError(
                .readOnly, "\(path) was left in the middle of a transaction, and is opened for reading only",
                hint: "Open it once with a program that may write it (sqlite3 \(path) .schema), then import it.")
        }
        return source
    }

    /// Runs a dump in the private engine, which spills to a temporary file by itself; the text is read in pieces.
    ///
    /// - Throws: the engine's error of a statement, with the line it begins in.
    static func dump(
        _ path: String, engine: any PrivateDatabase, _ progress: (ImportProgress) -> Void
    ) async throws -> ImportSource {
        let chunks = try FileChunks(path)
        var statements = StatementStream(chunks, name: path)
        var count: Int64 = 0
        while let statement = try statements.next() {
            do {
                try await engine.executeScript(String(statement.text))
            } catch var error as ShardError {
                error.message = "\(URL(filePath: path).lastPathComponent), line \(statement.line): \(error.message)"
                throw error
            }
            count += 1
            if count % 1_000 == 0 {
                progress(
                    ImportProgress(
                        table: "reading", rows: count, total: nil, fraction: chunks.fraction, unit: .statements))
            }
        }
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
