import Foundation
import ShardKit
import Testing

/// A short `make torture-business`, and what its checker says of logs that are known to be bad.
@Suite("torture of locks, messages and sagas", .serialized)
struct TortureTests {
    static let command = Bundle.main.bundleURL.appending(path: "shardkit-business")

    private func start(_ arguments: [String], output: FileHandle) throws -> Process {
        let process = Process()
        process.executableURL = Self.command
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = output
        try process.run()
        return process
    }

    private func run(_ arguments: [String]) throws -> (status: Int32, text: String) {
        // Processes that outlive it may hold what it writes to.
        let place = FileManager.default.temporaryDirectory.appending(path: "business-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: place.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: place) }
        let process = try start(arguments, output: try FileHandle(forWritingTo: place))
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOf: place, encoding: .utf8))
    }

    @Test(
        "processes that are killed and stopped lose no message and no saga, and never hold a lock at once",
        arguments: Kind.all)
    func torture(kind: Kind) throws {
        let kills = kind == .sqlite ? "14" : "8"
        let (status, text) = try run(
            ["torture", "--kills", kills] + (kind == .postgresql ? ["--postgresql"] : []))
        print(text)
        #expect(status == 0, "\(text)")
        #expect(text.contains(" 0 lost"), "\(text)")
    }

    @Test(
        "the checker finds two holders at once",
        arguments: [
            (["held 1 a 10", "held 1 a 20", "held 2 b 20", "held 2 b 30"], true),
            (["held 2 b 20", "held 1 a 10"], true),
            (["held 1 a 10", "held 2 b 20", "held 1 a 25"], false),
            (["held 1 a 10", "held 1 b 11"], false),
            (["held 1 a 10", "held 3 c 15", "held 2 b 20"], false),
            (["held x a 10"], false),
        ])
    func checker(lines: [String], isGood: Bool) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "locks-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try (lines.joined(separator: "\n") + "\n").write(to: file, atomically: true, encoding: .utf8)
        #expect(try run(["check-log", file.path]).status == (isGood ? 0 : 1))
    }

    @Test("processes get a lock in the order of their arrival; one that was killed while it waited is passed by")
    func arrivalOrder() async throws {
        var configuration = try Configuration.temporary(shardCount: 1)
        configuration.busyTimeout = .seconds(5)
        // As the command opens it.
        configuration.cluster = "business"
        defer { configuration.removeFiles() }
        let directory = configuration.directory
        let business = Configuration(cluster: "business", directory: directory, shardCount: 2)
        let made = try await ShardedDatabase.create(business)
        let paper = directory + "/order"
        let said = directory + "/said"
        _ = FileManager.default.createFile(atPath: said, contents: nil)
        let output = try FileHandle(forWritingTo: URL(filePath: said))
        try await made.withLock("order", lease: .seconds(10)) { _ in
            var waiters: [Process] = []
            for number in 0..<5 {
                waiters.append(
                    try start(
                        ["wait", "--directory", directory, "--lock", "order", "--name", "\(number)", "--paper", paper],
                        output: output))
                for _ in 0..<600 {
                    if try await made.locks().first?.waiting == number + 1 { break }
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(try await made.locks().first?.waiting == number + 1)
            }
            kill(waiters[1].processIdentifier, SIGKILL)
        }
        for _ in 0..<1500 {
            if let text = try? String(contentsOfFile: paper, encoding: .utf8), text.split(separator: "\n").count == 4 {
                break
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let lines = try String(contentsOfFile: paper, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines == ["0 2", "2 3", "3 4", "4 5"], "\((try? String(contentsOfFile: said, encoding: .utf8)) ?? "")")
        await made.close()
    }
}
