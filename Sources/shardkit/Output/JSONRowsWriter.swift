import ShardKit

/// Rows as JSON objects: one array, or one object a line. A column name that comes twice is written twice.
struct JSONRowsWriter: AnswerWriter {
    private let names: [[UInt8]]
    private let isLines: Bool
    private(set) var rowCount = 0

    init(header: ColumnHeader, isLines: Bool) {
        names = header.names.map { name in
            var writer = JSONWriter()
            writer.string(name)
            writer.raw(":")
            return writer.bytes
        }
        self.isLines = isLines
    }

    mutating func add(_ batch: borrowing RowBatch) -> [UInt8] {
        var writer = JSONWriter()
        for row in 0..<batch.rowCount {
            if !isLines { writer.raw(rowCount == 0 ? "[\n " : ",\n ") }
            writer.raw("{")
            for column in 0..<batch.columnCount {
                if column > 0 { writer.raw(",") }
                writer.bytes.append(contentsOf: names[column])
                writer.cell(batch[row, column], in: batch)
            }
            writer.raw(isLines ? "}\n" : "}")
            rowCount += 1
        }
        return writer.bytes
    }

    mutating func finish() -> [UInt8] {
        isLines ? [] : Array((rowCount == 0 ? "[]\n" : "\n]\n").utf8)
    }
}
