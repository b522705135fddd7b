public import ShardBase
import ShardExecutor
public import ShardReplicas

/// What a session's reads may miss, where shards have replicas.
extension DatabaseSession {
    /// What the session says of its reads; the configuration says the rest (``Configuration/Reads``), and a statement's hints say
    /// more. Without replicas it means nothing.
    public var reads: ReadOptions {
        get { session.reading?.options ?? ReadOptions() }
        set { session.reading?.options = newValue }
    }

    /// What the session's statements are called in the configuration (`reads: labels:`), unless a hint says it. Default: nothing.
    public var label: String? {
        get { session.reading?.label }
        set { session.reading?.label = newValue }
    }

    /// How far the shards had come when this session last wrote, and what was presented to it, as a text that fits into a header, a
    /// cookie or a URL. Any session in any process that presents it reads those writes under `readYourWrites`.
    ///
    /// Costs a round trip for each shard written since it was last asked for, unless a probe has told in the meantime.
    ///
    /// - Throws: what keeps the primary from answering.
    public func consistencyToken() async throws -> String {
        guard let reading = session.reading, let tokens = logical.splitting?.tokens else {
            throw ShardError(
                .configuration, "no shard of the database has replicas, so there is nothing to be behind",
                hint: "Name replicas in the configuration.")
        }
        return tokens.text(of: try await reading.token())
    }

    /// Has the session's reads see, under `readYourWrites`, what a token tells of.
    ///
    /// - Throws: `.consistencyToken` for a text that no session of this database gave.
    public func present(_ token: String) throws(ShardError) {
        // Without replicas every read sees it.
        guard let tokens = logical.splitting?.tokens else { return }
        session.reading?.present(try tokens.token(from: token))
    }
}

extension ShardedDatabase {
    /// Lends a session of its own for `body`, whose reads may miss what `reads` says.
    ///
    /// ```swift
    /// try await database.withSession(reads: ReadOptions(level: .readYourWrites, waitBound: .milliseconds(200))) { … }
    /// ```
    ///
    /// - Parameters:
    ///   - token: of a session, in any process, whose writes have to be seen. Default: none.
    ///   - statementTimeout: as in ``withSession(statementTimeout:_:)``.
    public func withSession<Result>(
        reads: ReadOptions, token: String? = nil, statementTimeout: Duration? = nil,
        _ body: (DatabaseSession) async throws -> Result
    ) async throws -> Result {
        try await withSession(statementTimeout: statementTimeout) { session in
            session.reads = reads
            if let token { try session.present(token) }
            return try await body(session)
        }
    }
}

extension ShardedDatabase {
    /// What is known of each server of shards that have replicas: `SHOW REPLICAS` as values.
    public var replicas: [ReplicaSnapshot] { logical.replicas }

    /// What statements have done by fingerprint: `SHOW STATEMENTS` as values. Empty where they are not counted.
    public var statements: [StatementSummary] { logical.statements }

    /// The last slow statements, from the oldest to the newest (``Configuration/observe``).
    public var slowStatements: [SlowStatement] { logical.slowStatements }
}
