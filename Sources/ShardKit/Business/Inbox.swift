/// Messages that were received, so that the effect of each happens once however often it is delivered.
///
/// ```swift
/// let inbox = Inbox("billing")
/// try await inbox.create(in: database, keyType: "INTEGER", colocatedWith: "accounts")
///
/// try await inbox.receive(message.id, key: accountID, in: database) { transaction in
///     try await transaction.execute("UPDATE accounts SET balance = balance + 1 WHERE id = \(accountID)")
/// }
/// ```
///
/// The id is written in the receiver's own transaction, on the shard of the receiver's data: both are there or neither.
public struct Inbox: Sendable, Hashable {
    /// What its table's name begins with.
    public let name: String

    /// - Parameter name: a plain SQL name: letters, digits and underscores.
    public init(_ name: String) { self.name = name }

    var table: String { name + "_inbox" }

    /// Makes its table where it is missing. Not inside a transaction.
    ///
    /// - Parameters:
    ///   - keyType: the type of the receiver's shard key, as CREATE TABLE spells it. Default: TEXT.
    ///   - table: the receiver's data. Default: none: messages are hashed by the key they are received under.
    public func create(
        in database: ShardedDatabase, keyType: String = "TEXT", colocatedWith table: String? = nil
    ) async throws {
        try checkName()
        let ending = database.configuration.engine == .postgresql ? "" : " WITHOUT ROWID"
        let clause = " SHARD BY HASH (message_key)" + (table.map { " COLOCATE WITH \($0)" } ?? "")
        try await database.execute(
            SQLText(
                """
                CREATE TABLE IF NOT EXISTS \(self.table) (message_key \(keyType) NOT NULL, id TEXT NOT NULL, \
                received BIGINT NOT NULL, PRIMARY KEY (message_key, id))\(ending)\(clause)
                """, values: []))
    }

    /// Runs `body` in a transaction, unless the message was received before.
    ///
    /// - Parameters:
    ///   - id: the message's.
    ///   - key: the receiver's shard key, where its data is. A message is known again under the same key only.
    /// - Returns: what `body` returns; nil when the message was received before, and nothing was done.
    /// - Throws: what `body` or the transaction throws; then the message counts as not received.
    @discardableResult
    public func receive<Result>(
        _ id: String, key: some SQLValueConvertible, in database: ShardedDatabase,
        _ body: (DatabaseSession) async throws -> Result
    ) async throws -> Result? {
        try await database.withTransaction(.immediate) { transaction in
            guard try await isNew(id, key: key, in: transaction) else { return nil }
            return try await body(transaction)
        }
    }

    /// Writes a message down as received, in a transaction of the caller's.
    ///
    /// - Returns: whether it was not there before: then, and only then, its effect is to be made in this transaction.
    public func isNew(
        _ id: String, key: some SQLValueConvertible, in session: DatabaseSession
    ) async throws -> Bool {
        try checkName()
        guard session.isInTransaction else {
            throw ShardError(
                .transactionState, "a message is received in the transaction of its effect, and none is open",
                hint: "Use withTransaction, or receive.")
        }
        return try await session.execute(
            """
            INSERT INTO \(raw: table) (message_key, id, received)
            VALUES (\(key), \(id), \(SystemClock().wallMilliseconds)) ON CONFLICT DO NOTHING
            """
        ).changes > 0
    }

    /// Forgets messages received longer ago than `age`: they must not come again.
    ///
    /// - Returns: how many.
    @discardableResult
    public func forget(olderThan age: Duration, in database: ShardedDatabase) async throws -> Int64 {
        try checkName()
        let before = SystemClock().wallMilliseconds - age.milliseconds
        return try await database.execute("DELETE FROM \(raw: table) WHERE received < \(before)").changes
    }

    private func checkName() throws(ShardError) {
        guard Outbox.isPlain(name) else {
            throw ShardError(.configuration, "\(name) is no name for an outbox or inbox: letters, digits, underscores")
        }
    }
}
