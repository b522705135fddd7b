import ShardBase
import ShardValues
import Testing

@testable import ShardExecutor

@Suite("Ordered merge")
struct MergeOperatorTests {
    /// The order of two rows, said the slow way.
    private static func order(_ a: [Value], _ b: [Value], _ keys: [SortKey]) -> Int {
        for key in keys {
            let (left, right) = (a[key.column], b[key.column])
            let areNull = (left == .null, right == .null)
            if areNull.0 != areNull.1 {
                let nullsFirst = key.nullsFirst ?? !key.descending
                return areNull.0 == nullsFirst ? -1 : 1
            }
            if areNull.0 { continue }
            let order = SQLiteOrder.compare(left, right, collation: key.collation)
            if order != 0 { return key.descending ? -order : order }
        }
        return 0
    }

    @Test(
        "merged streams are the sorted rows, whatever the types, directions, NULL places and collations",
        arguments: 0..<150)
    func mergesLikeASort(seed: UInt64) async throws {
        var maker = ValueMaker(seed: seed)
        let columns = maker.number(1...4)
        let shown = maker.number(1...columns)
        let keys = (0..<maker.number(1...3)).map { _ in
            SortKey(
                column: maker.number(0...(columns - 1)), descending: maker.number(0...1) == 1,
                nullsFirst: [nil, true, false][maker.number(0...2)],
                collation: [Collation.binary, .nocase, .rtrim][maker.number(0...2)])
        }
        let streams = (0..<maker.number(1...6)).map { _ in
            (0..<maker.number(0...60)).map { _ in (0..<columns).map { _ in maker.value() } }
                .sorted { Self.order($0, $1, keys) < 0 }
        }
        let sources = streams.enumerated().map {
            FedSource($0.element, columnCount: columns, largestBatch: 9, seed: seed &+ UInt64($0.offset))
        }
        let merge = MergeOperator(
            inputs: sources, comparator: try RowComparator(keys: keys), columnCount: columns,
            rowLimit: maker.number(1...20))
        let merged = try await merge.allRows()
        for (before, after) in zip(merged, merged.dropFirst()) {
            #expect(Self.order(before, after, keys) <= 0, "seed \(seed): \(before) stands before \(after)")
        }
        #expect(Self.counts(merged) == Self.counts(streams.flatMap { $0 }), "seed \(seed)")
        #expect(sources.allSatisfy { $0.isClosed }, "seed \(seed)")

        // The same with hidden columns: their cells fall away, rows and order stay.
        let narrow = MergeOperator(
            inputs: streams.map { FedSource($0, columnCount: columns, seed: seed) },
            comparator: try RowComparator(keys: keys), columnCount: shown, rowLimit: 5)
        let shownRows = try await narrow.allRows()
        #expect(shownRows == merged.map { Array($0.prefix(shown)) }, "seed \(seed)")
    }

    private static func counts(_ rows: [[Value]]) -> [String: Int] {
        Dictionary(rows.map { ("\($0)", 1) }, uniquingKeysWith: +)
    }

    @Test("a stream that breaks closes all streams and hands on its error")
    func errorClosesAll() async throws {
        let keys = [SortKey(column: 0)]
        let good = FedSource((0..<100).map { [.integer($0)] }, columnCount: 1)
        let bad = FedSource((0..<100).map { [.integer($0)] }, columnCount: 1, failsAfter: 3)
        let merge = MergeOperator(
            inputs: [good, bad], comparator: try RowComparator(keys: keys), columnCount: 1, rowLimit: 256)
        await #expect(throws: ShardError.self) { _ = try await merge.allRows() }
        #expect(good.isClosed && bad.isClosed)
        let after = try await merge.next(RowBatch(columnCount: 1))
        #expect(after.isEmpty)
    }

    @Test("no rows are merged from empty streams")
    func emptyStreams() async throws {
        let merge = MergeOperator(
            inputs: [FedSource([], columnCount: 1), FedSource([], columnCount: 1)],
            comparator: try RowComparator(keys: [SortKey(column: 0)]), columnCount: 1, rowLimit: 10)
        #expect(try await merge.allRows().isEmpty)
        #expect(merge.isAtEnd)
    }
}
