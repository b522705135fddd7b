import ShardKit
import Testing

/// Outbox, relay and inbox over shards.
@Suite("outbox", .serialized)
struct OutboxTests {
    static let outbox = Outbox("shop")

    private func make(_ database: ShardedDatabase) async throws {
        let isServer = database.configuration.engine == .postgresql
        try await database.execute(
            SQLText(
                "CREATE TABLE orders (id \(isServer ? "BIGINT" : "INTEGER") PRIMARY KEY, total BIGINT) SHARD BY HASH (id)",
                values: []))
        try await Self.outbox.create(
            in: database, keyType: isServer ? "BIGINT" : "INTEGER", colocatedWith: "orders")
        // Once more: nothing happens.
        try await Self.outbox.create(
            in: database, keyType: isServer ? "BIGINT" : "INTEGER", colocatedWith: "orders")
    }

    private func send(_ database: ShardedDatabase, key: Int, _ payload: String) async throws {
        try await database.withTransaction(.immediate) { transaction in
            try await transaction.execute(
                "INSERT INTO orders VALUES (\(key), 1) ON CONFLICT (id) DO UPDATE SET total = orders.total + 1")
            try await Self.outbox.send(OutboxMessage(key: key, topic: "t", payload: payload), in: transaction)
        }
    }

