import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQLite
import ShardValues
import Testing

@testable import ShardExecutor

@Suite("Partial aggregates become final ones")
struct AggregateOperatorTests {
    private static func operation(
        _ rows: [[Value]], groups: [Collation] = [], _ aggregates: [FinalAggregate], rowLimit: Int = 256,
        seed: UInt64 = 1,
        largestBatch: Int = 5
    ) throws -> AggregateOperator {
        let keys = groups.enumerated().map { SortKey(column: $0.offset, collation: $0.element) }
        return AggregateOperator(
            input: FedSource(rows, columnCount: rows.first?.count ?? 9, largestBatch: largestBatch, seed: seed),
            groupColumnCount: groups.count, groups: try RowComparator(keys: keys), aggregates: aggregates,
            states: try aggregates.map { try AggregateState($0) }, rowLimit: rowLimit)
    }

    private static func final(_ partials: [Value], _ aggregate: FinalAggregate) async throws -> Value {
        try await operation(partials.map { [$0] }, [aggregate]).allRows()[0][0]
    }

    /// A NULL partial is one of no values.
    private static func sum(_ partials: [Value]) async throws -> Value {
        let rows = partials.map { [$0, .integer($0 == .null ? 0 : 1)] }
        return try await operation(rows, [.sum(0, count: 1)]).allRows()[0][0]
    }

