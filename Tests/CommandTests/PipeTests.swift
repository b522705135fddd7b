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
