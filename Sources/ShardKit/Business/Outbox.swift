import ShardBusiness

/// Messages that are written in the same transaction as the data they tell of, on the shard of that data.
///
/// ```swift
/// let outbox = Outbox("shop")
/// try await outbox.create(in: database, keyType: "INTEGER", colocatedWith: "orders")
///
/// try await database.withTransaction { transaction in
///     try await transaction.execute("INSERT INTO orders VALUES (\(id), …)")
///     try await outbox.send(OutboxMessage(key: id, topic: "order placed", payload: json), in: transaction)
/// }
/// ```
///
/// Its queue is three tables of the logical database, sharded by the message's key: where that is the shard key of the data, and
/// the tables are colocated with it, data and message are one local commit. An ``OutboxRelay`` hands the messages on.
public struct Outbox: Sendable, Hashable {
    /// What its tables' names begin with.
    public let name: String
    /// How many relays can share the work. It is part of the tables: another number is refused.
    public let lanes: Int

    /// - Parameters:
    ///   - name: a plain SQL name: letters, digits and underscores.
    ///   - lanes: default: 4.
    public init(_ name: String, lanes: Int = 4) {
        precondition(lanes > 0, "an outbox of \(lanes) lanes")
        self.name = name
        self.lanes = lanes
    }

    var messages: String { name + "_outbox" }
    var keys: String { name + "_outbox_keys" }
    var dead: String { name + "_outbox_dead" }

    /// Makes its tables where they are missing. Not inside a transaction.
    ///
    /// - Parameters:
    ///   - keyType: the type of messages' keys, as CREATE TABLE spells it: the type of the shard key of the data. Default: TEXT.
    ///   - table: whose rows the messages tell of; their key is its shard key. Default: none: messages are hashed by their key.
    /// - Throws: `.declarationRefused` and what else CREATE TABLE says.
    public func create(
        in database: ShardedDatabase, keyType: String = "TEXT", colocatedWith table: String? = nil
    ) async throws {
        try checkName()
        let isServer = database.configuration.engine == .postgresql
        let clause = "SHARD BY HASH (message_key)" + (table.map { " COLOCATE WITH \($0)" } ?? "")
        // Without rowids no numbers are taken for them.
        let ending = (isServer ? " " : " WITHOUT ROWID ") + clause
        let columns = """
            message_key \(keyType) NOT NULL, position BIGINT NOT NULL, id TEXT NOT NULL, topic TEXT NOT NULL, \
            payload TEXT NOT NULL, sent BIGINT NOT NULL, attempts BIGINT NOT NULL, reason TEXT
            """
        for sql in [
            "CREATE TABLE IF NOT EXISTS \(messages) (\(columns), PRIMARY KEY (message_key, position))\(ending)",
            """
            CREATE TABLE IF NOT EXISTS \(keys) (message_key \(keyType) NOT NULL PRIMARY KEY, lane BIGINT NOT NULL, \
            lanes BIGINT NOT NULL CHECK (lanes = \(lanes)), last_position BIGINT NOT NULL, due BIGINT)\(ending)
            """,
            "CREATE TABLE IF NOT EXISTS \(dead) (\(columns), PRIMARY KEY (message_key, position))\(ending)",
            "CREATE INDEX IF NOT EXISTS \(keys)_due ON \(keys) (lane, due)",
        ] { try await database.execute(SQLText(sql)) }
    }

    /// Sends a message with the transaction: it is handed on if, and only if, the transaction commits.
    ///
    /// Transactions that send messages of one key wait for one another: that is what gives the messages an order. Costs two
    /// writes on the shard of the key.
    ///
    /// - Parameter session: with an open transaction.
    /// - Returns: the message's position among those of its key.
    /// - Throws: `.transactionState` without a transaction, and what the writes say.
    @discardableResult
    public func send(_ message: OutboxMessage, in session: DatabaseSession) async throws -> Int64 {
        try checkName()
        guard session.isInTransaction else {
            throw ShardError(
                .transactionState, "a message is sent in the transaction of what it tells of, and none is open",
                hint: "Use withTransaction.")
        }
        guard message.key != .null else { throw ShardError(.parameters, "a message needs a key") }
        let now = SystemClock().wallMilliseconds
        let lane = Lane.of(message.key, among: lanes)
        let rows = try await session.query(
            """
            INSERT INTO \(raw: keys) (message_key, lane, lanes, last_position, due)
            VALUES (\(message.key), \(lane), \(lanes), 1, \(now))
            ON CONFLICT (message_key) DO UPDATE SET last_position = \(raw: keys).last_position + 1,
            due = coalesce(\(raw: keys).due, excluded.due) RETURNING last_position
            """)
        guard let position = try await rows.decode(Int64.self).first() else {
            throw ShardError(.internalError, "the outbox \(name) gave no position")
        }
        try await session.execute(
            """
            INSERT INTO \(raw: messages) (message_key, position, id, topic, payload, sent, attempts)
            VALUES (\(message.key), \(position), \(message.id), \(message.topic), \(message.payload), \(now), 0)
            """)
        return position
    }

