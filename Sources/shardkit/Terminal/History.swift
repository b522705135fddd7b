#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What was typed before, kept in a file that only its owner can read: one entry a line, newest last.
struct History {
    private(set) var entries: [String] = []
    private let path: String?
    private static let limit = 2_000

    /// - Parameter path: nil: nothing is kept.
    init(path: String?) {
        self.path = path
        guard let path, let data = try? Data(contentsOf: URL(filePath: path)) else { return }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        entries = lines.suffix(Self.limit).map(String.init)
    }

    /// `SHARDKIT_HISTORY`, else `.shardkit_history` in the home folder.
    static var defaultPath: String? {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["SHARDKIT_HISTORY"] { return path.isEmpty ? nil : path }
        return environment["HOME"].map { $0 + "/.shardkit_history" }
    }

    /// Adds an entry, on one line, unless it is the newest already, and writes it to the file.
    mutating func add(_ text: String) {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard !line.allSatisfy(\.isWhitespace), entries.last != line else { return }
        entries.append(line)
        guard let path else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        try? StandardOutput(descriptor: descriptor).line(line)
        close(descriptor)
    }

    /// The newest entry before `index` that contains a text.
    func find(_ text: String, before index: Int) -> Int? {
        guard !text.isEmpty else { return nil }
        return entries[..<min(index, entries.count)].lastIndex { $0.contains(text) }
    }
}
