import Foundation
import ShardKit
import Testing

@testable import shardkit

struct PipeTests {
    /// The answers to lines in one session on fresh shards.
    private func answers(_ lines: [String], shards: Int = 2) async throws -> [String] {
        let configuration = try Configuration.temporary(shardCount: shards)
        defer { configuration.removeFiles() }
        let database = try await ShardedDatabase.create(configuration)
        let answers = try await database.withSession { session in
            var answers: [String] = []
            for line in lines {
                answers.append(String(decoding: await PipeCommand.answer(Array(line.utf8), session), as: UTF8.self))
            }
            return answers
        }
        await database.close()
        return answers
    }

    @Test("each line, also an empty or malformed one, gets exactly one line")
    func oneLineEach() async throws {
        let lines = [
            "", "  ", "nonsense", "{}", "[]", "{\"sql\":5}", "{\"sql\":\"\"}", "{\"sql\":\"-- c\"}",
            "{\"sql\":\"SELECT 'a\\nb'\"}",
        ]
        for (line, answer) in zip(lines, try await answers(lines)) {
            #expect(answer.hasSuffix("\n") && answer.dropLast().allSatisfy { $0 != "\n" }, "\(line): \(answer)")
            #expect(
                answer.hasPrefix(line.contains("SELECT") ? "{\"columns\":" : "{\"error\":{\"code\":\""), "\(answer)")
        }
    }

    @Test("rows, changes and errors have the shapes of the contract")
    func shapes() async throws {
        let answers = try await answers([
            #"{"sql":"CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR(9))"}"#,
            #"{"sql":"INSERT INTO t VALUES (?, ?), (?, ?)","params":[9223372036854775806,"x",2,null]}"#,
            #"{"sql":"SELECT a, b, a + 0.0 AS c FROM t WHERE a = 2"}"#,
            #"{"sql":"SELECT a FROM t WHERE a = 77"}"#,
            #"{"sql":"INSERT INTO t VALUES (2, 'again')"}"#,
            #"{"sql":"ATTACH 'other.db' AS other"}"#,
            #"{"sql":"DELETE FROM t"}"#,
        ])
        #expect(answers[0] == "{\"changes\":0,\"lastInsertID\":null}\n")
        #expect(answers[1] == "{\"changes\":2,\"lastInsertID\":2}\n")
        #expect(
            answers[2]
                == "{\"columns\":[\"a\",\"b\",\"c\"],\"types\":[\"INTEGER\",\"VARCHAR(9)\",null],\"rows\":[[2,null,2.0]]}\n"
        )
        #expect(answers[3] == "{\"columns\":[\"a\"],\"types\":[\"INTEGER\"],\"rows\":[]}\n")
        #expect(
            answers[4].hasPrefix(
                #"{"error":{"code":"constraint","message":"UNIQUE constraint failed: t.a","hint":null"#))
        #expect(answers[5].contains("\"refused\":true") && !answers[5].contains("\"hint\":null"))
        #expect(answers[6] == "{\"changes\":2,\"lastInsertID\":null}\n")
    }

    @Test("one session: a transaction goes over lines and is rolled back at the end of the input")
    func session() async throws {
        let answers = try await answers([
            #"{"sql":"CREATE TABLE t (a INTEGER PRIMARY KEY)"}"#, #"{"sql":"BEGIN"}"#,
            #"{"sql":"INSERT INTO t VALUES (1), (2), (3)"}"#, #"{"sql":"SELECT count(*) FROM t"}"#,
            #"{"sql":"ROLLBACK"}"#,
            #"{"sql":"SELECT count(*) FROM t"}"#, #"{"sql":"BEGIN"}"#,
        ])
        #expect(answers[3].contains("[[3]]"))
        #expect(answers[5].contains("[[0]]"))
    }

    @Test("the parse command answers with class, text and fingerprint, or an error")
    func parse() {
        let good = String(
            decoding: ParseCommand.answer(Array(#"{"sql":"select 1"}"#.utf8), dialect: "sqlite"), as: UTF8.self)
        #expect(good.hasPrefix(#"{"class":"select","printed":"SELECT 1","fingerprint":""#) && good.hasSuffix("\"}\n"))
        let bad = String(
            decoding: ParseCommand.answer(Array(#"{"sql":"selec 1"}"#.utf8), dialect: "sqlite"), as: UTF8.self)
        #expect(bad.hasPrefix(#"{"error":{"code":"syntax""#))
    }
}

/// The pipe as a program: bytes in, bytes out.
@Suite(.timeLimit(.minutes(2)))
struct PipeProcessTests {
    /// Runs a pipe over an input and gives its lines.
    private func lines(_ input: [UInt8], _ arguments: [String] = ["--ephemeral", "--shards", "3"]) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-lines-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (file, answers) = (folder.path + "/in", folder.path + "/out")
        try Data(input).write(to: URL(filePath: file))
        _ = FileManager.default.createFile(atPath: answers, contents: nil)
        let process = Process()
        process.executableURL = CommandRunTests.command
        process.arguments = ["pipe"] + arguments
        process.standardInput = FileHandle(forReadingAtPath: file)
        process.standardOutput = FileHandle(forWritingAtPath: answers)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let output = try Data(contentsOf: URL(filePath: answers))
        let text = try #require(String(validating: output, as: UTF8.self))
        #expect(text.isEmpty || text.hasSuffix("\n"))
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    private func lines(_ input: String) throws -> [String] { try lines(Array(input.utf8)) }

    @Test("as many lines come out as went in, whatever they hold")
    func oneForOne() throws {
        var input: [UInt8] = []
        let good = Array(#"{"sql":"SELECT 1"}"#.utf8)
        let strange: [[UInt8]] = [
            good, [], good + [0x0D], Array("   ".utf8), [0xFF, 0xFE],
            Array(#"{"sql":""#.utf8) + [0xC3] + Array("\"}".utf8),
            Array("null".utf8), Array("[1,2".utf8), [0], Array(#"{"sql":"-- nothing"}"#.utf8),
            Array(#"{"sql":";;"}"#.utf8),
            Array(#"{"sql":"SELECT 1; SELECT 2"}"#.utf8), Array(#"{"sql":"SELECT 1;"}"#.utf8),
            Array(#"{"sql":"SELECT ?","params":[]}"#.utf8), Array(#"{"sql":"SELECT 1","params":[1]}"#.utf8),
            Array(#"{"params":[1]}"#.utf8),
            Array("{\"sql\":\"/* ".utf8) + Array(repeating: 0x61, count: 3_000_000) + Array(" */ SELECT 5\"}".utf8),
            Array(#"{"sql":"SELECT 6","unknown":{"deep":[[]]}}"#.utf8), good,
        ]
        for line in strange { input += line + [0x0A] }
        input += good  // The last line without a line feed counts.
        let answers = try lines(input)
        #expect(answers.count == strange.count + 1)
        let one = #"{"columns":["1"],"types":[null],"rows":[[1]]}"#
        for index in [0, 2, 12, 18, 19] { #expect(answers[index] == one) }
        #expect(answers[16].hasSuffix("[[5]]}") && answers[17].hasSuffix("[[6]]}"))
        for index in [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15] {
            #expect(answers[index].hasPrefix(#"{"error":{"code":""#), "\(index): \(answers[index].prefix(200))")
        }
    }

    @Test("every value comes back as it went in")
    func values() throws {
        let values = [
            "0", "-1", "9223372036854775807", "-9223372036854775808", "1.0", "0.1", "-0.0", "5e-324",
            "1.7976931348623157e+308", "1e+100", #"{"real":"Infinity"}"#, #"{"real":"-Infinity"}"#, "null", #""""#,
            #""a\u0000b""#, #""日本 😀\n\"\\""#, #"{"blob":""}"#, #"{"blob":"00ff41"}"#, #"{"text":"41ff"}"#,
        ]
        var input = #"{"sql":"CREATE TABLE t (id INTEGER PRIMARY KEY, v)"}"# + "\n"
        for (id, value) in values.enumerated() {
            input += #"{"sql":"INSERT INTO t VALUES (?, ?)","params":[\#(id),\#(value)]}"# + "\n"
            input += #"{"sql":"SELECT ? AS v","params":[\#(value)]}"# + "\n"
        }
        input += #"{"sql":"SELECT id, v FROM t ORDER BY id"}"# + "\n"
        let answers = try lines(input)
        for (index, value) in values.enumerated() {
            #expect(answers[2 + 2 * index] == #"{"columns":["v"],"types":[null],"rows":[[\#(value)]]}"#)
        }
        let rows = values.enumerated().map { "[\($0),\($1)]" }.joined(separator: ",")
        #expect(answers.last == #"{"columns":["id","v"],"types":["INTEGER",null],"rows":[\#(rows)]}"#)
    }

    @Test("parameters go by position, by number and by name")
    func parameters() throws {
        let answers = try lines(
            """
            {"sql":"SELECT ?2 AS a, ?1 AS b","params":[1,2]}
            {"sql":"SELECT :x AS a, @y AS b, $z AS c, :x AS d","params":{"x":1,"@y":2,"z":3}}
            {"sql":"SELECT :x AS a, :y AS b","params":[1,2]}
            {"sql":"SELECT ?1 AS a, ?2 AS b","params":{"1":1,"?2":2}}
            {"sql":"SELECT :x","params":{}}
            {"sql":"SELECT :x","params":{"x":1,"y":2}}
            {"sql":"SELECT :x +","params":{"x":1}}
            {"sql":"SELECT 1 AS a","params":{}}
            """)
        #expect(answers[0].hasSuffix("[[2,1]]}"))
        #expect(answers[1].hasSuffix("[[1,2,3,1]]}"))
        #expect(answers[2].hasSuffix("[[1,2]]}") && answers[3].hasSuffix("[[1,2]]}"))
        #expect(answers[4].contains(#""code":"parameters","message":"no value was given for parameter :x""#))
        #expect(answers[5].contains(#""message":"the statement has no parameter y""#))
        #expect(answers[6].contains(#""code":"syntax""#))
        #expect(answers[7].hasSuffix("[[1]]}"))
    }

    @Test("the end of the input rolls an open transaction back")
    func endOfInput() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-eof-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = Process()
        made.executableURL = CommandRunTests.command
        made.arguments = ["init", "--shards", "2", "--dir", folder.path]
        made.standardOutput = FileHandle.nullDevice
        try made.run()
        made.waitUntilExit()
        let config = ["--config", folder.path + "/shardkit.yaml"]
        func run(_ text: String) throws -> [String] { try lines(Array(text.utf8), config) }
        _ = try run(
            """
            {"sql":"CREATE TABLE t (a INTEGER PRIMARY KEY)"}
            {"sql":"BEGIN"}
            {"sql":"INSERT INTO t VALUES (1), (2)"}
            {"sql":"COMMIT"}
            {"sql":"BEGIN"}
            {"sql":"INSERT INTO t VALUES (3), (4), (5)"}
            """)
        #expect(try run("{\"sql\":\"SELECT count(*) AS n FROM t\"}\n").last?.hasSuffix("[[2]]}") == true)
    }

    @Test("parse answers each line with one line, too")
    func parse() throws {
        let input = "\n{\"sql\":\"\"}\n{\"sql\":\"select  1 -- c\"}\nnonsense\n{\"sql\":\"SELECT #\"}\n{}\n"
        let process = Process()
        process.executableURL = CommandRunTests.command
        process.arguments = ["parse", "--dialect", "postgresql"]
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let text = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let answers = text.split(separator: "\n")
        #expect(answers.count == 6)
        #expect(answers[2].hasPrefix(#"{"class":"select","printed":"SELECT 1","fingerprint":""#))
        for index in [0, 1, 3, 4, 5] { #expect(answers[index].hasPrefix(#"{"error":{"code":""#)) }
    }
}
