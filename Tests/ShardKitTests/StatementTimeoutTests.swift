import ShardKit
import Testing

/// A statement that is over its time ends, whichever way it takes, and leaves nothing behind.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct StatementTimeoutTests {
    private static let endless =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"

    private func withShop(
        timeout: Duration? = .milliseconds(200), readers: Int? = nil, _ body: (ShardedDatabase) async throws -> Void
    ) async throws {
        try await withTemporaryDatabase {
            $0.limits.statementTimeout = timeout
            if let readers { $0.readers = readers }
        } _: { database in
            for sql in [
                "CREATE TABLE t (u INTEGER, id INTEGER, v TEXT, PRIMARY KEY (u, id)) SHARD BY HASH (u)",
                "CREATE TABLE log (v TEXT)",
            ] { try await database.execute(SQLText(sql)) }
            let rows = (0..<900).map { "(\($0 / 30), \($0), 'v\($0 % 7)')" }.joined(separator: ",")
            _ = try await Self.inPeace("INSERT INTO t VALUES " + rows, database)
            try await body(database)
        }
    }

    /// What a statement without a time limit answers: set-up and checks may meet a busy machine.
    private static func inPeace(_ sql: String, _ database: ShardedDatabase) async throws -> [[Value]] {
        try await database.withSession(statementTimeout: .zero) {
            try await $0.query(SQLText(sql)).all().map(\.values)
        }
    }

    private func expectTimeout(_ message: String = "200 ms", _ body: () async throws -> Void) async throws {
        let clock = ContinuousClock()
        let begun = clock.now
        let error: ShardError
        do {
            try await body()
            Issue.record("it ended by itself")
            return
        } catch let found as ShardError {
            error = found
        }
        #expect(error.code == .timeout, "\(error)")
        #expect(error.message == "the statement took longer than the \(message) it may take (statementTimeout)")
        #expect(error.hint?.hasSuffix(", or raise statementTimeout.") == true)
        #expect(clock.now - begun < .seconds(20))
    }

    @Test(
        "reads of every rung end with .timeout",
        arguments: [
            ("SELECT v, (\(endless) WHERE x > t.id) FROM t WHERE u = 1 AND id = 31", Rung.route),
            ("SELECT v FROM t WHERE u = 1 AND (\(endless)) > 0", .route),
            ("SELECT id FROM t WHERE u = 99 AND instr(hex(zeroblob(400000 + id)), '1') > 0", .fastPath),
            (endless, .route),
            ("SELECT u, id FROM t WHERE (\(endless)) > 0 ORDER BY v, u, id", .merge),
            ("SELECT v, count(*) FROM t WHERE (\(endless)) > 0 GROUP BY v", .merge),
            ("SELECT id FROM t WHERE id > (SELECT max(id) FROM t WHERE (\(endless)) > id)", .combine),
            ("SELECT count(*) FROM t a JOIN t b ON a.v < b.v WHERE (\(endless)) > a.id", .combine),
        ])
    func reads(sql: String, rung: Rung) async throws {
        try await withShop { database in
            let many = (0..<5000).map { "(99, \($0), 'v')" }.joined(separator: ",")
            if rung == .fastPath { _ = try await Self.inPeace("INSERT INTO t VALUES " + many, database) }
            #expect(try await database.explain(SQLText(sql)).rung == rung)
            try await expectTimeout { _ = try await database.query(SQLText(sql)).all() }
            let statement = try await database.prepare(sql)
            try await expectTimeout { _ = try await statement.query().all() }
            // All that it held is free again.
            #expect(try await Self.inPeace("SELECT count(*) FROM t WHERE u < 99", database) == [[.integer(900)]])
        }
    }

    @Test(
        "writes are undone on every shard",
        arguments: [
            "UPDATE t SET v = (\(endless)) WHERE u = 1 AND id = 31", "UPDATE t SET v = 'x' WHERE (\(endless)) > id",
            "INSERT INTO t SELECT u + 100, id, (\(endless)) FROM t", "DELETE FROM t WHERE v <> (\(endless))",
            "INSERT INTO log VALUES ('a'), ((\(endless)))",
            "UPDATE t SET v = (SELECT max(v) FROM t b WHERE b.id > t.id) || (\(endless))",
        ])
    func writes(sql: String) async throws {
        try await withShop { database in
            try await expectTimeout { try await database.execute(SQLText(sql)) }
            #expect(try await Self.inPeace("SELECT count(*) FROM log", database) == [[.integer(0)]])
            let sum = try await Self.inPeace(
                "SELECT count(*), count(DISTINCT v), max(u), group_concat(DISTINCT length(v)) FROM t", database)
            #expect(sum == [[.integer(900), .integer(7), .integer(29), .text("2")]])
            let changed = try await Self.inPeace("UPDATE t SET v = 'x' WHERE u = 1 AND id = 31 RETURNING v", database)
            #expect(changed == [[.text("x")]])
        }
    }

    @Test("waiting for a writer counts, and is over before the busy timeout")
    func writers() async throws {
        try await withShop { database in
            try await database.withSession(statementTimeout: .zero) { holder in
                try await holder.execute("BEGIN")
                try await holder.execute("UPDATE t SET v = 'held'")
                try await expectTimeout { try await database.execute("UPDATE t SET v = 'x' WHERE u = 1 AND id = 31") }
                try await expectTimeout { try await database.execute("UPDATE t SET v = 'x'") }
                try await holder.execute("COMMIT")
            }
            let held = try await Self.inPeace("SELECT count(*) FROM t WHERE v = 'held'", database)
            #expect(held == [[.integer(900)]])
        }
    }

    @Test("a reader of rows may take its time: only waiting for the database counts")
    func slowReader() async throws {
        // Four batches: 6 s of pauses against 4 s of work, which is some milliseconds on a machine that is free.
        try await withShop(timeout: .seconds(4)) { database in
            let rows = try await database.query("SELECT id FROM t ORDER BY v, u, id")
            var count = 0
            while let batch = try await rows.nextBatch() {
                count += batch.rowCount
                try await Task.sleep(for: .milliseconds(1500))
            }
            #expect(count == 900)
        }
    }

    @Test("rows behind the first batch are on the clock too")
    func laterBatches() async throws {
        try await withShop { database in
            let sql = "SELECT id FROM t WHERE id < 600 OR (\(Self.endless)) > 0 ORDER BY u, id"
            try await expectTimeout {
                let rows = try await database.query(SQLText(sql))
                while try await rows.nextBatch() != nil {}
            }
        }
    }

    @Test("engines that use up all threads are ended all the same")
    func crowd() async throws {
        try await withShop(readers: 16) { database in
            let sql = SQLText("SELECT v FROM t WHERE u = 1 AND id > 0 AND (\(raw: Self.endless)) > 0")
            let codes = await withTaskGroup(of: ErrorCode?.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        do {
                            _ = try await database.query(sql).all()
                            return nil
                        } catch { return (error as? ShardError)?.code }
                    }
                }
                return await group.reduce(into: [ErrorCode?]()) { $0.append($1) }
            }
            #expect(codes == Array(repeating: .timeout, count: 12))
        }
    }

    @Test("a transaction: a read that is over its time leaves it open, a write ends it as SQLite's interrupt does")
    func transactions() async throws {
        try await withShop { database in
            try await database.withSession(statementTimeout: .milliseconds(500)) { session in
                try await session.execute("BEGIN")
                try await session.execute("INSERT INTO log VALUES ('kept')")
                try await expectTimeout("500 ms") { _ = try await session.query(SQLText(Self.endless)).all() }
                #expect(session.isInTransaction)
                try await session.execute("COMMIT")
                try await session.execute("BEGIN")
                try await session.execute("INSERT INTO log VALUES ('lost')")
                try await expectTimeout("500 ms") {
                    try await session.execute(
                        SQLText("UPDATE t SET v = (\(raw: Self.endless)) WHERE u = 1 AND id = 31"))
                }
                #expect(!session.isInTransaction)
            }
            #expect(try await Self.inPeace("SELECT v FROM log", database) == [[.text("kept")]])
        }
    }

    @Test("a session has its own timeout; cancelling is still cancelling")
    func sessions() async throws {
        try await withShop(timeout: nil) { database in
            try await database.withSession(statementTimeout: .seconds(1)) { session in
                try await expectTimeout("1 s") { _ = try await session.query(SQLText(Self.endless)).all() }
                let rows = try await session.query("SELECT v FROM t WHERE u = 1 AND id = 31").all()
                #expect(rows.count == 1)
            }
            let running = Task {
                try await database.withSession(statementTimeout: .seconds(60)) {
                    _ = try await $0.query(SQLText(Self.endless)).all()
                }
            }
            try await Task.sleep(for: .milliseconds(100))
            running.cancel()
            let result = await running.result
            #expect(throws: ShardError.self) { try result.get() }
            if case .failure(let error as ShardError) = result { #expect(error.code == .cancelled) }
        }
        try await withShop(timeout: .milliseconds(1)) { database in
            let sum = "SELECT count(a.id + b.id) FROM t a, t b WHERE a.v <= b.v AND b.v >= a.v"
            let rows = try await Self.inPeace(sum, database)
            #expect(rows.count == 1)
        }
    }
}
