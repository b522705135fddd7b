import Foundation
import ShardKit
import Testing

/// `shardkit sagas`, as a stranger would run it.
struct SagasCommandTests {
    private func run(_ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = CommandRunTests.command
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test("a saga that needs attention is listed with its last error, and let go on")
    func listAndRetry() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-sagas-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try run(["init", "--shards", "2", "--dir", folder]).status == 0)
        let file = folder + "/shardkit.yaml"
        #expect(try run(["sagas", "--config", file]).text.contains("0 sagas, 0 of them need attention."))
        let database = try await ShardedDatabase.open(file)
        let saga = Saga<String>(
            "ship", recovery: .forward, retry: RetryPolicy(maximumAttempts: 1),
            steps: [.step("pack") { (_: SagaContext<String>) -> Void in throw SagaFailure("no boxes") }])
        _ = await #expect(throws: ShardError.self) { try await database.sagas.run(saga, "x", request: "order 7") }
        let id = try #require(try await database.sagas.list().first?.id)
        let listed = try run(["sagas", "--config", file])
        #expect(listed.status == 3)
        #expect(listed.text.contains("\(id) ship/1 attention"))
        #expect(listed.text.contains("last error: no boxes"))
        #expect(listed.text.contains("1 saga, 1 of them needs attention."))
        #expect(try run(["sagas", "--config", file, "--retry", id]).status == 0)
        #expect(try run(["sagas", "--config", file, "--retry", "none"]).status == 1)
        #expect(try await database.sagas.report(of: id)?.state.status != .completed)
        await database.close()
    }
}
