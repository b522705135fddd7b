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
    func importCSV(_ path: String) async throws -> ImportReport {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ShardError(.notFound, "the file \(path) cannot be read")
        }
        let file = URL(filePath: path)
        let table = options.csvTable ?? file.deletingPathExtension().lastPathComponent
        let separator = path.lowercased().hasSuffix(".tsv") ? UInt8(ascii: "\t") : UInt8(ascii: ",")
        var reader = CSVReader(Array(data), separator: separator)
        guard let header = try reader.next() else { throw ShardError(.input, "\(file.lastPathComponent) is empty") }
        let columns = header.map { String(decoding: $0.text, as: UTF8.self) }
        guard Set(columns.map { $0.lowercased() }).count == columns.count, !columns.contains("") else {
            throw ShardError(.input, "the header of \(file.lastPathComponent) has an empty or repeated name")
        }
        var report = ImportReport()
        let session = database.makeSession()
        report.add(
            .table, table,
            await outcome {
                let known = try await session.query(
                    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = \(table)"
                )
                .all()
                if known.isEmpty {
                    let types = try Self.types(of: columns.count, reader)
                    let list = zip(columns, types).map { "\(SQLName.quoted($0)) \($1)" }.joined(separator: ", ")
                    let clause = options.clause(for: table).map { "\n" + Self.clauseText($0) } ?? ""
                    let create = "CREATE TABLE " + SQLName.quoted(table) + " (" + list + ")" + clause
                    try await session.execute(SQLText(create))
                }
                return try await load(&reader, table, columns, session)
            })
        await session.close()
        return report
    }

    private func load(
        _ reader: inout CSVReader, _ table: String, _ columns: [String], _ session: DatabaseSession
    ) async throws -> Int64 {
        var loader = try await RowLoader(
            session: session, table: table, columns: columns, rowsPerTransaction: options.rowsPerTransaction)
        while true {
            let line = reader.line
            guard let record = try reader.next() else { break }
            guard record.count == columns.count else {
                throw ShardError(.input, "line \(line) has \(record.count) fields, the header has \(columns.count)")
            }
            try await loader.add(record.map(Self.value))
            if loader.loaded % 1_000 == 0 {
                progress(ImportProgress(table: table, rows: loader.loaded, total: nil))
            }
        }
        try await loader.finish()
        return loader.loaded
    }

    private static func value(_ field: CSVReader.Field) -> Value {
        if field.text.isEmpty, !field.isQuoted { return .null }
        return String(validating: field.text, as: UTF8.self).map { .text($0) } ?? .malformedText(field.text)
    }

    /// The columns' types as the next 1,000 records suggest them; the reader given is a copy.
    private static func types(of count: Int, _ reader: CSVReader) throws(ShardError) -> [String] {
        var reader = reader
        var isInteger = [Bool](repeating: true, count: count)
        var isNumber = [Bool](repeating: true, count: count)
        var hasValue = [Bool](repeating: false, count: count)
        for _ in 0..<1_000 {
            guard let record = try reader.next() else { break }
            for (index, field) in record.prefix(count).enumerated() where !field.text.isEmpty || field.isQuoted {
                hasValue[index] = true
                let text = String(decoding: field.text, as: UTF8.self)
                // 007 is no number: as one it would lose its zeros.
                if Int64(text).map(String.init) != text { isInteger[index] = false }
                let digits = text.drop { $0 == "-" }
                if Double(text) == nil || digits.hasPrefix("0") && digits.count > 1 && !digits.hasPrefix("0.")
                    || !text.utf8.allSatisfy({ $0 &- 0x30 < 10 || "+-.eE".utf8.contains($0) })
                {
                    isNumber[index] = false
                }
            }
        }
        return (0..<count).map { index in
            guard hasValue[index] else { return "TEXT" }
            return isInteger[index] ? "INTEGER" : isNumber[index] ? "REAL" : "TEXT"
        }
    }
}
