import Logging
public import ShardBusiness

/// Hands the messages of an ``Outbox`` to a handler: each at least once, those of one key in order, one at a time.
///
/// ```swift
/// let relay = OutboxRelay(outbox, of: database) { delivery in
///     try await broker.publish(delivery.message.payload, id: delivery.message.id)
/// }
/// try await relay.run()       // until the task is cancelled
/// ```
///
/// Several relays, in several processes, share the outbox's lanes by named locks: a lane has one relay at a time, and goes to the
/// next when that one dies, or after a second where others wait. A handler that throws is asked again after a pause that grows,
/// and its key's later messages wait; after ``ShardBusiness/RetryPolicy/maximumAttempts`` the message is a dead letter. Messages count as
/// handled when that is written down, a batch of one key at a time: what is handled when a process dies before is handed out
/// again. A receiver that must not act twice asks an ``Inbox``.
public struct OutboxRelay: Sendable {
    public typealias Handler = @Sendable (Delivery) async throws -> Void

    /// How a relay goes about its work.
    public struct Options: Sendable, Hashable {
        /// Of messages that fail.
        public var retry = RetryPolicy()
        /// What becomes of the messages behind a dead letter. Default: they are handed out.
        public var afterDeath = KeyDelivery.AfterDeath.goOn
        /// How long a lane stays taken after its relay has died. Default: 10 s.
        public var lease = Duration.seconds(10)
        /// How often an idle lane is looked at; each look is a query to all shards. Default: 250 ms.
        public var poll = Duration.milliseconds(250)
        /// Messages of one key that are written down together. Default: 16. 1: a process that dies repeats one message at most.
        public var batch = 16

        public init() {}
    }

    public let outbox: Outbox
    private let database: ShardedDatabase
    private let options: Options
    private let handler: Handler
    private let logger = Logger(label: "shardkit")

    /// How long a relay keeps a lane that others wait for.
    private static let turn = Duration.seconds(1)
    /// Keys looked up at a time.
    private static let keysAtATime = 64
    /// Batches of a key before others have their turn.
    private static let batchesAtATime = 4

    public init(
        _ outbox: Outbox, of database: ShardedDatabase, options: Options = Options(), handler: @escaping Handler
    ) {
        self.outbox = outbox
        self.database = database
        self.options = options
        self.handler = handler
    }

    /// Relays until the task is cancelled.
    ///
    /// - Throws: `.cancelled`; what a missing table or a schema of another kind says.
    public func run() async throws {
        try await outbox.checkLanes(in: database)
        try await withThrowingTaskGroup { group in
            for lane in 0..<outbox.lanes { group.addTask { try await self.serve(lane) } }
            try await group.waitForAll()
        }
    }

    /// Hands out everything that is due now, once, and returns.
    ///
    /// - Returns: how many messages were handled.
    @discardableResult
    public func runOnce() async throws -> Int {
        try await outbox.checkLanes(in: database)
        var handled = 0
        for lane in 0..<outbox.lanes {
            handled += try await database.withLock(lockName(lane), lease: options.lease) { lock in
                var handled = 0
                var seen: Set<Value> = []
                while true {
                    let round = try await pass(lane, lock, batches: .max, besides: &seen)
                    handled += round.handled
                    if round.keys == 0 { return handled }
                }
            }
        }
        return handled
    }

    private func lockName(_ lane: Int) -> String { "outbox \(outbox.name) \(lane)" }

    private func serve(_ lane: Int) async throws {
        while true {
            do {
                try await database.withLock(lockName(lane), lease: options.lease, within: nil) { lock in
                    let began = ContinuousClock.now
                    while true {
                        try lock.check()
                        var seen: Set<Value> = []
                        let round = try await pass(lane, lock, batches: Self.batchesAtATime, besides: &seen)
                        if lock.isWanted, ContinuousClock.now - began >= Self.turn { return }
                        if round.handled == 0 { try await Task.sleep(for: options.poll) }
                    }
                }
            } catch let error as ShardError where Self.passes(error) && !Task.isCancelled {
                logger.notice("the relay of \(outbox.name) begins anew: \(error.message)")
                try await Task.sleep(for: .milliseconds(100))
            } catch is CancellationError {
                throw ShardError.interrupted
            }
        }
    }

    /// Whether an error ends a turn and not the relay: what was handled is handed out again.
    private static func passes(_ error: ShardError) -> Bool {
        error.isRetryable || [.lockLost, .unknownOutcome, .connectionLost, .commitPending].contains(error.code)
    }

    // MARK: One pass

