import Fuzzing
import PlainEngine
import ShardKit
import Testing

/// Infinities of both signs make a sum that is not a number, which SQLite shows as NULL: on one shard it must not look
/// like a sum of no rows.
@Suite("infinite sums") struct InfiniteSumTests {
    @Test("a sum that is not a number stays none when other shards have numbers")
    func sums() async throws {
        let plain = try PlainDatabase()
        try await withTemporaryDatabase(shards: 2) { database in
            try await database.withSession { session in
                let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER, v)"
                _ = try plain.run(table)
                try await session.execute(SQLText(table + " SHARD BY MOD (id) INTO 2 PARTITIONS"))
                let index = "CREATE INDEX by_g ON t (g, v)"
                _ = try plain.run(index)
                try await session.execute(SQLText(index))
                let insert =
                    "INSERT INTO t VALUES (2, 1, 9e999), (4, 1, -9e999), (3, 1, 5), (6, 2, 9e999), (7, 2, 1), (8, 3, NULL), "
                    + "(9, 3, NULL), (10, 4, -9e999), (11, 4, 9e999), (12, 5, 2), (13, 5, 3)"
                _ = try plain.run(insert)
                try await session.execute(SQLText(insert))
                for sql in [
                    "SELECT sum(v), total(v), avg(v) FROM t", "SELECT sum(v) FROM t WHERE g = 1",
                    "SELECT g, sum(v), typeof(sum(v)) FROM t GROUP BY g",
                    "SELECT g, sum(v) FROM t GROUP BY g HAVING sum(v) IS NULL", "SELECT sum(v) FROM t WHERE g = 5",
                    "SELECT sum(v) FROM t WHERE g = 3", "SELECT sum(DISTINCT v) FROM t WHERE g IN (1, 5)",
                    "SELECT v > 0, sum(v) FROM t GROUP BY 1",
                ] {
                    let outcome = await Comparison.run(sql, sharded: session, plain: plain)
                    guard case .right = outcome else {
                        Issue.record("\(sql)\n    \(outcome)")
                        continue
                    }
                }
            }
        }
    }
}
