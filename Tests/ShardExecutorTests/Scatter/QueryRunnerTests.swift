import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues
import Testing

@testable import ShardExecutor

@Suite("Queries over shards answer as one database", .timeLimit(.minutes(5)))
struct QueryRunnerTests {
    /// Queries whose rows' order is decided, or which have one row.
    static let ordered = [
        "SELECT * FROM people WHERE id = 7", "SELECT * FROM people WHERE id = 8",
        "SELECT count(*) FROM people WHERE id = NULL",
        "SELECT count(*), sum(age), max(id) FROM people WHERE id = 7 AND id = 8",
        "SELECT id, city FROM people WHERE id IN (7, 10, 13, 8) ORDER BY id",
        "SELECT count(*) FROM people", "SELECT count(*), count(city), count(score) FROM people",
        "SELECT sum(age), min(age), max(age), min(city), max(city), min(note), max(note) FROM people",
        "SELECT sum(age) FROM people WHERE age > 1000", "SELECT total(age), avg(age) FROM people WHERE age > 1000",
        "SELECT avg(age), total(score), avg(score) FROM people", "SELECT count(DISTINCT city) FROM people",
        "SELECT count(DISTINCT age), sum(DISTINCT age) FROM people",
        "SELECT city, count(*), sum(age) FROM people GROUP BY city ORDER BY city",
        "SELECT city, age, count(*) FROM people GROUP BY city, age ORDER BY city DESC, age",
        "SELECT age, count(*) AS n FROM people GROUP BY age HAVING count(*) > 2 ORDER BY n DESC, age LIMIT 5",
        "SELECT age % 5 AS bucket, avg(score) * 2 FROM people GROUP BY age % 5 ORDER BY 1",
        "SELECT city, count(DISTINCT age) FROM people GROUP BY city ORDER BY 1",
        "SELECT id, note FROM people ORDER BY note, id", "SELECT id, note FROM people ORDER BY note DESC, id DESC",
        "SELECT id, city FROM people ORDER BY city, id",
        "SELECT id, score FROM people ORDER BY score DESC, id LIMIT 20",
        "SELECT city FROM people ORDER BY city COLLATE BINARY, id LIMIT 30 OFFSET 10",
        "SELECT id, age FROM people ORDER BY age NULLS LAST, id LIMIT 15 OFFSET 3",
        "SELECT id FROM people ORDER BY age + 0, -id LIMIT 40", "SELECT id FROM people ORDER BY id LIMIT -1 OFFSET 100",
        "SELECT id FROM people ORDER BY id LIMIT 0", "SELECT id FROM people ORDER BY id LIMIT 10 OFFSET 100000",
        "SELECT DISTINCT age FROM people ORDER BY age",
        "SELECT DISTINCT age, age % 3 FROM people ORDER BY 2, 1 DESC LIMIT 9",
        "SELECT p.id, v.place, v.cost FROM people p JOIN visits v ON v.person = p.id ORDER BY v.cost DESC, p.id, v.place LIMIT 50",
        "SELECT p.city, sum(v.cost) FROM people p JOIN visits v ON v.person = p.id GROUP BY p.city ORDER BY 2 DESC, 1",
        "SELECT p.id, c.name FROM people p JOIN colours c ON c.code = p.age ORDER BY p.id, c.name",
        "SELECT * FROM colours ORDER BY code", "SELECT max(code) FROM colours", "SELECT 1 + 1",
        "SELECT person, count(*) FROM visits GROUP BY person ORDER BY person LIMIT 25",
        "SELECT id FROM people WHERE id BETWEEN 1 AND 60 AND age > 10 ORDER BY 1 DESC",
        "SELECT CASE WHEN count(*) > 5 THEN 'many' ELSE 'few' END FROM people WHERE age = 3",
    ]
    static let unordered = [
        "SELECT * FROM people", "SELECT id, city FROM people WHERE age > 20", "SELECT DISTINCT age FROM people",
        "SELECT person, place FROM visits WHERE cost > 2", "SELECT person, sum(cost) FROM visits GROUP BY person",
        "SELECT age, count(*) FROM people GROUP BY age", "SELECT id FROM people WHERE age > 1000",
        "SELECT id FROM people UNION ALL SELECT code FROM colours",
        "SELECT age FROM people UNION SELECT cost FROM visits",
        "SELECT id FROM people WHERE id IN (1, 4, 7)",
    ]

    private static func like(_ a: [[Value]], _ b: [[Value]]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { left, right in zip(left, right).allSatisfy(same) }
    }

    /// Equal; reals up to the order of summation, texts up to which spelling of a group is shown.
    private static func same(_ a: Value, _ b: Value) -> Bool {
        switch (a, b) {
        case (.real(let x), .real(let y)): x == y || abs(x - y) <= 1e-9 * max(1, abs(x))
        case (.text(let x), .text(let y)): x.lowercased() == y.lowercased()
        default: a == b
        }
    }