    /// - Parameters:
    ///   - batches: of each key, at most.
    ///   - seen: keys that were served already and are not served again; those served now are added.
    private func pass(
        _ lane: Int, _ lock: HeldLock, batches: Int, besides seen: inout Set<Value>
    ) async throws -> (keys: Int, handled: Int) {
        let now = SystemClock().wallMilliseconds
        let due = try await database.query(
            """
            SELECT message_key, last_position FROM \(raw: outbox.keys)
            WHERE lane = \(lane) AND due <= \(now) ORDER BY due LIMIT \(Self.keysAtATime)
            """
        ).all()
        var keys = 0
        var handled = 0
        for row in due where seen.insert(row[0]).inserted {
            keys += 1
            for batch in 1... {
                let outcome = try await serve(row[0], lastPosition: try row.decode(at: 1), lock)
                handled += outcome.handled.count
                if outcome.due != .now || batch >= batches { break }
            }
        }
        return (keys, handled)
    }

    private func serve(_ key: Value, lastPosition: Int64, _ lock: HeldLock) async throws -> KeyDelivery.Outcome {
        let rows = try await database.query(
            """
            SELECT position, id, topic, payload, attempts FROM \(raw: outbox.messages)
            WHERE message_key = \(key) ORDER BY position LIMIT \(options.batch)
            """
        ).all()
        let messages = try rows.map { row in
            KeyDelivery.Waiting(position: try row.decode(at: 0), attempts: try row.decode(at: 4))
        }
        var delivery = KeyDelivery(
            messages, lastPosition: lastPosition, retry: options.retry, afterDeath: options.afterDeath)
        while let index = delivery.current {
            try lock.check()
            let message = OutboxMessage(
                id: try rows[index].decode(at: 1), key: key, topic: try rows[index].decode(at: 2),
                payload: try rows[index].decode(at: 3))
            try FaultPoints.hit(.outboxBeforeHandling)
            do {
                try await handler(
                    Delivery(
                        message: message, position: messages[index].position, attempt: messages[index].attempts + 1,
                        fence: lock.token))
                delivery.handled()
            } catch {
                // The lost lease, or the end of the relay, is not the message's fault.
                if Task.isCancelled { throw error }
                delivery.failed(
                    String("\(error)".prefix(500)), isPermanent: error is PermanentFailure,
                    now: SystemClock().wallMilliseconds, jitter: .random(in: 0...1))
            }
        }
        try FaultPoints.hit(.outboxAfterHandling)
        try lock.check()
        let outcome = delivery.written
        if outcome.buried != nil { try FaultPoints.hit(.outboxBeforeBurial) }
        try await writeDown(outcome, of: key, rows)
        try FaultPoints.hit(.outboxAfterRemoving)
        return outcome
    }

    private func writeDown(_ outcome: KeyDelivery.Outcome, of key: Value, _ rows: [Row]) async throws {
        try await database.withTransaction(.immediate) { transaction in
            if !outcome.handled.isEmpty {
                try await transaction.execute(
                    """
                    DELETE FROM \(raw: outbox.messages)
                    WHERE message_key = \(key) AND position IN (\(list: outcome.handled))
                    """)
            }
            if let failed = outcome.failed {
                try await transaction.execute(
                    """
                    UPDATE \(raw: outbox.messages) SET attempts = \(failed.attempts), reason = \(failed.reason)
                    WHERE message_key = \(key) AND position = \(failed.position)
                    """)
            }
            if let buried = outcome.buried, let row = try rows.first(where: { try $0.decode(at: 0) == buried.position })
            {
                try await transaction.execute(
                    """
                    INSERT INTO \(raw: outbox.dead) (message_key, position, id, topic, payload, sent, attempts, reason)
                    VALUES (\(key), \(buried.position), \(row[1]), \(row[2]), \(row[3]),
                    \(SystemClock().wallMilliseconds), \(buried.attempts), \(buried.reason))
                    """)
                try await transaction.execute(
                    """
                    DELETE FROM \(raw: outbox.messages) WHERE message_key = \(key) AND position = \(buried.position)
                    """)
            }
            switch outcome.due {
            case .now: break
            case .at(let time):
                try await transaction.execute(
                    "UPDATE \(raw: outbox.keys) SET due = \(time) WHERE message_key = \(key)")
            case .whenMoreThan(let position):
                try await transaction.execute(
                    """
                    UPDATE \(raw: outbox.keys) SET due = NULL
                    WHERE message_key = \(key) AND last_position = \(position)
                    """)
            case .held:
                try await transaction.execute(
                    "UPDATE \(raw: outbox.keys) SET due = \(Outbox.held) WHERE message_key = \(key)")
            }
        }
    }
}
