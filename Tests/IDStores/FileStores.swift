import Foundation
public import ShardIDs

/// One file of lines that processes change in turns: under a lock, written anew, synced and renamed.
struct LockedFile: Sendable {
    let path: String

    /// Reads the lines and, where `change` gives new ones, writes them.
    func update<Value>(_ change: (inout [String]) throws -> (Value, writes: Bool)) throws -> Value {
        let lock = open(path + ".lock", O_RDWR | O_CREAT, 0o644)
        guard lock >= 0 else { throw POSIXError(.EIO) }
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 { guard errno == EINTR else { throw POSIXError(.EIO) } }
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        var lines = text.split(separator: "\n").map(String.init)
        let (value, writes) = try change(&lines)
        guard writes else { return value }
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard file >= 0 else { throw POSIXError(.EIO) }
        let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
        let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard written == bytes.count, fsync(file) == 0, close(file) == 0, rename(temporary, path) == 0 else {
            throw POSIXError(.EIO)
        }
        return value
    }
}

/// Workers in a file, for tests with many processes.
public struct FileWorkerStore: WorkerStore {
    private let file: LockedFile
    private let now: @Sendable () -> Int64

    public init(path: String, now: @escaping @Sendable () -> Int64) {
        file = LockedFile(path: path)
        self.now = now
    }

    public func workers() async throws -> WorkerSnapshot {
        let now = now()
        return try file.update { (WorkerSnapshot(rows: $0.compactMap(Self.row), now: now), false) }
    }

    public func replace(fence: Int64, with row: WorkerRow, lease: Duration?) async throws -> Bool {
        var row = row
        row.expires = lease.map { now() + $0.milliseconds }
        return try file.update { lines in
            let index = lines.firstIndex { Self.row($0)?.node == row.node }
            guard (index.flatMap { Self.row(lines[$0])?.fence } ?? 0) == fence else { return (false, false) }
            if let index { lines[index] = Self.line(row) } else { lines.append(Self.line(row)) }
            return (true, true)
        }
    }

    private static func line(_ row: WorkerRow) -> String {
        let expires = row.expires.map { "\($0)" } ?? "never"
        return "\(row.node) \(row.fence) \(expires) \(row.mark.rollback) \(row.mark.milliseconds) @\(row.holder)"
    }

    private static func row(_ line: String) -> WorkerRow? {
        let words = line.split(separator: " ", maxSplits: 5)
        guard words.count == 6, let node = Int64(words[0]), let fence = Int64(words[1]), let rollback = Int64(words[3]),
            let milliseconds = Int64(words[4])
        else { return nil }
        return WorkerRow(
            node: node, holder: String(words[5].dropFirst()), fence: fence, expires: Int64(words[2]),
            mark: HighWaterMark(rollback: rollback, milliseconds: milliseconds))
    }
}

/// Segments of one tag in a file, for tests with many processes.
public struct FileSegmentStore: SegmentStore {
    private let file: LockedFile
    private let step: Int64

    public init(path: String, step: Int64) {
        file = LockedFile(path: path)
        self.step = step
    }

    public func tags() async throws -> [SegmentRow] { [SegmentRow(tag: "tag", step: step)] }

    public func reserve(tag: String, step: Int64?) async throws -> SegmentRow? {
        try file.update { lines in
            let maximum = (lines.first.flatMap { Int64($0) } ?? 0) + (step ?? self.step)
            lines = ["\(maximum)"]
            return (SegmentRow(tag: tag, maximum: maximum, step: self.step), true)
        }
    }
}
