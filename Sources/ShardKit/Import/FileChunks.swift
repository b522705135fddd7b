#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif
import Foundation
import ShardBase

/// A file read from front to back in pieces: a file of any size takes one piece of memory.
final class FileChunks {
    /// 1 MB, unless a test wants less.
    static let defaultSize = 1 << 20

    private let file: FileHandle
    private let name: String
    private let size: Int
    /// The file's bytes in all; 0 for what has no length, as a pipe.
    let byteCount: Int64
    /// How many of them were read.
    private(set) var bytesRead: Int64 = 0

    /// - Throws: `.notFound` when the file cannot be read.
    init(_ path: String, size: Int = defaultSize) throws(ShardError) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw ShardError(.notFound, "there is no file \(path), or it cannot be read")
        }
        self.file = file
        self.size = size
        name = URL(filePath: path).lastPathComponent
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        byteCount = (attributes?[.size] as? NSNumber)?.int64Value ?? 0
    }

    deinit { try? file.close() }

    /// How much of the file was read, from 0 to 1; nil when nobody knows.
    var fraction: Double? { byteCount > 0 ? min(Double(bytesRead) / Double(byteCount), 1) : nil }

    /// The next bytes; nil at the end.
    func next() throws(ShardError) -> [UInt8]? {
        let data: Data?
        do {
            data = try file.read(upToCount: size)
        } catch {
            throw ShardError(.inputOutput, "\(name) cannot be read on: \(error.localizedDescription)")
        }
        guard let data, !data.isEmpty else { return nil }
        bytesRead += Int64(data.count)
        return Array(data)
    }
}
