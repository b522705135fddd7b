import PostgresPair
import PostgresServer
import ShardBase
import ShardKit
import Testing

/// Commits over several servers happen everywhere or nowhere.
@Suite("commits over PostgreSQL shards", .enabled(if: PostgresInstallation.shouldTest))
struct CommitTests {
    private static func fill(_ pair: PostgresPair) async throws {
        try await pair.sharded.execute("CREATE TABLE accounts (id BIGINT PRIMARY KEY, balance INT) SHARD BY HASH (id)")
        try await pair.sharded.execute("INSERT INTO accounts SELECT i, 100 FROM generate_series(1, 40) i")
    }

    private static func total(_ database: ShardedDatabase) async throws -> (Value?, Value?) {
        let row = try await database.query("SELECT sum(balance), min(balance) FROM accounts").first()
        return (row?[0], row?[1])
    }

    @Test(
        "whatever fails at whichever step",
        arguments: [
            FaultPoint.commitBeforePrepare, .commitAnnounced, .commitBeforeFirst, .commitBetweenShards,
            .commitAfterLast,
        ])
    func steps(point: FaultPoint) async throws {
        try await withPair(shards: 3) { pair in
            try await Self.fill(pair)
            let database = pair.sharded
            let isDecided = point == .commitBetweenShards || point == .commitAfterLast
            await FaultPoints.withArmed(point, .error) {
                do {
                    try await database.execute("UPDATE accounts SET balance = balance + 1")
                    #expect(isDecided)
                } catch {
                    #expect(!isDecided, "\(error)")
                }
            }
            let (sum, smallest) = try await Self.total(database)
            #expect(sum == .integer(isDecided ? 4040 : 4000))
            #expect(smallest == .integer(isDecided ? 101 : 100))
            #expect(try await database.commitsInDoubt().isEmpty)
            // The next one goes through.
            try await database.execute("UPDATE accounts SET balance = 1")
            #expect(try await Self.total(database).0 == .integer(40))
        }
    }

    @Test("a transaction that only reads some shards prepares nothing there, and a rollback leaves nothing")
    func transactions() async throws {
        try await withPair(shards: 3) { pair in
            try await Self.fill(pair)
            try await pair.sharded.withTransaction { transaction in
                _ = try await transaction.query("SELECT sum(balance) FROM accounts").all()
                try await transaction.execute("UPDATE accounts SET balance = 0 WHERE id = 1")
            }
            _ = try? await pair.sharded.withTransaction { transaction in
                try await transaction.execute("UPDATE accounts SET balance = 0")
                throw ShardError(.input, "no")
            }
            #expect(try await Self.total(pair.sharded).0 == .integer(3900))
        }
    }

    @Test("a server that cannot prepare refuses to write several shards, and says what to set")
    func preparingIsOff() async throws {
        let server = try PostgresServer.start(settings: ["max_prepared_transactions": "0"])
        defer { server.stop() }
        let pair = try await PostgresPair.make(shards: 2, on: server)
        try await pair.sharded.execute("CREATE TABLE t (id BIGINT PRIMARY KEY) SHARD BY HASH (id)")
        try await pair.sharded.execute("INSERT INTO t VALUES (1)")
        try await pair.expectRefused("INSERT INTO t VALUES (2), (3), (4), (5), (6), (7)", .configuration)
        #expect(try await pair.sharded.query("SELECT count(*) FROM t").first()?[0] == .integer(1))
        await pair.remove()
    }

    @Test(
        "transactions that wait for one another on two servers: one of them ends, retryable, and the other goes on",
        .timeLimit(.minutes(1)))
    func deadlock() async throws {
        try await withPair(shards: 2) { pair in
            try await Self.fill(pair)
            // One account of each shard.
            var byShard: [String: Int64] = [:]
            for id in Int64(1)...40 {
                let shards = try await pair.sharded.run("SELECT * FROM accounts WHERE id = \(id)").shards
                byShard[shards[0]] = id
            }
            let ids = byShard.sorted { $0.key < $1.key }.map(\.value)
            try #require(ids.count == 2)
            let outcomes = await withTaskGroup(of: ShardError?.self) { group in
                for order in [ids, ids.reversed()] {
                    group.addTask {
                        do {
                            try await pair.sharded.withTransaction { transaction in
                                try await transaction.execute(
                                    "UPDATE accounts SET balance = balance + 1 WHERE id = \(order[0])")
                                try await Task.sleep(for: .milliseconds(300))
                                try await transaction.execute(
                                    "UPDATE accounts SET balance = balance + 1 WHERE id = \(order[1])")
                            }
                            return nil
                        } catch {
                            return error as? ShardError
                        }
                    }
                }
                return await group.reduce(into: [ShardError?]()) { $0.append($1) }
            }
            let failures = outcomes.compactMap { $0 }
            #expect(failures.count == 1, "\(failures)")
            #expect(failures.first?.engineCode == "40P01", "\(failures)")
            #expect(failures.first?.isRetryable == true)
            #expect(try await Self.total(pair.sharded).0 == .integer(4002))
        }
    }
}
