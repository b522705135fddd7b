import Foundation
import ShardSQL

/// The statement lists of other projects' tests, which stand outside of this project: `SHARDKIT_CORPUS`, or
/// `shared/corpus` beside the checkout.
struct Corpus {
    struct Entry: Decodable {
        var file: String?
        var kind: String?
        var sql: String
        /// What the SQL's own engine says where it does not take the text.
        var error: String?
    }

    enum Failure: Error { case unreadable(String), missing(String) }

    let folder: URL

    /// Nil, with one line of notice, where there are no corpora; a failure where `CI` is `true`.
    static func find() throws -> Corpus? {
        let environment = ProcessInfo.processInfo.environment
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let beside = root.deletingLastPathComponent().appendingPathComponent("shared/corpus")
        let folder = environment["SHARDKIT_CORPUS"].map { URL(fileURLWithPath: $0) } ?? beside
        if FileManager.default.fileExists(atPath: folder.appendingPathComponent("parser").path) {
            return Corpus(folder: folder)
        }
        if environment["CI"] == "true" { throw Failure.missing("no corpora: set SHARDKIT_CORPUS") }
        print("skipped: the corpora are not here; set SHARDKIT_CORPUS to run the laws over them")
        return nil
    }

    /// The entries of `parser/<name>.jsonl.gz`.
    func entries(_ name: String) throws -> [Entry] {
        let file = folder.appendingPathComponent("parser/\(name).jsonl.gz")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure.unreadable(name) }
        let decoder = JSONDecoder()
        let entries = try data.split(separator: UInt8(ascii: "\n")).map { try decoder.decode(Entry.self, from: $0) }
        guard entries.count > 1000 else { throw Failure.unreadable(name) }
        return entries
    }
}

/// Numbers that a seed determines (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
