import Foundation
import ShardKit

/// Locks, messages and sagas, each beside the transactions in direct C that the same safety costs by hand: in one file, with the
/// same syncs.
enum BusinessBenchmarks {
    static func run(_ folder: URL) async throws {
        for synchronous in [Configuration.Synchronous.off, .full] {
            print("synchronous = \(synchronous.rawValue)")
            try await run(folder.appending(path: "business-\(synchronous.rawValue)"), synchronous)
        }
    }

    private static func run(_ folder: URL, _ synchronous: Configuration.Synchronous) async throws {
        var configuration = Configuration(directory: folder.path, shardCount: 2)
        configuration.synchronous = synchronous
        let database = try await ShardedDatabase.create(configuration)
        let plain = DirectSQLite(path: folder.appending(path: "plain.sqlite").path)
        plain.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = \(synchronous.rawValue)")
        plain.execute(
            """
            CREATE TABLE locks (name TEXT PRIMARY KEY, token INT, owner TEXT); INSERT INTO locks VALUES ('a', 0, NULL);
            CREATE TABLE orders (id INTEGER PRIMARY KEY, total INT);
            CREATE TABLE outbox (key INT, position INT, payload TEXT, PRIMARY KEY (key, position)) WITHOUT ROWID;
            CREATE TABLE sagas (id INTEGER PRIMARY KEY, state TEXT); INSERT INTO sagas VALUES (1, '');
            """)
        let count = synchronous == .off ? 1000 : 200
        _ = try await measure(
            "take a lock that is free, and give it back", units: count, rounds: 5,
            baseline: {
                for _ in 0..<count {
                    plain.execute("UPDATE locks SET token = token + 1, owner = 'me' WHERE name = 'a' AND owner IS NULL")
                    plain.execute("UPDATE locks SET owner = NULL WHERE name = 'a' AND owner = 'me'")
                }
            },
            subject: { for _ in 0..<count { try await database.withLock("a") { _ in } } })
        try await messages(plain, database, count)
        try await sagas(plain, database, count / 4)
        await database.close()
    }

    private static func messages(_ plain: DirectSQLite, _ database: ShardedDatabase, _ count: Int) async throws {
        let outbox = Outbox("shop")
        try await database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, total INT) SHARD BY HASH (id)")
        try await outbox.create(in: database, keyType: "INTEGER", colocatedWith: "orders")
        var plainID = 0
        var ownID = 0
        _ = try await measure(
            "a row and its message in one transaction", units: count, rounds: 5,
            baseline: {
                for _ in 0..<count {
                    plainID += 1
                    plain.execute(
                        """
                        BEGIN IMMEDIATE; INSERT INTO orders VALUES (\(plainID), 1);
                        INSERT INTO outbox SELECT \(plainID), coalesce(max(position), 0) + 1, 'x' FROM outbox
                        WHERE key = \(plainID); COMMIT
                        """)
                }
            },
            subject: {
                for _ in 0..<count {
                    ownID += 1
                    let id = ownID
                    try await database.withTransaction(.immediate) { transaction in
                        try await transaction.execute("INSERT INTO orders VALUES (\(id), 1)")
                        try await outbox.send(OutboxMessage(key: id, payload: "x"), in: transaction)
                    }
                }
            })
        let relay = OutboxRelay(outbox, of: database) { _ in }
        let started = ContinuousClock.now
        let handled = try await relay.runOnce()
        let elapsed = ContinuousClock.now - started
        print("relay: \(handled) messages of as many keys, \(elapsed / max(handled, 1)) each")
    }

    private static func sagas(_ plain: DirectSQLite, _ database: ShardedDatabase, _ count: Int) async throws {
        let saga = Saga<Int>(
            "bench",
            steps: (0..<3).map { step in .step("step \(step)") { (_: SagaContext<Int>) -> Void in } })
        _ = try await measure(
            "a saga of three steps that do nothing", units: count, rounds: 5,
            baseline: {
                // Started, three times begun, ended.
                for _ in 0..<count {
                    for step in 0..<5 { plain.execute("UPDATE sagas SET state = 'step \(step)' WHERE id = 1") }
                }
            },
            subject: {
                try await withThrowingTaskGroup { group in
                    for number in 0..<count {
                        group.addTask { try await database.sagas.run(saga, number) }
                        if number >= 8 { try await group.next() }
                    }
                    try await group.waitForAll()
                }
            })
    }
}
