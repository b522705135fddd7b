import ArgumentParser
import ShardKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The loop of the shell: takes lines, runs what is complete, shows what it answers.
final class Shell {
    let session: DatabaseSession
    private var pending = ""
    private var showsTime = false
    private var isInteractive = false
    private var failure: ExitCode?
    private var names: [String] = []

    private let engine: Configuration.Engine

    init(_ session: DatabaseSession, engine: Configuration.Engine) {
        self.session = session
        self.engine = engine
    }

    // MARK: Loops

    /// Reads standard input to its end; ends with the status of the last error, if there was one.
    func runScript() async throws {
        var input = LineInput()
        while let line = input.next() {
            guard try await take(String(decoding: line, as: UTF8.self)) else { break }
        }
        if !pending.allSatisfy(\.isWhitespace) { try await run(pending) }
        if let failure { throw failure }
    }

    /// Reads what a person types, until `\q` or Ctrl-D.
    func runInteractively(cluster: Configuration) async throws {
        isInteractive = true
        showsTime = true
        let output = StandardOutput.output
        let count = cluster.shards.count
        try output.line(
            "ShardKit: \(cluster.cluster), \(count) shard\(count == 1 ? "" : "s"). \\? for help, \\q to leave.")
        await learnNames()
        var editor = makeEditor()
        while true {
            // The star says that a transaction is open.
            let mark = session.isInTransaction ? "*" : ""
            let prompt = pending.isEmpty ? "shardkit\(mark)> " : "     ...\(mark)> "
            let line: LineEditor.Input
            if let raw = RawMode.begin() {
                line = editor.readLine(prompt: prompt)
                _ = consume raw
            } else {
                return
            }
            switch line {
            case .end:
                if session.isInTransaction { try output.line("The open transaction is rolled back.") }
                return
            case .interrupted: pending = ""
            case .line(let text):
                let before = pending
                guard try await take(text) else { return }
                if pending.isEmpty { editor.history.add(before.isEmpty ? text : before + " " + text) }
            }
        }
    }

    private func makeEditor() -> LineEditor {
        var input = [UInt8](repeating: 0, count: 1)
        let decoder = KeyDecoder {
            var count = 0
            repeat { count = read(STDIN_FILENO, &input, 1) } while count < 0 && errno == EINTR
            return count == 1 ? input[0] : nil
        }
        return LineEditor(
            history: History(path: History.defaultPath), keys: decoder, columns: { Terminal.columns },
            write: { try? StandardOutput.output.write($0) },
            completions: { [unowned self] in Completion.candidates(for: $0, names: names) })
    }

    // MARK: Lines

    /// Takes a line. False: the shell is to end.
    private func take(_ line: String) async throws -> Bool {
        let bare = line.trimmingPrefix { $0.isWhitespace }
        // No SQL begins with a backslash, so a command may interrupt a statement; but not a text or a comment in it.
        let isCommand =
            pending.isEmpty
            ? bare.first == "\\" || bare.first == "."
            : bare.first == "\\" && SQLScript(pending + "\n;", for: engine).isComplete
        if isCommand {
            switch ShellCommandLine(String(bare)) {
            case .quit: return false
            case let command: try await perform(command)
            }
            return true
        }
        if pending.isEmpty, bare.isEmpty { return true }
        pending += pending.isEmpty ? line : "\n" + line
        let script = SQLScript(pending, for: engine)
        guard script.isComplete else { return true }
        let text = pending
        pending = ""
        if !script.statements.isEmpty { try await run(text) }
        return true
    }

    private func run(_ text: String) async throws {
        for statement in SQLScript(text, for: engine).statements {
            guard try await runStatement(SQLText(String(statement))) else { return }
        }
        await learnNames()
    }

    /// Runs one statement; Ctrl-C cancels it. False when it failed.
    @discardableResult
    private func runStatement(_ sql: SQLText) async throws -> Bool {
        let session = session
        let printer = ResultPrinter(format: .table, width: Terminal.tableWidth, countsRows: isInteractive)
        let begun = ContinuousClock.now
        let work = Task { () -> StatementResult in
            let result = try await session.run(sql)
            try await printer.write(result, of: sql.text)
            return result
        }
        let signals = isInteractive ? SignalWatch([.interrupt]) { _ in work.cancel() } : nil
        defer { signals?.stop() }
        do {
            let result = try await work.value
            if showsTime {
                let time = NumberText.duration(ContinuousClock.now - begun)
                let shards = result.shards.isEmpty ? "" : ", \(Self.listed(result.shards))"
                try StandardOutput.output.line("\(time), \(result.rung.rawValue)\(shards)")
            }
            return true
        } catch let gone as StandardOutput.ReaderGone {
            throw gone
        } catch {
            failure = CommandFailure.report(error)
            return false
        }
    }

    static func listed(_ shards: [String]) -> String {
        shards.count <= 6 ? shards.joined(separator: " ") : "\(shards.count) shards"
    }

    // MARK: The shell's own commands

