import ShardBackend
import ShardPlanner
import ShardSQL
import ShardSQLite
import ShardValues
import Testing

@testable import ShardExecutor

@Suite struct HashGroupsTests {
    private func batch(_ rows: [[Value]]) -> RowBatch {
        var batch = RowBatch(columnCount: rows[0].count)
        for row in rows {
            for value in row { batch.append(value) }
            batch.endRow()
        }
        return batch
    }

    private func groups(_ collation: Collation, _ values: [Value]) throws -> Int {
        var table = try HashGroups(
            HashGrouping(
                rows: FragmentTemplate(sql: .init(pieces: []), tables: []), rowColumnCount: 1,
                keys: [SortKey(column: 0, collation: collation)], partials: [.countRows]))
        table.add(batch(values.map { [$0] }))
        return table.count
    }

    @Test func `What compares equal is one group, whichever way it is stored`() throws {
        #expect(try groups(.binary, [1, 1.0, .integer(1), 2, 2.0]) == 2)
        #expect(try groups(.binary, [0, -0.0, 0.0]) == 1)
        #expect(try groups(.binary, [.null, .null, "", .blob([])]) == 3)
        #expect(try groups(.binary, [.integer(.min), .real(-9_223_372_036_854_775_808)]) == 1)
        #expect(try groups(.binary, [.integer(.max), .real(9_223_372_036_854_775_808)]) == 2)
        #expect(try groups(.binary, [9_007_199_254_740_993, 9_007_199_254_740_992, 9_007_199_254_740_992.0]) == 2)
        #expect(try groups(.binary, [.real(.infinity), .real(-.infinity), .real(.infinity)]) == 2)
        #expect(try groups(.binary, ["a", "A", "a "]) == 3)
        #expect(try groups(.nocase, ["a", "A", "a "]) == 2)
        #expect(try groups(.nocase, ["a\0b", "A\0c", "A\0cd", "a"]) == 3)
        #expect(try groups(.rtrim, ["a", "A", "a ", "a  "]) == 2)
        #expect(try groups(.nocase, [.text("é"), .text("É"), .blob([0x61]), .blob([0x41]), "a"]) == 5)
    }

    @Test func `A table grows past its first places and gives its groups in order`() throws {
        var table = try HashGroups(
            HashGrouping(
                rows: FragmentTemplate(sql: .init(pieces: []), tables: []), rowColumnCount: 2,
                keys: [SortKey(column: 0)], partials: [.countRows, .sum(1), .maximum(1, .binary)]))
        var rows: [[Value]] = []
        for number in 0..<9000 { rows.append([.integer(Int64((number * 7919) % 3000)), .integer(Int64(number))]) }
        for start in stride(from: 0, to: rows.count, by: 250) { table.add(batch(Array(rows[start..<start + 250]))) }
        #expect(table.count == 3000)
        var output = RowBatch(columnCount: table.columnCount)
        for group in table.sorted() { try table.append(group, to: &output) }
        for row in 0..<3000 {
            let own = rows.filter { $0[0] == .integer(Int64(row)) }.map { value -> Int64 in
                if case .integer(let integer) = value[1] { return integer }
                return 0
            }
            #expect(
                output.row(row) == [
                    .integer(Int64(row)), .integer(Int64(own.count)), .integer(own.reduce(0, +)),
                    .integer(own.max() ?? 0),
                ])
        }
        #expect(table.byteCount > 3000 * 24)
    }

    @Test func `Longer extremes replace shorter ones and shorter ones longer`() throws {
        var table = try HashGroups(
            HashGrouping(
                rows: FragmentTemplate(sql: .init(pieces: []), tables: []), rowColumnCount: 2,
                keys: [SortKey(column: 0)], partials: [.minimum(1, .binary), .maximum(1, .nocase)]))
        table.add(
            batch([
                [1, .null], [1, "m"], [1, "Zebra"], [1, "abacus"], [1, .blob([1, 2, 3])], [1, 7], [2, .null],
            ]))
        table.add(batch([[1, "zzzzzzzzzzzzzz"], [1, 3], [1, .blob([0xFF])], [1, .blob([1])]]))
        var output = RowBatch(columnCount: 3)
        for group in table.sorted() { try table.append(group, to: &output) }
        #expect(output.row(0) == [1, 3, .blob([0xFF])])
        #expect(output.row(1) == [2, .null, .null])
    }

    @Test func `Groups that outgrow the limit are none`() async throws {
        let database = try SQLiteBackend().openPrivate()
        let rows = ShardStatement(
            "WITH RECURSIVE c(n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM c WHERE n < 4999) SELECT n % 2000 FROM c")
        let fragment = Fragment(shard: 0, statement: ShardStatement("SELECT 1"), rows: rows)
        let grouping = HashGrouping(
            rows: FragmentTemplate(sql: .init(pieces: []), tables: []), rowColumnCount: 1, keys: [SortKey(column: 0)],
            partials: [.countRows])
        let hub = StreamHub(channels: [0], driverCount: 1, depth: 1, columnCount: 2)
        let small = try await FragmentGrouping(grouping, byteLimit: 10_000).groups(of: fragment, database, [], hub)
        #expect(small == nil)
        var large = try #require(
            try await FragmentGrouping(grouping, byteLimit: 10_000_000).groups(of: fragment, database, [], hub))
        var output = RowBatch(columnCount: 2)
        let isLast = try large.next(into: &output, rowLimit: 10_000)
        #expect(isLast)
        #expect(output.rowCount == 2000)
        #expect(output.row(1999) == [1999, 2])
    }
}
