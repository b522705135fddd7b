import Foundation
import PostgresServer
import Testing

/// A short `make torture-postgresql`.
@Suite("bank over PostgreSQL", .enabled(if: PostgresInstallation.shouldTest))
struct BankTests {
    @Test("processes that are killed lose no money and no acknowledged transfer")
    func torture() throws {
        let process = Process()
        process.executableURL = Bundle.main.bundleURL.appending(path: "shardkit-bank")
        process.arguments = ["torture", "--postgresql", "--kills", "9", "--between", "5", "--shards", "3"]
        // Processes that outlive it may hold what it writes to.
        let place = FileManager.default.temporaryDirectory.appending(path: "bank-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: place.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: place) }
        let output = try FileHandle(forWritingTo: place)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        let text = try String(contentsOf: place, encoding: .utf8)
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains(" 0 lost"), "\(text)")
    }
}
