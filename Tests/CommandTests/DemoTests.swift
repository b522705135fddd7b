import Foundation
import Testing

/// `make demo`, small: it starts afresh each time, and without a terminal it writes plain lines.
struct DemoTests {
    private func run(_ arguments: [String], in folder: String) throws -> (status: Int32, output: String, errors: String)
    {
        let process = Process()
        process.executableURL = CommandRunTests.command
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: folder)
        let output = folder + "/output.txt", errors = folder + "/errors.txt"
        for file in [output, errors] { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        process.waitUntilExit()
        return (
            process.terminationStatus, try String(contentsOfFile: output, encoding: .utf8),
            try String(contentsOfFile: errors, encoding: .utf8)
        )
    }

    @Test("the tour is walked, fits 80 columns, and ends with the next command; a second demo starts afresh")
    func walk() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-demo-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for _ in 0..<2 {
            let demo = try run(["demo", "--dir", ".demo", "--orders", "1500"], in: folder)
            #expect(demo.status == 0, "\(demo.errors)")
            #expect(!demo.output.contains("\u{1B}") && !demo.errors.contains("\u{1B}") && !demo.errors.contains("\r"))
            #expect(demo.errors.contains("orders           1,500 rows in "))
            // The last line is the command's own path.
            for line in demo.output.split(separator: "\n").dropLast() { #expect(line.count <= 80, "\(line)") }
            for rung in ["fast-path", "route", "merge", "combine"] { #expect(demo.output.contains("rung: \(rung) |")) }
            #expect(demo.output.contains("   refused [unique-without-shard-key]"))
            let last = try #require(demo.output.split(separator: "\n").last)
            #expect(last.hasSuffix("shardkit shell --config .demo/shardkit.yaml"))
        }
        let check = try run(["check", "--config", ".demo/shardkit.yaml"], in: folder)
        #expect(check.status == 0 && check.output.contains("All well"))
    }

    @Test("a folder that holds something else is left alone")
    func foreign() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-demo-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/mine", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "precious".write(toFile: folder + "/mine/file", atomically: true, encoding: .utf8)
        let demo = try run(["demo", "--dir", "mine", "--orders", "10"], in: folder)
        #expect(demo.status == 1)
        #expect(demo.errors.hasPrefix("error [already-exists]: the folder mine holds something that is not a demo"))
        #expect(try String(contentsOfFile: folder + "/mine/file", encoding: .utf8) == "precious")
    }

    @Test("the configuration is --config, else $SHARDKIT_CONFIG, else ./shardkit.yaml")
    func lookup() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-look-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["here", "named", "given"] {
            #expect(try run(["init", "--shards", "1", "--dir", name], in: folder).status == 0)
            let config = ["exec", "--config", "\(name)/shardkit.yaml"]
            #expect(try run(config + ["CREATE TABLE who (name TEXT)"], in: folder).status == 0)
            #expect(try run(config + ["INSERT INTO who VALUES ('\(name)')"], in: folder).status == 0)
        }
        func who(_ options: [String], environment: [String: String]) throws -> String {
            let process = Process()
            process.executableURL = CommandRunTests.command
            process.arguments = ["exec", "--format", "csv"] + options + ["SELECT name FROM who"]
            process.currentDirectoryURL = URL(filePath: folder + "/here")
            var all = ProcessInfo.processInfo.environment
            all["SHARDKIT_CONFIG"] = nil
            process.environment = all.merging(environment) { $1 }
            let stdout = Pipe()
            process.standardOutput = stdout
            try process.run()
            let text = stdout.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return String(decoding: text, as: UTF8.self)
        }
        let named = ["SHARDKIT_CONFIG": "../named/shardkit.yaml"]
        #expect(try who([], environment: [:]) == "name\r\nhere\r\n")
        #expect(try who([], environment: ["SHARDKIT_CONFIG": ""]) == "name\r\nhere\r\n")
        #expect(try who([], environment: named) == "name\r\nnamed\r\n")
        #expect(try who(["--config", "../given/shardkit.yaml"], environment: named) == "name\r\ngiven\r\n")
    }
}
