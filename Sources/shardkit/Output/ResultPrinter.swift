import ShardKit

/// Writes what a statement answered: rows in the format asked for, or what was changed.
struct ResultPrinter {
    var format: AnswerFormat
    var width: Int?
    /// A last line that says how many rows there were.
    var countsRows: Bool

    /// Writes a result while it comes in.
    ///
    /// - Parameter sql: the statement; only INSERT, UPDATE and DELETE are said to have changed nothing.
    /// - Returns: the number of rows.
    @discardableResult
    func write(_ result: StatementResult, of sql: String) async throws -> Int {
        let output = StandardOutput.output
        guard let rows = result.rows, result.header.count > 0 else {
            switch format {
            case .table:
                if result.changes > 0 || result.lastInsertID != nil || countsRows && Self.writesRows(sql) {
                    try output.line(Self.changes(result.changes))
                } else if countsRows {
                    try output.line("done")
                }
            case .csv: break
            case .json, .jsonl:
                var writer = JSONWriter()
                writer.changes(result)
                try output.write(writer.bytes + [0x0A])
            }
            return 0
        }
        var writer = format.writer(header: result.header, width: width)
        while let batch = try await rows.nextBatch() {
            let bytes = writer.add(batch)
            if !bytes.isEmpty {
                do {
                    try output.write(bytes)
                } catch {
                    await rows.close()
                    throw error
                }
            }
        }
        try output.write(writer.finish())
        if countsRows, format == .table { try output.line(Self.rows(writer.rowCount)) }
        return writer.rowCount
    }

    /// Writes a page, and where the next one begins: in the answer itself for `json`, else on standard error.
    func write(_ page: Page) throws {
        var batch = RowBatch(columnCount: page.header.count)
        for row in page.rows {
            for value in row { batch.append(value) }
            batch.endRow()
        }
        var writer = format.writer(header: page.header, width: width)
        let rows = writer.add(batch) + writer.finish()
        let output = StandardOutput.output
        if format == .json {
            var next = JSONWriter()
            if let token = page.next { next.string(token.description) } else { next.null() }
            // The rows end with a line break of their own.
            try output.write(
                Array("{\"rows\":".utf8) + rows.dropLast() + Array(",\"next\":".utf8) + next.bytes + Array("}\n".utf8))
            return
        }
        try output.write(rows)
        if countsRows, format == .table { try output.line(Self.rows(page.rows.count)) }
        if let token = page.next { try StandardOutput.errors.line("next page: --page-token \(token)") }
    }

    private static func writesRows(_ sql: String) -> Bool {
        guard let report = try? StatementReport(of: sql, dialect: StatementReport.dialects[0]) else { return false }
        return ["insert", "update", "delete"].contains(report.statementClass)
    }

    static func rows(_ count: Int) -> String { "(\(NumberText.grouped(Int64(count))) row\(count == 1 ? "" : "s"))" }
    static func changes(_ count: Int64) -> String {
        "\(NumberText.grouped(count)) row\(count == 1 ? "" : "s") changed"
    }
}

extension JSONWriter {
    /// `{"changes":n,"lastInsertID":id}`.
    mutating func changes(_ result: StatementResult) {
        raw("{\"changes\":")
        integer(result.changes)
        raw(",\"lastInsertID\":")
        if let id = result.lastInsertID { integer(id) } else { null() }
        raw("}")
    }
}
