import Foundation
import ShardIDs

/// Identifiers as issued, written down as runs: neighbours in a worker's own counting become one record of three
/// numbers. What was not written down when the process was killed was never given to anybody.
struct Run: Sendable, Hashable, Comparable {
    var worker: UInt64
    var first: UInt64
    var last: UInt64

    var count: Int { Int(last - first) + 1 }

    static func < (left: Self, right: Self) -> Bool { (left.worker, left.first) < (right.worker, right.first) }
}

/// One task's file of runs.
struct RunWriter: ~Copyable {
    private let file: Int32
    private var runs: [Run] = []
    private let layout: SnowflakeLayout?
    private var previous: Int64 = -1

    /// - Parameter layout: takes identifiers apart; nil: they are counted as they are.
    init(path: String, layout: SnowflakeLayout?) throws {
        file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        guard file >= 0 else { throw POSIXError(.EIO) }
        self.layout = layout
    }

    deinit { close(file) }

    /// Each identifier of a task must exceed the one before it.
    mutating func add(_ identifier: Int64, growing: Bool = true) throws {
        guard !growing || identifier > previous else {
            throw Arguments.Problem(description: "\(identifier) was issued after \(previous)")
        }
        previous = identifier
        var worker: UInt64 = 0
        var word = UInt64(bitPattern: identifier)
        if let layout {
            let node = UInt64(layout.workerBits)
            let low = layout.maximumSequence
            worker = (word >> UInt64(layout.sequenceBits)) & layout.maximumWorker
            word = (word >> (UInt64(layout.sequenceBits) + node)) << UInt64(layout.sequenceBits) | word & low
        }
        if let last = runs.last, last.worker == worker, last.last &+ 1 == word {
            runs[runs.count - 1].last = word
        } else {
            runs.append(Run(worker: worker, first: word, last: word))
        }
    }

    /// Writes down what was added, and how much that was.
    mutating func flush() throws {
        guard !runs.isEmpty else { return }
        let written = runs.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard written == runs.count * MemoryLayout<Run>.stride else { throw POSIXError(.EIO) }
        runs.removeAll(keepingCapacity: true)
    }

    /// The runs in a file; a record that the kill cut off is left out.
    static func read(_ path: String) throws -> [Run] {
        let data = try Data(contentsOf: URL(filePath: path))
        let size = MemoryLayout<Run>.stride
        return data.withUnsafeBytes { bytes in
            (0..<bytes.count / size).map { bytes.loadUnaligned(fromByteOffset: $0 * size, as: Run.self) }
        }
    }
}
