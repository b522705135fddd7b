import Foundation
import Testing

/// Four processes of sixteen tasks, killed and started again with their clocks set to and fro. The long runs are
/// `make torture-ids`.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct TortureTests {
    static let command = Bundle.main.bundleURL.appending(path: "shardkit-ids")

    @Test("no identifier comes twice", arguments: ["leased", "fixed", "segment"])
    func torture(mode: String) async throws {
        let process = Process()
        process.executableURL = Self.command
        process.arguments = ["torture", "--mode", mode, "--count", "1000000"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains(": 0 duplicates"), "\(text)")
    }
}
