import Foundation
import Testing

/// Ctrl-C: the running statement ends, what it began is rolled back, the status and the words are the same everywhere.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct InterruptTests {
    private static let endless =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"

    /// A command that runs, with its output as it comes.
    private final class Running {
        let process = Process()
        private let output = Pipe()
        private let errors = Pipe()
        private let input = Pipe()

        init(_ arguments: [String]) throws {
            process.executableURL = CommandRunTests.command
            process.arguments = arguments
            process.standardInput = input
            process.standardOutput = output
            process.standardError = errors
            try process.run()
        }

        /// Reads standard output up to a text.
        func wait(for text: String) {
            var seen = ""
            while !seen.contains(text) {
                let data = output.fileHandleForReading.availableData
                if data.isEmpty { return }
                seen += String(decoding: data, as: UTF8.self)
            }
        }

        func type(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

        func endInput() throws { try input.fileHandleForWriting.close() }

        /// Ends it by signals, and gives what it wrote to standard error.
        func end() -> String {
            process.waitUntilExit()
            return String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
    }

    private func withShards(_ body: (_ config: String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-interrupt-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = try Running(["init", "--shards", "3", "--dir", folder.path])
        try made.endInput()
        _ = made.end()
        let config = folder.path + "/shardkit.yaml"
        let filled = try Running([
            "exec", "--config", config,
            """
            CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); \
            INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e'), (6, 'f')
            """,
        ])
        try filled.endInput()
        _ = filled.end()
        try body(config)
    }

    @Test(
        "exec ends with status 130 and one line, wherever the statement runs",
        arguments: [
            endless, "SELECT id, (\(endless) WHERE x > t.id) FROM t",
            "SELECT id FROM t WHERE (\(endless)) > 0 ORDER BY v",
            "UPDATE t SET v = (\(endless))", "INSERT INTO t SELECT id + 100, (\(endless)) FROM t",
            "SELECT a.id FROM t a JOIN t b ON a.v < b.v WHERE (\(endless)) > a.id",
        ])
    func exec(sql: String) throws {
        try withShards { config in
            let running = try Running(["exec", "--config", config, "SELECT 'begun'; \(sql)"])
            try running.endInput()
            running.wait(for: "begun")
            Thread.sleep(forTimeInterval: 0.2)
            running.process.interrupt()
            let errors = running.end()
            #expect(running.process.terminationReason == .exit)
            #expect(running.process.terminationStatus == 130)
            #expect(errors == "error [cancelled] in statement 2: interrupted\n")
            // Nothing of it is left.
            let after = try Running([
                "exec", "--config", config, "--format", "csv",
                "SELECT group_concat(v, '') FROM (SELECT v FROM t ORDER BY id)",
            ])
            try after.endInput()
            after.wait(for: "abcdef")
            _ = after.end()
            #expect(after.process.terminationStatus == 0)
        }
    }

    @Test("a transaction that is interrupted is rolled back on every shard")
    func transaction() throws {
        try withShards { config in
            let running = try Running([
                "exec", "--config", config,
                "BEGIN; UPDATE t SET v = 'x'; SELECT 'begun'; \(Self.endless); COMMIT",
            ])
            try running.endInput()
            running.wait(for: "begun")
            Thread.sleep(forTimeInterval: 0.2)
            running.process.interrupt()
            #expect(running.end().contains("interrupted"))
            #expect(running.process.terminationStatus == 130)
            let after = try Running([
                "exec", "--config", config, "--format", "csv", "SELECT count(*) AS n FROM t WHERE v = 'x'",
            ])
            try after.endInput()
            after.wait(for: "n\r\n0\r\n")
            _ = after.end()
        }
    }

    @Test("SIGTERM and SIGINT take the files of an ephemeral pipe along", arguments: [SIGINT, SIGTERM])
    func ephemeral(signal: Int32) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-pipe-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = CommandRunTests.command
        process.arguments = ["pipe", "--ephemeral", "--shards", "3"]
        process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": folder.path]) { $1 }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data("{\"sql\":\"SELECT 1\"}\n".utf8))
        _ = output.fileHandleForReading.availableData
        #expect(try !FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        #expect(process.terminationStatus == 128 + signal)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("a reader that goes away ends an ephemeral pipe, which leaves nothing behind")
    func readerGone() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-gone-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = [
            "-c",
            """
            for i in $(seq 2000); do echo '{"sql":"SELECT 1"}'; done | "$0" pipe --ephemeral --shards 2 | head -n 3 >/dev/null
            exit ${PIPESTATUS[1]}
            """, CommandRunTests.command.path,
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": folder.path]) { $1 }
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}
