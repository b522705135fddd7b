import ShardKit

/// Statements and rows in reports: one line each.
enum StatementText {
    /// A statement on one line: comments before it left out, runs of blanks made one, cut to a width.
    static func line(_ sql: String, width: Int) -> String {
        let words = SQLScript.withoutComments(sql[...]).split { $0.isWhitespace }
        return DisplayWidth.cut(words.joined(separator: " "), to: width)
    }

    /// A row as SQL would write it.
    static func row(_ values: [Value], width: Int) -> String {
        DisplayWidth.cut("(" + values.map(literal).joined(separator: ", ") + ")", to: width)
    }

    private static func literal(_ value: Value) -> String {
        var batch = RowBatch(columnCount: 1)
        batch.append(value)
        batch.endRow()
        let text = ValueText.shown(batch[0, 0], in: batch)
        switch value {
        case .null, .integer, .real, .blob: return text
        case .text, .malformedText: return "'" + text.replacing("'", with: "''") + "'"
        }
    }

    /// `3 statements`, `1 statement`.
    static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