    @Test(
        "the rows are those of one database, in its order where it has one",
        arguments: [(1, 1), (1, 5), (2, 2), (3, 7), (5, 5)], [0, 1, 150])
    func likeOneDatabase(layout: (shards: Int, partitions: Int), rows: Int) async throws {
        let fixture = try await ShardedFixture(
            shards: layout.shards, partitions: layout.partitions, rows: rows, seed: UInt64(layout.partitions))
        for sql in Self.ordered {
            let (ours, theirs) = (try await fixture.sharded(sql), try await fixture.one(sql))
            #expect(Self.like(ours, theirs), "\(layout), \(rows) rows: \(sql)\n\(ours)\n\(theirs)")
        }
        for sql in Self.unordered {
            let ours = try await fixture.sharded(sql).map { "\($0)" }.sorted()
            let theirs = try await fixture.one(sql).map { "\($0)" }.sorted()
            #expect(ours == theirs, "\(layout), \(rows) rows: \(sql)")
        }
        await fixture.close()
    }

    @Test("bound values route, limit and compare as in one database")
    func boundValues() async throws {
        let fixture = try await ShardedFixture(shards: 3, partitions: 7, rows: 120, seed: 9)
        let keys: [Value] = [
            .integer(7), .text("7"), .real(7), .text("7.0"), .text("x"), .null, .real(7.5), .blob([55]),
        ]
        for key in keys {
            for sql in ["SELECT * FROM people WHERE id = ?", "SELECT count(*) FROM people WHERE id = ?1 OR id = 10"] {
                #expect(try await fixture.sharded(sql, [key]) == fixture.one(sql, [key]), "\(sql) with \(key)")
            }
        }
        let sql = "SELECT id FROM people ORDER BY id LIMIT ? OFFSET ?"
        for limit in [Value.integer(5), .text("5"), .real(5), .integer(-1), .integer(0), .integer(.max)] {
            for offset in [Value.integer(3), .integer(-2), .text("100"), .integer(.max)] {
                // SQLite counts the rows to skip in 64 bits; a limit that cannot be added to is none for a fragment.
                if offset == .integer(.max), limit != .integer(0) { continue }
                #expect(
                    try await fixture.sharded(sql, [limit, offset]) == fixture.one(sql, [limit, offset]),
                    "\(limit), \(offset)")
            }
        }
        let error = await #expect(throws: ShardError.self) {
            try await fixture.sharded(sql, [.text("five"), .integer(1)])
        }
        #expect(error?.message == "datatype mismatch")
        await fixture.close()
    }

    @Test("what stands around aggregates sees the bound values, and any number of groups")
    func finishing() async throws {
        let fixture = try await ShardedFixture(shards: 3, partitions: 3, rows: 900, seed: 2, batchRows: 256)
        let sql = "SELECT id % 700 + ?2, count(*) FROM people GROUP BY id % 700 HAVING count(*) > ?1 ORDER BY 1"
        for least in [0, 1, 2, 5] {
            let values: [Value] = [.integer(Int64(least)), .integer(1000)]
            #expect(try await fixture.sharded(sql, values) == fixture.one(sql, values), "more than \(least)")
        }
        await fixture.close()
    }

    @Test("where no partition can hold a row, no shard is asked")
    func nowhere() async throws {
        let fixture = try await ShardedFixture(shards: 3, partitions: 3, rows: 30, seed: 2)
        for (sql, rows) in [
            ("SELECT count(*), sum(age) FROM people WHERE id IN (?1, ?2)", [[Value.integer(0), .null]]),
            ("SELECT id FROM people WHERE id IN (?1, ?2) ORDER BY id", []),
        ] {
            let started = try await fixture.start(try fixture.compile(sql), [.null, .null])
            #expect((0..<started.firstBatch.rowCount).map { started.firstBatch.row($0) } == rows, "\(sql)")
            #expect(started.rest == nil && started.shards.isEmpty, "\(sql)")
        }
        await fixture.close()
    }

    @Test("a scatter that is called short runs inline, with the same answers, also beyond one batch")
    func shortScatter() async throws {
        let fixture = try await ShardedFixture(shards: 3, partitions: 7, rows: 150, seed: 3)
        for sql in Self.ordered {
            var plan = try fixture.compile(sql).plan
            guard case .query(var query) = plan.action, query.scatter != nil else { continue }
            query.isShort = true
            plan.action = .query(query)
            let started = try await fixture.start(CompiledPlan(plan: plan, topology: fixture.topology))
            // All is read, so every connection is back, outside of transactions.
            for shard in fixture.environment.shards {
                let connection = try await shard.acquire(.read, settings: .engineDefaults)
                #expect(!connection.isInTransaction)
                shard.release(connection)
            }
            var rows = (0..<started.firstBatch.rowCount).map { started.firstBatch.row($0) }
            if let rest = started.rest { rows += try await rest.allRows() }
            let theirs = try await fixture.one(sql)
            #expect(Self.like(rows, theirs), "\(sql)")
        }
        await fixture.close()
    }

    @Test("an OFFSET beyond the limit is refused")
    func deepOffset() async throws {
        let fixture = try await ShardedFixture(shards: 2, partitions: 2, rows: 5, seed: 9)
        let error = await #expect(throws: ShardError.self) {
            try await fixture.sharded("SELECT id FROM people ORDER BY id LIMIT 1 OFFSET 10000001")
        }
        #expect(error?.code == .offsetTooDeep)
        await fixture.close()
    }

    @Test("rows that are not read give their connections back, so that the pools never run dry")
    func earlyClose() async throws {
        let fixture = try await ShardedFixture(shards: 3, partitions: 6, rows: 300, seed: 4)
        let sorted = try fixture.compile("SELECT id, note FROM people ORDER BY id")
        let single = try fixture.compile("SELECT count(*) FROM people")
        for round in 0..<40 {
            let started = try await fixture.start(sorted)
            let rest = try #require(started.rest)
            if round % 2 == 0 { _ = try await rest.next(RowBatch(columnCount: 2)) }
            await rest.close()
            #expect(try await fixture.start(single).rest == nil)
        }
        // A session that dropped its rows without closing them.
        for _ in 0..<10 { _ = try await fixture.start(sorted) }
        // Closing waits until every lease is back.
        await fixture.close()
    }

    @Test("many readers at a time get the same answers and end", arguments: [2, 8])
    func concurrentReaders(count: Int) async throws {
        let fixture = try await ShardedFixture(shards: 3, partitions: 6, rows: 200, seed: 5)
        let expected = try await fixture.one("SELECT id, city FROM people ORDER BY city, id")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<count {
                group.addTask {
                    var isRight = true
                    for _ in 0..<15 {
                        let sorted = try await fixture.sharded("SELECT id, city FROM people ORDER BY city, id")
                        let counted = try await fixture.sharded("SELECT count(*) FROM visits")
                        isRight = isRight && sorted == expected && counted.count == 1
                    }
                    return isRight
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        await fixture.close()
    }

    @Test("an error of a shard comes through, and the next statement runs")
    func errors() async throws {
        let fixture = try await ShardedFixture(shards: 3, partitions: 6, rows: 100, seed: 6)
        for sql in [
            "SELECT id, abs(-9223372036854775807 - (id >= 0)) FROM people ORDER BY id",
            "SELECT sum(age + 9223372036854775000) FROM people",
            "SELECT id, abs(-9223372036854775807 - 1) FROM people WHERE id = 7",
        ] {
            let theirs = await #expect(throws: ShardError.self) { try await fixture.one(sql) }
            let ours = await #expect(throws: ShardError.self) { try await fixture.sharded(sql) }
            #expect(ours?.message == theirs?.message, "\(sql)")
        }
        #expect(try await fixture.sharded("SELECT count(*) FROM people") == [[.integer(100)]])
        await fixture.close()
    }

    @Test("a cancelled statement ends within moments, wherever it is")
    func cancellation() async throws {
        let fixture = try await ShardedFixture(shards: 2, partitions: 4, rows: 200, seed: 7)
        let slow = """
            SELECT count(*) FROM people WHERE (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
            WHERE i < 100000000) SELECT max(i) FROM n WHERE i > people.id) > 0
            """
        let task = Task { try await fixture.sharded(slow) }
        try await Task.sleep(for: .milliseconds(50))
        let before = ContinuousClock.now
        task.cancel()
        let error = await #expect(throws: ShardError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(ContinuousClock.now - before < .seconds(5))
        await fixture.close()
    }

    @Test("a session's open transaction is read through, not ended")
    func pinnedConnections() async throws {
        let fixture = try await ShardedFixture(shards: 2, partitions: 4, rows: 50, seed: 8)
        let connections = try await [
            fixture.environment.shards[0].acquire(.write, settings: .engineDefaults),
            fixture.environment.shards[1].acquire(.write, settings: .engineDefaults),
        ]
        for connection in connections { try await connection.executeScript("BEGIN") }
        try await connections[0].executeScript("DELETE FROM people_0")
        let compiled = try fixture.compile("SELECT count(*) FROM people")
        let pinned = try await QueryRunner.start(
            compiled, values: [], provider: PinnedProvider(connections: connections), environment: fixture.environment)
        let outside = try await fixture.sharded("SELECT count(*) FROM people")
        #expect(outside == [[.integer(50)]])
        #expect(pinned.firstBatch[0, 0].integerValue < 50)
        #expect(connections.allSatisfy { $0.isInTransaction })
        for connection in connections { try await connection.executeScript("ROLLBACK") }
        for (shard, connection) in zip(fixture.environment.shards, connections) { shard.release(connection) }
        await fixture.close()
    }

    private struct PinnedProvider: PlainProvider {
        let connections: [any ShardConnection]
        func connection(for shard: ShardIndex) async throws -> any ShardConnection { connections[shard] }
        func giveBack(_ connection: any ShardConnection, of shard: ShardIndex) {}
    }
}
