#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import ShardBase
import ShardValues

extension DatabaseImport {
    /// A CSV file with a header line into one table, which is made when it is missing: a column whose first 1,000 values
    /// are all integers is INTEGER, all numbers REAL, else TEXT. An empty field without quotes is NULL.
    ///
    /// The file is read in pieces. When it fails half-way, a table that was made for it goes again; of a table that was
    /// there before the report says how many rows were added to it.
    func importCSV(_ path: String) async throws -> ImportReport {
        let chunks = try FileChunks(path)
        let file = URL(filePath: path)
        let table = options.csvTable ?? file.deletingPathExtension().lastPathComponent
        let separator = path.lowercased().hasSuffix(".tsv") ? UInt8(ascii: "\t") : UInt8(ascii: ",")
        var reader = try CSVReader(separator: separator) { () throws(ShardError) in try chunks.next() }
        let columns = try Self.columns(&reader, file.lastPathComponent)
        var report = ImportReport()
        let session = database.makeSession()
        report.add(
            .table, table, await outcome { try await fill(table, columns, &reader, chunks, session) })
        await session.close()
        return report
    }

    /// The names in the header.
    static func columns(_ reader: inout CSVReader, _ file: String) throws(ShardError) -> [String] {
        guard let header = try reader.next() else { throw ShardError(.input, "\(file) is empty") }
        let columns = header.map { String(decoding: $0.text, as: UTF8.self) }
        guard Set(columns.map { $0.lowercased() }).count == columns.count, !columns.contains("") else {
            throw ShardError(.input, "the header of \(file) has an empty or repeated name")
        }
        return columns
    }

    private func fill(
        _ table: String, _ columns: [String], _ reader: inout CSVReader, _ chunks: FileChunks,
        _ session: DatabaseSession
    ) async throws -> Int64 {
        let known = try await session.query(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(\(table))"
        ).all()
        var head = CSVHead(columnCount: columns.count)
        if known.isEmpty {
            try head.read(&reader)
            let list = zip(columns, head.types).map { "\(SQLName.quoted($0)) \($1)" }.joined(separator: ", ")
            let clause = options.clause(for: table).map { "\n" + Self.clauseText($0) } ?? ""
            let create = "CREATE TABLE " + SQLName.quoted(table) + " (" + list + ")" + clause
            try await session.execute(SQLText(create))
        }
        var committed: Int64 = 0
        do {
            return try await load(&reader, head.records, chunks, table, columns, session, &committed)
        } catch {
            if known.isEmpty {
                await discard(table, session)
            }
            guard !known.isEmpty, committed > 0 else { throw error }
            throw PartialImport(rows: committed, cause: error)
        }
    }

    private func load(
        _ reader: inout CSVReader, _ head: [CSVHead.Record], _ chunks: FileChunks, _ table: String,
        _ columns: [String], _ session: DatabaseSession, _ committed: inout Int64
    ) async throws -> Int64 {
        var loader = try await RowLoader(
            session: session, table: table, columns: columns, rowsPerTransaction: options.rowsPerTransaction)
        var head = head.makeIterator()
        var count: Int64 = 0
        while true {
            let line = reader.line
            guard let record = try head.next() ?? reader.next().map({ CSVHead.Record(line: line, fields: $0) }) else {
                break
            }
            guard record.fields.count == columns.count else { throw record.countError(columns.count) }
            try await loader.add(record.fields.map(Self.value))
            committed = loader.committed
            count += 1
            if count % 1_000 == 0 {
                progress(ImportProgress(table: table, rows: count, total: nil, fraction: chunks.fraction))
            }
        }
        try await loader.finish()
        return loader.loaded
    }

    private static func value(_ field: CSVReader.Field) -> Value {
        if field.text.isEmpty, !field.isQuoted { return .null }
        return String(validating: field.text, as: UTF8.self).map { .text($0) } ?? .malformedText(field.text)
    }
}

/// The first records of a CSV file, kept until the table that they suggest is made.
struct CSVHead {
    struct Record {
        var line: Int
        var fields: [CSVReader.Field]

        func countError(_ count: Int) -> ShardError {
            ShardError(.input, "line \(line) has \(fields.count) fields, the header has \(count)")
        }
    }

    private static let limit = 1_000
    private(set) var records: [Record] = []
    private var isInteger: [Bool]
    private var isNumber: [Bool]
    private var hasValue: [Bool]

    init(columnCount: Int) {
        isInteger = [Bool](repeating: true, count: columnCount)
        isNumber = isInteger
        hasValue = [Bool](repeating: false, count: columnCount)
    }

    mutating func read(_ reader: inout CSVReader) throws(ShardError) {
        while records.count < Self.limit {
            let line = reader.line
            guard let fields = try reader.next() else { return }
            records.append(Record(line: line, fields: fields))
            for (index, field) in fields.prefix(hasValue.count).enumerated()
            where !field.text.isEmpty || field.isQuoted {
                learn(String(decoding: field.text, as: UTF8.self), index)
            }
        }
    }

    private mutating func learn(_ text: String, _ index: Int) {
        hasValue[index] = true
        // 007 is no number: as one it would lose its zeros.
        if Int64(text).map(String.init) != text { isInteger[index] = false }
        let digits = text.drop { $0 == "-" }
        if Double(text) == nil || digits.hasPrefix("0") && digits.count > 1 && !digits.hasPrefix("0.")
            || !text.utf8.allSatisfy({ $0 &- 0x30 < 10 || "+-.eE".utf8.contains($0) })
        {
            isNumber[index] = false
        }
    }

    /// The columns' types as the records suggest them.
    var types: [String] {
        hasValue.indices.map { index in
            guard hasValue[index] else { return "TEXT" }
            return isInteger[index] ? "INTEGER" : isNumber[index] ? "REAL" : "TEXT"
        }
    }
}
