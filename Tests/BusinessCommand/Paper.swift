import Foundation
import Synchronization

/// Lines that a process writes down, each by one call: a line that is whole was written before the process died.
final class Paper: Sendable {
    private let file: Mutex<FileHandle>

    init(_ path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.seekToEnd()
        file = Mutex(handle)
    }

    func write(_ line: String) { file.withLock { $0.write(Data((line + "\n").utf8)) } }

    static func lines(of path: String) throws -> [String] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}
