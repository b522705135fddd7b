#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import ShardBase
import ShardTopology

extension DatabaseImport {
    /// As ``importCSV(_:)``: the columns of a table that is made are `bigint`, `double precision` or `text`. All rows or none.
    func importCSVIntoServers(_ path: String) async throws -> ImportReport {
        let chunks = try FileChunks(path)
        let file = URL(filePath: path)
        let table = options.csvTable ?? file.deletingPathExtension().lastPathComponent
        let separator = path.lowercased().hasSuffix(".tsv") ? UInt8(ascii: "\t") : UInt8(ascii: ",")
        var reader = try CSVReader(separator: separator) { () throws(ShardError) in try chunks.next() }
        let columns = try Self.columns(&reader, file.lastPathComponent)
        var report = ImportReport()
        let session = database.makeSession()
        report.add(.table, table, await outcome { try await fill(table, columns, &reader, chunks, session) })
        await session.close()
        return report
    }

    private func fill(
        _ table: String, _ columns: [String], _ reader: inout CSVReader, _ chunks: FileChunks,
        _ session: DatabaseSession
    ) async throws -> Int64 {
        var head = CSVHead(columnCount: columns.count)
        let isNew = try await database.logical.currentSchema().topology.table(named: table) == nil
        if isNew {
            try head.read(&reader)
            let types = ["INTEGER": "bigint", "REAL": "double precision"]
            let list = zip(columns, head.types).map { "\(SQLName.quoted($0)) \(types[$1] ?? "text")" }
            let clause = options.clause(for: table).map { "\n" + Self.clauseText($0) } ?? ""
            try await session.execute(
                SQLText("CREATE TABLE \(SQLName.quoted(table)) (\(list.joined(separator: ", ")))" + clause))
        }
        do {
            var records = head.records.makeIterator()
            var count: Int64 = 0
            return try await session.session.load(into: table, columns: columns) { send in
                var lines: [UInt8] = []
                while true {
                    let line = reader.line
                    guard
                        let record = try records.next() ?? reader.next().map({ CSVHead.Record(line: line, fields: $0) })
                    else { break }
                    guard record.fields.count == columns.count else { throw record.countError(columns.count) }
                    for (number, field) in record.fields.enumerated() {
                        Self.append(field, isFirst: number == 0, to: &lines)
                    }
                    lines.append(0x0A)
                    count += 1
                    guard lines.count > 1 << 17 else { continue }
                    try await send(lines)
                    lines.removeAll(keepingCapacity: true)
                    progress(ImportProgress(table: table, rows: count, total: nil, fraction: chunks.fraction))
                }
                if !lines.isEmpty { try await send(lines) }
            }
        } catch {
            if isNew { await discard(table, session) }
            throw error
        }
    }

    /// A field in the text form of COPY.
    private static func append(_ field: CSVReader.Field, isFirst: Bool, to lines: inout [UInt8]) {
        if !isFirst { lines.append(0x09) }
        if field.text.isEmpty, !field.isQuoted {
            lines += [0x5C, UInt8(ascii: "N")]
            return
        }
        for byte in field.text {
            switch byte {
            case 0x5C: lines += [0x5C, 0x5C]
            case 0x09: lines += [0x5C, UInt8(ascii: "t")]
            case 0x0A: lines += [0x5C, UInt8(ascii: "n")]
            case 0x0D: lines += [0x5C, UInt8(ascii: "r")]
            default: lines.append(byte)
            }
        }
    }
}