    private func perform(_ command: ShellCommandLine) async throws {
        switch command {
        case .quit: return
        case .help: try StandardOutput.output.write(ShellCommandLine.helpText)
        case .tables: try await runStatement("SHOW TABLES")
        case .shards: try await runStatement("SHOW SHARDS")
        case .describe(nil): try await runStatement("SHOW TABLES")
        case .describe(let table?): try await describe(table)
        case .explain(let sql): try await explain(sql)
        case .timing:
            showsTime.toggle()
            try StandardOutput.output.line("Timing is \(showsTime ? "on" : "off").")
        case .unknown(let word):
            let nearest = NearestWord.of(word, among: ShellCommandLine.words)
            try StandardOutput.errors.line(
                "error [input]: \(word) is not a command of the shell; "
                    + (nearest.map { "did you mean \($0)?" } ?? "\\? lists them"))
            failure = ExitStatus.failure
        }
    }

    /// Columns, then where a table's rows live and its indexes, or a view's text.
    private func describe(_ name: String) async throws {
        do {
            if engine == .postgresql { return try await describeOnServers(name) }
            guard
                let found = try await session.query(
                    "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name = \(name) COLLATE NOCASE"
                ).decode((String, String, String).self).first()
            else {
                throw ShardError(
                    .notFound, "no such table: \(name)",
                    hint: NearestWord.of(name, among: names).map { "Did you mean \($0)? \\dt lists the tables." })
            }
            if found.1 == "table" { try await showPlacement(of: found.0) }
            try await show(
                """
                SELECT name, type, CASE WHEN "notnull" THEN 'not null' ELSE '' END AS nullable, \
                coalesce(dflt_value, '') AS "default", CASE WHEN pk THEN pk ELSE '' END AS pk \
                FROM pragma_table_info(\(found.0))
                """)
            if found.1 == "view" {
                try StandardOutput.output.line("\n" + found.2)
                return
            }
            try await show("SHOW PARTITIONS OF \(raw: SQLName.quoted(found.0))")
            try await show(
                """
                SELECT name AS "index", sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL \
                AND tbl_name = \(found.0) COLLATE NOCASE ORDER BY name
                """)
        } catch let gone as StandardOutput.ReaderGone {
            throw gone
        } catch {
            failure = CommandFailure.report(error)
        }
    }

    private func describeOnServers(_ name: String) async throws {
        let found = try await session.query(
            """
            SELECT relname::text, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
            AND relname = \(name)
            """
        ).decode((String, String).self).first()
        guard let found else {
            throw ShardError(
                .notFound, "no such table: \(name)",
                hint: NearestWord.of(name, among: names).map { "Did you mean \($0)? \\dt lists the tables." })
        }
        if found.1 == "r" { try await showPlacement(of: name) }
        let table = "'public.\(SQLName.quoted(name).replacing("'", with: "''"))'::regclass"
        try await show(
            """
            SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type,
              CASE WHEN a.attnotnull THEN 'not null' ELSE '' END AS nullable, coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS "default"
            FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = \(raw: table) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """)
        guard found.1 == "r" else {
            try await show("SELECT pg_get_viewdef(\(raw: table)) AS definition")
            return
        }
        try await show("SHOW PARTITIONS OF \(raw: SQLName.quoted(name))")
        try await show(
            "SELECT relname::text AS index, pg_get_indexdef(oid) AS definition FROM pg_class JOIN pg_index ON indexrelid = oid WHERE indrelid = \(raw: table) ORDER BY 1"
        )
    }

    /// One line: how a table is sharded, by what, and over how many partitions.
    private func showPlacement(of name: String) async throws {
        let tables = try await session.query("SHOW TABLES").decode((String, String, String?, Int?, String?).self)
        for try await (table, placement, key, partitions, cold) in tables where table == name {
            var line = "\(name): \(placement)"
            if let key { line += " (\(key))" }
            if let partitions { line += ", \(partitions) partition\(partitions == 1 ? "" : "s")" }
            if let cold { line += ", cold (\(cold))" }
            try StandardOutput.output.line(line)
        }
    }

    /// A part of a description: a table behind an empty line, nothing where there are no rows.
    private func show(_ sql: SQLText) async throws {
        let rows = try await session.query(sql)
        guard let first = try await rows.nextBatch() else { return }
        var writer = TableWriter(header: rows.header, width: Terminal.tableWidth)
        var text = writer.add(first)
        while let batch = try await rows.nextBatch() { text += writer.add(batch) }
        try StandardOutput.output.write([0x0A] + text + writer.finish())
    }

    private func explain(_ sql: String) async throws {
        do {
            for line in try await session.explain(SQLText(sql)).lines {
                try StandardOutput.output.line(ExplainCommand.wrapped(line, width: Terminal.tableWidth))
            }
        } catch let gone as StandardOutput.ReaderGone {
            throw gone
        } catch {
            failure = CommandFailure.report(error)
        }
    }

    /// Tables, views and columns, for completion. A failure only means that there is nothing to complete.
    private func learnNames() async {
        guard isInteractive, !session.isInTransaction else { return }
        var found: Set<String> = []
        if engine == .postgresql {
            let names = try? await session.query(
                """
                SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE '\\_shardkit%'
                UNION SELECT column_name::text FROM information_schema.columns
                WHERE table_schema = 'public' AND table_name NOT LIKE '\\_shardkit%'
                """
            ).decode(String.self).all()
            self.names = (names ?? []).sorted()
            return
        }
        if let tables = try? await session.query(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'"
        ).decode(String.self).all() {
            for table in tables {
                found.insert(table)
                let columns = try? await session.query("SELECT name FROM pragma_table_info(\(table))")
                    .decode(String.self).all()
                found.formUnion(columns ?? [])
            }
        }
        names = found.sorted()
    }
}
