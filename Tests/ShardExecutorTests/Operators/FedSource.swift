import ShardBase
import ShardValues
import Synchronization

@testable import ShardExecutor

/// Rows from an array, in batches of given sizes; counts what happens to it.
final class FedSource: RowSource {
    private struct State {
        var rows: [[Value]]
        var position = 0
        var sizes: SeededGenerator
        var isClosed = false
        var asked = 0
    }
    let columnCount: Int
    private let state: Mutex<State>
    private let largest: Int
    private let failsAfter: Int?

    init(_ rows: [[Value]], columnCount: Int, largestBatch: Int = 7, seed: UInt64 = 1, failsAfter: Int? = nil) {
        self.columnCount = columnCount
        largest = largestBatch
        self.failsAfter = failsAfter
        state = Mutex(State(rows: rows, sizes: SeededGenerator(seed: seed)))
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }
    var batchesAsked: Int { state.withLock { $0.asked } }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        var batch = RowBatch(columnCount: columnCount)
        // Some readers hop, as real ones do.
        await Task.yield()
        try state.withLock { state in
            state.asked += 1
            if let failsAfter, state.asked > failsAfter { throw ShardError(.engine, "the stream broke") }
            let count = Int.random(in: 1...largest, using: &state.sizes)
            for row in state.rows[state.position..<min(state.position + count, state.rows.count)] {
                for value in row { batch.append(value) }
                batch.endRow()
                state.position += 1
            }
        }
        return batch
    }

    func close() async { state.withLock { $0.isClosed = true } }
}

extension RowSource {
    /// All rows that are left.
    func allRows() async throws -> [[Value]] {
        var rows: [[Value]] = []
        var batch = RowBatch(columnCount: columnCount)
        while true {
            batch = try await next(batch)
            if batch.isEmpty { return rows }
            for row in 0..<batch.rowCount { rows.append(batch.row(row)) }
        }
    }
}

/// Seeded values of every kind, many of them equal or nearly so under some collation.
struct ValueMaker {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func value() -> Value {
        switch number(0...13) {
        case 0, 1: return .null
        case 2, 3: return .integer(Int64(number(-3...3)))
        case 4: return .integer(Int64.random(in: .min ... .max, using: &generator))
        case 5: return .real(Double(number(-3...3)))
        case 6: return .real(Double(number(-30...30)) / 8)
        case 7: return .real([9.007199254740993e15, -1e300, .infinity, -.infinity, 0.1][number(0...4)])
        case 8: return .integer([9_007_199_254_740_993, .max, .min][number(0...2)])
        case 9: return .blob((0..<number(0...3)).map { _ in UInt8(number(0...255)) })
        case 10: return .text(["", " ", "a", "A", "a ", "ab", "Ab", "abcdefghij", "abcdefghiJ", "é"][number(0...9)])
        case 11: return .text(String(repeating: "x", count: number(0...12)) + ["", " ", "Y", "y"][number(0...3)])
        case 12: return .malformedText([0xFF, UInt8(number(0...255))])
        default: return .text("\(number(-20...20))")
        }
    }
}