    @Test(
        "messages come once, those of a key in order, those of a transaction that is rolled back never",
        arguments: Kind.all)
    func order(kind: Kind) async throws {
        try await withDatabase(kind) { database in
            try await make(database)
            for number in 0..<40 { try await send(database, key: number % 4, "\(number)") }
            struct Own: Error {}
            await #expect(throws: Own.self) {
                try await database.withTransaction { transaction in
                    try await Self.outbox.send(OutboxMessage(key: 1, payload: "never"), in: transaction)
                    throw Own()
                }
            }
            let log = Log()
            let relay = OutboxRelay(Self.outbox, of: database) { delivery in
                log.write("\(Int(delivery.message.payload)! % 4) \(delivery.message.payload)")
                #expect(delivery.attempt == 1)
            }
            #expect(try await relay.runOnce() == 40)
            #expect(try await relay.runOnce() == 0)
            #expect(try await Self.outbox.waiting(in: database) == 0)
            for key in 0..<4 {
                let own = log.lines.filter { $0.hasPrefix("\(key) ") }.compactMap { Int($0.dropFirst(2)) }
                #expect(own == Array(stride(from: key, to: 40, by: 4)))
            }
            #expect(log.lines.count == 40)
        }
    }

    @Test("data and message are one commit on one shard")
    func isLocal() async throws {
        try await withDatabase(.sqlite) { database in
            try await make(database)
            // A commit over several shards would pass here.
            let error = await FaultPoints.withArmed(.commitBeforePrepare, .error) { () -> (any Error)? in
                do {
                    for key in 0..<10 { try await send(database, key: key, "x") }
                    return nil
                } catch { return error }
            }
            #expect(error == nil)
        }
    }

    @Test("a message without a transaction is refused, and so is another number of lanes")
    func needsTransaction() async throws {
        try await withDatabase(.sqlite) { database in
            try await make(database)
            let error = await #expect(throws: ShardError.self) {
                try await database.withSession {
                    try await Self.outbox.send(OutboxMessage(key: 1, payload: ""), in: $0)
                }
            }
            #expect(error?.code == .transactionState)
            try await send(database, key: 1, "x")
            let narrow = Outbox("shop", lanes: 2)
            let relay = OutboxRelay(narrow, of: database) { _ in }
            let lanes = await #expect(throws: ShardError.self) { try await relay.runOnce() }
            #expect(lanes?.code == .configuration)
            await #expect(throws: ShardError.self) {
                _ = try await database.withTransaction {
                    try await narrow.send(OutboxMessage(key: 2, payload: ""), in: $0)
                }
            }
            let name = await #expect(throws: ShardError.self) { try await Outbox("a; b").create(in: database) }
            #expect(name?.code == .configuration)
        }
    }

    @Test(
        "a message that fails is tried again, holds up its key only, and dies after its last attempt",
        arguments: Kind.all)
    func failure(kind: Kind) async throws {
        try await withDatabase(kind) { database in
            try await make(database)
            for (key, payload) in [(1, "bad"), (1, "behind"), (2, "good"), (3, "hopeless")] {
                try await send(database, key: key, payload)
            }
            var options = OutboxRelay.Options()
            options.retry = RetryPolicy(maximumAttempts: 3, first: .milliseconds(20))
            options.poll = .milliseconds(20)
            struct Bad: Error {}
            let log = Log()
            let relay = OutboxRelay(Self.outbox, of: database, options: options) { delivery in
                log.write("\(delivery.message.payload) \(delivery.attempt)")
                if delivery.message.payload == "bad" { throw Bad() }
                if delivery.message.payload == "hopeless" { throw PermanentFailure("no use") }
            }
            let running = Task { try await relay.run() }
            for _ in 0..<500 {
                if try await Self.outbox.waiting(in: database) == 0 { break }
                try await Task.sleep(for: .milliseconds(20))
            }
            running.cancel()
            _ = try? await running.value
            #expect(
                log.lines.filter { $0.hasPrefix("bad") || $0.hasPrefix("behind") } == [
                    "bad 1", "bad 2", "bad 3", "behind 1",
                ])
            #expect(log.lines.contains("good 1"))
            let dead = try await Self.outbox.deadLetters(in: database)
            #expect(dead.map(\.message.payload) == ["bad", "hopeless"])
            #expect(dead.map(\.attempts) == [3, 1])
            #expect(dead.last?.reason == "no use")
            // One is sent again, one is dropped.
            #expect(try await Self.outbox.revive(dead[0], in: database))
            #expect(try await !Self.outbox.revive(dead[0], in: database))
            #expect(try await Self.outbox.drop(dead[1], in: database))
            let again = Log()
            let second = OutboxRelay(Self.outbox, of: database) { again.write($0.message.id) }
            #expect(try await second.runOnce() == 1)
            #expect(again.lines == [dead[0].message.id])
        }
    }

    @Test("behind a dead letter that holds its key nothing goes on until it is revived, and then in order")
    func hold() async throws {
        try await withDatabase(.sqlite) { database in
            try await make(database)
            for payload in ["first", "second"] { try await send(database, key: 1, payload) }
            var options = OutboxRelay.Options()
            options.afterDeath = .hold
            let relay = OutboxRelay(Self.outbox, of: database, options: options) { _ in throw PermanentFailure("x") }
            #expect(try await relay.runOnce() == 0)
            try await send(database, key: 1, "third")
            let log = Log()
            let willing = OutboxRelay(Self.outbox, of: database, options: options) { log.write($0.message.payload) }
            #expect(try await willing.runOnce() == 0)
            let dead = try await Self.outbox.deadLetters(in: database)
            #expect(dead.count == 1)
            #expect(try await Self.outbox.revive(dead[0], in: database))
            #expect(try await willing.runOnce() == 3)
            #expect(log.lines == ["first", "second", "third"])
        }
    }

    @Test(
        "what is handled and not written down comes again, and the inbox makes its effect happen once",
        arguments: Kind.all)
    func exactlyOnceEffect(kind: Kind) async throws {
        try await withDatabase(kind) { database in
            try await make(database)
            let inbox = Inbox("billing")
            let isServer = database.configuration.engine == .postgresql
            try await inbox.create(
                in: database, keyType: isServer ? "BIGINT" : "INTEGER", colocatedWith: "orders")
            for number in 0..<10 { try await send(database, key: 1, "\(number)") }
            let log = Log()
            let relay = OutboxRelay(Self.outbox, of: database) { delivery in
                log.write(delivery.message.payload)
                _ = try await inbox.receive(delivery.message.id, key: 1, in: database) { transaction in
                    try await transaction.execute("UPDATE orders SET total = total + 1000 WHERE id = 1")
                }
            }
            await FaultPoints.withArmed(.outboxAfterHandling, .error) {
                _ = await #expect(throws: ShardError.self) { try await relay.runOnce() }
            }
            #expect(try await relay.runOnce() == 10)
            #expect(log.lines.count == 20)
            let total = try await database.query("SELECT total FROM orders WHERE id = 1").decode(Int64.self).first()
            #expect(total == 10_010)
            #expect(try await inbox.forget(olderThan: .seconds(-10), in: database) == 10)
        }
    }

    @Test("two relays share the lanes, and no message comes twice")
    func twoRelays() async throws {
        try await withDatabase(.sqlite) { database in
            try await make(database)
            let log = Log()
            var options = OutboxRelay.Options()
            options.poll = .milliseconds(10)
            options.lease = .milliseconds(1500)
            let relays = (0..<2).map { number in
                OutboxRelay(Self.outbox, of: database, options: options) { log.write("\($0.message.id) \(number)") }
            }
            let running = relays.map { relay in Task { try await relay.run() } }
            for number in 0..<80 {
                try await send(database, key: number % 12, "\(number)")
                try await Task.sleep(for: .milliseconds(40))
            }
            for _ in 0..<500 {
                if try await Self.outbox.waiting(in: database) == 0 { break }
                try await Task.sleep(for: .milliseconds(20))
            }
            for task in running { task.cancel() }
            for task in running { _ = try? await task.value }
            #expect(log.lines.count == 80)
            #expect(Set(log.lines.map { $0.split(separator: " ")[0] }).count == 80)
            #expect(Set(log.lines.map { $0.split(separator: " ")[1] }).count == 2)
        }
    }
}
