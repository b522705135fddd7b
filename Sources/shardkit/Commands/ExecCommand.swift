import ArgumentParser
import ShardKit

/// Runs statements and prints what they answer.
struct ExecCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run statements and print what they answer.",
        discussion: """
            Without SQL the statements are read from standard input. They run in one session, in order; the first \
            error ends the run. Parameters: 5 is an integer, 1.5 a real, null is NULL, x'00ff' a blob, anything else \
            a text; '5' is the text 5.

            With --page-size a query whose ORDER BY tells all rows apart is read page by page, each as cheap as the \
            first. Where another page follows, standard error says "next page: --page-token …"; with --format json \
            standard output is {"rows":[…],"next":"…"} instead, and next is null on the last page.
            """)

    @OptionGroup var configuration: ConfigurationOption
    @Option(name: .long, help: "How rows are written.")
    var format: AnswerFormat = .table
    @Option(
        name: .long, parsing: .unconditionalSingleValue,
        help: ArgumentHelp("The next parameter's value.", valueName: "value"))
    var param: [String] = []
    @Option(name: .long, help: ArgumentHelp("Print one page of this many rows of a query.", valueName: "rows"))
    var pageSize: Int?
    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp("Go on behind the page that gave this token. Default: the first page.", valueName: "token"))
    var pageToken: String?
    @Argument(help: "The SQL text: one statement or several.")
    var sql: String?

    func validate() throws {
        if let pageSize, !(1...1_000_000).contains(pageSize) {
            throw ValidationError("--page-size takes 1 to 1000000")
        }
        if pageToken != nil, pageSize == nil { throw ValidationError("--page-token goes with --page-size") }
    }

    func work() async throws {
        var input = LineInput()
        let text: String
        if let sql {
            text = sql
        } else if let read = String(validating: input.rest(), as: UTF8.self) {
            text = read
        } else {
            throw ShardError(.input, "standard input is not UTF-8 text")
        }
        let loaded = try configuration.load()
        let statements = SQLScript(text, for: loaded.engine).statements
        guard !statements.isEmpty else { throw ShardError(.syntax, "the text holds no statement") }
        let values = param.map(ValueText.parsed)
        guard values.isEmpty || statements.count == 1 else {
            throw ShardError(.parameters, "--param goes with one statement; there are \(statements.count)")
        }
        guard pageSize == nil || statements.count == 1 else {
            throw ShardError(.input, "--page-size goes with one statement; there are \(statements.count)")
        }
        let position = try pageToken.map { PagePosition.after(try PageToken($0)) } ?? .first
        let printer = ResultPrinter(format: format, width: Terminal.tableWidth, countsRows: Terminal.isOutputTerminal)
        try await interruptible {
            try await ConfigurationOption.withDatabase(of: loaded) { database in
                try await database.withSession { session in
                    for (index, statement) in statements.enumerated() {
                        do {
                            let sql = SQLText(String(statement), values: values)
                            if let pageSize {
                                try printer.write(try await session.query(sql, page: position, size: pageSize))
                            } else {
                                try await printer.write(try await session.run(sql), of: sql.text)
                            }
                        } catch let gone as StandardOutput.ReaderGone {
                            throw gone
                        } catch {
                            throw CommandFailure.report(error, statement: statements.count > 1 ? index + 1 : nil)
                        }
                    }
                }
            }
        }
    }
}
