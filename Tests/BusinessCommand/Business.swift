import Foundation
import ShardKit

/// Accounts between which sagas move money, counters whose changes are told by messages, and those who receive them.
struct Business: Sendable {
    let directory: String
    let urls: [String]

    static let accounts = 12
    static let balance = 1000
    static let outbox = Outbox("news", lanes: 2)
    static let inbox = Inbox("news")
    /// Of the sagas' steps.
    static let steps = Inbox("steps")
    /// Messages of this key are never taken.
    static let poison = 1000

    var configuration: Configuration {
        guard urls.isEmpty else {
            return Configuration(
                cluster: "business", directory: directory,
                shards: urls.enumerated().map { .init(name: "s\($0.offset)", path: $0.element) })
        }
        var configuration = Configuration(cluster: "business", directory: directory, shardCount: 2)
        // Processes are killed here, not the machine.
        configuration.synchronous = .off
        configuration.busyTimeout = .seconds(2)
        return configuration
    }

    func create() async throws {
        let database = try await ShardedDatabase.create(configuration)
        let type = urls.isEmpty ? "INTEGER" : "BIGINT"
        for sql in [
            "CREATE TABLE accounts (id \(type) PRIMARY KEY, balance BIGINT NOT NULL) SHARD BY HASH (id)",
            "CREATE TABLE counters (id \(type) PRIMARY KEY, sent BIGINT NOT NULL) SHARD BY HASH (id) COLOCATE WITH accounts",
            """
            CREATE TABLE receipts (id \(type) PRIMARY KEY, got BIGINT NOT NULL, disorder BIGINT NOT NULL)
            SHARD BY HASH (id) COLOCATE WITH accounts
            """,
        ] { try await database.execute(SQLText(sql)) }
        try await Self.outbox.create(in: database, keyType: type, colocatedWith: "accounts")
        try await Self.inbox.create(in: database, keyType: type, colocatedWith: "accounts")
        try await Self.steps.create(in: database, keyType: type, colocatedWith: "accounts")
        for id in Array(1...Self.accounts) + [Self.poison] {
            try await database.execute("INSERT INTO accounts VALUES (\(id), \(Self.balance))")
            try await database.execute("INSERT INTO counters VALUES (\(id), 0)")
            try await database.execute("INSERT INTO receipts VALUES (\(id), 0, 0)")
        }
        await database.close()
    }

    func open() async throws -> ShardedDatabase {
        let database = try await ShardedDatabase.open(configuration)
        database.sagas.options.lease = .seconds(1)
        database.sagas.options.poll = .milliseconds(100)
        try database.sagas.register(Self.transfer(in: database))
        return database
    }

    // MARK: Messages

    /// Counts a counter up and tells of it.
    ///
    /// - Returns: what it was counted to.
    static func send(_ key: Int, in database: ShardedDatabase) async throws -> Int64 {
        try await database.withTransaction(.immediate) { transaction in
            try await transaction.execute("UPDATE counters SET sent = sent + 1 WHERE id = \(key)")
            let sent = try await transaction.query("SELECT sent FROM counters WHERE id = \(key)").decode(Int64.self)
                .first()
            guard let sent else { throw BusinessFailure(description: "there is no counter \(key)") }
            try await outbox.send(OutboxMessage(key: key, payload: "\(sent)"), in: transaction)
            return sent
        }
    }

    /// The effect of a message: it is the next one, or there is disorder.
    static func receive(_ delivery: Delivery, in database: ShardedDatabase) async throws {
        guard case .integer(let key) = delivery.message.key, let number = Int64(delivery.message.payload) else {
            throw PermanentFailure("it says nothing")
        }
        if key == Int64(poison) { throw PermanentFailure("nobody takes it") }
        _ = try await inbox.receive(delivery.message.id, key: key, in: database) { transaction in
            try await transaction.execute(
                """
                UPDATE receipts SET got = got + 1, disorder = disorder + CASE WHEN got + 1 = \(number) THEN 0 ELSE 1 END
                WHERE id = \(key)
                """)
        }
    }

    // MARK: Sagas

    struct Transfer: Codable, Sendable {
        var from: Int
        var to: Int
        var amount: Int
        /// Whether the other bank says no.
        var isRefused: Bool
    }

    static func transfer(in database: ShardedDatabase) -> Saga<Transfer> {
        /// Once for a key, however often it is asked for.
        @Sendable func move(_ account: Int, _ amount: Int, _ key: String) async throws {
            _ = try await steps.receive(key, key: account, in: database) { transaction in
                try await transaction.execute(
                    "UPDATE accounts SET balance = balance + \(amount) WHERE id = \(account)")
            }
        }
        /// Undoes a move that was made; one that was not made never will be.
        @Sendable func undo(_ account: Int, _ amount: Int, _ context: SagaContext<Transfer>) async throws {
            _ = try await steps.receive(context.idempotencyKey, key: account, in: database) { transaction in
                guard try await !steps.isNew(context.stepKey, key: account, in: transaction) else { return }
                try await transaction.execute(
                    "UPDATE accounts SET balance = balance - \(amount) WHERE id = \(account)")
            }
        }
        return Saga<Transfer>(
            "transfer", retry: RetryPolicy(maximumAttempts: 1000, first: .milliseconds(5), longest: .milliseconds(100)),
            steps: [
                .step("debit") { context in
                    try await move(context.input.from, -context.input.amount, context.idempotencyKey)
                } compensate: { context in
                    try await undo(context.input.from, -context.input.amount, context)
                },
                .step("credit") { context in
                    try await move(context.input.to, context.input.amount, context.idempotencyKey)
                    if context.input.isRefused { throw SagaFailure("the other bank says no") }
                } compensate: { context in
                    try await undo(context.input.to, context.input.amount, context)
                },
                .step("note") { (_: SagaContext<Transfer>) -> Void in },
            ])
    }
}

struct BusinessFailure: Error, CustomStringConvertible { let description: String }
