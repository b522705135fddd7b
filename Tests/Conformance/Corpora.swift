public import Foundation

/// Corpora that lie beside the checkout; tests that need them say so and are skipped where they are absent.
public enum Corpora {
    public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    public static let folder: URL? = {
        let named = ProcessInfo.processInfo.environment["SHARDKIT_CORPUS"].map { URL(filePath: $0) }
        let place = named ?? root.appending(path: "../shared/corpus").standardizedFileURL
        return FileManager.default.fileExists(atPath: place.path) ? place : nil
    }()

    /// Under CI a missing corpus is a failure, elsewhere a line.
    public static func require(_ test: String) -> URL? {
        if let folder { return folder }
        print("skipped: \(test) needs the corpora beside the checkout, or in SHARDKIT_CORPUS")
        return nil
    }

    public static var isMissingUnderCI: Bool { folder == nil && ProcessInfo.processInfo.environment["CI"] == "true" }

    /// The text of a gzipped file.
    public static func unzipped(_ file: URL) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// The statements of a query fixture: without comment lines, split at semicolons.
    public static func queries(_ name: String) throws -> [String] {
        let text = try String(contentsOf: root.appending(path: "fixtures/queries/\(name)"), encoding: .utf8)
        return text.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
            .split(separator: ";").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.isEmpty }
    }
}