    @Test("without groups there is one row, also for no rows")
    func emptyInput() async throws {
        let aggregates: [FinalAggregate] = [
            .count(0), .sum(0, count: 1), .total(0), .average(total: 0, count: 1), .minimum(0, .binary),
            .maximum(0, .binary),
            .groupConcat(0, separator: ","), .countDistinct(0, .binary), .sumDistinct(0, .binary),
            .totalDistinct(0, .binary), .averageDistinct(0, .binary), .any(0),
        ]
        let rows = try await Self.operation([], aggregates).allRows()
        #expect(
            rows == [
                [.integer(0), .null, .real(0), .null, .null, .null, .null, .integer(0), .null, .real(0), .null, .null]
            ])
        #expect(try await Self.operation([], groups: [.binary], [.count(1)]).allRows().isEmpty)
    }

    @Test("integer sums are exact, and only a sum that does not fit overflows")
    func sums() async throws {
        #expect(try await Self.sum([.integer(.max), .integer(5), .integer(-10)]) == .integer(.max - 5))
        #expect(try await Self.sum([.integer(1), .real(0.5), .null]) == .real(1.5))
        #expect(try await Self.sum([.null, .null]) == .null)
        let error = await #expect(throws: ShardError.self) {
            _ = try await Self.sum([.integer(.max), .integer(1)])
        }
        #expect(error?.message == "integer overflow")
        #expect(error?.code == .engine)
        // One real makes it a sum of reals.
        #expect(
            try await Self.sum([.integer(.max), .real(0), .integer(.max)])
                == .real(2 * 9.223372036854775807e18))
        #expect(try await Self.sum([.real(.infinity), .real(-.infinity)]) == .null)
    }

    @Test("a total or sum that was not a number in one fragment is none in all")
    func notANumber() async throws {
        #expect(try await Self.final([.null, .real(1)], .total(0)) == .null)
        let sums = try await Self.operation(
            [[.null, .integer(2)], [.real(1), .integer(1)], [.null, .integer(0)]], [.sum(0, count: 1)]
        ).allRows()
        #expect(sums == [[.null]])
        let rows = try await Self.operation(
            [[.null, .integer(2)], [.real(1), .integer(1)]], [.average(total: 0, count: 1)]
        ).allRows()
        #expect(rows == [[.null]])
    }

    @Test("group_concat joins what is there, of any kind")
    func concatenation() async throws {
        let partials: [Value] = [
            .text("a,b"), .null, .text(""), .integer(-7), .real(2), .malformedText([0xFF]), .blob([0x41]),
        ]
        #expect(
            try await Self.final(partials, .groupConcat(0, separator: ";"))
                == .malformedText(Array("a,b;;-7;2.0;".utf8) + [0xFF] + Array(";A".utf8)))
        #expect(try await Self.final([.text(""), .text("")], .groupConcat(0, separator: ",")) == .text(","))
        #expect(try await Self.final([.text("")], .groupConcat(0, separator: ",")) == .text(""))
    }

    @Test("the output stops at its row limit and goes on")
    func rowLimit() async throws {
        let rows: [[Value]] = (0..<23).flatMap { [[.integer($0), .integer(1)], [.integer($0), .integer(2)]] }
        let operation = try Self.operation(
            rows, groups: [.binary], [.sum(1, count: 1)], rowLimit: 4, seed: 2, largestBatch: 40)
        let first = try await operation.next(RowBatch(columnCount: 2))
        #expect(first.rowCount == 4)
        let second = try await operation.next(RowBatch(columnCount: 2))
        #expect(second.rowCount == 4)
        #expect(try await operation.allRows() == (8..<23).map { [.integer($0), .integer(3)] })
    }

    /// The law: merged partials of the partitions say what the engine says of all rows.
    @Test("partials of partitions say what the engine says of all rows", arguments: 0..<40)
    func likeTheEngine(seed: UInt64) async throws {
        var maker = ValueMaker(seed: seed)
        let collation: (sql: String, own: Collation) = [
            ("BINARY", .binary), ("NOCASE", .nocase), ("RTRIM", .rtrim),
        ][maker.number(0...2)]
        let engine = try SQLiteBackend().openPrivate()
        try await engine.executeScript(
            "CREATE TABLE t (p, g COLLATE \(collation.sql), x COLLATE \(collation.sql))")
        let insert = ShardStatement("INSERT INTO t VALUES (?1, ?2, ?3)")
        for _ in 0..<maker.number(0...80) {
            let group: Value = [.null, .integer(1), .text("a"), .text("A"), .text("a ")][maker.number(0...4)]
            var value = maker.value()
            // What overflows or is infinite depends on the order of rows; it has tests of its own.
            switch value {
            case .integer(let integer) where abs(Double(integer)) > 1e15: value = .integer(12)
            case .real(let real) where real.isInfinite || abs(real) > 1e16: value = .real(-0.25)
            case .null, .integer, .real, .text, .blob, .malformedText: break
            }
            _ = try await engine.execute(insert, values: [.integer(Int64(maker.number(0...3))), group, value])
        }
        for grouping in [true, false] {
            try await compare(engine, grouped: grouping, collation.own, seed)
        }
    }

    private func compare(
        _ engine: any PrivateDatabase, grouped: Bool, _ collation: Collation, _ seed: UInt64
    ) async throws {
        let group = grouped ? "g, " : ""
        let tail = grouped ? " GROUP BY g ORDER BY g" : ""
        let width = grouped ? 1 : 0
        let collations = grouped ? [collation] : []
        let whole = try await answer(
            engine,
            "SELECT \(group)count(x), sum(x), total(x), avg(x), min(x), max(x), length(group_concat(x, '|')) FROM t\(tail)"
        )
        let partials = try await sorted(
            engine,
            "SELECT \(group)count(x), sum(x), total(x), min(x), max(x), group_concat(x, '|') FROM t WHERE p = ?1",
            tail, collations)
        let finals: [FinalAggregate] = [
            .count(width), .sum(width + 1, count: width), .total(width + 2), .average(total: width + 2, count: width),
            .minimum(width + 3, collation), .maximum(width + 4, collation), .groupConcat(width + 5, separator: "|"),
        ]
        let merged = try await Self.operation(partials, groups: collations, finals, seed: seed).allRows()
        try expect(merged, whole, collation, lengthOfLast: true, seed)

        let distinct = try await answer(
            engine,
            "SELECT \(group)count(DISTINCT x), total(DISTINCT x), avg(DISTINCT x), sum(DISTINCT x) FROM t\(tail)")
        let order = grouped ? " GROUP BY g, x ORDER BY g, x" : " GROUP BY x ORDER BY x"
        let values = try await sorted(
            engine, "SELECT \(group)x FROM t WHERE p = ?1", order, collations + [collation])
        let distinctFinals: [FinalAggregate] = [
            .countDistinct(width, collation), .totalDistinct(width, collation), .averageDistinct(width, collation),
            .sumDistinct(width, collation),
        ]
        let mergedDistinct = try await Self.operation(values, groups: collations, distinctFinals, seed: seed).allRows()
        // Which of the equal values ('5', '5 ') is taken decides kinds and sums; numbers are compared where there is no choice.
        if collation == .binary { try expect(mergedDistinct, distinct, collation, lengthOfLast: false, seed) }
        #expect(mergedDistinct.map { $0[width] } == distinct.map { $0[width] }, "seed \(seed)")
    }

    private func answer(_ engine: any PrivateDatabase, _ sql: String, _ values: [Value] = []) async throws -> [[Value]]
    {
        let start = try await engine.query(ShardStatement(sql), values: values, rowLimit: 10_000)
        return (0..<start.batch.rowCount).map { start.batch.row($0) }
    }

    private func sorted(
        _ engine: any PrivateDatabase, _ sql: String, _ tail: String, _ collations: [Collation]
    ) async throws -> [[Value]] {
        var streams: [any RowSource] = []
        var width = 1
        for partition in 0..<4 {
            let rows = try await answer(engine, sql + tail, [.integer(Int64(partition))])
            width = rows.first?.count ?? width
            streams.append(FedSource(rows, columnCount: width))
        }
        let keys = collations.enumerated().map { SortKey(column: $0.offset, collation: $0.element) }
        return try await MergeOperator(
            inputs: streams, comparator: try RowComparator(keys: keys), columnCount: width, rowLimit: 16
        ).allRows()
    }

    /// Equal, but that reals may differ by the order of summation, equal texts by their spelling and joined texts by
    /// their order (their lengths are compared).
    private func expect(
        _ merged: [[Value]], _ whole: [[Value]], _ collation: Collation, lengthOfLast: Bool, _ seed: UInt64
    ) throws {
        try #require(merged.count == whole.count, "seed \(seed): \(merged) against \(whole)")
        for (left, right) in zip(merged, whole) {
            for (column, (a, b)) in zip(left, right).enumerated() {
                if lengthOfLast, column == left.count - 1 {
                    let length: Value
                    switch a {
                    case .text(let text): length = .integer(Int64(text.unicodeScalars.count))
                    case .malformedText: continue
                    case .null, .integer, .real, .blob: length = a
                    }
                    if case .text(let text) = a, text.contains("\0") { continue }
                    #expect(length == b, "seed \(seed), column \(column): \(a)")
                } else if case .real(let x) = a, case .real(let y) = b {
                    #expect(abs(x - y) <= 1e-9 * max(1, abs(x)), "seed \(seed), column \(column)")
                } else {
                    #expect(
                        SQLiteOrder.compare(a, b, collation: collation) == 0,
                        "seed \(seed), column \(column): \(a) against \(b)")
                }
            }
        }
    }
}
