import Testing

@testable import shardkit

struct LineEditorTests {
    /// What comes of keys typed, with a history.
    private func typed(_ bytes: [UInt8], history entries: [String] = [], names: [String] = []) -> LineEditor.Input {
        var input = bytes.makeIterator()
        var history = History(path: nil)
        for entry in entries { history.add(entry) }
        var editor = LineEditor(
            history: history, keys: KeyDecoder { input.next() }, columns: { 40 }, write: { _ in },
            completions: { Completion.candidates(for: $0, names: names) })
        return editor.readLine(prompt: "> ")
    }

    private func typed(_ text: String, history: [String] = [], names: [String] = []) -> LineEditor.Input {
        typed(Array(text.utf8), history: history, names: names)
    }

    @Test(
        "keys edit the line",
        arguments: [
            ("abc\r", "abc"), ("abc\u{7F}\r", "ab"), ("bc\u{1}a\r", "abc"), ("ab\u{1B}[Dx\r", "axb"),
            ("ab\u{1B}[D\u{1B}[D\u{1B}[Cx\r", "axb"), ("ab\u{1B}[Hx\u{1B}[Fy\r", "xaby"), ("abc\u{1}\u{4}\r", "bc"),
            ("abc\u{1}\u{1B}[3~\r", "bc"), ("one two\u{17}x\r", "one x"), ("one two\u{1B}bx\r", "one xtwo"),
            ("abc\u{1}\u{B}\u{19}\u{19}\r", "abcabc"), ("abc\u{15}d\r", "d"), ("héé\u{7F}\r", "hé"),
            ("日本\u{1B}[Dx\r", "日x本"),
            ("a\u{1B}[99;99Rb\r", "ab"),
        ])
    func editing(keys: String, line: String) {
        #expect(typed(keys) == .line(line))
    }

    @Test("Up, Down and Ctrl-R go through the history")
    func history() {
        let entries = ["select 1", "select 2", "delete 3"]
        #expect(typed("\u{1B}[A\u{1B}[A\r", history: entries) == .line("select 2"))
        #expect(typed("new\u{1B}[A\u{1B}[B\r", history: entries) == .line("new"))
        #expect(typed("\u{12}sel\r\r", history: entries) == .line("select 2"))
        #expect(typed("\u{12}sel\u{12}\r\r", history: entries) == .line("select 1"))
        #expect(typed("x\u{12}zzz\u{7}\r", history: entries) == .line("x"))
    }

    @Test("Tab completes names and keywords in the case that was typed")
    func completion() {
        #expect(typed("sel\t1\r") == .line("select 1"))
        #expect(typed("SEL\t1\r") == .line("SELECT 1"))
        #expect(typed("from ord\tx\r", names: ["order_items", "orders"]) == .line("from orderx"))
        #expect(typed("order_\t\r", names: ["order_items", "orders"]) == .line("order_items "))
        #expect(typed("\\ex\tx\r") == .line("\\explain x"))
    }

    @Test("Ctrl-C throws the line away, Ctrl-D ends on an empty one, and so does the end of the input")
    func ends() {
        #expect(typed("abc\u{3}") == .interrupted)
        #expect(typed("\u{4}") == .end)
        #expect(typed("abc") == .end)
        #expect(typed([0xE6, 0x97]) == .end)
    }

    @Test("the shell's own commands are known by either sign")
    func commands() {
        #expect(ShellCommandLine("\\q") == .quit)
        #expect(ShellCommandLine(".tables") == .tables)
        #expect(ShellCommandLine("\\d  orders ;") == .describe("orders"))
        #expect(ShellCommandLine("\\d") == .describe(nil))
        #expect(ShellCommandLine("\\explain SELECT 1;") == .explain("SELECT 1"))
        #expect(ShellCommandLine("\\nope x") == .unknown("\\nope"))
    }
}
