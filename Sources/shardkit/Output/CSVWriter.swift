import ShardKit

/// Rows as CSV (RFC 4180) with a header line; NULL is an empty field, an empty text is `""`.
struct CSVWriter: AnswerWriter {
    private let names: [String]
    private var hasHeader = false
    private(set) var rowCount = 0

    init(header: ColumnHeader) { names = header.names }

    mutating func add(_ batch: borrowing RowBatch) -> [UInt8] {
        var output = heading()
        for row in 0..<batch.rowCount {
            for column in 0..<batch.columnCount {
                if column > 0 { output.append(UInt8(ascii: ",")) }
                let cell = batch[row, column]
                switch cell.kind {
                case .null: break
                case .integer: output.append(contentsOf: String(cell.integerValue).utf8)
                case .real: output.append(contentsOf: ValueText.real(cell.realValue).utf8)
                case .text: batch.withBytes(of: cell) { Self.append($0, to: &output) }
                case .blob: output.append(contentsOf: ValueText.shown(cell, in: batch).utf8)
                }
            }
            output.append(contentsOf: [0x0D, 0x0A])
            rowCount += 1
        }
        return output
    }

    mutating func finish() -> [UInt8] { heading() }

    private mutating func heading() -> [UInt8] {
        guard !hasHeader, !names.isEmpty else { return [] }
        hasHeader = true
        var output: [UInt8] = []
        for (index, name) in names.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            Array(name.utf8).withUnsafeBufferPointer { Self.append($0, to: &output) }
        }
        return output + [0x0D, 0x0A]
    }

    private static func append(_ text: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        guard
            text.isEmpty || text.contains(where: { $0 == quote || $0 == UInt8(ascii: ",") || $0 == 0x0A || $0 == 0x0D })
        else {
            output.append(contentsOf: text)
            return
        }
        output.append(quote)
        for byte in text {
            if byte == quote { output.append(quote) }
            output.append(byte)
        }
        output.append(quote)
    }
}
