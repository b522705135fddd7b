import Foundation
import Testing

/// Runs the built command as a stranger would.
struct CommandRunTests {
    struct Run {
        var status: Int32
        var output: String
        var errors: String
    }

    /// The command beside the tests.
    static let command = Bundle.main.bundleURL.appending(path: "shardkit")

    /// A folder that is removed afterwards.
    private func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }

    private func run(_ arguments: [String], input: String = "", environment: [String: String] = [:]) throws -> Run {
        let process = Process()
        process.executableURL = Self.command
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        stdin.fileHandleForWriting.write(Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        // The outputs of these runs fit into the pipes' buffers.
        process.waitUntilExit()
        return Run(
            status: process.terminationStatus,
            output: String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self),
            errors: String(decoding: stderr.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
    }

    @Test("init, exec, explain, shell and check work together, with their exit statuses")
    func together() throws {
        try withFolder { folder in
            let data = folder + "/data"
            let made = try run(["init", "--shards", "3", "--dir", data])
            #expect(made.status == 0)
            #expect(made.output.contains("shardkit shell --config \(data)/shardkit.yaml"))
            #expect(try run(["init", "--dir", data]).status == 1)
            let config = ["SHARDKIT_CONFIG": data + "/shardkit.yaml"]

            let script =
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a;b'), (2, 'c'), (3, NULL);"
            #expect(try run(["exec"], input: script, environment: config).status == 0)
            let rows = try run(["exec", "--format", "csv", "SELECT * FROM t ORDER BY id DESC"], environment: config)
            #expect(rows.output == "id,v\r\n3,\r\n2,c\r\n1,a;b\r\n")
            let bound = try run(
                [
                    "exec", "--format", "jsonl", "--param", "2", "--param", "'7'",
                    "SELECT v, ?2 AS p FROM t WHERE id = ?1",
                ],
                environment: config)
            #expect(bound.output == "{\"v\":\"c\",\"p\":\"7\"}\n", "\(bound.errors)")

            let wrong = try run(["exec", "SELECT 1; SELECT nope FROM t"], environment: config)
            #expect(wrong.status == 1)
            #expect(wrong.errors.hasPrefix("error [engine] in statement 2: no such column: nope\n"))
            let refused = try run(["exec", "ATTACH 'other.db' AS other"], environment: config)
            #expect(refused.status == 2)
            #expect(refused.errors.hasPrefix("refused [") && refused.errors.contains("\nhint: "))

            let explained = try run(
                ["explain", "--format", "json", "SELECT v FROM t WHERE id = 1"], environment: config)
            #expect(
                explained.output.hasPrefix(
                    "{\"sql\":\"SELECT v FROM t WHERE id = 1\",\"rung\":\"fast-path\","))
            let shell = try run(["shell"], input: "\\dt\nSELECT v\nFROM t WHERE id = 2;\n\\q\n", environment: config)
            #expect(shell.status == 0)
            #expect(shell.output.contains(" t     | hash") && shell.output.contains("\n c\n"))
            // A command may interrupt a statement, but not a text in it.
            let described = try run(
                ["shell"], input: "SELECT '\n\\q\n' AS v,\n\\d t\n7 AS w;\n", environment: config)
            #expect(described.status == 0, "\(described.errors)")
            #expect(described.output.hasPrefix("t: hash (id), 3 partitions\n"))
            #expect(described.output.contains("\\q") && described.output.contains("| 7"))
            let check = try run(["check"], environment: config)
            #expect(check.status == 0, "\(check.errors)")
            #expect(check.output.contains("All well: 1 table on 3 shards"))
        }
    }

    @Test("exec reads a query page by page; what is no token of the query is one clear error")
    func paging() throws {
        try withFolder { folder in
            #expect(try run(["init", "--shards", "3", "--dir", folder + "/d"]).status == 0)
            let exec = ["exec", "--config", folder + "/d/shardkit.yaml"]
            let values = (1...23).map { "(\($0), 'v\($0 % 3)')" }.joined(separator: ",")
            #expect(try run(exec + ["CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"]).status == 0)
            #expect(try run(exec + ["INSERT INTO t VALUES \(values)"]).status == 0)
            let sql = "SELECT id, v FROM t WHERE id <= ?1 ORDER BY v DESC, id"
            let paged = exec + ["--page-size", "10", "--param", "22"]
            let whole = try run(exec + ["--format", "jsonl", "--param", "22", sql])

            var output = ""
            var token: String?
            for page in 0..<3 {
                let read = try run(
                    paged + ["--format", "jsonl"] + (token.map { ["--page-token", $0] } ?? []) + [sql])
                #expect(read.status == 0, "\(read.errors)")
                output += read.output
                #expect(read.output.split(separator: "\n").count == (page < 2 ? 10 : 2))
                token =
                    page < 2 ? read.errors.wholeMatch(of: /next page: --page-token (\S+)\n/).map { String($0.1) } : nil
                #expect((token == nil) == (page == 2), "\(read.errors)")
                if page == 2 { #expect(read.errors.isEmpty) }
            }
            #expect(output == whole.output)

            let table = try run(paged + [sql])
            #expect(table.output.hasPrefix(" id | v\n----+----\n"))
            let given = try #require(table.errors.wholeMatch(of: /next page: --page-token (\S+)\n/)).1
            let json = try run(paged + ["--format", "json", sql])
            #expect(json.output.hasPrefix("{\"rows\":[\n {\"id\":2,\"v\":\"v2\"},") && json.errors.isEmpty)
            #expect(json.output.hasSuffix("\n],\"next\":\"\(given)\"}\n"))
            let none = try run(
                exec + ["--page-size", "5", "--format", "json", "SELECT id FROM t WHERE id < 0 ORDER BY id"])
            #expect(none.output == "{\"rows\":[],\"next\":null}\n")

            let wrong = try run(paged + ["--page-token", "-nonsense", sql])
            #expect(wrong.status == 1)
            #expect(
                wrong.errors
                    == "error [input]: \"-nonsense\" is no page token\nhint: Take it as the page before gave it.\n")
            let foreign = try run(
                exec + ["--page-size", "10", "--page-token", String(given), "SELECT id FROM t ORDER BY id"])
            #expect(foreign.errors.hasPrefix("error [input]: the page token belongs to another query\nhint: "))
            let loose = try run(exec + ["--page-size", "10", "SELECT v FROM t ORDER BY v"])
            #expect(loose.status == 2 && loose.errors.hasPrefix("refused [order-not-total]: "))
            #expect(try run(exec + ["--page-size", "10", "SELECT 1; SELECT 2"]).status == 1)
            #expect(try run(exec + ["--page-size", "0", sql]).status == 64)
            #expect(try run(exec + ["--page-token", "x", sql]).status == 64)
        }
    }

    @Test("a configuration that is missing or wrong is one sentence and a hint")
    func configuration() throws {
        try withFolder { folder in
            let missing = try run(["exec", "--config", folder + "/x.yaml", "SELECT 1"])
            #expect(missing.status == 1)
            #expect(missing.errors.hasPrefix("error [not-found]: there is no configuration file"))
            try "shrads: [a]\n".write(toFile: folder + "/y.yaml", atomically: true, encoding: .utf8)
            let wrong = try run(["exec", "--config", folder + "/y.yaml", "SELECT 1"])
            #expect(
                wrong.errors
                    == "error [configuration]: y.yaml, line 1: unknown key \"shrads\"\nhint: Did you mean \"shards\"?\n"
            )
            #expect(try run(["exec", "--nonsense"]).status == 64)
        }
    }

    @Test("an ephemeral pipe answers line by line and leaves no files behind")
    func ephemeral() throws {
        try withFolder { folder in
            let input = """
                {"sql":"CREATE TABLE t (a INTEGER, b INTEGER)"}
                {"sql":"INSERT INTO t VALUES (1, 2), (3, 4)"}
                {"sql":"SELECT sum(b) AS s FROM t"}
                """
            let pipe = try run(
                ["pipe", "--ephemeral", "--shards", "5", "--declare", "HASH(b)"], input: input,
                environment: ["TMPDIR": folder])
            #expect(pipe.status == 0, "\(pipe.errors)")
            #expect(pipe.output.split(separator: "\n").last == "{\"columns\":[\"s\"],\"types\":[null],\"rows\":[[6]]}")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test("an import of a dump reports what it leaves out with status 3")
    func importing() throws {
        try withFolder { folder in
            #expect(try run(["init", "--shards", "2", "--dir", folder + "/d"]).status == 0)
            let dump = "CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1), (2);\n"
            try dump.write(toFile: folder + "/good.sql", atomically: true, encoding: .utf8)
            let bad = "CREATE TABLE b (id INTEGER PRIMARY KEY, u INTEGER UNIQUE);\n"
            try bad.write(toFile: folder + "/bad.sql", atomically: true, encoding: .utf8)
            let config = ["--config", folder + "/d/shardkit.yaml"]
            let good = try run(["import"] + config + [folder + "/good.sql"])
            #expect(good.status == 0)
            #expect(good.output.hasSuffix("Imported 1 table, 2 rows.\n"))
            let left = try run(["import"] + config + [folder + "/bad.sql"])
            #expect(left.status == 3)
            #expect(
                left.output.contains("left out: table b\n  [") && left.output.hasSuffix("Imported nothing, 0 rows.\n"))
        }
    }
}
