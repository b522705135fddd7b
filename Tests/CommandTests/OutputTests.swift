import ShardKit
import Testing

@testable import shardkit

struct OutputTests {
    private func batch(_ rows: [[Value]]) -> RowBatch {
        var batch = RowBatch(columnCount: rows[0].count)
        for row in rows {
            for value in row { batch.append(value) }
            batch.endRow()
        }
        return batch
    }

    private func text(_ format: AnswerFormat, _ names: [String], _ rows: [[Value]], width: Int? = nil) -> String {
        var writer = format.writer(header: ColumnHeader(names: names), width: width)
        var bytes: [UInt8] = []
        if !rows.isEmpty { bytes += writer.add(batch(rows)) }
        bytes += writer.finish()
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a table is aligned: numbers to the right, wide characters by their width")
    func table() {
        #expect(
            text(.table, ["id", "name"], [[1, "Ada"], [200, "日本"], [3, .null]]) == """
                 id  | name
                -----+------
                   1 | Ada
                 200 | 日本
                   3 | NULL

                """)
        #expect(text(.table, ["a"], []) == " a\n---\n")
    }

    @Test("in a terminal no line of a table is wider than it, however many or long the columns are")
    func tableWidth() {
        let long = String(repeating: "word ", count: 60)
        for columns in [1, 2, 5, 9] {
            let names = (0..<columns).map { "column_number_\($0)" }
            let output = text(.table, names, [names.map { _ in .text(long) }, names.map { _ in 1 }], width: 80)
            for line in output.split(separator: "\n") { #expect(DisplayWidth.of(line) <= 80, "\(line)") }
        }
        #expect(text(.table, ["a"], [["x\ny\u{1B}"]]).contains("x\\ny\\x1b"))
    }

    @Test("CSV quotes what has to be quoted, and tells NULL from an empty text")
    func csv() {
        #expect(
            text(.csv, ["a", "b,c"], [["x\"y", .null], ["", "l1\nl2"], [.real(1), .blob([255])]])
                == "a,\"b,c\"\r\n\"x\"\"y\",\r\n\"\",\"l1\nl2\"\r\n1.0,x'ff'\r\n")
    }

    @Test("JSON rows are one array, or one object a line")
    func json() {
        #expect(
            text(.jsonl, ["a", "b"], [[1, "x"], [.null, .real(2)]]) == "{\"a\":1,\"b\":\"x\"}\n{\"a\":null,\"b\":2.0}\n"
        )
        #expect(text(.json, ["a"], [[1], [2]]) == "[\n {\"a\":1},\n {\"a\":2}\n]\n")
        #expect(text(.json, ["a"], []) == "[]\n")
    }

    @Test(
        "a parameter's text says its type",
        arguments: [
            ("5", Value.integer(5)), ("-7", .integer(-7)), ("1.5", .real(1.5)), ("1e3", .real(1000)), ("null", .null),
            ("NULL", .null), ("x'00fF'", .blob([0, 255])), ("'5'", .text("5")), ("'it''s'", .text("it's")),
            ("abc", .text("abc")), ("", .text("")), ("+5", .text("+5")), ("inf", .text("inf")), ("0x10", .text("0x10")),
            ("9223372036854775808", .real(9_223_372_036_854_775_808)), ("x'0'", .text("x'0'")), ("-", .text("-")),
        ])
    func parameters(text: String, value: Value) {
        #expect(ValueText.parsed(text) == value)
    }

    @Test("an error is its code, its sentence, the place and the hint, within 80 columns")
    func errors() {
        let error = ShardError(
            .syntax,
            "a sentence that is rather long and goes on and on so that it cannot stand on one line of a terminal",
            hint: "Write it otherwise.", place: ShardError.Place(offset: 7, in: "SELECT x y z".utf8))
        let text = CommandFailure.text(error, statement: 2)
        #expect(text.hasPrefix("error [syntax] in statement 2: a sentence"))
        #expect(text.contains("line 1, column 8:\n  SELECT x y z\n         ^\n"))
        #expect(text.hasSuffix("hint: Write it otherwise.\n"))
        for line in text.split(separator: "\n") { #expect(line.count <= 80) }
        #expect(CommandFailure.text(ShardError(.joinOffKey, "no")).hasPrefix("refused [join-off-key]: no"))
    }

    @Test("numbers for people")
    func numbers() {
        #expect([0, 999, 1000, -1_234_567].map { NumberText.grouped($0) } == ["0", "999", "1,000", "-1,234,567"])
        #expect(NumberText.duration(.microseconds(85)) == "85 µs")
        #expect(NumberText.duration(.microseconds(1240)) == "1.24 ms")
        #expect(NumberText.duration(.milliseconds(3100)) == "3.10 s")
        #expect(NumberText.seconds(200) == "3 min 20 s")
    }
}
