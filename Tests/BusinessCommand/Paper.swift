import Foundation
import Synchronization

/// Lines that a process writes down, each by one call: a line that is whole was written before the process died.
final class Paper: Sendable {
    private let file: Mutex<FileHandle>

    /// Several processes may have it open.
    init(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        guard descriptor >= 0 else { throw BusinessFailure(description: "\(path) cannot be opened") }
        file = Mutex(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
    }

    func write(_ line: String) { file.withLock { $0.write(Data((line + "\n").utf8)) } }

    static func lines(of path: String) throws -> [String] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}
