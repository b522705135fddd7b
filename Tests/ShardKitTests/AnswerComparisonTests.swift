import ShardSQL
import ShardTopology
import Testing

@testable import ShardKit

/// What counts as a difference between two answers.
struct AnswerComparisonTests {
    private func kinds(
        _ sql: String, _ sharded: [[Value]], _ plain: [[Value]], names: [String] = ["a", "b"], mayFold: Bool = false
    ) async throws -> [Difference.Kind] {
        try await withTemporaryDatabase(shards: 1) { database in
            try await database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
            let parsed = try? Parser.parse(sql, dialect: .sqlite)
            let topology = try await database.logical.currentSchema().topology
            let comparison = AnswerComparison(parsed, names: names, topology: topology, mayFold: mayFold)
            func whole(_ rows: [[Value]]) -> WholeResult {
                WholeResult(names: names, types: names.map { _ in nil }, rows: rows, changes: 0)
            }
            return comparison.differences(whole(sharded), whole(plain)).map(\.kind)
        }
    }

    @Test("order counts where ORDER BY decides it, and nowhere else")
    func order() async throws {
        let rows: [[Value]] = [[1, "x"], [2, "x"], [3, "y"]]
        let swapped: [[Value]] = [[2, "x"], [1, "x"], [3, "y"]]
        let moved: [[Value]] = [[3, "y"], [1, "x"], [2, "x"]]
        #expect(try await kinds("SELECT a, b FROM t", moved, rows) == [])
        #expect(try await kinds("SELECT a, b FROM t ORDER BY b", swapped, rows) == [])
        #expect(try await kinds("SELECT a, b FROM t ORDER BY 2", moved, rows) == [.order])
        #expect(try await kinds("SELECT a, b FROM t ORDER BY t.b", moved, rows) == [.order])
        #expect(try await kinds("SELECT a, b FROM t ORDER BY b, a", swapped, rows) == [.order])
        #expect(try await kinds("SELECT a, b FROM t ORDER BY a + b", moved, rows) == [])
        #expect(try await kinds("SELECT a, b FROM t ORDER BY a LIMIT 3", swapped, rows) == [.order])
    }

    @Test("rows are a bag; a LIMIT may keep either of rows that ORDER BY leaves equal")
    func rows() async throws {
        #expect(try await kinds("SELECT a, b FROM t", [[1, "x"], [1, "x"]], [[1, "x"]]) == [.rows])
        #expect(
            try await kinds(
                "SELECT a, b FROM t", [[1, "x"], [1, "x"], [2, "y"]], [[1, "x"], [2, "y"], [2, "y"]]) == [.rows])
        let sql = "SELECT a, b FROM t ORDER BY b LIMIT 2"
        #expect(try await kinds(sql, [[1, "x"], [2, "y"]], [[1, "x"], [3, "y"]]) == [])
        #expect(try await kinds(sql, [[1, "x"], [2, "z"]], [[1, "x"], [2, "y"]]) == [.rows])
        #expect(try await kinds("SELECT a, b FROM t ORDER BY b, a LIMIT 1", [[1, "x"]], [[3, "x"]]) == [.rows])
    }

    @Test("values count by kind and bits, reals to 1e-12, texts in ORDER BY by their collation")
    func values() async throws {
        let sum = 0.1 + 0.2
        #expect(try await kinds("SELECT a, b FROM t", [[1, .real(sum)], [2, 5]], [[2, 5], [1, 0.3]]) == [])
        #expect(try await kinds("SELECT a, b FROM t", [[1, 0.300001]], [[1, 0.3]]) == [.rows])
        #expect(try await kinds("SELECT a, b FROM t", [[1, 1.0]], [[1, 1]]) == [.rows])
        #expect(try await kinds("SELECT a, b FROM t", [[1, "e\u{301}"]], [[1, "\u{e9}"]]) == [.rows])
        let upper: [[Value]] = [[1, "X"], [2, "x"]], lower: [[Value]] = [[2, "x"], [1, "X"]]
        #expect(try await kinds("SELECT a, b FROM t ORDER BY b COLLATE NOCASE", upper, lower, mayFold: true) == [])
        #expect(try await kinds("SELECT a, b FROM t ORDER BY b", upper, lower) == [.order])
    }
}
