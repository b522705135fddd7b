import ShardValues

/// Sorted streams become one sorted stream: a k-way merge.
///
/// - Invariant: `heap[0]` is the smallest head row; `heap` holds one entry per stream that has a row, `heads` each
///   stream's batch and the row it stands at.
/// - An entry carries its row's order-preserving 8-byte prefix; the rows themselves are compared only where prefixes
///   are equal. Rows that are equal under the keys come in order of streams.
/// - Cells are copied once, into the output batch; the streams' batches are refilled in place.
///
/// Source of the replace-top step: Knuth, The Art of Computer Programming 3, 5.4.1.
final class MergeOperator: RowSource, @unchecked Sendable {
    // Unchecked: all state is touched by the one reader only.
    private struct Head {
        var batch: RowBatch
        var row = 0
    }

    private struct Entry {
        var prefix: UInt64
        var stream: Int
    }

    /// The output shows the inputs' first `columnCount` columns: hidden sort keys fall away.
    let columnCount: Int
    private let inputs: [any RowSource]
    private let comparator: RowComparator
    private let rowLimit: Int
    private var heads: [Head]
    private var heap: [Entry] = []
    private var isStarted = false
    private var isClosed = false

    init(inputs: [any RowSource], comparator: RowComparator, columnCount: Int, rowLimit: Int) {
        self.inputs = inputs
        self.comparator = comparator
        self.columnCount = columnCount
        self.rowLimit = rowLimit
        heads = inputs.map { Head(batch: RowBatch(columnCount: $0.columnCount)) }
        heap.reserveCapacity(inputs.count)
    }

    var isAtEnd: Bool { isClosed || isStarted && heap.isEmpty }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        var output = recycled.reused(columnCount: columnCount)
        if isClosed { return output }
        do {
            if !isStarted { try await start() }
            while !heap.isEmpty, let stream = fill(&output) { try await refill(stream) }
        } catch {
            await close()
            throw error
        }
        if heap.isEmpty { await close() }
        return output
    }

    func close() async {
        if isClosed { return }
        isClosed = true
        heap = []
        heads = []
        for input in inputs { await input.close() }
    }

    private func start() async throws {
        for stream in inputs.indices {
            heads[stream].batch = try await nextBatch(stream)
            if !heads[stream].batch.isEmpty {
                heap.append(Entry(prefix: comparator.sortPrefix(heads[stream].batch, 0), stream: stream))
            }
        }
        isStarted = true
        withState { heads, heap in
            for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sift(index, heap, heads) }
        }
    }

    private func nextBatch(_ stream: Int) async throws -> RowBatch {
        // The head gives up its storage, so that it is refilled in place.
        let storage = heads[stream].batch
        heads[stream].batch = RowBatch(columnCount: 0)
        return try await inputs[stream].next(storage)
    }

    /// The stream at the top has used up its batch.
    private func refill(_ stream: Int) async throws {
        heads[stream].batch = try await nextBatch(stream)
        heads[stream].row = 0
        if heads[stream].batch.isEmpty {
            heap[0] = heap[heap.count - 1]
            heap.removeLast()
        } else {
            heap[0].prefix = comparator.sortPrefix(heads[stream].batch, 0)
        }
        withState { heads, heap in sift(0, heap, heads) }
    }

    /// Moves rows until the output is full (nil) or a stream needs its next batch (its number).
    private func fill(_ output: inout RowBatch) -> Int? {
        let byteLimit = RowBatch.defaultByteLimit
        return withState { heads, heap in
            while output.rowCount < rowLimit, output.payloadByteCount < byteLimit {
                let stream = heap[0].stream
                let row = heads[stream].row
                output.append(row: row, of: heads[stream].batch)
                heads[stream].row = row + 1
                if row + 1 == heads[stream].batch.rowCount { return stream }
                heap[0].prefix = comparator.sortPrefix(heads[stream].batch, row + 1)
                sift(0, heap, heads)
            }
            return nil
        }
    }

    private func withState<Result>(
        _ body: (UnsafeMutableBufferPointer<Head>, UnsafeMutableBufferPointer<Entry>) -> Result
    ) -> Result {
        heads.withUnsafeMutableBufferPointer { heads in
            heap.withUnsafeMutableBufferPointer { heap in body(heads, heap) }
        }
    }

    /// Lets the entry at `start` sink to its place.
    private func sift(
        _ start: Int, _ heap: UnsafeMutableBufferPointer<Entry>, _ heads: UnsafeMutableBufferPointer<Head>
    ) {
        guard start < heap.count else { return }
        let entry = heap[start]
        var hole = start
        while true {
            var child = 2 * hole + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, isLess(heap[child + 1], heap[child], heads) { child += 1 }
            if !isLess(heap[child], entry, heads) { break }
            heap[hole] = heap[child]
            hole = child
        }
        heap[hole] = entry
    }

    @inline(__always)
    private func isLess(_ a: Entry, _ b: Entry, _ heads: UnsafeMutableBufferPointer<Head>) -> Bool {
        if a.prefix != b.prefix { return a.prefix < b.prefix }
        let order = comparator.compare(
            heads[a.stream].batch, heads[a.stream].row, heads[b.stream].batch, heads[b.stream].row)
        return order == 0 ? a.stream < b.stream : order < 0
    }
}
