import ShardKit

/// Rows as an aligned table. The first rows decide the widths; in a terminal columns are cut so that lines fit.
///
/// ```
///  id | name
/// ----+-------
///   1 | Ada
/// ```
struct TableWriter: AnswerWriter {
    private let names: [String]
    private let width: Int?
    /// Rows that are kept until the widths are known.
    private var held: [[Field]] = []
    private var widths: [Int] = []
    private var isRight: [Bool] = []
    private(set) var rowCount = 0
    private static let heldLimit = 500

    private struct Field {
        var text: String
        var isNumber: Bool
        var isNull: Bool
    }

    init(header: ColumnHeader, width: Int?) {
        names = header.names.map(Self.oneLine)
        self.width = width
    }

    mutating func add(_ batch: borrowing RowBatch) -> [UInt8] {
        var output = ""
        for row in 0..<batch.rowCount {
            let fields = (0..<batch.columnCount).map { column in
                let cell = batch[row, column]
                return Field(
                    text: ValueText.shown(cell, in: batch), isNumber: cell.kind == .integer || cell.kind == .real,
                    isNull: cell.kind == .null)
            }
            rowCount += 1
            if widths.isEmpty {
                held.append(fields)
                if held.count == Self.heldLimit { output += begin() }
            } else {
                output += line(fields)
            }
        }
        return Array(output.utf8)
    }

    mutating func finish() -> [UInt8] {
        guard !names.isEmpty else { return [] }
        return widths.isEmpty ? Array(begin().utf8) : []
    }

    /// Decides the widths from what is held, and gives the heading with those rows.
    private mutating func begin() -> String {
        widths = names.map { max(1, DisplayWidth.of($0)) }
        isRight = names.indices.map { column in
            held.contains { $0[column].isNumber } && held.allSatisfy { $0[column].isNumber || $0[column].isNull }
        }
        for fields in held {
            for (column, field) in fields.enumerated() {
                widths[column] = max(widths[column], DisplayWidth.of(field.text))
            }
        }
        if let width { fit(width) }
        var output = joined(
            names.indices.map { DisplayWidth.pad(DisplayWidth.cut(names[$0], to: widths[$0]), to: widths[$0]) }, " | ")
        output += joined(widths.map { String(repeating: "-", count: $0) }, "-+-", edge: "-")
        for fields in held { output += line(fields) }
        held = []
        return output
    }

    /// Takes columns from the widest ones until a line fits.
    private mutating func fit(_ width: Int) {
        let available = max(width - 2 - 3 * (widths.count - 1), widths.count)
        var excess = widths.reduce(0, +) - available
        while excess > 0, let widest = widths.max(), widest > 4 {
            let second = max(widths.filter { $0 < widest }.max() ?? 4, 4)
            let columns = widths.indices.filter { widths[$0] == widest }
            let take = min(widest - second, max(1, excess / columns.count))
            for column in columns where excess > 0 {
                widths[column] -= take
                excess -= take
            }
        }
    }

    private func line(_ fields: [Field]) -> String {
        let texts = fields.enumerated().map { column, field in
            let text = width == nil ? field.text : DisplayWidth.cut(field.text, to: widths[column])
            return DisplayWidth.pad(text, to: widths[column], right: isRight[column])
        }
        return joined(texts, " | ")
    }

    private func joined(_ parts: [String], _ separator: String, edge: String = " ") -> String {
        var line = edge + parts.joined(separator: separator) + edge
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    private static func oneLine(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    }
}
