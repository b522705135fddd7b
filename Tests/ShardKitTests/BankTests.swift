import Foundation
import Testing

/// A short `make torture`: processes that move money between shards are killed, and nothing is lost.
@Suite("bank", .serialized)
struct BankTests {
    static let command = Bundle.main.bundleURL.appending(path: "shardkit-bank")

    @Test("processes that are killed lose no money and no acknowledged transfer", arguments: [2, 4])
    func torture(shards: Int) throws {
        let process = Process()
        process.executableURL = Self.command
        process.arguments = ["torture", "--kills", "24", "--between", "10", "--shards", "\(shards)"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        print(text)
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains(" 0 lost"), "\(text)")
    }
}