    /// Keys of lanes that no relay knows of would never be served.
    /// - Throws: `.configuration` where the tables were made for another number of lanes.
    func checkLanes(in database: ShardedDatabase) async throws {
        try checkName()
        let made = try await database.query("SELECT lanes FROM \(raw: keys) LIMIT 1").decode(Int.self).first()
        guard let made, made != lanes else { return }
        throw ShardError(
            .configuration, "the outbox \(name) was made with \(made) lanes, not with \(lanes)",
            hint: "Say Outbox(\"\(name)\", lanes: \(made)).")
    }

    // MARK: Looking, and dead letters

    /// How many messages wait to be handed on, those that are tried again included.
    public func waiting(in database: ShardedDatabase) async throws -> Int64 {
        try await database.query("SELECT count(*) FROM \(raw: messages)").decode(Int64.self).first() ?? 0
    }

    /// Messages that failed too often, or for good, by key and position; at most `limit` of them.
    public func deadLetters(in database: ShardedDatabase, limit: Int = 1000) async throws -> [DeadLetter] {
        try await database.query(
            """
            SELECT message_key, position, id, topic, payload, attempts, reason FROM \(raw: dead)
            ORDER BY message_key, position LIMIT \(limit)
            """
        ).all().map { row in
            DeadLetter(
                message: OutboxMessage(
                    id: try row.decode(at: 2), key: row[0], topic: try row.decode(at: 3), payload: try row.decode(at: 4)
                ),
                position: try row.decode(at: 1), attempts: try row.decode(at: 5),
                reason: try row.decode(String?.self, at: 6) ?? "")
        }
    }

    /// Sends a dead letter again, under its id, behind the messages that wait, or where it stood when they were held up for it.
    ///
    /// - Returns: false when somebody else has taken it away.
    @discardableResult
    public func revive(_ letter: DeadLetter, in database: ShardedDatabase) async throws -> Bool {
        try await database.withTransaction { transaction in
            guard try await remove(letter, transaction) else { return false }
            let now = SystemClock().wallMilliseconds
            let held = try await transaction.execute(
                "UPDATE \(raw: keys) SET due = \(now) WHERE message_key = \(letter.message.key) AND due = \(Self.held)")
            guard held.changes > 0 else {
                try await send(letter.message, in: transaction)
                return true
            }
            try await transaction.execute(
                """
                INSERT INTO \(raw: messages) (message_key, position, id, topic, payload, sent, attempts) VALUES
                (\(letter.message.key), \(letter.position), \(letter.message.id), \(letter.message.topic),
                \(letter.message.payload), \(now), 0)
                """)
            return true
        }
    }

    /// Takes a dead letter away for good; what was held up for it goes on.
    ///
    /// - Returns: false when somebody else has taken it away.
    @discardableResult
    public func drop(_ letter: DeadLetter, in database: ShardedDatabase) async throws -> Bool {
        try await database.withTransaction { transaction in
            guard try await remove(letter, transaction) else { return false }
            try await transaction.execute(
                """
                UPDATE \(raw: keys) SET due = \(SystemClock().wallMilliseconds)
                WHERE message_key = \(letter.message.key) AND due = \(Self.held)
                """)
            return true
        }
    }

    private func remove(_ letter: DeadLetter, _ transaction: DatabaseSession) async throws -> Bool {
        try await transaction.execute(
            """
            DELETE FROM \(raw: dead)
            WHERE message_key = \(letter.message.key) AND position = \(letter.position) AND id = \(letter.message.id)
            """
        ).changes > 0
    }

    /// When a key is due that is held up for a dead letter.
    static let held = Int64.max

    /// The name is pasted into statements.
    func checkName() throws(ShardError) {
        guard Self.isPlain(name) else {
            throw ShardError(.configuration, "\(name) is no name for an outbox or inbox: letters, digits, underscores")
        }
    }

    static func isPlain(_ name: String) -> Bool {
        name.utf8.first.map { !(48...57).contains($0) } == true
            && name.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0 | 0x20) || $0 == 95 }
    }
}
