/// The error catalogue: every reason ShardKit itself gives for not answering.
///
/// Codes are stable: scripts match them, `docs/refusals.md` is generated from them. A raw value never changes its
/// meaning; a reason that is gone keeps its word. Each code has a ``category``, a one-sentence ``summary`` and
/// ``advice`` on what to do instead.
public enum ErrorCode: String, Sendable, Hashable, CaseIterable {
    // MARK: Refusals: the statement has an answer, ShardKit does not give it (yet).
    case joinOffKey = "join-off-key"
    case outerJoinBroadcast = "outer-join-broadcast"
    case subqueryAcrossShards = "subquery-across-shards"
    case aggregateAcrossShards = "aggregate-across-shards"
    case bareColumnAcrossShards = "bare-column-across-shards"
    case windowAcrossShards = "window-across-shards"
    case compoundAcrossShards = "compound-across-shards"
    case recursiveAcrossShards = "recursive-across-shards"
    case orderAcrossShards = "order-across-shards"
    case limitAcrossShards = "limit-across-shards"
    case distinctAcrossShards = "distinct-across-shards"
    case collationAcrossShards = "collation-across-shards"
    case writeFromAcrossShards = "write-from-across-shards"
    case limitedWriteAcrossShards = "limited-write-across-shards"
    case conflictClauseAcrossShards = "conflict-clause-across-shards"
    case volatileInSplitWrite = "volatile-in-split-write"
    case shardKeyUpdate = "shard-key-update"
    case shardKeyMissing = "shard-key-missing"
    case shardKeyExpression = "shard-key-expression"
    case uniqueWithoutShardKey = "unique-without-shard-key"
    case foreignKeyAcrossShards = "foreign-key-across-shards"
    case triggerAcrossShards = "trigger-across-shards"
    case implicitRowID = "implicit-rowid"
    case offsetTooDeep = "offset-too-deep"
    case orderNotTotal = "order-not-total"
    case statementNotModelled = "statement-not-modelled"
    case pragmaNotModelled = "pragma-not-modelled"
    case functionNotModelled = "function-not-modelled"
    case alterNotModelled = "alter-not-modelled"
    case attachRefused = "attach-refused"
    case ddlInTransaction = "ddl-in-transaction"
    case declarationRefused = "declaration-refused"
    case viewAcrossShards = "view-across-shards"
    case splitTable = "split-table"
    case reservedName = "reserved-name"
    /// A routing rule of the configuration says no, in the rule's own words.
    case deniedByRule = "denied-by-rule"

    // MARK: The statement is wrong.
    case syntax = "syntax"
    case nestingTooDeep = "nesting-too-deep"
    case statementTooLong = "statement-too-long"
    case parameters = "parameters"
    case notFound = "not-found"
    case alreadyExists = "already-exists"
    /// The engine (SQLite, PostgreSQL) rejects the statement, as one plain database would.
    case engine = "engine"
    case constraint = "constraint"
    case typeMismatch = "type-mismatch"
    case valueRange = "value-range"
    case consistencyToken = "consistency-token"

    // MARK: The state of things.
    case transactionState = "transaction-state"
    case busy = "busy"
    case cancelled = "cancelled"
    case timeout = "timeout"
    case overBudget = "over-budget"
    case readOnly = "read-only"
    case diskFull = "disk-full"
    case corrupt = "corrupt"
    case inputOutput = "input-output"
    case outOfMemory = "out-of-memory"
    case closed = "closed"
    /// The connection to a server is gone, and nothing of the statement or transaction is left behind.
    case connectionLost = "connection-lost"
    /// The connection to a server is gone, and nobody knows whether the write or commit was done.
    case unknownOutcome = "unknown-outcome"
    case overloaded = "overloaded"
    case rateLimited = "rate-limited"
    case noPrimary = "no-primary"
    case noReplica = "no-replica"
    /// A write that a session or token knows of is not known to have survived a failover.
    case positionLost = "position-lost"
    /// A transaction over several shards is committed, but not yet to be seen on one of them.
    case commitPending = "commit-pending"
    /// A named lock's lease ran out before it was renewed; the work under it was cancelled.
    case lockLost = "lock-lost"
    /// A saga could not go on, and what it had done is compensated.
    case sagaCompensated = "saga-compensated"
    /// A saga can go neither on nor back by itself.
    case sagaNeedsAttention = "saga-needs-attention"

    // MARK: Set-up.
    case configuration = "configuration"
    case foreignShard = "foreign-shard"
    case schemaDrift = "schema-drift"
    case catalogVersion = "catalog-version"
    case catalogStale = "catalog-stale"
    case decode = "decode"
    case input = "input"
    /// A broken invariant of ShardKit's own; please report it.
    case internalError = "internal"

    /// What kind of trouble a code tells of.
    public enum Category: String, Sendable, CaseIterable {
        /// The statement is valid, but answering it exactly over the shards is not provided: nothing was done.
        case refusal
        /// The statement or its parameters are wrong.
        case statement
        /// The statement is fine, but the database could not run it now.
        case state
        /// The configuration, the catalog or a shard file is not as it should be.
        case setup
        /// A defect of ShardKit.
        case defect
    }
}
