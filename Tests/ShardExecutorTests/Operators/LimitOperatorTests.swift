import ShardBase
import ShardPlanner
import ShardValues
import Testing

@testable import ShardExecutor

@Suite("LIMIT and OFFSET")
struct LimitOperatorTests {
    private static let rows: [[Value]] = (0..<50).map { [.integer($0)] }

    private func bounds(_ count: Value?, _ offset: Value?) throws -> LimitBounds {
        try LimitBounds(
            count: count.map { _ in .parameter(0) }, offset: offset.map { _ in .parameter(1) },
            values: [count ?? .null, offset ?? .null], parameterCount: 2)
    }

    @Test(
        "a window of the rows is given, and the input is closed at its end",
        arguments: [
            (Int64?.none, Int64(0)), (0, 0), (0, 7), (1, 0), (5, 3), (50, 0), (51, 0), (10, 45), (10, 50), (10, 51),
            (.max, 3), (.max, .max), (-1, 0), (-1, 48), (.min, 2), (3, -5), (7, .min), (nil, 49),
        ])
    func window(count: Int64?, offset: Int64) async throws {
        let input = FedSource(Self.rows, columnCount: 1)
        let limit = LimitOperator(
            input: input, bounds: try bounds(count.map { .integer($0) }, .integer(offset)))
        let wanted = count.map { $0 < 0 ? Int.max : Int(clamping: $0) } ?? .max
        let expected = Self.rows.dropFirst(Int(clamping: max(0, offset))).prefix(wanted)
        #expect(try await limit.allRows() == Array(expected))
        #expect(input.isClosed)
    }

    @Test("a limit that is reached ends the input at once, not at the next question")
    func closesEarly() async throws {
        let input = FedSource(Self.rows, columnCount: 1, largestBatch: 1)
        let limit = LimitOperator(input: input, bounds: try bounds(.integer(3), nil))
        for _ in 0..<3 { _ = try await limit.next(RowBatch(columnCount: 1)) }
        #expect(input.isClosed)
        #expect(limit.isAtEnd)
        #expect(input.batchesAsked == 3)
    }

    @Test(
        "what is losslessly an integer is taken",
        arguments: [
            (Value.text("5"), Int64(5)), (.real(5.0), 5), (.text("5.0"), 5), (.text(" 7 "), 7), (.text("1e1"), 10),
            (.integer(-3), -3),
        ])
    func lossless(value: Value, number: Int64) throws {
        #expect(try bounds(value, nil).count == (number < 0 ? nil : number))
    }

    @Test(
        "anything else is SQLite's datatype mismatch",
        arguments: [
            Value.null, .real(5.5), .text("abc"), .text("5x"), .text(""), .blob([53]), .real(1e30),
            .malformedText([0xFF]),
        ])
    func mismatch(value: Value) throws {
        let error = #expect(throws: ShardError.self) { try bounds(value, nil) }
        #expect(error?.code == .typeMismatch)
        #expect(error?.message == "datatype mismatch")
        #expect(throws: ShardError.self) { try bounds(.integer(1), value) }
        // After LIMIT 0 nobody looks at the offset.
        #expect(try bounds(.integer(0), value).offset == 0)
    }

    @Test("fragments are asked for limit and offset together, for all when that cannot be said")
    func fragmentLimit() throws {
        #expect(try bounds(.integer(10), .integer(5)).fragmentLimit == 15)
        #expect(try bounds(.integer(10), .integer(-5)).fragmentLimit == 10)
        #expect(try bounds(.integer(-1), .integer(5)).fragmentLimit == -1)
        #expect(try bounds(.integer(.max), .integer(1)).fragmentLimit == -1)
        #expect(try bounds(.integer(0), .integer(1)).fragmentLimit == 0)
        #expect(try bounds(nil, .integer(4)).fragmentLimit == -1)
    }
}

@Suite("DISTINCT and projection")
struct DistinctOperatorTests {
    @Test("of equal neighbours under the collation one row is given, across batches too", arguments: 0..<60)
    func distinct(seed: UInt64) async throws {
        var maker = ValueMaker(seed: seed)
        let keys = [
            SortKey(column: 0, collation: [.binary, .nocase, .rtrim][maker.number(0...2)]), SortKey(column: 1),
        ]
        let comparator = try RowComparator(keys: keys)
        func compare(_ a: [Value], _ b: [Value]) -> Int {
            var batch = RowBatch(columnCount: 2)
            for row in [a, b] {
                for value in row { batch.append(value) }
                batch.endRow()
            }
            return comparator.compare(batch, 0, batch, 1)
        }
        let rows = (0..<maker.number(0...120)).map { _ in [maker.value(), .integer(Int64(maker.number(0...1)))] }
            .sorted { compare($0, $1) < 0 }
        var expected: [[Value]] = []
        for row in rows where expected.isEmpty || compare(expected[expected.count - 1], row) != 0 {
            expected.append(row)
        }
        let operation = DistinctOperator(
            input: FedSource(rows, columnCount: 2, largestBatch: 4, seed: seed), comparator: comparator)
        #expect(try await operation.allRows() == expected, "seed \(seed)")
    }

    @Test("columns are picked by position, again and in any order")
    func project() async throws {
        let rows: [[Value]] = (0..<20).map { [.integer($0), .text("t\($0)"), .null] }
        let operation = ProjectOperator(input: FedSource(rows, columnCount: 3), columns: [1, 0, 1])
        #expect(try await operation.allRows() == rows.map { [$0[1], $0[0], $0[1]] })
    }
}
